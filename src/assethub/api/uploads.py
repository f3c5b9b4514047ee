"""Takes in the one file of a multipart/form-data body, streamed into the blob store."""

from collections.abc import Iterator
from contextlib import contextmanager

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from assethub.errors import InvalidInput
from assethub.store.blobs import Blob, BlobStore

_PART = "content"
_FLUSH = 1 << 20


async def receive_file(request: Request, blobs: BlobStore) -> Blob:
    """Writes the part named `content` to the store and returns the blob, durable.

    Raises InvalidInput where the body is no form with just that part, or ends too early; nothing
    is left behind then.
    """
    form = _Form(request.headers.get("content-type", ""))
    with blobs.create() as writer:
        try:
            async for chunk in request.stream():
                form.feed(chunk)
                if form.waiting >= _FLUSH:
                    await run_in_threadpool(writer.write, form.take())
        except ClientDisconnect as error:
            raise InvalidInput("the upload was cut off", code="upload_cut_off") from error
        form.end()
        rest = form.take()

        def finish() -> Blob:
            writer.write(rest)
            return writer.commit()

        return await run_in_threadpool(finish)


class _Form:
    """Picks the bytes of the part `content` out of a form, as they come."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise InvalidInput(
                f"the body must be multipart/form-data with one part {_PART!r}",
                code="invalid_form",
            )
        with _translated_errors():
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._on_header_name,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_part_data": self._on_data,
                    "on_end": self._on_end,
                },
            )
        self._name = self._value = b""
        self._parts: list[str] = []
        self._chunks: list[bytes] = []
        self._ended = False
        self.waiting = 0

    def feed(self, chunk: bytes) -> None:
        with _translated_errors():
            self._parser.write(chunk)

    def take(self) -> bytes:
        """The bytes that came since the last call."""
        data = b"".join(self._chunks)
        self._chunks.clear()
        self.waiting = 0
        return data

    def end(self) -> None:
        if not self._ended:
            raise InvalidInput("the form ends too early", code="upload_cut_off")
        if self._parts != [_PART]:
            raise InvalidInput(
                f"the form must have one part {_PART!r}, not {self._parts}", code="invalid_form"
            )

    def _begin_part(self) -> None:
        self._parts.append("")

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            name = parse_options_header(self._value)[1].get(b"name", b"")
            self._parts[-1] = name.decode("utf-8", "replace")
        self._name = self._value = b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._parts == [_PART]:
            self._chunks.append(data[start:end])
            self.waiting += end - start

    def _on_end(self) -> None:
        self._ended = True


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise InvalidInput(f"the form cannot be read: {error}", code="invalid_form") from error

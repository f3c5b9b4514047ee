"""Contents on their way to the hub: asked for by name first, and sent only where it lacks them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from ._errors import InvalidInputError, NotFoundError
from ._packs import PACK_TYPE, pack_head, split_batches
from ._reading import changed, hash_file, read_file, read_range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ._connection import Connection
    from ._pending import Pending
    from ._progress import Progress
    from ._workers import Workers

_SMALL_BYTES = 256 << 10
_PACK_BYTES, _PACK_FILES = 8 << 20, 2_000
_GROUP_BYTES, _MOST_ENTRIES = 1 << 30, 10_000
_FORM_BYTES = 64 << 20
_PART_BYTES, _MOST_PARTS = 32 << 20, 10_000
_THREADS = 4
_JOINED = 256


class Upload:
    """Stages files of an operation; `staged` counts them."""

    def __init__(
        self, connection: Connection, operation: str, workers: Workers, progress: Progress
    ) -> None:
        self._connection = connection
        self._operation = operation
        self._workers = workers
        self._progress = progress
        self.staged = 0

    def send(self, files: Iterable[Pending]) -> None:
        """Stage all files, sending the contents that the hub lacks.

        Small files go many to a request; larger ones each on its own, the largest in parts.
        Raises InvalidInputError for a file that cannot be read or changes while it is.
        """
        large: list[Pending] = []
        batches = split_batches(_small_ones(files, large), _PACK_BYTES, _PACK_FILES, _unread)
        self._workers.run((partial(self._send_small, batch) for batch in batches), _THREADS)
        for group in split_batches(large, _GROUP_BYTES, _MOST_ENTRIES):
            self._send_large(group)

    def _send_small(self, batch: list[Pending]) -> None:
        """Stage files of one batch; those just read for their hashes are not read again."""
        contents: dict[str, bytes] = {}
        for file in batch:
            if file.sha256 is None:
                self._workers.check()
                content, sha256 = read_file(file.addition)
                file.note(sha256)
                contents[file.addition.path] = content
        missing = self._stage(batch)
        for pack in split_batches(missing, _PACK_BYTES, _PACK_FILES):
            self._send_pack(pack, contents)

    def _send_large(self, group: list[Pending]) -> None:
        unknown = [partial(self._hash, file) for file in group if file.sha256 is None]
        self._workers.run(unknown, os.cpu_count() or 1)
        missing = self._stage(group)
        forms = [file for file in missing if file.size <= _FORM_BYTES]
        self._workers.run([partial(self._send_form, file) for file in forms], _THREADS)
        for file in missing:
            if file.size > _FORM_BYTES:
                self._send_parts(file)

    def _hash(self, file: Pending) -> None:
        file.note(hash_file(file.addition, self._workers.check))

    def _stage(self, batch: list[Pending]) -> list[Pending]:
        """Stage what the hub has; returns the files whose contents it lacks."""
        needed = [file for file in batch if not file.is_held]
        self._progress.advance(
            sum(file.size for file in batch) - sum(file.size for file in needed),
            len(batch) - len(needed),
        )
        if not needed:
            return []
        self.staged += len(needed)
        answer = self._connection.request(
            "POST",
            f"/operations/{self._operation}/stage",
            json={"entries": [[file.addition.path, file.size, file.sha256] for file in needed]},
            patience=self._workers.patience,
        )
        lacking = set(answer["missing"])
        missing = [file for at, file in enumerate(needed) if at in lacking]
        there = sum(file.size for file in needed) - sum(file.size for file in missing)
        self._progress.advance(there, len(needed) - len(missing))
        return missing

    def _send_pack(self, files: list[Pending], contents: dict[str, bytes]) -> None:
        pieces = [pack_head([(file.addition.path, file.size) for file in files])]
        for file in files:
            content = contents.pop(file.addition.path, None)
            pieces.append(read_file(file.addition)[0] if content is None else content)
        # Joined into a few, each of which is a call to the system.
        body = [b"".join(pieces[at : at + _JOINED]) for at in range(0, len(pieces), _JOINED)]
        answer = self._connection.request(
            "PUT",
            f"/operations/{self._operation}/pack",
            body=lambda: _checked(body, self._workers.check),
            headers={"Content-Type": PACK_TYPE, "Content-Length": str(sum(map(len, body)))},
            patience=self._workers.patience,
        )
        for file, sha256 in zip(files, answer["entries"], strict=True):
            _check_sent(file, sha256)
        self._progress.advance(sum(file.size for file in files), len(files))

    def _send_form(self, file: Pending) -> None:
        """Send one file as the form that the protocol wants, read as it goes."""
        import secrets

        boundary = secrets.token_hex(16)
        head = (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="content"; filename="content"\r\n\r\n'
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def body() -> Iterator[bytes]:
            yield head
            yield from read_range(file.addition, 0, file.size, self._workers.check)
            yield tail

        answer = self._connection.request(
            "PUT",
            "/objects",
            query={"opID": self._operation, "path": file.addition.path},
            body=body,
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(len(head) + file.size + len(tail)),
            },
            patience=self._workers.patience,
        )
        _check_sent(file, answer["checksum"])
        self._progress.advance(file.size, 1)

    def _send_parts(self, file: Pending) -> None:
        """Send one file in parts, at the same time, leaving out those that are there already."""
        part_size = max(_PART_BYTES, -(-file.size // _MOST_PARTS))
        query = {"opID": self._operation, "path": file.addition.path}
        announced = {"size": str(file.size), "sha256": str(file.sha256), "partSize": str(part_size)}
        started = self._connection.request(
            "POST", "/multipart", query={**query, **announced}, patience=self._workers.patience
        )
        route = f"/multipart/{started['uploadId']}"
        count = -(-file.size // part_size)
        there = set(started["parts"])
        etags = dict.fromkeys(there, "")

        def send(number: int) -> None:
            start = (number - 1) * part_size
            length = min(part_size, file.size - start)
            answer = self._connection.request(
                "PUT",
                route,
                query={**query, "partNum": str(number)},
                body=lambda: read_range(file.addition, start, length, self._workers.check),
                headers={
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(length),
                },
                patience=self._workers.patience,
            )
            etags[number] = answer["etag"]
            self._progress.advance(length)

        self._progress.advance(sum(min(part_size, file.size - (n - 1) * part_size) for n in there))
        missing = [number for number in range(1, count + 1) if number not in there]
        self._workers.run([partial(send, number) for number in missing], _THREADS)
        self._complete(file, route, query, [(etags[n], n) for n in range(1, count + 1)])

    def _complete(
        self, file: Pending, route: str, query: dict[str, str], parts: list[tuple[str, int]]
    ) -> None:
        listed = [{"etag": etag, "partNumber": number} for etag, number in parts]
        try:
            answer = self._connection.request(
                "POST", route, query=query, json={"parts": listed}, patience=self._workers.patience
            )
        except NotFoundError:
            # After an answer that was lost the upload is gone, since it is whole.
            if self._stage([file]):
                raise
            return
        except InvalidInputError as error:
            if error.code == "checksum_mismatch":
                raise changed(file.addition) from error
            raise
        _check_sent(file, answer["checksum"])
        self._progress.advance(0, 1)


def _small_ones(files: Iterable[Pending], large: list[Pending]) -> Iterator[Pending]:
    """The files that travel together; the others are put on the list."""
    for file in files:
        if file.size < _SMALL_BYTES:
            yield file
        else:
            large.append(file)


def _unread(file: Pending) -> int:
    """How many bytes of a file are to be read before the hub is asked for it."""
    return 0 if file.sha256 else file.size


def _check_sent(file: Pending, sha256: str) -> None:
    """Compare what arrived with what was read before."""
    if sha256 != file.sha256:
        raise changed(file.addition)


def _checked(pieces: list[bytes], check: Callable[[], None]) -> Iterator[bytes]:
    for piece in pieces:
        check()
        yield piece

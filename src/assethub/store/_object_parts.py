"""The parts of uploads in an object store: each an object, copied together at the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import obstore
import obstore.store

from assethub.store._obstore import READ_BYTES, ObjectFile, translated
from assethub.store.blobs import Blob, BlobNotFound, BlobWriter, check_address
from assethub.store.parts import Part, PartWriter, check_checksum, check_upload, is_upload

_PREFIX = "uploads"
# This allows parts of 78 GiB, and keeps the memory small when several arrive at once.
_PIECE_BYTES = 8 * 1024 * 1024


class ObjectParts:
    """Parts as objects below `uploads/`; `create` makes a writer for the blob at an address."""

    def __init__(
        self,
        store: obstore.store.ObjectStore,
        url: str,
        create: Callable[[str], BlobWriter],
    ) -> None:
        self._store = store
        self._url = url
        self._create = create

    def write(self, upload: str, number: int, offset: int) -> PartWriter:  # noqa: ARG002
        check_upload(upload)
        return _ObjectPartWriter(self._store, self._url, upload, number)

    def hash_ahead(self, upload: str, parts: Sequence[Part]) -> None:
        """Does nothing: they are hashed while they are copied."""

    def join(self, upload: str, address: str, parts: Sequence[Part], sha256: str | None) -> Blob:
        check_upload(upload)
        check_address(address)
        with self._create(address) as writer:
            for part in parts:
                for chunk in self._read(upload, part):
                    writer.write(chunk)
            check_checksum(writer.checksum, sha256)
            return writer.commit()

    def drop(self, upload: str) -> None:
        check_upload(upload)
        with translated(f"delete upload {upload} in the store {self._url}"):
            for batch in obstore.list(self._store, f"{_PREFIX}/{upload}"):
                for meta in batch:
                    with suppress(FileNotFoundError):
                        obstore.delete(self._store, meta["path"])

    def list_uploads(self) -> set[str]:
        with translated(f"list the store {self._url}"):
            found = obstore.list_with_delimiter(self._store, _PREFIX)["common_prefixes"]
        return {name for name in (path.rpartition("/")[2] for path in found) if is_upload(name)}

    def _read(self, upload: str, part: Part) -> Iterator[memoryview]:
        key = _key(upload, part.number, part.etag)
        for start in range(0, part.size, READ_BYTES):
            wanted = start, min(start + READ_BYTES, part.size)
            with translated(f"read the store {self._url}"):
                try:
                    found = obstore.get(self._store, key, options={"range": wanted}).bytes()
                except FileNotFoundError as error:
                    raise BlobNotFound(
                        f"part {part.number} of upload {upload} is not in the store"
                    ) from error
            yield memoryview(found)


class _ObjectPartWriter(PartWriter):
    def __init__(
        self, store: obstore.store.ObjectStore, url: str, upload: str, number: int
    ) -> None:
        super().__init__(number)
        self._file = ObjectFile(
            store, url, _key(upload, number, self._etag), piece_bytes=_PIECE_BYTES, in_flight=1
        )

    def _append(self, chunk: bytes | memoryview) -> None:
        self._file.write(chunk)

    def _finish(self) -> None:
        self._file.close()

    def _drop(self) -> None:
        self._file.drop()


def _key(upload: str, number: int, etag: str) -> str:
    return f"{_PREFIX}/{upload}/{number:05}-{etag}"

"""The bytes of a hub: blobs in a local directory, or in an object store by URL.

StoreError
├── BlobNotFound   no blob has this address
├── DiskFailed     the disk is broken
├── StoreFull      no room left, or a quota used up
└── WrongChecksum  parts do not make what was announced (`assethub.store.parts`)

A blob is written once, under a random address that is never used again, and read whole or in part.
Every method may be called from several threads at once, but a writer from one at a time.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, Self, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from assethub.errors import HubError

if TYPE_CHECKING:
    from assethub.store.parts import PartStore

T = TypeVar("T")

CHUNK_BYTES = 1024 * 1024
# Where a store keeps what was moved aside.
QUARANTINE = "quarantine"

_ADDRESS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")
_OBJECT_STORES = ("s3", "gs", "az")


class StoreError(HubError):
    """The store could not do what was asked; the text is a sentence for people."""

    status = 503
    code = "store_unavailable"


class BlobNotFound(StoreError):
    """No blob has this address."""

    status = 500
    code = "blob_missing"


class DiskFailed(StoreError):
    """The disk did not read or write what it should."""

    status = 500
    code = "disk_failed"


class StoreFull(StoreError):
    """No room is left in the store, or a quota is used up."""

    status = 507
    code = "storage_full"


class Blob(NamedTuple):
    """A blob as it was written: size in bytes, SHA-256 as 64 lower-case hex digits."""

    address: str
    size: int
    sha256: str


class BlobInfo(NamedTuple):
    """A blob as the store lists it: size in bytes, time of writing in seconds since the epoch."""

    address: str
    size: int
    modified: float


class Writer(ABC, Generic[T]):
    """Bytes being written. Used in a `with`, which leaves nothing behind unless committed."""

    def __init__(self) -> None:
        self._size = 0
        self._ended = False

    def write(self, chunk: bytes | memoryview) -> None:
        """Adds bytes."""
        self._check_open()
        self._append(chunk)
        self._size += memoryview(chunk).nbytes

    def commit(self) -> T:
        """What was written, durable from now on."""
        self._check_open()
        self._finish()
        self._ended = True
        return self._describe()

    def abort(self) -> None:
        """Drops what was written. Does nothing after a commit or an earlier abort."""
        if not self._ended:
            self._ended = True
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

    def _check_open(self) -> None:
        if self._ended:
            raise StoreError("what was written here is already committed or dropped")

    @abstractmethod
    def _append(self, chunk: bytes | memoryview) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...

    @abstractmethod
    def _drop(self) -> None: ...

    @abstractmethod
    def _describe(self) -> T: ...


class BlobWriter(Writer[Blob]):
    """A blob being written; readable and listed once it is committed."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._hash = sha256()

    def write(self, chunk: bytes | memoryview) -> None:
        """Adds bytes, and hashes them on the way."""
        super().write(chunk)
        self._hash.update(chunk)

    @property
    def checksum(self) -> str:
        """The SHA-256 of what was written so far."""
        return self._hash.hexdigest()

    def _describe(self) -> Blob:
        return Blob(self._address, self._size, self.checksum)


class BlobStore(Protocol):
    """Where blobs are kept. All methods raise StoreError when the store cannot be used."""

    @property
    def parts(self) -> "PartStore":
        """Where the parts of large blobs come in."""
        ...

    def create(self, address: str | None = None) -> BlobWriter:
        """A writer for a new blob, or for a copy of another store's under the same address."""
        ...

    def read(self, address: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from offset on (all, or length of them) in chunks of at most 1 MiB.

        What lies past the end is left out. Raises BlobNotFound at once, not at the first chunk.
        """
        ...

    def local_path(self, address: str) -> Path | None:
        """The plain file that is the blob, to send by descriptor; None where there are no files.

        Raises BlobNotFound.
        """
        ...

    def size(self, address: str) -> int:
        """The bytes of a blob. Raises BlobNotFound."""
        ...

    def delete(self, address: str) -> None:
        """Deletes a blob; one that is not there is no error."""
        ...

    def quarantine(self, address: str) -> str:
        """Moves a blob aside, where the hub no longer sees it; returns where. Raises BlobNotFound.

        One put aside under this address before is replaced.
        """
        ...

    def list(self) -> Iterator[BlobInfo]:
        """All committed blobs, in no order."""
        ...

    def check_writable(self) -> None:
        """Writes a trial and removes it; raises StoreError naming the store if that fails."""
        ...


def open_store(url_or_path: str) -> BlobStore:
    """The store in a directory (a path or file:// URL) or an object store (s3://, gs://, az://).

    Credentials, region and endpoint of an object store come from the environment, under the names
    that its own tools use (AWS_…, GOOGLE_…, AZURE_…). Nothing is read or written yet.
    """
    # Both implementations import this module, and only one of them is needed.
    directory = local_directory(url_or_path)
    if directory is not None:
        from assethub.store._local import LocalStore

        return LocalStore(directory)
    scheme = url_or_path.partition("://")[0]
    if scheme in _OBJECT_STORES:
        from assethub.store._objects import ObjectStore

        return ObjectStore(url_or_path)
    raise StoreError(
        f"no kind of store is known for {scheme}://: give a directory, or a URL that starts with "
        "file://, s3://, gs:// or az://"
    )


def local_directory(url_or_path: str) -> Path | None:
    """The directory that a path or a file:// URL names; None for any other URL."""
    scheme, separator, _ = url_or_path.partition("://")
    if not separator:
        return Path(url_or_path).absolute()
    return Path(unquote(urlsplit(url_or_path).path)).absolute() if scheme == "file" else None


def make_address() -> str:
    """A new random address."""
    name = uuid4().hex
    return f"{name[:2]}/{name[2:]}"


def is_address(text: str) -> bool:
    """Whether a name in the store is that of a blob."""
    return _ADDRESS.fullmatch(text) is not None


def check_address(address: str) -> None:
    """Raises StoreError for what is not an address, so that none reaches outside the store."""
    if not is_address(address):
        raise StoreError(f"{address!r} is not the address of a blob")

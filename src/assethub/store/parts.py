"""The parts of large blobs: they come in any order, several at once, and are joined at the end."""

import re
from collections.abc import Sequence
from secrets import token_hex
from typing import NamedTuple, Protocol

from assethub.store.blobs import Blob, StoreError, Writer

_UPLOAD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class WrongChecksum(StoreError):
    """The bytes are not those that were announced."""

    status = 400
    code = "checksum_mismatch"


class Part(NamedTuple):
    """A part of an upload as it was written: numbered from 1, size in bytes.

    Each time that it is written it has another etag.
    """

    number: int
    size: int
    etag: str


class PartWriter(Writer[Part]):
    """A part of an upload being written."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._etag = token_hex(16)

    def _describe(self) -> Part:
        return Part(self._number, self._size, self._etag)


class PartStore(Protocol):
    """Keeps parts until they are joined. All methods raise StoreError when it cannot be used.

    An upload is named by a UUID. Nothing expires here.
    """

    def write(self, upload: str, number: int, offset: int) -> PartWriter:
        """A writer for one part, whose bytes begin at `offset` of the whole.

        What was there of this part is lost. No two writers may be at the same part at once.
        """
        ...

    def hash_ahead(self, upload: str, parts: Sequence[Part]) -> None:
        """Tells that these parts are there, so that they may be hashed in the background."""
        ...

    def join(self, upload: str, address: str, parts: Sequence[Part], sha256: str | None) -> Blob:
        """Makes the blob at an address of all the parts, which are in order.

        If that has been done before, the same again. Nobody may be writing to a part. Raises
        WrongChecksum where the SHA-256 is not the announced one, BlobNotFound where parts are lost;
        there is no blob then.
        """
        ...

    def drop(self, upload: str) -> None:
        """Deletes all parts of an upload; none is no error."""
        ...

    def list_uploads(self) -> set[str]:
        """The uploads of which there are parts."""
        ...


def check_upload(upload: str) -> None:
    """Raises StoreError for what is not the id of an upload, so that none reaches elsewhere."""
    if not is_upload(upload):
        raise StoreError(f"{upload!r} is not the id of an upload")


def is_upload(name: str) -> bool:
    """Whether a name in the store is that of an upload."""
    return _UPLOAD.fullmatch(name) is not None


def check_checksum(found: str, announced: str | None) -> None:
    """Raises WrongChecksum where the SHA-256 found is not the one announced, if any was."""
    if announced not in (None, found):
        raise WrongChecksum(
            f"the bytes that came have the SHA-256 {found}, not {announced} as announced; send "
            "the file again"
        )

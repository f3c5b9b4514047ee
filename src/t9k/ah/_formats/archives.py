"""Zip archives, read member by member within bounds, those compressed by zstd too."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import AssetHubError
from .files import MAX_DOCUMENT, open_file, read_within, too_large
from .libraries import need
from .parts import Part

MAX_MEMBERS = 1_000_000
_ZSTD = 93
_ENCRYPTED = 0x1
# A local header up to the lengths of the name and of the extra field (APPNOTE.TXT, 4.3.7).
_LOCAL = struct.Struct("<4s22xHH")


class Archive:
    """A zip file. `names` are its members in order; `read` gives one whole, within bounds."""

    def __init__(self, path: Path, limit: int = MAX_DOCUMENT) -> None:
        self._whole = Part(path.name, None)
        self._limit = limit
        self._file: BinaryIO = open_file(path)
        try:
            self._zip = zipfile.ZipFile(self._file)
            members = self._zip.infolist()
        except BaseException as error:
            self._file.close()
            if isinstance(error, _BROKEN):
                raise self._whole.refuse(f"is no zip that can be read: {error}") from None
            raise
        if len(members) > MAX_MEMBERS:
            self._file.close()
            raise self._whole.refuse(
                f"has more than {MAX_MEMBERS:,} members", code="file_too_large"
            )
        self._members = {member.filename: member for member in members}
        self.names = list(self._members)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def part(self, name: str) -> Part:
        """A member as a place, for what is wrong with it."""
        return Part(self._whole.file, None, name)

    def read(self, name: str) -> bytes:
        """The bytes of a member; raises InvalidInputError where it is missing, damaged or large."""
        part = self.part(name)
        member = self._members.get(name)
        if member is None:
            raise part.refuse("is missing")
        if member.flag_bits & _ENCRYPTED:
            raise part.refuse("is encrypted")
        if member.file_size > self._limit:
            raise too_large(part, self._limit)
        try:
            if member.compress_type == _ZSTD:
                return self._read_zstd(member, part)
            with self._zip.open(member) as file:
                return read_within(file, self._limit, part)
        except AssetHubError:
            raise
        except _BROKEN as error:
            raise part.refuse(f"is damaged: {error!s:.100}") from None

    def _read_zstd(self, member: zipfile.ZipInfo, part: Part) -> bytes:
        """By zstandard, since Python's own zipfile knows zstd only from 3.14 on."""
        zstandard = need("zstandard", "Logs compressed by zstd")
        self._file.seek(member.header_offset)
        signature, name, extra = _LOCAL.unpack(_read_exactly(self._file, _LOCAL.size))
        if signature != b"PK\x03\x04":
            raise part.refuse("is damaged: it does not begin where the list of members says")
        self._file.seek(name + extra, io.SEEK_CUR)
        data = _read_exactly(self._file, member.compress_size)
        reader: Any = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(
            data, read_across_frames=True
        )
        try:
            found = read_within(reader, self._limit, part)
        except zstandard.ZstdError as error:
            raise part.refuse(f"is damaged: {error!s:.100}") from None
        if zlib.crc32(found) != member.CRC:
            raise part.refuse("is damaged: its checksum differs")
        return found


def _read_exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError("it ends too early")
    return data


# What zipfile raises for archives that are none, are cut, or use what it does not know.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
)

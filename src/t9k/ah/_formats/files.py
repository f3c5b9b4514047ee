"""Files of others, read within bounds: they can take neither all memory nor end in a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import InvalidInputError
from .parts import Part

MIB = 2**20
# Of a document that is read whole, and of one line of a file that is read line by line.
MAX_DOCUMENT = 256 * MIB
MAX_LINE = 16 * MIB


def open_file(path: Path) -> BinaryIO:
    """The file, open for reading bytes; raises InvalidInputError where it cannot be."""
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(
            f"{path} cannot be read: {reason}", code="unreadable_file"
        ) from None


def read_bytes(path: Path, limit: int = MAX_DOCUMENT) -> bytes:
    """The whole file, which may not be larger than `limit` bytes."""
    with open_file(path) as file:
        return read_within(file, limit, Part(path.name, None))


def read_within(file: Any, limit: int, part: Part) -> bytes:
    """All that is left of a file; raises InvalidInputError where that is more than `limit`."""
    data: bytes = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(part, limit)
    return data


def too_large(part: Part, limit: int) -> InvalidInputError:
    """The error to raise for what is larger than it may be."""
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
    return part.refuse(f"is larger than {size}, the most that is read", code="file_too_large")


def decode(data: bytes, part: Part) -> str:
    """The bytes as UTF-8, with or without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise part.refuse(f"is no text in UTF-8: see byte {error.start}") from None


def read_json(path: Path) -> Part:
    """The document of a JSON file, in which NaN and the infinities may stand."""
    return parse_json(read_bytes(path), Part(path.name, None))


def parse_json(data: bytes, part: Part) -> Part:
    """The document of these bytes, at the place of `part`."""
    text = decode(data, part)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise part.refuse(
            f"is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except _Twice as error:
        raise part.refuse(f"has the key {error.args[0]!r:.60} twice in one object") from None
    except ValueError as error:
        # Such as a whole number of more digits than Python takes.
        raise part.refuse(f"is no JSON: {error}") from None
    except RecursionError:
        raise part.refuse("is nested too deep") from None
    return Part(part.file, value, part.place)


class _Twice(ValueError):
    """A key that is given twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return made


# Made once: files of samples have a document a line.
_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def read_lines(path: Path) -> Iterator[Part]:
    """The objects of a JSON Lines file one by one, each at `line N`, without empty lines."""
    with open_file(path) as file:
        at = 0
        while line := file.readline(MAX_LINE + 1):
            at += 1
            part = Part(path.name, None, f"line {at}")
            if len(line) > MAX_LINE:
                raise too_large(part, MAX_LINE)
            if line.strip():
                found = parse_json(line, part)
                found.object()
                yield found


def read_last_line(path: Path) -> Part:
    """The document in the last line of a JSON Lines file; nothing where that has none.

    A line that is no JSON is left to `read_lines`, which knows its number.
    """
    with open_file(path) as file:
        file.seek(0, os.SEEK_END)
        start = max(0, file.tell() - MAX_LINE)
        file.seek(start)
        lines = file.read(MAX_LINE).splitlines()
    part = Part(path.name, None, "last line")
    line = next((each for each in reversed(lines) if each.strip()), b"")
    try:
        return parse_json(line, part) if line else part
    except InvalidInputError:
        return part


class Samples:
    """Samples that are read again each time they are gone through, and never all held at once."""

    def __init__(self, read: Callable[[], Iterator[dict[str, Any]]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._read()

"""Changing a few entries of a range by moving bytes, without unpacking the others."""

import struct
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from .build import ends_range
from .entry import Entry, same_content
from .nodes import Range, encode_range, join_range

_Columns = tuple[bytes, bytes, bytes, bytes]


class Spliced(NamedTuple):
    """An encoded range, with what a root lists of it."""

    node: bytes
    first: str
    last: str
    length: int
    size: int


def splice_range(old: Range, changes: Sequence[tuple[str, Entry | None]]) -> Spliced | None:
    """A range that ends at a boundary, with changes none of which comes after that.

    None where the range would end elsewhere or list other content types. Raises ValueError for
    an entry that no node can hold.
    """
    pieces: list[_Columns] = []
    paths: list[str] = []
    position = 0
    for path, new in changes:
        found = bisect_left(old.paths, path, position)
        there = old.paths[found] == path
        before = old.entries(found, found + 1)[0] if there else None
        if same_content(before, new):
            continue
        moves_end = found == len(old) - 1 if new is None else not there and ends_range(path)
        if moves_end or (new is not None and new.content_type not in old.types):
            return None
        pieces.append(old.columns(position, found))
        paths += old.paths[position:found]
        if new is not None:
            pieces.append(_columns_of(new, old.types))
            paths.append(path)
        position = found + there
    pieces.append(old.columns(position, len(old)))
    paths += old.paths[position:]
    columns = [b"".join(column) for column in zip(*pieces, strict=True)]
    count = len(paths)
    if len(set(struct.unpack(f"<{count}I", columns[2]))) < len(old.types):
        return None
    size = sum(struct.unpack(f"<{count}Q", columns[0]))
    return Spliced(join_range(columns, old.types, paths), paths[0], paths[-1], count, size)


def _columns_of(entry: Entry, types: Sequence[str]) -> _Columns:
    sizes, mtimes, _, checksums = Range(encode_range([entry])).columns(0, 1)
    return sizes, mtimes, struct.pack("<I", types.index(entry.content_type)), checksums

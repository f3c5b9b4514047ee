"""What a tree holds, and the two functions through which it reaches its nodes."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

# Given hashes, the bytes of these nodes; raises for one that is not there.
Load = Callable[[Sequence[str]], Mapping[str, bytes]]

# Keeps the bytes of one new node under its hash. Called for the ranges first, then for the root.
Put = Callable[[str, bytes], None]


class Entry(NamedTuple):
    """One file of a snapshot.

    `size` is in bytes, `checksum` the SHA-256 of the content as 64 lower-case hex digits, `mtime`
    whole epoch seconds. A path is never empty and holds no NUL.
    """

    path: str
    size: int
    checksum: str
    mtime: int
    content_type: str


def same_content(a: Entry | None, b: Entry | None) -> bool:
    """Whether two entries hold the same bytes and type, or are both absent; times don't count."""
    if a is None or b is None:
        return a is b
    return a.checksum == b.checksum and a.content_type == b.content_type

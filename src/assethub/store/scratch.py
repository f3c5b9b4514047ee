"""What is too large for memory, in a temporary file that is gone when it is closed: sets of hashes,
sizes of blobs.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

_AT_ONCE = 500


class HashSet:
    """A set of hex digests on disk. Memory stays within a few MiB, however many there are."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def add(self, hashes: Iterable[str]) -> list[str]:
        """Adds hashes; returns those that are new, each once."""
        return [key for key in hashes if self._file.execute(_INSERT, (key,)).rowcount]

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._file.execute("SELECT hash FROM seen"))

    def missing(self, hashes: Sequence[str]) -> list[str]:
        """Those of the hashes that are not in the set."""
        found: set[str] = set()
        for start in range(0, len(hashes), _AT_ONCE):
            batch = hashes[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(batch))
            rows = self._file.execute(f"SELECT hash FROM seen WHERE hash IN ({marks})", batch)  # noqa: S608
            found.update(row[0] for row in rows)
        return [key for key in hashes if key not in found]


_INSERT = "INSERT OR IGNORE INTO seen VALUES (?)"


class Sizes:
    """The sizes of blobs by their addresses, on disk."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def add(self, sizes: Iterable[tuple[str, int]]) -> None:
        """Notes addresses with their sizes."""
        self._file.executemany("INSERT OR REPLACE INTO sizes VALUES (?, ?)", sizes)

    def get(self, address: str) -> int | None:
        """The size of a blob; None where it was not added."""
        row = self._file.execute("SELECT size FROM sizes WHERE address = ?", (address,)).fetchone()
        return None if row is None else int(row[0])


@contextmanager
def scratch_set() -> Iterator[HashSet]:
    """An empty set for the time of a `with`."""
    with _scratch("seen (hash TEXT PRIMARY KEY)") as file:
        yield HashSet(file)


@contextmanager
def scratch_sizes() -> Iterator[Sizes]:
    """An empty table of sizes for the time of a `with`."""
    with _scratch("sizes (address TEXT PRIMARY KEY, size INTEGER)") as file:
        yield Sizes(file)


@contextmanager
def _scratch(table: str) -> Iterator[sqlite3.Connection]:
    # SQLite's database of the empty name spills to a file that nobody else can open.
    file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode=OFF")
        file.execute(f"CREATE TABLE {table} WITHOUT ROWID")
        file.execute("BEGIN")
        yield file
    finally:
        file.close()

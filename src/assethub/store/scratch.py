"""Sets of hashes too large for memory: in a temporary file that is gone when they are closed."""

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


@contextmanager
def scratch_set() -> Iterator[HashSet]:
    """An empty set for the time of a `with`."""
    # SQLite's database of the empty name spills to a file that nobody else can open.
    file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode=OFF")
        file.execute("CREATE TABLE seen (hash TEXT PRIMARY KEY) WITHOUT ROWID")
        file.execute("BEGIN")
        yield HashSet(file)
    finally:
        file.close()

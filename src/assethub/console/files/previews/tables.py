"""The first rows of tables: CSV, JSON lines, Parquet."""

import csv
import json
import select
import struct
import subprocess  # nosec B404
import sys
import time
from io import StringIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, Any, NamedTuple, cast

from assethub.console.files.previews.stored import StoredFile, Unreadable

MOST_ROWS = 100
MOST_COLUMNS = 50
_LONGEST_CELL = 200
_DELIMITERS = ",;\t|"
_PROGRAM = Path(__file__).with_name("_parquet_rows.py")
_MEGABYTES = 320
_SECONDS = 5
_HEAD = struct.Struct("<cQQ")
_LONGEST_ANSWER = 8 * 1024 * 1024
# So many may run at once.
_TURNS = BoundedSemaphore(2)


class Column(NamedTuple):
    """A column; `type` is empty where the file does not say it."""

    name: str
    type: str


class Rows(NamedTuple):
    """The first rows of a table.

    `total` is None where the file does not say how many there are; `more` whether there are more
    than these. `problem` is a code of Unreadable where the rows could not be read, the columns
    could.
    """

    columns: list[Column]
    rows: list[list[str | None]]
    more: bool
    total: int | None = None
    columns_left_out: int = 0
    problem: str = ""


def read_csv(text: str, cut: bool) -> Rows:
    """The rows of a text whose first line names the columns; raises Unreadable."""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    found: list[list[str]] = []
    more = cut
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(found) > MOST_ROWS:
                more = True
                break
            found.append(row)
    except csv.Error as error:
        # The text may end within a quoted cell only because it was cut.
        if not cut or not found:
            raise Unreadable("broken") from error
    if not found:
        raise Unreadable("broken")
    # The last line of what was cut may be half a line.
    rows = found[1:-1] if cut and len(found) > 2 and len(found) <= MOST_ROWS else found[1:]
    head, width = found[0], max(map(len, found))
    names = [*head, *[""] * (width - len(head))]
    filled = [[*row, *[None] * (width - len(row))] for row in rows]
    return _narrow([Column(name, "") for name in names], filled, more=more)


def read_json_lines(text: str, cut: bool) -> Rows:
    """The rows of a text with a JSON value on each line; raises Unreadable."""
    lines = text.split("\n")
    if cut:
        lines.pop()
    found: list[dict[str, Any]] = []
    more = cut
    for line in lines:
        if not line.strip():
            continue
        if len(found) == MOST_ROWS:
            more = True
            break
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Unreadable("broken") from error
        found.append(value if isinstance(value, dict) else {"": value})
    if not found:
        raise Unreadable("broken" if text.strip() else "empty")
    names = list(dict.fromkeys(name for row in found for name in row))
    rows = [[_show(row[name]) if name in row else None for name in names] for row in found]
    return _narrow([Column(name, "") for name in names], rows, more=more)


def read_parquet(file: StoredFile) -> Rows:
    """The schema and the first rows; raises Unreadable.

    Another process reads them, which may take 320 MiB and five seconds.
    """
    told = _ask_program(file)
    if "schema" not in told:
        raise Unreadable(told["problem"])
    columns = [Column(*each) for each in told["schema"]]
    left_out = max(len(columns) - MOST_COLUMNS, 0)
    return Rows(
        columns,
        told["rows"],
        told["total"] > len(told["rows"]),
        told["total"],
        left_out,
        told["problem"],
    )


def _ask_program(file: StoredFile) -> Any:
    if file.size < 12:
        raise Unreadable("broken")
    if not _TURNS.acquire(timeout=_SECONDS):
        raise Unreadable("too_slow")
    try:
        return _run_program(file)
    except BrokenPipeError as error:
        raise Unreadable("too_large") from error
    finally:
        _TURNS.release()


def _run_program(file: StoredFile) -> Any:
    numbers = (file.size, MOST_ROWS, MOST_COLUMNS, _MEGABYTES, _SECONDS)
    command = [sys.executable, "-I", str(_PROGRAM), *map(str, numbers)]
    with subprocess.Popen(  # nosec B603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
    ) as program:
        asked, told = cast(IO[bytes], program.stdin), cast(IO[bytes], program.stdout)
        try:
            return _serve(file, asked, told, time.monotonic() + 2 * _SECONDS)
        finally:
            program.kill()


def _serve(file: StoredFile, asked: IO[bytes], told: IO[bytes], until: float) -> Any:
    """Gives the program the pieces that it asks for, until it answers."""
    while True:
        kind, offset, length = _HEAD.unpack(_receive(told, _HEAD.size, until))
        if kind == b"!":
            if length > _LONGEST_ANSWER:
                raise Unreadable("too_large")
            return json.loads(_receive(told, length, until))
        file.seek(offset)
        asked.write(file.read(length))
        asked.flush()


def _receive(told: IO[bytes], length: int, until: float) -> bytes:
    """So many bytes of the program's; raises Unreadable where it is too slow, or has ended."""
    found = bytearray()
    while len(found) < length:
        left = until - time.monotonic()
        if left <= 0 or not select.select([told], [], [], left)[0]:
            raise Unreadable("too_slow")
        piece = told.read1(length - len(found))  # type: ignore[attr-defined]
        if not piece:
            raise Unreadable("too_large")
        found += piece
    return bytes(found)


def _narrow(columns: list[Column], rows: list[list[str | None]], *, more: bool) -> Rows:
    """A table of no more columns than a page can bear, its cells cut."""
    kept = [[None if each is None else _cut(each) for each in row[:MOST_COLUMNS]] for row in rows]
    shown = [Column(_cut(name), type_) for name, type_ in columns[:MOST_COLUMNS]]
    left_out = max(len(columns) - MOST_COLUMNS, 0)
    return Rows(shown, kept[:MOST_ROWS], more, columns_left_out=left_out)


def _show(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"

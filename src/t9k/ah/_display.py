"""How what the SDK returns is shown: listings as tables, in terminals and in notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ._tables import age_of, format_table, size_of

if TYPE_CHECKING:
    from typing import Protocol

    class Printer(Protocol):
        """What IPython has objects write themselves to."""

        def text(self, text: str) -> None: ...


_MOST_ROWS = 200
_SHORT_COMMIT = 12
EntryT = TypeVar("EntryT")


class Column(NamedTuple):
    """A column of a listing: its header, what it shows of an entry, whether it is of numbers."""

    header: str
    cell: Callable[[Any], str]
    is_number: bool = False


class Listing(list[EntryT]):
    """A list of plain dicts as any other; printed, or the last line of a notebook's cell, a table.

    Its `repr` and `pprint` show the dicts.
    """

    def __init__(self, entries: Iterable[EntryT], noun: str) -> None:
        super().__init__(entries)
        self._noun = noun

    def __str__(self) -> str:
        columns = self._columns(self)
        right = [column.header for column in columns if column.is_number]
        headers = [column.header for column in columns]
        return "\n".join(format_table(headers, self._rows(self, columns), right))

    def _repr_html_(self) -> str:
        shown = self[:_MOST_ROWS]
        columns = self._columns(shown)
        more = len(self) - len(shown)
        struck = [self._noun == "evaluation" and is_invalid(entry) for entry in shown]
        return html_table(columns, self._rows(shown, columns), struck) + (
            f"<p>… and {more} more</p>" if more else ""
        )

    def _repr_pretty_(self, printer: Printer, _cycle: bool) -> None:
        printer.text(str(self))

    def _columns(self, entries: Sequence[Any]) -> Sequence[Column]:
        columns = _COLUMNS[self._noun]
        if self._noun != "evaluation":
            return columns
        states = [Column("STATE", state_of)] if any(map(state_of, entries)) else []
        return [*columns, *_metric_columns(entries), *states]

    def _rows(self, entries: Sequence[Any], columns: Sequence[Column]) -> list[list[str]]:
        return [[column.cell(entry) for column in columns] for entry in entries]


class Shown:
    """What shows itself in a notebook as a small table of its attributes."""

    def _facts(self) -> list[tuple[str, str]]:
        """The attributes that are shown, by name."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in self._facts()
        )
        return f"<table><caption>{escape(type(self).__name__)}</caption>{rows}</table>"


def is_invalid(entry: Any) -> bool:
    """Whether an evaluation was marked invalid."""
    return entry.get("invalid") is not None


def state_of(entry: Any) -> str:
    """What there is to say of an evaluation before one trusts it; mostly nothing."""
    said = [f"INVALID: {entry['invalid']['reason']}"] if is_invalid(entry) else []
    moved = entry.get("datasetMoved")
    if moved:
        said.append(f"dataset moved: {moved} commit{'' if moved == 1 else 's'}")
    return "; ".join(said)


def html_table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], struck: Iterable[bool] = ()
) -> str:
    """A table in HTML; whatever is in the cells is text. `struck` says which rows do not count."""
    from html import escape
    from itertools import chain, repeat

    styles = [f"text-align:{'right' if column.is_number else 'left'}" for column in columns]
    head = "".join(
        f'<th style="{style}">{escape(column.header)}</th>'
        for column, style in zip(columns, styles, strict=True)
    )
    body = "".join(
        ('<tr style="text-decoration:line-through">' if out else "<tr>")
        + "".join(
            f'<td style="{style}">{escape(cell)}</td>'
            for cell, style in zip(row, styles, strict=True)
        )
        + "</tr>"
        for row, out in zip(rows, chain(struck, repeat(False)), strict=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _metric_columns(entries: Sequence[Any]) -> list[Column]:
    """A column for each metric that one of the evaluations has."""
    from json import dumps, loads

    def column(name: str) -> Column:
        def cell(entry: Any) -> str:
            metrics = loads(entry["results"]["metric"])
            return dumps(metrics[name]) if name in metrics else ""

        return Column(name, cell, is_number=True)

    names = (name for entry in entries for name in loads(entry["results"]["metric"]))
    return [column(name) for name in dict.fromkeys(names)]


def _commit(id_: str) -> str:
    return id_[:_SHORT_COMMIT]


def _size(content: Any) -> str:
    return "" if content is None else size_of(content["size_bytes"])


def _record_columns(noun: str) -> list[Column]:
    return [
        Column("LABELS", lambda entry: ", ".join(entry[noun]["labels"])),
        Column("CREATED", lambda entry: age_of(entry[noun]["createdTimestamp"])),
    ]


_COLUMNS: dict[str, list[Column]] = {
    "folder": [
        Column("TYPE", lambda entry: entry["folder"]["type"]),
        Column("NAME", lambda entry: entry["folder"]["name"]),
        Column("ASSETS", lambda entry: str(entry["assets"]), is_number=True),
        Column("OWNER", lambda entry: entry["folder"]["owner"]),
        *_record_columns("folder"),
    ],
    "asset": [
        Column("NAME", lambda entry: entry["asset"]["name"]),
        Column("BRANCHES", lambda entry: str(entry["branches"]), is_number=True),
        *_record_columns("asset"),
    ],
    "branch": [
        Column("NAME", lambda entry: entry["id"]),
        Column("COMMIT_ID", lambda entry: _commit(entry["commit_id"])),
        Column("BYTES", _size, is_number=True),
        Column("MODIFIED", lambda entry: age_of(entry["mtime"])),
    ],
    "tag": [
        Column("NAME", lambda entry: entry["id"]),
        Column("COMMIT_ID", lambda entry: _commit(entry["commit_id"])),
    ],
    "commit": [
        Column("COMMIT_ID", lambda entry: _commit(entry["id"])),
        Column("MESSAGE", lambda entry: entry["message"].strip().partition("\n")[0]),
        Column("COMMITTER", lambda entry: entry["committer"]),
        Column("CREATED", lambda entry: age_of(entry["creation_date"])),
    ],
    "object": [
        Column("PATH", lambda entry: entry["path"]),
        Column("BYTES", _size, is_number=True),
        Column("CHECKSUM", lambda entry: entry["checksum"]),
        Column("MODIFIED", lambda entry: age_of(entry["mtime"])),
    ],
    "share": [
        Column("WITH", lambda entry: entry["kind"]),
        Column("NAME", lambda entry: entry["name"]),
        Column("LEVEL", lambda entry: entry["level"]),
        Column("SINCE", lambda entry: age_of(entry["createdTimestamp"])),
    ],
    "key": [
        Column("KEY", lambda entry: entry["prefix"]),
        Column("NAME", lambda entry: entry["name"]),
        Column("SCOPE", lambda entry: entry["scope"]),
        Column("CREATED", lambda entry: age_of(entry["createdTimestamp"])),
    ],
    "difference": [
        Column("TYPE", lambda entry: entry["type"]),
        Column("PATH", lambda entry: entry["path"]),
        Column("OLD", lambda entry: _size(entry["old"]), is_number=True),
        Column("NEW", lambda entry: _size(entry["new"]), is_number=True),
    ],
    "evaluation": [
        Column("ID", lambda entry: entry["id"]),
        Column("MODEL", lambda entry: entry["modelRef"]),
        Column("MODEL_COMMIT", lambda entry: _commit(entry["modelCommit"])),
        Column("DATASET", lambda entry: entry["datasetRef"]),
        Column("DATASET_COMMIT", lambda entry: _commit(entry["datasetCommit"])),
        Column("UPLOADED", lambda entry: age_of(entry["startTime"])),
    ],
}

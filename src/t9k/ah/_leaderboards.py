"""Leaderboards: the evaluations on a dataset, best first by one metric."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ._display import Column, html_table
from ._recording import name_point
from ._tables import format_table, number_of
from ._values import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._connection import Connection
    from ._display import Printer
    from ._records import LeaderboardEntry

_MOST_PER_PAGE = 1000
# Of what a notebook shows.
_MOST_ROWS = 200


class Leaderboard(list["LeaderboardEntry"]):
    """The places of a leaderboard as dicts, best first; printed, and in a notebook, a table.

    Attributes: `metric`; `dataset` (the full reference) and `commit` of it; `higher_is_better`;
    `method`, how they were told apart; `notes`, what to know before one believes it, in sentences;
    `total`, how many places there are, of which these may be the first.
    """

    def __init__(self, dataset: str, answer: Mapping[str, Any]) -> None:
        # JSON has no NaN and no infinities, so that they come as text.
        places: Any = [{**each, "value": float(each["value"])} for each in answer["results"]]
        super().__init__(places)
        self.dataset = dataset
        self.commit: str = answer["datasetCommit"]
        self.metric: str = answer["metric"]
        self.higher_is_better: bool = answer["higherIsBetter"]
        self._guessed = answer["direction"] == "name"
        self.method: str = answer["method"]
        self.notes: list[str] = list(answer["notes"])
        self.total: int = answer["total"]

    def __str__(self) -> str:
        return "\n".join([*format_table(*self.table()), "", *self.remarks])

    @property
    def remarks(self) -> list[str]:
        """What stands below the table: the method, the notes, what is not shown."""
        guess = "What is better was told by the name of the metric."
        left = self.total - len(self)
        more = [f"{left} more places are not shown."] if left else []
        return [self.method, *([guess] if self._guessed else []), *self.notes, *more]

    def table(self) -> tuple[list[str], list[list[str]], list[str]]:
        """The headers, the cells of each place as people see them, and the headers of numbers."""
        columns = self._columns()
        right = [column.header for column in columns if column.is_number]
        rows = [[column.cell(each) for column in columns] for each in self]
        return [column.header for column in columns], rows, right

    def _repr_html_(self) -> str:
        from html import escape

        rows = self.table()[1]
        left = len(rows) - _MOST_ROWS
        more = [f"… and {left} more"] if left > 0 else []
        remarks = "".join(f"<p>{escape(each)}</p>" for each in [*more, *self.remarks])
        return html_table(self._columns(), rows[:_MOST_ROWS]) + remarks

    def _repr_pretty_(self, printer: Printer, _cycle: bool) -> None:
        printer.text(str(self))

    def _columns(self) -> list[Column]:
        counts = Counter(each["rank"] for each in self)
        columns = [
            # As in sports, where several share a place.
            Column("RANK", lambda each: f"{each['rank']}{'=' * (counts[each['rank']] > 1)}"),
            Column("MODEL", lambda each: each["evaluation"]["modelRef"]),
            Column("COMMIT", lambda each: each["evaluation"]["modelCommit"][:12]),
            Column(self.metric, lambda each: number_of(each["value"]), is_number=True),
            Column("INTERVAL", _interval),
            Column("P", _chance, is_number=True),
            Column("BASIS", lambda each: each["basis"]),
            Column("EVALUATION", lambda each: each["evaluation"]["id"]),
        ]
        if any(each["otherCommit"] for each in self):
            columns.append(Column("DATASET_COMMIT", _other_commit))
        return columns


def _interval(each: Any) -> str:
    interval = each["interval"]
    if interval is None:
        return ""
    return f"{number_of(interval['low'], 4)} to {number_of(interval['high'], 4)}"


def _chance(each: Any) -> str:
    value = each["pValue"]
    return "" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def _other_commit(each: Any) -> str:
    commit = str(each["evaluation"]["datasetCommit"][:12])
    return f"{commit} (another)" if each["otherCommit"] else commit


def find_leaderboard(
    connection: Connection,
    dataset: object,
    metric: str,
    asked: Mapping[str, str | bool | None],
    limit: int | None,
) -> Leaderboard:
    """The first `limit` places on what was given as a dataset, all of them without a limit.

    `asked` has what else `GET /leaderboard` takes; None asks for nothing.
    """
    named = name_point(connection, dataset, "dataset")
    query = {"dataset": named, "metric": check_text(metric, "metric")} | {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in asked.items()
        if value is not None
    }
    results: list[Any] = []
    while True:
        left = _MOST_PER_PAGE if limit is None else min(limit - len(results), _MOST_PER_PAGE)
        page = {"amount": str(max(left, 1)), "after": str(len(results))}
        answer = connection.request("GET", "/leaderboard", query={**query, **page})
        results += answer["results"][: max(left, 0)]
        if not answer["pagination"]["has_more"] or len(results) == limit:
            return Leaderboard(named, {**answer, "results": results})

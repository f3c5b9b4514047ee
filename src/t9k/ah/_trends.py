"""The history of a metric: its values along the commits of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._display import Column, html_table
from ._recording import name_point
from ._tables import age_of, format_table, number_of, spark
from ._values import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._connection import Connection
    from ._display import Printer
    from ._records import HistoryEntry


class History(list["HistoryEntry"]):
    """The values of a metric as dicts, oldest first; printed, and in a notebook, a table.

    Attributes: `metric`; `more`, whether older values were left out.
    """

    def __init__(self, answer: Mapping[str, Any]) -> None:
        # JSON has no NaN and no infinities, so that they come as text.
        points: Any = [{**each, "value": float(each["value"])} for each in answer["results"]]
        super().__init__(points)
        self.metric: str = answer["metric"]
        self.more: bool = answer["more"]

    def __str__(self) -> str:
        return "\n".join([self.summary, "", *format_table(*self.table())])

    @property
    def summary(self) -> str:
        """One line: the metric, a curve of its values, the first and the last of them."""
        if not self:
            return f"{self.metric}: no values"
        values = [each["value"] for each in self]
        ends = number_of(values[0]) + (f" to {number_of(values[-1])}" if len(values) > 1 else "")
        return f"{self.metric}  {spark(values)}  {ends}"

    def table(self) -> tuple[list[str], list[list[str]], list[str]]:
        """The headers, the cells of each value as people see them, and the headers of numbers."""
        columns = self._columns()
        right = [column.header for column in columns if column.is_number]
        rows = [[column.cell(each) for column in columns] for each in self]
        return [column.header for column in columns], rows, right

    def _repr_html_(self) -> str:
        from html import escape

        table = html_table(self._columns(), self.table()[1])
        return f"<p>{escape(self.summary)}</p>{table}"

    def _repr_pretty_(self, printer: Printer, _cycle: bool) -> None:
        printer.text(str(self))

    def _columns(self) -> list[Column]:
        def dataset(each: Any) -> str:
            return f"{each['evaluation']['datasetRef'].split(':')[0]}@{_dataset_commit(each)}"

        return [
            Column("COMMIT", lambda each: each["commit"]["id"][:12]),
            Column("MESSAGE", lambda each: each["commit"]["message"].strip().partition("\n")[0]),
            Column(self.metric, lambda each: number_of(each["value"]), is_number=True),
            Column("DATASET", dataset),
            Column("UPLOADED", lambda each: age_of(each["evaluation"]["startTime"])),
            Column("EVALUATION", lambda each: each["evaluation"]["id"]),
        ]


def _dataset_commit(each: Any) -> str:
    return str(each["evaluation"]["datasetCommit"][:12])


def find_history(
    connection: Connection, model: str, metric: str, dataset: object, limit: int | None
) -> History:
    """The values of a metric of a model, given as full reference."""
    query = {"model": model, "metric": check_text(metric, "metric")}
    if dataset is not None:
        query["dataset"] = name_point(connection, dataset, "dataset")
    if limit is not None:
        query["amount"] = str(limit)
    return History(connection.request("GET", "/history", query=query))

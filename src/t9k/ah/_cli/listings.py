"""Kinds of listings: the columns of each, and the options that shape it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import click

from .._tables import age_of, size_of
from .output import limit_option, output_options, print_csv, print_entries
from .tables import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

# Of commands that print sizes: there `-h` has meant sizes for people since long before.
SIZES_ON_H = {"help_option_names": ["--help"]}


class Column(NamedTuple):
    """A column, and what it holds of an entry: text, a number, bytes, a commit or a moment.

    A `detail` column is shown with `-d`; programs always get it.
    """

    title: str
    value: Callable[[Any], Any]
    kind: Literal["text", "count", "size", "commit", "line", "age"] = "text"
    detail: bool = False

    def show(self, entry: Any, human: bool) -> str:
        """What people see."""
        value = self.value(entry)
        match self.kind:
            case "size":
                return "" if value is None else size_of(value, human)
            case "commit":
                return str(value)[:12]
            case "line":
                return str(value).strip().partition("\n")[0]
            case "age":
                return age_of(value)
        return str(value)


class View(NamedTuple):
    """How a listing is wanted."""

    output: str | None
    sort: str | None
    limit: int | None
    detail: bool
    human: bool

    @property
    def fetched(self) -> int | None:
        """How many entries it takes to show what is wanted; None for all."""
        return None if self.sort else self.limit


class Listing:
    """A kind of listing."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns

    def options(self, command: CommandT) -> CommandT:
        """Add the options of a listing to a command, which gets them as its `view`."""

        @functools.wraps(command)
        def run(
            *args: Any,
            output: str | None,
            sort: str | None,
            limit: int | None,
            detail: bool = False,
            human: bool = False,
            **kwargs: Any,
        ) -> Any:
            return command(*args, view=View(output, sort, limit, detail, human), **kwargs)

        options = [output_options(), self._sort_option(), limit_option]
        if any(column.kind == "size" for column in self._columns):
            options.append(
                click.option(
                    *("-h", "--human-readable", "human"), is_flag=True, help="Sizes such as 1.2KiB."
                )
            )
        if any(column.detail for column in self._columns):
            options.append(click.option("-d", "--detail", is_flag=True, help="Show more columns."))
        decorated: Any = run
        for option in options:
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    def show(self, entries: Iterable[Any], view: View, name: Callable[[Any], str]) -> None:
        """Print the entries as the view says; `name` gives the reference of each."""
        found = list(entries)
        if view.sort:
            column = self._column(view.sort.removeprefix("-"))
            found.sort(key=column.value, reverse=view.sort.startswith("-"))
        found = found if view.limit is None else found[: view.limit]
        if view.output in (None, "table"):
            columns = [column for column in self._columns if view.detail or not column.detail]
            rows = [[column.show(entry, view.human) for column in columns] for entry in found]
            right = [column.title for column in columns if column.kind in ("count", "size")]
            print_table([column.title for column in columns], rows, right)
        elif view.output == "csv":
            cells = [[column.value(entry) for column in self._columns] for entry in found]
            print_csv([column.title.lower() for column in self._columns], cells)
        else:
            print_entries(found, str(view.output), name)

    def _sort_option(self) -> Callable[[CommandT], CommandT]:
        def check(
            _context: click.Context, _parameter: click.Parameter, sort: str | None
        ) -> str | None:
            if sort is not None:
                self._column(sort.removeprefix("-"))
            return sort

        def complete(
            _context: click.Context, _parameter: click.Parameter, incomplete: str
        ) -> list[str]:
            titles = [column.title.lower() for column in self._columns]
            marked = titles + [f"-{title}" for title in titles]
            return [each for each in marked if each.startswith(incomplete.lower())]

        return click.option(
            "--sort",
            metavar="[-]COLUMN",
            callback=check,
            shell_complete=complete,
            help="Lowest of this column first, or with a - before it highest first.",
        )

    def _column(self, title: str) -> Column:
        for column in self._columns:
            if column.title.lower() == title.lower():
                return column
        from difflib import get_close_matches

        titles = [column.title.lower() for column in self._columns]
        close = get_close_matches(title.lower(), titles, 1)
        what = f"did you mean {close[0]}?" if close else f"it has {', '.join(titles)}."
        raise click.BadParameter(f"The listing has no column {title!r}: {what}")

"""How a page of a search is found, among very many evaluations.

Where an index has the order asked for, the first rows along it are looked at; mostly these fill the
page. Where they hold next to nothing, single conditions may leave few evaluations: these are looked
at in the order asked for, some at a time. Else the rows are walked along the index as far as the
page takes. What has no index is sorted whole. Each statement asks by itself whether the asker may
see a row.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from assethub.core.people.users import User
from assethub.core.searches.candidates import find_candidates
from assethub.core.searches.conditions import Term, compile_sort, metric_value
from assethub.core.searches.cursors import Match, Value
from assethub.core.searches.limits import read_limits, without_limits
from assethub.core.searches.terms import Search, make_context, prepare, visible
from assethub.queries import Name
from assethub.store.bulk import read_numbers
from assethub.store.tables import evaluations, metrics

# So many are put in order by their own values of a metric, more by going along the index.
_FEW = 3000
# So many rows along an index are looked at for one on the page before anything is counted, and so
# many times more then, as long as they hold this share of a page. SQLite looks up other metrics of
# each row; PostgreSQL gathers those within limits where that is less, so that it can go on.
_FIRST_ROWS = {"sqlite": (16, 2, 0.25), "postgresql": (40, 4, 0.0)}
_MOST_ROWS = 200_000
_e = evaluations.c
_walked = metrics.alias("walked")
_BIGINTS = postgresql.ARRAY(sa.BigInteger)
# The numbers of some evaluations, as one value.
_SOME: "sa.BindParameter[Any]" = sa.bindparam(
    "some", type_=_BIGINTS.with_variant(sa.Text, "sqlite")
)


class Finder:
    """Finds what a search means, in order. `terms` are what it is sorted by."""

    def __init__(self, connection: sa.Connection, user: User, search: Search) -> None:
        prepare(connection)
        self._connection, self._search = connection, search
        self._asker = {"asker": user.id}
        context = make_context(connection, user)
        self.terms = compile_sort(search.sort, context)
        self._user, self._context = user, context
        self._conditions = visible(user, search, context)
        self._metric_limits = read_limits(search.query)
        # Of equals the newest comes first, unless the order is a rising one.
        self._rising = bool(search.sort) and not search.sort[0].descending

    def matches(self, amount: int, after: Match | None) -> Iterator[Match]:
        """The first `amount` behind `after`."""
        gathers = self._connection.dialect.name == "postgresql"
        few, sides = sys.maxsize, (self._search.model_id, self._search.dataset_id)
        if self._has_index() and sides == (None, None):
            found, after = self._begin(amount, after)
            yield from found
            amount -= len(found)
            if not amount:
                return
            # Where the first rows hold none at all, the last may be far away.
            few = _FEW if found and not gathers else few
        seqs = find_candidates(self._connection, self._user, self._search, self._context)
        walked = self._walked_metric()
        if not self._has_index() and (seqs is not None or walked is None):
            statement = self._statement(after, None if seqs is None else _SOME)
            yield from self._run(statement, amount, seqs)
        elif walked is not None:
            yield from self._along(walked, amount, after, seqs, few)
        elif seqs is not None:
            newest = sorted(seqs, reverse=True)
            yield from self._in_order(iter(newest), amount, after)
        else:
            yield from self._run(self._statement(after), amount)

    def _begin(self, amount: int, after: Match | None) -> tuple[list[Match], Match | None]:
        """What the first rows along the index hold, and the row up to which that is all."""
        found: list[Match] = []
        walked = self._walked_metric()
        first, times, share = _FIRST_ROWS[self._connection.dialect.name]
        rows = first * amount
        while rows <= _MOST_ROWS and not (walked and after and after.keys[0] is None):
            if walked:
                place = self._walk_seqs(walked, after).add_columns(self._index()[0].c.value)
            else:
                place = sa.select(_e.seq).order_by(_e.seq.desc())
                place = place if after is None else place.where(_e.seq < after.seq)
            row = self._connection.execute(place.offset(rows).limit(1)).first()
            if row is None:
                break
            last = Match(row[0], tuple(row[1:]))
            statement = self._walk(walked, after, last) if walked else self._statement(after)
            if not walked:
                statement = statement.where(_e.seq >= last.seq)
            found += self._run(statement, amount - len(found))
            if len(found) == amount:
                break
            after, rows = last, times * rows
            if len(found) < share * amount:
                break
        return found, after

    def _along(
        self, name: str, amount: int, after: Match | None, seqs: set[int] | None, few: int
    ) -> Iterator[Match]:
        """By a metric: behind those with a value come those without, or with NaN."""
        found = 0
        if after is None or after.keys[0] is not None:
            if seqs is None:
                matches = self._run(self._walk(name, after), amount)
            else:
                matches = self._in_order(self._choose(name, after, seqs, few), amount, after)
            for match in matches:
                found += 1
                yield match
            if found == amount or name in self._metric_limits:
                return
            after = None
        missing = self._statement(after, None if seqs is None else _SOME, skip=1)
        missing = missing.where(self.terms[0].expression.is_(None))
        for match in self._run(missing, amount - found, seqs):
            yield match._replace(keys=(None, *match.keys))

    def _choose(self, name: str, after: Match | None, seqs: set[int], few: int) -> Iterator[int]:
        """Those of some evaluations that have a value of the metric, in the order of it."""
        if len(seqs) <= few:
            values = {_SOME.key: self._written(seqs)}
            return read_numbers(self._connection, self._sort_seqs(name, after), values)
        walked = read_numbers(self._connection, self._walk_seqs(name, after), self._asker)
        return (seq for seq in walked if seq in seqs)

    def _walked_metric(self) -> str | None:
        first = self._search.sort[0].field if self._search.sort else None
        return first.path[0] if first is not None and first.name is Name.METRIC else None

    def _has_index(self) -> bool:
        """Whether there is an index of the whole order: the newest first, or by one metric."""
        return not self._search.sort or (len(self.terms) == 1 and self._walked_metric() is not None)

    def _in_order(self, seqs: Iterator[int], amount: int, after: Match | None) -> Iterator[Match]:
        """Looks at evaluations that come in the order asked for, some at a time."""
        # Each is a few steps along an index, as each statement is.
        found, size = 0, amount + amount // 4
        statement = self._statement(after, _SOME)
        while found < amount and (some := list(islice(seqs, size))):
            size *= 3
            for match in self._run(statement, amount - found, some):
                found += 1
                yield match

    def _run(
        self, statement: "sa.Select[Any]", amount: int, some: Iterable[int] | None = None
    ) -> Iterator[Match]:
        values: dict[str, Any] = self._asker
        if some is not None:
            values = self._asker | {_SOME.key: self._written(some)}
        for seq, *keys in self._connection.execute(statement.limit(amount), values):
            yield Match(seq, tuple(keys))

    def _statement(
        self, after: Match | None, seqs: "sa.BindParameter[Any] | None" = None, skip: int = 0
    ) -> "sa.Select[Any]":
        terms = _labelled(self.terms[skip:])
        statement = sa.select(_e.seq, *(term.expression for term in terms))
        statement = statement.where(*self._conditions)
        if seqs is not None:
            statement = statement.where(self._among(seqs))
        if after is not None:
            behind = self._behind(self.terms[skip:], after.keys[skip:], after.seq)
            statement = statement.where(behind)
        return statement.order_by(*_order(terms), self._last(_e.seq))

    def _among(self, seqs: "sa.BindParameter[Any]") -> "sa.ColumnElement[bool]":
        if self._connection.dialect.name == "sqlite":
            return _e.seq.in_(sa.select(self._listed(seqs).c.value))
        return _e.seq == sa.any_(sa.cast(seqs, _BIGINTS))

    def _listed(self, seqs: "sa.BindParameter[Any]") -> Any:
        """Rows of one column, `value`."""
        if self._connection.dialect.name == "sqlite":
            return sa.func.json_each(seqs).table_valued("value")
        numbers = sa.func.unnest(sa.cast(seqs, _BIGINTS))
        return numbers.table_valued(sa.column("value", sa.BigInteger)).render_derived()

    def _written(self, seqs: Iterable[int]) -> Any:
        """Numbers as the one value that a statement takes them by."""
        ordered = sorted(seqs)
        return json.dumps(ordered) if self._connection.dialect.name == "sqlite" else ordered

    def _last(self, seq: "sa.ColumnElement[Any]") -> "sa.ColumnElement[Any]":
        return seq.asc() if self._rising else seq.desc()

    def _walk(self, name: str, after: Match | None, last: Match | None = None) -> "sa.Select[Any]":
        """Goes along the index of a metric's values, from the first or from where a page ended,
        as far as the `last` row.
        """
        row, order = self._index()
        terms = [self.terms[0]._replace(expression=row.c.value), *self.terms[1:]]
        statement = sa.select(_e.seq, *(term.expression for term in terms))
        statement = statement.join_from(row, evaluations, _e.seq == row.c.evaluation_seq)
        done = {name}
        if self._connection.dialect.name == "postgresql":
            # It knows how many a limit leaves: it may gather these, and not look up each it meets.
            for place, other in enumerate(self._metric_limits.keys() - done):
                measured = metrics.alias(f"limited_{place}")
                statement = statement.join(measured, self._meets(measured, row, other))
            done |= self._metric_limits.keys()
        # Other metrics of what it meets are read before the evaluation itself.
        context = self._context._replace(seq=row.c.evaluation_seq)
        rest = self._search._replace(query=without_limits(self._search.query, done))
        conditions = visible(self._user, rest, context)
        statement = statement.where(*self._limits(row, name, after), *conditions)
        if after is not None:
            statement = statement.where(self._behind(terms, after.keys, after.seq))
        if last is not None:
            statement = statement.where(*self._before(row, last))
        return statement.order_by(order, *_order(terms[1:]), self._last(row.c.evaluation_seq))

    def _walk_seqs(self, name: str, after: Match | None) -> "sa.Select[Any]":
        row, order = self._index()
        statement = sa.select(row.c.evaluation_seq).where(*self._limits(row, name, after))
        if after is not None:
            statement = statement.where(sa.not_(sa.and_(*self._before(row, after))))
        return statement.order_by(order, self._last(row.c.evaluation_seq))

    def _sort_seqs(self, name: str, after: Match | None) -> "sa.Select[Any]":
        """The same of `_SOME`, whose values are looked up by the primary key."""
        (seq,) = self._listed(_SOME).c
        value = metric_value(name, self._context._replace(seq=seq))
        # Reckoned once for each, and not by a walk along the whole index for its order.
        valued = sa.select(seq.label("evaluation_seq"), value.label("value")).cte("valued")
        row = valued.prefix_with("MATERIALIZED")
        statement = sa.select(row.c.evaluation_seq).where(row.c.value.is_not(None))
        if after is not None:
            statement = statement.where(sa.not_(sa.and_(*self._before(row, after))))
        order = row.c.value.asc() if self._rising else row.c.value.desc()
        return statement.order_by(order, self._last(row.c.evaluation_seq))

    def _index(self) -> "tuple[Any, sa.ColumnElement[Any]]":
        return _walked, _walked.c.value.asc() if self._rising else _walked.c.value.desc()

    def _before(self, row: Any, last: Match) -> "Iterator[sa.ColumnElement[bool]]":
        """That a row with a value is not behind another; only where values and no more sort."""
        value, seq = row.c.value, row.c.evaluation_seq
        limit = last.keys[0]
        yield value <= limit if self._rising else value >= limit
        yield sa.or_(value != limit, seq <= last.seq if self._rising else seq >= last.seq)

    def _meets(self, measured: Any, row: Any, name: str) -> "sa.ColumnElement[bool]":
        """That another metric of the same evaluation keeps to its limits."""
        return sa.and_(
            measured.c.evaluation_seq == row.c.evaluation_seq,
            measured.c.name == name,
            *self._within(measured, name),
        )

    def _within(self, row: Any, name: str) -> "Iterator[sa.ColumnElement[bool]]":
        for operator, value in self._metric_limits.get(name, []):
            yield row.c.value.op(operator, is_comparison=True)(value)

    def _limits(
        self, row: Any, name: str, after: Match | None
    ) -> "Iterator[sa.ColumnElement[bool]]":
        yield row.c.name == name
        yield row.c.value.is_not(None)
        yield from self._within(row, name)
        if after is not None:
            limit = after.keys[0]
            yield row.c.value >= limit if self._rising else row.c.value <= limit

    def _behind(
        self, terms: Sequence[Term], keys: Sequence[Value], seq: int
    ) -> "sa.ColumnElement[bool]":
        """That a row comes behind one with these keys."""
        alike: list[sa.ColumnElement[bool]] = []
        ways: list[sa.ColumnElement[bool]] = []
        for term, key in zip(terms, keys, strict=True):
            value = term.expression
            if key is None:
                alike.append(value.is_(None))
                continue
            further = value < key if term.descending else value > key
            ways.append(sa.and_(*alike, sa.or_(further, value.is_(None))))
            alike.append(value == key)
        later = _e.seq > seq if self._rising else _e.seq < seq
        return sa.or_(*ways, sa.and_(*alike, later))


def _labelled(terms: Sequence[Term]) -> list[Term]:
    """The same under names, by which a statement can sort without reckoning them twice."""
    return [
        term._replace(expression=term.expression.label(f"key_{place}"))
        for place, term in enumerate(terms)
    ]


def _order(terms: Sequence[Term]) -> Iterator["sa.ColumnElement[Any]"]:
    for term in terms:
        ordered = term.expression.desc() if term.descending else term.expression.asc()
        yield ordered.nulls_last() if term.nullable else ordered

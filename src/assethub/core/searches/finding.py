"""How a page of a search is found, among very many evaluations.

Where single conditions leave few evaluations, these are looked at one by one; where they leave
more, in the order asked for, some at a time. Else the rows are walked along the index of a metric's
values, as far as the page takes. What has no index is sorted whole. Each statement asks by itself
whether the asker may see a row.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from assethub.core.people.users import User
from assethub.core.searches.candidates import find_candidates
from assethub.core.searches.conditions import Term, compile_sort
from assethub.core.searches.cursors import Match, Value
from assethub.core.searches.terms import Search, make_context, plan_each, visible
from assethub.queries import Name
from assethub.store.bulk import read_numbers
from assethub.store.tables import evaluations, metrics

# So many are sorted at once; more are taken in order, where there is an index of it.
_FEW = 1000
_e = evaluations.c
_BIGINTS = postgresql.ARRAY(sa.BigInteger)


class Finder:
    """Finds what a search means, in order. `terms` are what it is sorted by."""

    def __init__(self, connection: sa.Connection, user: User, search: Search) -> None:
        plan_each(connection)
        self._connection, self._search = connection, search
        self._asker = {"asker": user.id}
        context = make_context(connection, user)
        self.terms = compile_sort(search.sort, context)
        self._user, self._context = user, context
        self._conditions = visible(user, search, context)
        self._candidates = find_candidates(connection, user, search, context)
        # Of equals the newest comes first, unless the order is a rising one.
        self._rising = bool(search.sort) and not search.sort[0].descending

    def matches(self, amount: int, after: Match | None) -> Iterator[Match]:
        """The first `amount` behind `after`."""
        seqs, walked = self._candidates.seqs, self._walked_metric()
        if seqs is not None and (len(seqs) <= _FEW or not self._has_index()):
            yield from self._run(self._statement(after, seqs), amount)
        elif seqs is not None and walked is None:
            newest = sorted(seqs, reverse=True)
            yield from self._in_order(iter(newest), amount, after)
        elif walked is None:
            yield from self._run(self._statement(after), amount)
        else:
            yield from self._along(walked, amount, after)

    def _along(self, name: str, amount: int, after: Match | None) -> Iterator[Match]:
        """By a metric: behind those with a value come those without, or with NaN."""
        seqs, found = self._candidates.seqs, 0
        if after is None or after.keys[0] is not None:
            if seqs is None:
                matches = self._run(self._walk(name, after), amount)
            else:
                chosen = (seq for seq in self._walk_seqs(name, after) if seq in seqs)
                matches = self._in_order(chosen, amount, after)
            for match in matches:
                found += 1
                yield match
            if found == amount or self._candidates.bounds(name):
                return
            after = None
        missing = self._statement(after, seqs, skip=1).where(self.terms[0].expression.is_(None))
        for match in self._run(missing, amount - found):
            yield match._replace(keys=(None, *match.keys))

    def _walked_metric(self) -> str | None:
        first = self._search.sort[0].field if self._search.sort else None
        return first.path[0] if first is not None and first.name is Name.METRIC else None

    def _has_index(self) -> bool:
        """Whether there is an index of the whole order: the newest first, or by one metric."""
        return not self._search.sort or (len(self.terms) == 1 and self._walked_metric() is not None)

    def _in_order(self, seqs: Iterator[int], amount: int, after: Match | None) -> Iterator[Match]:
        """Looks at evaluations that come in the order asked for, some at a time."""
        found = 0
        while found < amount and (some := set(islice(seqs, 2 * amount))):
            for match in self._run(self._statement(after, some), amount - found):
                found += 1
                yield match

    def _run(self, statement: "sa.Select[Any]", amount: int) -> Iterator[Match]:
        for seq, *keys in self._connection.execute(statement.limit(amount), self._asker):
            yield Match(seq, tuple(keys))

    def _statement(
        self, after: Match | None, seqs: set[int] | None = None, skip: int = 0
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

    def _among(self, seqs: set[int]) -> "sa.ColumnElement[bool]":
        ordered = sorted(seqs)
        if self._connection.dialect.name == "sqlite":
            values = sa.func.json_each(json.dumps(ordered)).table_valued("value")
            return _e.seq.in_(sa.select(values.c.value))
        return _e.seq == sa.any_(sa.cast(sa.literal(ordered, _BIGINTS), _BIGINTS))

    def _last(self, seq: "sa.ColumnElement[Any]") -> "sa.ColumnElement[Any]":
        return seq.asc() if self._rising else seq.desc()

    def _walk(self, name: str, after: Match | None) -> "sa.Select[Any]":
        """Goes along the index of a metric's values, from the first or from where a page ended."""
        row, order = self._index()
        terms = [self.terms[0]._replace(expression=row.c.value), *self.terms[1:]]
        statement = sa.select(_e.seq, *(term.expression for term in terms))
        statement = statement.join_from(row, evaluations, _e.seq == row.c.evaluation_seq)
        # Other metrics of what it meets are read before the evaluation itself.
        context = self._context._replace(seq=row.c.evaluation_seq)
        conditions = visible(self._user, self._search, context)
        statement = statement.where(*self._limits(row, name, after), *conditions)
        if after is not None:
            statement = statement.where(self._behind(terms, after.keys, after.seq))
        return statement.order_by(order, *_order(terms[1:]), self._last(row.c.evaluation_seq))

    def _walk_seqs(self, name: str, after: Match | None) -> Iterator[int]:
        row, order = self._index()
        statement = sa.select(row.c.evaluation_seq).where(*self._limits(row, name, after))
        statement = statement.order_by(order, self._last(row.c.evaluation_seq))
        return read_numbers(self._connection, statement, self._asker)

    def _index(self) -> "tuple[Any, sa.ColumnElement[Any]]":
        row = metrics.alias("walked")
        return row, row.c.value.asc() if self._rising else row.c.value.desc()

    def _limits(
        self, row: Any, name: str, after: Match | None
    ) -> "Iterator[sa.ColumnElement[bool]]":
        yield row.c.name == name
        yield row.c.value.is_not(None)
        for operator, value in self._candidates.bounds(name):
            yield row.c.value.op(operator, is_comparison=True)(value)
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

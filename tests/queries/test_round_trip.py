"""A tree that is written down is read as the same tree."""

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assethub.queries import (
    Ago,
    And,
    Compare,
    Exists,
    Field,
    In,
    Kind,
    Name,
    Not,
    Or,
    QueryError,
    SortKey,
    Span,
    parse_query,
    parse_sort,
    write_query,
    write_sort,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
names = texts.filter(lambda text: text.strip())
words = st.sampled_from(["and", "NOT", "in", "ago", "created", "param.x", "a.b", ".", "-x", "1"])
fields = st.one_of(
    st.builds(lambda name: Field(Name.METRIC, (name,)), names | words),
    st.builds(lambda keys: Field(Name.PARAM, tuple(keys)), st.lists(names | words, min_size=1)),
    st.sampled_from([Field(name) for name in Name if name not in (Name.METRIC, Name.PARAM)]),
)
numbers = st.floats(allow_nan=False) | st.just(math.nan)
starts = st.timedeltas(timedelta(0), timedelta(days=3_652_000)).map(
    lambda after: datetime(1, 1, 1, tzinfo=UTC) + after
)
spans = st.one_of(
    starts.map(lambda start: Span(start, start + timedelta(microseconds=1))),
    starts.map(lambda start: start.replace(microsecond=0)).flatmap(
        lambda start: st.sampled_from(
            [
                Span(start, start + timedelta(seconds=1)),
                Span(start.replace(second=0), start.replace(second=0) + timedelta(minutes=1)),
            ]
        )
    ),
    starts.map(lambda start: start.replace(hour=0, minute=0, second=0, microsecond=0)).map(
        lambda start: Span(start, start + timedelta(days=1))
    ),
)
ages = st.integers(0, 10**12).map(lambda seconds: Ago(timedelta(seconds=seconds)))
VALUES = {
    Kind.NUMBER: numbers,
    Kind.TEXT: texts,
    Kind.COMMIT: st.text("0123456789abcdef", min_size=4, max_size=64),
    Kind.TIME: spans | ages,
    Kind.ANY: st.one_of(
        numbers, texts, st.integers(-(10**16) + 1, 10**16 - 1), st.sampled_from([True, False, None])
    ),
}
comparisons = fields.flatmap(
    lambda field: st.builds(
        Compare, st.just(field), st.sampled_from(["=", "!="]), VALUES[field.kind]
    )
)
ordered = st.builds(
    Compare,
    st.just(Field(Name.METRIC, ("a b",))),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(allow_nan=False),
)
memberships = fields.flatmap(
    lambda field: st.builds(
        In,
        st.just(field),
        st.lists(VALUES[field.kind], min_size=1, max_size=4).map(tuple),
    )
)


def joined(kind, operands):
    return st.lists(
        operands.filter(lambda each: not isinstance(each, kind)), min_size=2, max_size=3
    ).map(lambda each: kind(tuple(each)))


queries = st.recursive(
    st.one_of(comparisons, ordered, memberships, st.builds(Exists, fields)),
    lambda inner: st.one_of(st.builds(Not, inner), joined(And, inner), joined(Or, inner)),
    max_leaves=8,
)


@given(queries)
def test_a_search_survives_being_written_down(query) -> None:
    text = write_query(query)
    if len(text) <= 4096:
        # Written out, since from Python 3.13 on data with a NaN does not equal itself.
        assert repr(parse_query(text)) == repr(query)


@given(st.lists(st.builds(SortKey, fields, st.booleans()), min_size=1, max_size=8))
def test_an_order_survives_being_written_down(keys) -> None:
    several = (Name.LABEL, Name.TAG, Name.DATASET_TAG)
    unique = {key.field: key for key in keys if key.field.name not in several}
    if unique:
        assert parse_sort(write_sort(list(unique.values()))) == tuple(unique.values())


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                *"()\"',=<>!~.-+\\",
                " and ",
                " or ",
                " not ",
                " in ",
                " exists ",
                " ago ",
                "a",
                "param.",
                "created",
                "commit",
                "1",
                "2024-06-01",
                "7d",
                "nan",
                " ",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text_is_a_search_or_is_refused(text) -> None:
    for parse in (parse_query, parse_sort):
        try:
            parse(text)
        except QueryError as error:
            assert 0 <= error.position <= len(text)  # noqa: PT017
            assert str(error).count("\n") == 2  # noqa: PT017

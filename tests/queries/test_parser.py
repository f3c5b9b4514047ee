"""Searches are read as they are meant, and refused with a finger on the place."""

import math
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

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
    bounds,
    parse_query,
    parse_sort,
    write_query,
    write_sort,
)

DOCUMENT = (Path(__file__).parents[2] / "docs/reference-query.md").read_text("utf-8")
NOW = datetime(2024, 6, 8, 12, tzinfo=UTC)


def examples(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)\n```$", DOCUMENT, re.M | re.S)


def metric(name: str) -> Field:
    return Field(Name.METRIC, (name,))


def field_of(text: str) -> Field:
    found = parse_query(f"{text} exists")
    assert isinstance(found, Exists)
    return found.field


def value_of(text: str):
    found = parse_query(text)
    assert isinstance(found, Compare)
    return found.value


def refusal(text: str, parse=parse_query) -> str:
    with pytest.raises(QueryError) as raised:
        parse(text)
    assert raised.value.code == "invalid_query"
    assert str(raised.value) == f"{raised.value.message}\n{raised.value.excerpt}"
    return str(raised.value)


@pytest.mark.parametrize("text", examples("query"))
def test_the_searches_of_the_document_are_understood(text: str) -> None:
    query = parse_query(text)
    # Written out, since from Python 3.13 on data with a NaN does not equal itself.
    assert repr(parse_query(write_query(query))) == repr(query)


@pytest.mark.parametrize("text", examples("sort"))
def test_the_orders_of_the_document_are_understood(text: str) -> None:
    assert write_sort(parse_sort(text)) == text


@pytest.mark.parametrize("example", examples("wrong"))
def test_the_errors_of_the_document_are_those_of_the_program(example: str) -> None:
    text, message = example.split("\n---\n")
    assert refusal(text) == message


def test_the_table_of_fields_is_that_of_the_program() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", DOCUMENT, re.M)
    assert rows == [
        (name.value, Field(name).kind.value)
        for name in Name
        if name not in (Name.METRIC, Name.PARAM)
    ]
    assert {kind for _, kind in rows} < {kind.value for kind in Kind}


def test_a_search_becomes_a_tree() -> None:
    query = parse_query(
        'accuracy >= 0.9 and (dataset = "mnist" or dataset = "fashion")'
        ' and param.lr < 0.01 and not tool = "x"'
    )
    dataset = Field(Name.DATASET)
    assert query == And(
        (
            Compare(metric("accuracy"), ">=", 0.9),
            Or((Compare(dataset, "=", "mnist"), Compare(dataset, "=", "fashion"))),
            Compare(Field(Name.PARAM, ("lr",)), "<", 0.01),
            Not(Compare(Field(Name.TOOL), "=", "x")),
        )
    )


def test_and_binds_more_tightly_than_or_and_words_may_be_in_capitals() -> None:
    a, b, c = (Compare(metric(name), ">", 1.0) for name in "abc")
    assert parse_query("a > 1 or b > 1 and c > 1") == Or((a, And((b, c))))
    assert parse_query("(a > 1 OR b > 1) And NOT c > 1") == And((Or((a, b)), Not(c)))
    assert parse_query("a > 1 and (b > 1 and c > 1)") == And((a, b, c))


def test_membership_and_existence() -> None:
    assert parse_query("a in (1, 2)") == In(metric("a"), (1.0, 2.0))
    assert parse_query("tool NOT IN (x,'y z')") == Not(In(Field(Name.TOOL), ("x", "y z")))
    assert parse_query("param.lr Exists") == Exists(Field(Name.PARAM, ("lr",)))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('"top 5 accuracy"', metric("top 5 accuracy")),
        ('metric."x y"', metric("x y")),
        ('metric."x".y', metric("x.y")),
        ("mmlu/acc", metric("mmlu/acc")),
        ("rouge1.fmeasure", metric("rouge1.fmeasure")),
        ("准确率", metric("准确率")),
        ("सटीकता", metric("सटीकता")),
        ("f1-score@5%", metric("f1-score@5%")),
        ('"created"', metric("created")),
        ("created", Field(Name.CREATED)),
        ("Created", metric("Created")),
        ('"and"', metric("and")),
        ("android", metric("android")),
        (r'"a \"b\" \\ \c"', metric(r'a "b" \ \c')),
        ("'it\"s'", metric('it"s')),
        ("param.a.b", Field(Name.PARAM, ("a", "b"))),
        ('param."a.b".3', Field(Name.PARAM, ("a.b", "3"))),
    ],
)
def test_fields_are_told_from_metrics_by_their_name_and_quotes(text: str, field: Field) -> None:
    assert field_of(text) == field


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = .5", 0.5),
        ("a = -1e3", -1000.0),
        ("a < inf", math.inf),
        ("a > -Infinity", -math.inf),
        ("a == NaN", math.nan),
        ("commit = 4D6988C3", "4d6988c3"),
        ("commit = 12345678", "12345678"),
        ("commit = '1e10'", "1e10"),
        ("tool = lm-eval", "lm-eval"),
        ("note ~ 'x) or (1 = 1'", "x) or (1 = 1"),
        ("param.n = 3", 3),
        ("param.n = 3.0", 3.0),
        ("param.n = '3'", "3"),
        ("param.n = true", True),
        ("param.n = null", None),
        ("param.n = adam", "adam"),
        ("created > 7d ago", Ago(timedelta(days=7))),
        ("created > 1d12h AGO", Ago(timedelta(days=1.5))),
    ],
)
def test_values_are_what_their_field_makes_of_them(text: str, value) -> None:
    found = value_of(text)
    assert found is value or (found == value and type(found) is type(value))


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("2024-06-01", datetime(2024, 6, 1, tzinfo=UTC), timedelta(days=1)),
        ("2024-06-01T12:30", datetime(2024, 6, 1, 12, 30, tzinfo=UTC), timedelta(minutes=1)),
        (
            "'2024-06-01 12:30:05Z'",
            datetime(2024, 6, 1, 12, 30, 5, tzinfo=UTC),
            timedelta(seconds=1),
        ),
        (
            "2024-06-01T00:30:05+08:00",
            datetime(2024, 5, 31, 16, 30, 5, tzinfo=UTC),
            timedelta(seconds=1),
        ),
        (
            "2024-06-01T12:30:05.25",
            datetime(2024, 6, 1, 12, 30, 5, 250_000, tzinfo=UTC),
            timedelta(microseconds=1),
        ),
    ],
)
def test_a_time_is_as_long_as_it_is_precise(text: str, start: datetime, length: timedelta) -> None:
    assert value_of(f"created = {text}") == Span(start, start + length)


def test_bounds_say_which_times_are_meant() -> None:
    day = datetime(2024, 6, 1, tzinfo=UTC)
    span = Span(day, day + timedelta(days=1))
    assert bounds("=", span, NOW) == (span.start, span.end)
    assert bounds("!=", span, NOW) == (span.start, span.end)
    assert bounds("<", span, NOW) == (None, span.start)
    assert bounds("<=", span, NOW) == (None, span.end)
    assert bounds(">", span, NOW) == (span.end, None)
    assert bounds(">=", Ago(timedelta(days=7)), NOW) == (day.replace(hour=12), None)
    assert bounds(">=", Ago(timedelta(days=999_999)), NOW) == (datetime(1, 1, 1, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "expected a condition such as accuracy >= 0.9, but the search ends here", 0),
        ("   ", "expected a condition such as accuracy >= 0.9, but the search ends here", 0),
        ("accuracy >", "expected a value, but the search ends here", 10),
        ("accuracy 0.9", 'expected a comparison (= != < <= > >= ~), "in" or "exists", not 0.9', 9),
        ("a > 1 b > 2", 'expected "and", "or" or the end, not b', 6),
        ("a > 1 and and", "expected a condition such as accuracy >= 0.9, not and", 10),
        ("(a > 1", 'expected ")", but the search ends here', 6),
        ("a > 1)", "expected the end, not )", 5),
        ("a in ()", "expected a value, not )", 6),
        ('a > 1 and "b', "this quote is never closed", 10),
        ("tool = 'x", "this quote is never closed", 7),
        ("a > '1'", "a is a metric: expected a number without quotes", 4),
        ("a > 1e999", "this number is too large", 4),
        ("a < nan", "NaN is neither more nor less than anything: use = or !=", 4),
        ("a ~ 1", "a is compared with =, !=, <, <=, > or >=, not with ~", 2),
        ("model > x", "model is compared with =, != or ~, not with >", 6),
        ("model.x = 1", 'model has no parts; a metric of this name is written "model.x"', 0),
        ("param = 1", "expected a name after param, such as param.lr", 5),
        ("a.. > 1", "expected a name after the dot", 2),
        ('a"b" > 1', "expected a dot between the names", 1),
        ("'' > 1", "expected a name in the quotes", 0),
        ("param.x ~ 3", "~ looks for text: put it in quotes", 10),
        ("param.x < true", "param.x is compared with this by = and != only", 10),
        ("commit = xyz", "expected a commit: 4 to 64 hexadecimal digits", 9),
        ("created > 7y ago", "expected an age, such as 7d, 12h or 1d12h (w, d, h, m or s)", 10),
        ("created > 2024-02-30", "there is no such time: day is out of range for month", 10),
        ("created > 9999-12-31", "there is no such time: date value out of range", 10),
        ("created > 999999999w999999999w ago", "this age is too large", 10),
        ("a > 5 ago", "a is no time, and cannot be some time ago", 4),
        ("tool = 'a\0b'", "this character cannot be looked for", 9),
        ("tool = '\ud800'", "this character cannot be looked for", 8),
        ("-5 > 3", "expected a condition such as accuracy >= 0.9, not -5", 0),
    ],
)
def test_what_is_wrong_is_said_and_pointed_at(text: str, message: str, column: int) -> None:
    said, _, finger = refusal(text).split("\n")
    assert said == message
    assert finger == " " * column + "^"


def test_the_finger_stands_right_below_wide_characters_and_in_long_searches() -> None:
    assert refusal('准确率 > "x"').split("\n")[1:] == ['准确率 > "x"', " " * 9 + "^"]
    long = " and ".join(["a > 1"] * 30) + " und b > 2" + " and c > 3" * 20
    line, finger = refusal(long).split("\n")[1:]
    assert line[finger.index("^") :].startswith("und b > 2")
    assert line.startswith("…")
    assert line.endswith("…")
    assert "\n" not in refusal("a > 1\nor\t\x1b[31m b").split("\n")[1]


def test_a_search_has_limits() -> None:
    assert "at most 4096 characters" in refusal("a > 1 or " * 500 + "a > 1")
    assert "at most 32 levels" in refusal("(" * 40 + "a > 1" + ")" * 40)
    assert "at most 32 levels" in refusal("not " * 40 + "a > 1")
    assert "at most 100 conditions" in refusal(" or ".join(["a > 1"] * 101))
    assert parse_query(" or ".join(["a > 1"] * 100))
    assert parse_query("(" * 31 + "a > 1" + ")" * 31) == parse_query("a > 1")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4096,
        "not " * 1024,
        '"' + "\\" * 4095,
        '"' + '\\"' * 2047,
        "a" * 4096,
        "a." * 2048,
        "a in (" + "1," * 2040,
        " " * 4096,
        "a > " + "1" * 4000,
        "created > " + "1d" * 2000 + " ago",
        "param.x = " + "9" * 4000,
    ],
)
def test_no_search_takes_long(text: str) -> None:
    parse_query("a > 1")
    start = time.process_time()
    try:
        parse_query(text)
    except QueryError as error:
        assert len(str(error)) < 5000  # noqa: PT017
    assert time.process_time() - start < 0.25


def test_an_order_is_a_list_of_fields() -> None:
    assert parse_sort("-accuracy, created") == (
        SortKey(metric("accuracy"), descending=True),
        SortKey(Field(Name.CREATED)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a field or a metric to sort by, but the search ends here"),
        ("a,,b", "expected a field or a metric to sort by, not ,"),
        ("a b", 'expected "," or the end, not b'),
        ("-", "expected a field or a metric to sort by, but the search ends here"),
        ("label", "an evaluation can have several of label"),
        ("a,-a", "this sorts by the same thing twice"),
        ("a,b,c,d,e,f,g,h,i", "at most 8 things to sort by"),
    ],
)
def test_an_order_that_is_none_is_refused(text: str, message: str) -> None:
    assert refusal(text, parse_sort).split("\n")[0] == message

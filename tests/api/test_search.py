"""Searches for evaluations find what a plain reading of the query finds, on both databases."""

import json
import math
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.labs import Lab
from api.raw import Raw
from assethub.core.people import users
from assethub.core.searches.search import find_page
from assethub.core.searches.terms import Search
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
    Query,
    SortKey,
    Span,
    bounds,
    parse_query,
)
from hubs import RunningHub

METRICS = ["accuracy", "loss", "top 5", "准确率", 'a"b', "created", "missing"]
KEYS = [
    ("lr",),
    ("opt", "name"),
    ("opt", 'a"b'),
    ("opt", "0"),
    ("list", "0"),
    ("准", "é.b"),
    ("no",),
]
TEXTS = [
    "",
    "x",
    "X",
    "adam",
    "a%_b",
    "\\",
    "'; --",
    "准",
    "é",
    "3",
    "true",
    "images/mnist",
    "mnist",
]
NUMBERS = [0.0, -0.0, 1.0, 0.5, -2.5, 3.0, 2.0**53, 1e308, math.inf, -math.inf]
PARAMS: list[Any] = [
    *(None, True, False, 3, 3.0, 0.1, 2**60, -1, "3", "true", "adam", "", "准", [1], {"name": 1}),
]
# What an evaluation may be compared by, beside metrics and parameters.
WORDS = {"tool": "tool", "hardware": "hardware", "note": "note", "revision": "revision"}


def records(pick: Any) -> dict[str, Any]:
    """An evaluation's own part, made up."""
    metrics = {
        name: pick([*NUMBERS, math.nan]) for name in METRICS[:-1] if pick([True, True, False])
    }
    more: dict[str, Any] = {name: pick(TEXTS) for name in WORDS if pick([True, False])}
    if pick([True, False]):
        more["seed"] = pick([0, 3, -(2**63), 2**53 + 1])
    if pick([True, False]):
        more["duration"] = pick([0.0, 0.5, 3.0])
    if pick([True, False]):
        more["labels"] = [text for text in TEXTS if text.strip() and pick([True, False, False])]
    if pick([True, True, False]):
        more["params"] = {
            "lr": pick(PARAMS),
            "opt": pick([{"name": pick(PARAMS), 'a"b': pick(PARAMS)}, {"0": pick(PARAMS)}, 3]),
            "list": pick([[1, 2], {"0": pick(PARAMS)}]),
            "准": {"é.b": pick(PARAMS)},
        }
    return {"metrics": metrics or {"accuracy": 1}, **more}


class Shelf:
    """Sixty evaluations of two models on two datasets, as their requests and as they are listed."""

    def __init__(self, hub: RunningHub) -> None:
        import random

        draw = random.Random(7)
        self.lab = lab = Lab(hub)
        folder = lab.raw.ok("GET", f"/assets/{lab.model_id}")["folder"]
        body = {"name": "cnn", "folder": folder, "labels": ["small", "准"]}
        lab.raw.ok("PUT", f"/assets/{lab.model_id}", body)
        lab.raw.ok("POST", f"/assets/{lab.model_id}/tags", {"tag": "best", "ref": "main"})
        other = {"name": "fashion", "folder": lab.dataset_folder, "labels": []}
        lab.raw.ok("POST", "/assets", other)
        lab.raw.ok("POST", f"/assets/{lab.dataset_id}/tags", {"tag": "v1", "ref": "main"})
        bodies = [
            records(draw.choice)
            | {
                "model": draw.choice([lab.model, lab.model.replace("cnn", "rnn")])
                + draw.choice(["", ":main"]),
                "dataset": draw.choice([lab.dataset, lab.dataset.replace("mnist", "fashion")]),
            }
            for _ in range(60)
        ]
        ids = lab.raw.ok("POST", "/evaluations/batch", {"evaluations": bodies})["ids"]
        self.user = users.find_user(hub.inside, lab.user.name)
        listed = {each["id"]: each for each in lab.search(amount="1000")}
        self.rows = [Row(body, listed[id_]) for body, id_ in zip(bodies, ids, strict=True)]
        with hub.inside.database.read() as connection:
            query = "SELECT id, seq FROM evaluations"
            self.seqs = {row[1]: row[0] for row in connection.exec_driver_sql(query)}

    def find(self, query: Query | None, sort: tuple[SortKey, ...] = (), amount: int = 100) -> Any:
        """The ids that a search finds, page by page."""
        found, after = [], ""
        search = Search(query=query, sort=sort)
        while True:
            with self.lab.hub.inside.database.read() as connection:
                page, after = find_page(connection, self.user, search, amount, after)
            found += [self.seqs[match.seq] for match in page]
            if not after:
                return found


class Row:
    """An evaluation, as Python reads it."""

    def __init__(self, body: dict[str, Any], listed: dict[str, Any]) -> None:
        self.id = listed["id"]
        self.body, self.listed = body, listed
        self.created = datetime.fromisoformat(listed["startTime"])

    def values(self, field: Field) -> list[Any]:
        """All values of a field: of most none or one."""
        listed, name = self.listed, field.name
        if name is Name.METRIC:
            metrics = self.body["metrics"]
            return [float(metrics[field.path[0]])] if field.path[0] in metrics else []
        if name is Name.PARAM:
            return self.parameter(field.path)
        if name is Name.LABEL:
            own = ["small", "准"] if "cnn" in listed["modelRef"] else []
            return [*listed["labels"], *own]
        if name in (Name.TAG, Name.DATASET_TAG):
            return list(listed["modelTags" if name is Name.TAG else "datasetTags"])
        tool = listed["tool"] or {"name": None, "version": None}
        value = {
            Name.ID: self.id,
            Name.CREATED: self.created,
            Name.CREATOR: listed["creator"],
            Name.MODEL: listed["modelRef"].partition(":")[0],
            Name.DATASET: listed["datasetRef"].partition(":")[0],
            Name.BRANCH: listed["modelBranch"] or None,
            Name.COMMIT: listed["modelCommit"],
            Name.DATASET_COMMIT: listed["datasetCommit"],
            Name.TOOL: tool["name"],
            Name.TOOL_VERSION: tool["version"],
            Name.SEED: None if listed["seed"] is None else float(listed["seed"]),
            Name.DURATION: listed["duration"],
            Name.REVISION: listed["revision"],
            Name.HARDWARE: listed["hardware"],
            Name.NOTE: listed["note"],
        }[name]
        return [] if value is None else [value]

    def parameter(self, path: tuple[str, ...]) -> list[Any]:
        value: Any = self.body.get("params", {})
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return []
            value = value[key]
        return [value]


def means(query: Query, row: Row, now: datetime) -> bool:
    """Whether a query means an evaluation, read from the tree word for word."""
    match query:
        case And(operands):
            return all(means(each, row, now) for each in operands)
        case Or(operands):
            return any(means(each, row, now) for each in operands)
        case Not(operand):
            return not means(operand, row, now)
        case Exists(field):
            return bool(row.values(field))
        case In(field, values):
            return any(means(Compare(field, "=", value), row, now) for value in values)
        case Compare(field, "!=", value):
            return not means(Compare(field, "=", value), row, now)
        case Compare(field, operator, value):
            return any(holds(field, each, operator, value, now) for each in row.values(field))
    raise AssertionError(query)


def holds(field: Field, found: Any, operator: str, value: Any, now: datetime) -> bool:
    if field.kind is Kind.TIME:
        start, end = bounds(operator, value, now)  # type: ignore[arg-type]
        return (start is None or found >= start) and (end is None or found < end)
    if field.kind is Kind.COMMIT:
        return bool(found.startswith(value))
    if operator == "~":
        return isinstance(found, str) and value in found
    if field.name in (Name.MODEL, Name.DATASET):
        return bool(found == value or found.endswith(f"/{value}"))
    numbers = [
        isinstance(each, int | float) and not isinstance(each, bool) for each in (found, value)
    ]
    if all(numbers):
        found, value = float(found), float(value)
        if math.isnan(value):
            return operator == "=" and math.isnan(found)
    elif type(found) is not type(value) or isinstance(found, list | dict):
        return False
    elif operator == "=":
        return bool(found == value)
    return {
        "=": lambda: found == value,
        "<": lambda: found < value,
        "<=": lambda: found <= value,
        ">": lambda: found > value,
        ">=": lambda: found >= value,
    }[operator]()


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def order(row: Row, keys: tuple[SortKey, ...]) -> list[Any]:
    """By what Python would sort: what has no value or NaN comes last either way."""
    made: list[Any] = []
    for key in keys:
        found = row.values(key.field)
        value = found[0] if found else None
        if value is None or isinstance(value, list | dict) or value != value:
            made.append((1, 0, 0))
            continue
        rank = 3 + value if isinstance(value, bool) else 2 if isinstance(value, str) else 1
        number = value.timestamp() if isinstance(value, datetime) else value
        made.append((0, Down((rank, number)) if key.descending else Up((rank, number)), 0))
    return made


class Up:
    """A value that sorts as it is; `Down` the other way round."""

    sign = False

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "Up") -> bool:
        return bool(self.value > other.value if self.sign else self.value < other.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Up) and bool(self.value == other.value)


class Down(Up):
    sign = True


FIELDS = st.one_of(
    st.sampled_from([Field(Name.METRIC, (name,)) for name in METRICS]),
    st.sampled_from([Field(Name.PARAM, path) for path in KEYS]),
    st.sampled_from([Field(name) for name in Name if name not in (Name.METRIC, Name.PARAM)]),
)
NOW = datetime.now(UTC)
SPANS = st.builds(
    lambda back, length: Span(NOW - back, NOW - back + length),
    st.timedeltas(timedelta(minutes=-5), timedelta(minutes=5)),
    st.sampled_from([timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=1)]),
)
VALUES: dict[Kind, Any] = {
    Kind.NUMBER: st.sampled_from([*NUMBERS, math.nan]),
    Kind.TEXT: st.sampled_from(TEXTS),
    Kind.COMMIT: st.text("0123456789abcdef", min_size=4, max_size=5),
    Kind.TIME: SPANS | st.integers(0, 600).map(lambda ago: Ago(timedelta(seconds=ago))),
    Kind.ANY: st.sampled_from([*(p for p in PARAMS if not isinstance(p, list | dict)), math.nan]),
}
OPERATORS = {
    Kind.TEXT: ["=", "!=", "~"],
    Kind.COMMIT: ["=", "!="],
    Kind.ANY: ["=", "!=", "<", "<=", ">", ">=", "~"],
}


def compared(field: Field) -> Any:
    operators = OPERATORS.get(field.kind, ["=", "!=", "<", "<=", ">", ">="])
    made = st.builds(Compare, st.just(field), st.sampled_from(operators), VALUES[field.kind])
    return made.filter(can_be_written)


def can_be_written(query: Compare) -> bool:
    """The parser refuses what has no order."""
    value, operator = query.value, query.operator
    if operator == "~":
        return isinstance(value, str)
    ordered = operator in ("<", "<=", ">", ">=")
    odd = value is None or isinstance(value, bool) or (isinstance(value, float) and value != value)
    return not (ordered and odd)


def contained(field: Field) -> Any:
    values = st.lists(VALUES[field.kind], min_size=1, max_size=3).map(tuple)
    return st.builds(In, st.just(field), values)


CONDITIONS = FIELDS.flatmap(
    lambda field: st.one_of(
        compared(field), compared(field), contained(field), st.just(Exists(field))
    )
)
QUERIES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: And(tuple(each))),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: Or(tuple(each))),
    ),
    max_leaves=6,
)
SORTS = st.lists(
    st.builds(
        SortKey,
        FIELDS.filter(lambda f: f.name not in (Name.LABEL, Name.TAG, Name.DATASET_TAG)),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda key: key.field,
).map(tuple)
# More of them, other ones each time, where a person wants to search for longer.
EXAMPLES = int(os.environ.get("SEARCH_EXAMPLES", "0"))


def quietly(examples: int) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=not EXAMPLES,
        database=None,
    )


@pytest.fixture(scope="module")
def shelf(hub: RunningHub) -> Shelf:
    return Shelf(hub)


def test_a_search_finds_what_its_tree_means(shelf: Shelf) -> None:
    @quietly(150)
    @given(QUERIES)
    def check(query: Query) -> None:
        now = datetime.now(UTC)
        expected = {row.id for row in shelf.rows if means(query, row, now)}
        assert set(shelf.find(query)) == expected

    check()


# What is many in a hub of millions, for one of sixty evaluations.
SCALES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "the first rows, then a walk": {"candidates._MOST": 0, "candidates._MOST_SEEN": 0},
    "the first rows, then the few": {"candidates._VERY_FEW": 2},
    "the first rows, then the few along the index": {"finding._FEW": 0, "candidates._MOST": 40},
}
FIRST_ROWS = {"sqlite": (1, 2, 0.25), "postgresql": (1, 4, 0.5)}


@pytest.fixture(params=SCALES)
def scale(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Other amounts by which a search chooses its way; it finds the same."""
    changed = SCALES[request.param]
    for name, value in changed.items():
        monkeypatch.setattr(f"assethub.core.searches.{name}", value)
    if changed:
        monkeypatch.setattr("assethub.core.searches.finding._FIRST_ROWS", FIRST_ROWS)
    return str(request.param)


def test_pages_of_any_order_make_the_whole_in_order(shelf: Shelf, scale: str) -> None:
    # For each way and each database.
    @quietly(50)
    @given(QUERIES | st.none(), SORTS, st.integers(1, 70))
    def check(query: Query | None, sort: tuple[SortKey, ...], amount: int) -> None:
        now = datetime.now(UTC)
        rows = [row for row in shelf.rows if query is None or means(query, row, now)]
        # They were recorded in this order: of equals the newest first, or last in a rising order.
        if not sort or sort[0].descending:
            rows.reverse()
        rows.sort(key=lambda row: order(row, sort))
        assert shelf.find(query, sort, amount) == [row.id for row in rows]

    check()


def test_the_page_of_the_reference_is_understood(shelf: Shelf) -> None:
    """Each example there can be run."""
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "reference-query.md").read_text("utf-8")
    for text in page.split("```query\n")[1:]:
        shelf.lab.search(text.partition("```")[0])
    for text in page.split("```sort\n")[1:]:
        shelf.lab.search(sort=text.partition("```")[0].strip())


def test_a_page_says_where_the_next_begins(shelf: Shelf) -> None:
    found, after = [], ""
    while True:
        page = shelf.lab.raw.ok("GET", "/evaluations", sort="-accuracy", amount="7", after=after)
        found += [each["id"] for each in page["results"]]
        after = page["pagination"]["next_offset"]
        assert page["pagination"]["has_more"] == bool(after)
        if not after:
            break
    assert found == [each["id"] for each in shelf.lab.search(sort="-accuracy")]
    assert len(found) == len(set(found)) == 60


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"query": "accuracy >"}, "invalid_query"),
        ({"query": "accuracy > 'x'"}, "invalid_query"),
        ({"query": "1; DROP TABLE evaluations"}, "invalid_query"),
        ({"sort": "-,"}, "invalid_sort"),
        ({"sort": "label"}, "invalid_sort"),
        ({"after": "x"}, "invalid_after"),
        ({"after": "WzEsMl0"}, "invalid_after"),
        ({"after": "W1tbW1tb"}, "invalid_after"),
        ({"sort": "note", "after": "WzEsIlx1ZDgwMCJd"}, "invalid_after"),
        ({"amount": "1001"}, "invalid_amount"),
        ({"model": "x/dataset/y/z", "query": ""}, "wrong_type"),
    ],
)
def test_a_search_that_cannot_be_is_refused(shelf: Shelf, query: dict[str, str], code: str) -> None:
    problem = shelf.lab.refuse("GET", "/evaluations", **({"stale": "false"} | query))
    assert (problem["status"], problem["code"]) == (400, code), problem


def test_text_of_a_query_is_never_part_of_a_statement(shelf: Shelf) -> None:
    for text in (
        "'; DROP TABLE evaluations; --",
        "%",
        "_",
        '" OR 1=1',
        "\\",
        ":x",
        "%s",
        "?",
        "{}",
    ):
        quoted = json.dumps(text, ensure_ascii=False)
        for form in ("note = {}", "note ~ {}", "param.{} = {}", "{} > 1", "label in ({})"):
            query = form.replace("{}", quoted)
            expected = [
                row.id for row in shelf.rows if means(parse_query(query), row, datetime.now(UTC))
            ]
            assert {each["id"] for each in shelf.lab.search(query)} == set(expected)
    assert len(shelf.lab.search()) == 60


def test_one_finds_only_what_one_may_see(shelf: Shelf, outsider: Raw) -> None:
    def find(query: str = "", **more: str) -> list[Any]:
        return list(outsider.ok("GET", "/evaluations", query=query, **more)["results"])

    assert find() == find("accuracy exists") == find(sort="-accuracy") == []
    refused = (404, "asset not found")
    assert outsider.refused("GET", "/evaluations", query="", model=shelf.lab.model) == refused
    assert outsider.refused("GET", "/evaluations", dataset=shelf.lab.dataset) == refused


def test_a_model_and_a_dataset_narrow_a_search_down(shelf: Shelf) -> None:
    lab = shelf.lab
    both = lab.search(model=lab.model, dataset=lab.dataset)
    expected = [
        row.id
        for row in reversed(shelf.rows)
        if row.listed["modelID"] == lab.model_id and row.listed["datasetID"] == lab.dataset_id
    ]
    assert [each["id"] for each in both] == expected
    at = lab.search(dataset=f"{lab.dataset}:tag/v1", model=f"{lab.model}:branch/main")
    assert [each["id"] for each in at] == expected

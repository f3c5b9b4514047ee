"""The reference of the HTTP API names every route, what it takes, and codes that there are."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from assethub.app import create_app
from assethub.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference-api.md"
PREFIX = "/apis/v1"
WORD = re.compile(r"`([A-Za-z_0-9]+)`")
# As an argument, an attribute, or in a table by status.
CODE = re.compile(r'(?:\bcode ?= ?|\b\d{3}: )"([a-z_]+)"')


class Row(NamedTuple):
    call: str
    repeatable: bool
    takes: str
    codes: str


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text("utf-8").splitlines():
        match = re.match(r"\| `((?:GET|POST|PUT|DELETE) [^`]+)`( ↻)? \|", line)
        if match:
            cells = [cell.strip() for cell in line.strip("|").split(" |")]
            assert len(cells) == 4, line
            found.append(Row(match[1], match[2] is not None, cells[1], cells[3]))
    return found


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return create_app(Settings(data=tmp_path_factory.mktemp("hub") / "data")).openapi()


def operations(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_stands_in_the_reference_once(schema: dict[str, Any]) -> None:
    assert sorted(row.call for row in rows()) == sorted(operations(schema))


def test_each_row_names_what_its_route_takes(schema: dict[str, Any]) -> None:
    known = operations(schema)
    for row in rows():
        assert taken(schema, known[row.call]) <= set(WORD.findall(row.takes)), row.call


def taken(schema: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    """The names of a route's query and of its JSON body."""
    names = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    reference = body.get("$ref", "").rpartition("/")[2]
    fields = schema["components"]["schemas"][reference] if reference else body
    return names | set(fields.get("properties", {}))


def test_the_marked_routes_are_those_that_take_an_idempotency_key(schema: dict[str, Any]) -> None:
    takes = {
        call
        for call, operation in operations(schema).items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
    }
    assert {row.call for row in rows() if row.repeatable} == takes


def test_every_code_that_the_reference_names_is_one_of_the_program() -> None:
    sources = [path.read_text("utf-8") for path in ROOT.glob("src/assethub/**/*.py")]
    known = {code for text in sources for code in CODE.findall(text)}
    # Made of what was not found.
    known |= {f"{noun}_not_found" for noun in ("folder", "asset", "branch", "tag", "evaluation")}
    errors = re.findall(r"^\| \d{3} \| ([^|]+) \|", PAGE.read_text("utf-8"), re.M)
    named = {
        code
        for cell in [*errors, *(row.codes for row in rows())]
        for code in WORD.findall(cell)
        if code != "conflicts"
    }
    assert len(named) > 60
    assert sorted(named - known) == []

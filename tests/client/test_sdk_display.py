"""How what the SDK returns is shown in terminals and notebooks."""

from __future__ import annotations

import copy
import json
import pickle
from html.parser import HTMLParser
from pprint import pformat
from typing import Any

import pytest

from t9k import ah

# What is tested here is the same for whatever the hub stores its data in.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>&\"'"


class Tags(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _listings(model: ah.Model, branch: ah.Branch) -> dict[str, list[Any]]:
    return {
        "folders": ah.list_folder(scope="own"),
        "assets": model.folder.list_asset(),
        "branches": model.list_branch(),
        "tags": model.list_tag(),
        "commits": branch.list_commit(),
        "objects": branch.list_object(),
        "objects by pages": branch.list_object("", 10),
        "differences": model.get_commit(-1).diff(branch),
        "evaluations": model.list_evaluation(),
    }


@pytest.fixture
def branch(model: ah.Model, dataset: ah.Dataset) -> ah.Branch:
    branch = model.get_branch("main")
    with branch.edit("first\n\nand last") as edit:
        edit.write("a.txt", "a")
        edit.write("数/据.txt", "b" * 2000)
    branch.create_tag("v1")
    branch.create_evaluation({"accuracy": 0.5, "loss": float("nan")}, dataset)
    branch.create_evaluation({"accuracy": 0.75}, dataset)
    return branch


def test_listings_are_lists_of_plain_dicts(model: ah.Model, branch: ah.Branch) -> None:
    for name, listing in _listings(model, branch).items():
        assert isinstance(listing, list), name
        assert listing, name
        assert all(type(entry) is dict for entry in listing), name
        plain = [dict(entry) for entry in listing]
        assert (listing == plain, plain == listing) == (True, True), name
        assert json.loads(json.dumps(listing)) == plain or name == "evaluations"
        assert pformat(listing) == pformat(plain), name
        assert repr(listing) == repr(plain), name
        assert copy.deepcopy(listing) == pickle.loads(pickle.dumps(listing)) == plain, name
        assert str(pickle.loads(pickle.dumps(listing))) == str(listing), name


def test_a_printed_listing_is_a_table(model: ah.Model, branch: ah.Branch) -> None:
    printed = {name: str(each).splitlines() for name, each in _listings(model, branch).items()}
    headers = {name: lines[0].split() for name, lines in printed.items()}
    assert headers["folders"] == ["TYPE", "NAME", "ASSETS", "OWNER", "LABELS", "CREATED"]
    assert headers["branches"] == ["NAME", "COMMIT_ID", "BYTES", "MODIFIED"]
    assert printed["branches"][1].split()[:3] == ["main", branch.id[:12], "2001B"]
    assert printed["tags"][1].split() == ["v1", branch.id[:12]]
    assert printed["commits"][1].split()[:2] == [branch.id[:12], "first"]
    assert [line.split()[0] for line in printed["objects"]] == ["PATH", "a.txt", "数/据.txt"]
    assert printed["differences"][1].split() == ["added", "a.txt", "1B"]
    assert headers["evaluations"][-2:] == ["accuracy", "loss"]
    assert [line.split()[-1] for line in printed["evaluations"][1:]] == ["0.75", "NaN"]


def test_a_listing_of_nothing_prints_its_header(logged_in: Any) -> None:
    assert str(ah.list_folder(scope="own")).split() == [
        *("TYPE", "NAME", "ASSETS", "OWNER", "LABELS", "CREATED")
    ]


def test_a_terminal_of_ipython_shows_the_table(branch: ah.Branch) -> None:
    class Printer:
        written = ""

        def text(self, text: str) -> None:
            self.written += text

    printer, listing = Printer(), branch.list_object()
    listing._repr_pretty_(printer, False)  # type: ignore[attr-defined]
    assert printer.written == str(listing)


def test_a_notebook_shows_all_as_text_whatever_it_holds(logged_in: Any) -> None:
    """No label, name, message, path or metric becomes a tag of the page."""
    folder = ah.create_folder("model", "x<b>", [EVIL], description=EVIL)
    model = folder.create_asset("y<i>&amp;", [EVIL], description=EVIL)
    data = ah.create_folder("dataset", "d<b>").create_asset("e<i>")
    branch = model.create_branch("b<u>")
    with branch.edit(EVIL, {"note": EVIL}) as edit:
        edit.write("<img src=x>/a.txt", "x")
    tag, commit = branch.create_tag("t<u>"), edit.commit
    made = branch.create_evaluation({EVIL: 1.0}, data)
    shown: list[Any] = [folder, model, data, branch, tag, commit, made]
    shown += _listings(model, branch).values()
    for each in shown:
        page = Tags(each._repr_html_())
        assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "caption", "p"}
        assert page.attributes <= {"style"}
    assert "y<i>&amp;" in " ".join(Tags(model._repr_html_()).texts)
    assert EVIL in Tags(model._repr_html_()).texts
    assert EVIL in Tags(made._repr_html_()).texts
    assert EVIL in Tags(branch.list_commit()._repr_html_()).texts  # type: ignore[attr-defined]


def test_a_notebook_shows_the_beginning_of_a_long_listing(model: ah.Model) -> None:
    branch = model.get_branch("main")
    with branch.edit("many") as edit:
        for at in range(203):
            edit.write(f"{at:03}.txt", "x")
    page = branch.list_object()._repr_html_()  # type: ignore[attr-defined]
    assert (page.count("<tr>"), "and 3 more" in page) == (201, True)


def test_a_copy_of_an_evaluation_is_a_plain_dict(model: ah.Model, branch: ah.Branch) -> None:
    made = ah.get_evaluation(model.list_evaluation()[0]["id"])
    for made_again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert type(made_again) is dict
        assert made_again == made
    assert pformat(made) == pformat(dict(made))
    assert json.loads(json.dumps(made)) == made


def test_what_is_not_a_listing_says_what_it_is(model: ah.Model, user: Any) -> None:
    branch = model.get_branch("main")
    assert repr(model.folder) == f"Folder('{user.name}/model/vision')"
    assert repr(model) == f"Model('{user.name}/model/vision/cnn')"
    assert repr(branch) == f"Branch('{user.name}/model/vision/cnn:branch/main', id='{branch.id}')"

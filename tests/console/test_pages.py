"""What the pages show."""

import math

import pytest

from assethub.console import listings
from assethub.core import assets, folders
from assethub.core.people import users
from assethub.core.repository import tags
from assethub.store import tables
from console.apps import ask
from console.shelves import Shelf
from console.visitors import Page, Row, Visitor
from hubs import RunningHub


def evaluation_rows(page: Page) -> dict[str, Row]:
    """The rows of the table of evaluations by the evaluation's id, in the page's order."""
    rows = {row.id.removeprefix("evaluation-"): row for row in page.rows}
    rows.pop("", None)
    return rows


def columns(page: Page) -> list[str]:
    """The heads of the table of evaluations."""
    [head] = [row.cells for row in page.rows if "Recorded" in row.cells]
    return head


def give_away(hub: RunningHub, asset_id: str) -> None:
    """Lets another user own the folder of an asset from now on."""
    new = users.find_user(hub.inside, hub.new_user().name)
    folder = tables.assets.select().where(tables.assets.c.id == asset_id)
    hub.inside.database.write(
        lambda connection: (
            connection.execute(
                tables.folders.update()
                .where(tables.folders.c.id == connection.execute(folder).one().folder_id)
                .values(owner_id=new.id)
            ).rowcount
        )
    )


def test_the_start_page_lists_ones_own_folders(
    shelf: Shelf, owner: Visitor, outsider: Visitor
) -> None:
    folders.create_folder(shelf.hub.inside, shelf.user, "model", "empty", [])
    page = owner.get("/")
    listed = [row for row in page.rows if row.links]
    assert [(row.cells[0], row.cells[1]) for row in listed] == [
        ("digitsmodel label", "1"),
        ("empty", "0"),
        ("digitsdataset label", "1"),
    ]
    assert [row.links for row in listed] == [
        [f"/o/{shelf.owner.name}/model/digits"],
        [f"/o/{shelf.owner.name}/model/empty"],
        [f"/o/{shelf.owner.name}/dataset/digits"],
    ]
    assert f"/o/{shelf.owner.name}/model/digits" not in outsider.get("/").links()


def test_who_has_nothing_yet_is_told_how_to_begin(outsider: Visitor) -> None:
    text = outsider.get("/").text
    assert "ah create folder model/digits" in text
    assert "ah create evaluation" in text


def test_a_folder_lists_its_assets(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("v1")
    page = owner.get(f"/o/{shelf.owner.name}/model/digits")
    [row] = [row for row in page.rows if row.links]
    assert row.cells[:2] == ["svmsvm label", "2"]
    assert row.links == [shelf.model_url]
    empty = folders.create_folder(shelf.hub.inside, shelf.user, "dataset", "e m", [])
    assert "ah create dataset 'e m'/NAME" in owner.get(f"/o/{shelf.owner.name}/dataset/e%20m").text
    assets.create_asset(shelf.hub.inside, shelf.user, empty, "new", [])
    assert "new" in owner.get(f"/o/{shelf.owner.name}/dataset/e%20m").text


def test_a_model_shows_its_branches_and_tags(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("v1")
    commit = shelf.commit(shelf.model_id, "v1", {"more": b"x" * 1500}, "More")
    tags.create_tag(shelf.hub.inside, shelf.user, shelf.model_id, "first", "main")
    page = owner.get(shelf.model_url)
    named = [row for row in page.rows if any("/commit/" in link for link in row.links)]
    assert [row.cells[:3] for row in named] == [
        ["main", shelf.model_commit[:8], "7 B"],
        ["v1", commit[:8], "1.5 kB"],
        ["first", shelf.model_commit[:8]],
    ]
    assert named[1].links == [
        f"{shelf.model_url}/files?ref=branch/v1",
        f"{shelf.model_url}/commit/{commit}",
    ]
    assert "No evaluations yet." in page.text


def test_a_model_shows_its_evaluations_newest_first(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("v1")
    newer = shelf.commit(shelf.model_id, "v1", {"more": b"1"}, "More")
    tags.create_tag(shelf.hub.inside, shelf.user, shelf.model_id, "t1", "v1")
    old = shelf.evaluate({"loss": 1.47, "accuracy": 0.99})
    new = shelf.evaluate({"accuracy": 0.875, "n": 12345}, "tag/t1")
    bare = shelf.evaluate({"accuracy": 1.0}, shelf.model_commit[:8])
    page = owner.get(shelf.model_url)
    assert columns(page) == [
        "Recorded",
        "Model commit",
        "Through",
        "Dataset",
        "Dataset commit",
        "accuracy",
        "n",
        "loss",
    ]
    rows = evaluation_rows(page)
    assert list(rows) == [bare, new, old]
    assert rows[new].links == [
        f"{shelf.model_url}/commit/{newer}",
        shelf.dataset_url,
        f"{shelf.dataset_url}/commit/{shelf.dataset_commit}",
    ]
    shown = ["digits/digits", shelf.dataset_commit[:8]]
    assert rows[bare].cells[1:] == [shelf.model_commit[:8], "commit", *shown, "1.000", "–", "–"]
    assert rows[new].cells[1:] == [newer[:8], "t1", *shown, "0.875", "12,345", "–"]
    assert rows[old].cells[1:] == [shelf.model_commit[:8], "main", *shown, "0.990", "–", "1.47"]


def test_any_number_is_shown_short_and_whole_on_a_closer_look(shelf: Shelf, owner: Visitor) -> None:
    values = {
        "nan": math.nan,
        "up": math.inf,
        "down": -math.inf,
        "tiny": 1.23456e-7,
        "long": 0.123456789,
        "negative": -1234.5,
        "huge": 1e300,
        "zero": 0.0,
    }
    id_ = shelf.evaluate(values)
    page = owner.get(shelf.model_url)
    assert dict(zip(columns(page), evaluation_rows(page)[id_].cells, strict=True)).items() >= {
        ("nan", "NaN"),
        ("up", "∞"),
        ("down", "−∞"),
        ("tiny", "1.235E-7"),
        ("long", "0.1235"),
        ("negative", "-1,234.5"),
        ("huge", "1E300"),
        ("zero", "0"),
    }
    titles = [each.get("title") for each in page.all("span")]
    assert {"1.23456e-07", "0.123456789", "1e+300", "nan", "inf"} <= {*titles}


def test_a_table_of_evaluations_has_the_most_common_metrics(shelf: Shelf, owner: Visitor) -> None:
    shelf.evaluate({"everywhere": 1})
    shelf.evaluate({f"m{number}": number for number in range(30)} | {"everywhere": 2})
    page = owner.get(shelf.model_url)
    assert len(columns(page)) == 5 + 20
    assert columns(page)[-1] == "everywhere"
    assert "The 20 most common metrics are shown; 11 more are left out." in page.text


def test_a_commit_of_a_model_shows_what_it_is_and_holds(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("v1")
    message = "Shrink it\n\nBy half,\nas agreed."
    commit = shelf.commit(shelf.model_id, "v1", {"b/c.bin": b"12345"}, message)
    id_ = shelf.evaluate({"accuracy": 0.5}, "branch/v1")
    shelf.evaluate({"accuracy": 0.6}, "branch/main")
    page = owner.get(f"{shelf.model_url}/commit/{commit}")
    assert "Shrink it v1" in page.text
    assert "By half,\nas agreed." in page.source
    assert f"Committer {shelf.owner.name}" in page.text
    assert f"Parent {shelf.model_commit[:8]}" in page.text
    assert f"{shelf.model}@{commit}" in page.text
    assert [row.cells for row in page.rows if "b/c.bin" in row.cells[0]] == [
        ["+added b/c.bin", "–", "5 B", "+5 B"]
    ]
    assert f"{shelf.model_url}/files?ref={commit}" in page.links()
    assert "2 files" in page.text
    assert list(evaluation_rows(page)) == [id_]
    assert "Model commit" not in columns(page)


def test_a_commit_is_found_by_a_prefix_of_its_id(shelf: Shelf, owner: Visitor) -> None:
    page = owner.get(f"{shelf.model_url}/commit/{shelf.model_commit[:10]}")
    assert shelf.model_commit in page.text


def test_a_branch_named_like_a_commit_does_not_stand_before_it(
    shelf: Shelf, owner: Visitor
) -> None:
    name = shelf.model_commit
    shelf.branch(name)
    files = {"model.pkl": b"others", "more.pkl": b"1"}
    shelf.commit(shelf.model_id, name, files, "Pretend")
    page = owner.get(f"{shelf.model_url}/commit/{name}")
    assert "Add the model" in page.text
    assert "more.pkl" not in page.text
    assert owner.get(f"{shelf.model_url}/commit/{name}/files/model.pkl").body == b"weights"


def test_the_first_commit_says_that_it_is_the_first_and_holds_nothing(
    shelf: Shelf, owner: Visitor
) -> None:
    page = owner.get(f"{shelf.model_url}/commit/{shelf.model_commit}")
    [parent] = [link for link in page.links() if "/commit/" in link]
    text = owner.get(parent).text
    assert "Repository created" in text
    assert "none, this is the first commit" in text
    assert "0 files" in text


def test_a_dataset_shows_what_it_holds_and_who_was_evaluated_on_it(
    shelf: Shelf, owner: Visitor
) -> None:
    id_ = shelf.evaluate({"accuracy": 0.5})
    page = owner.get(shelf.dataset_url)
    files = [row for row in page.rows if any("/files?path=" in link for link in row.links)]
    assert [row.cells for row in files] == [["train", "–"], ["test.csv", "8 B"]]
    assert "Add the dataset" in page.text
    assert "Repository created" in page.text
    row = evaluation_rows(page)[id_]
    assert row.cells[1:4] == ["digits/svm", shelf.model_commit[:8], "main"]
    assert row.links == [shelf.model_url, f"{shelf.model_url}/commit/{shelf.model_commit}"]
    page = owner.get(f"{shelf.dataset_url}/commit/{shelf.dataset_commit}")
    assert list(evaluation_rows(page)) == [id_]
    shelf.commit(shelf.dataset_id, "main", {"test.csv": b"new"}, "Fix")
    assert not evaluation_rows(owner.get(shelf.dataset_url))


def test_evaluations_of_models_that_one_may_not_view_are_left_out(
    shelf: Shelf, owner: Visitor
) -> None:
    shelf.evaluate({"secret metric": 0.5})
    give_away(shelf.hub, shelf.model_id)
    page = owner.get(f"{shelf.dataset_url}/commit/{shelf.dataset_commit}")
    assert page.status == 200
    assert not evaluation_rows(page)
    assert "secret metric" not in page.text


def test_a_dataset_that_one_may_not_view_is_but_an_id_and_a_commit(
    shelf: Shelf, owner: Visitor
) -> None:
    id_ = shelf.evaluate({"accuracy": 0.5})
    new_owner = shelf.hub.new_user()
    give_away(shelf.hub, shelf.dataset_id)
    ref = f"{new_owner.name}/dataset/hidden/hidden:main"
    shelf.hub.inside.database.write(
        lambda connection: (
            connection.execute(
                tables.evaluations.update()
                .where(tables.evaluations.c.id == id_)
                .values(dataset_ref=ref)
            ).rowcount
        )
    )
    page = owner.get(shelf.model_url)
    row = evaluation_rows(page)[id_]
    assert row.cells[3:5] == [shelf.dataset_id[:8] + "…", shelf.dataset_commit[:8]]
    assert row.links == [f"{shelf.model_url}/commit/{shelf.model_commit}"]
    assert "hidden" not in page.text


def test_an_evaluation_outlives_its_dataset(shelf: Shelf, owner: Visitor) -> None:
    id_ = shelf.evaluate({"accuracy": 0.5})
    assets.delete_asset(shelf.hub.inside, shelf.user, shelf.dataset_id)
    row = evaluation_rows(owner.get(shelf.model_url))[id_]
    assert row.cells[3] == "digits/digits (deleted)"
    assert row.links == [f"{shelf.model_url}/commit/{shelf.model_commit}"]


def test_long_lists_are_cut_and_say_so(
    shelf: Shelf, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        shelf.branch(f"b{number}")
        tags.create_tag(shelf.hub.inside, shelf.user, shelf.model_id, f"t{number}", "main")
        shelf.commit(shelf.dataset_id, "main", {f"f{number}": b"1"}, f"Commit {number}")
        shelf.evaluate({"m": number})
        folders.create_folder(shelf.hub.inside, shelf.user, "model", f"more {number}", [])
    for name in ("FOLDERS", "EVALUATIONS", "NEWEST"):
        monkeypatch.setattr(listings, name, 3)

    def show(path: str) -> Page:
        cookie = f"assethub_session={owner.session}"
        status, headers, text = ask(shelf.hub, path, cookie=cookie)
        return Page(status, dict(headers), text.encode())

    page = show("/")
    assert "Only the first 3 folders are shown." in page.text
    assert sum(bool(row.links) for row in page.rows) == 3 + 1
    page = show(shelf.model_url)
    assert sum("ref=branch/" in link for link in page.links()) == 3
    assert sum("ref=tag/" in link for link in page.links()) == 3
    assert "The newest 3 evaluations are shown." in page.text
    assert len(evaluation_rows(page)) == 3
    page = show(shelf.dataset_url)
    assert "Commit 3" in page.text
    assert "Commit 0" not in page.text


def test_a_page_that_fails_is_still_a_page(
    shelf: Shelf, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(folders, "page_folders", fail)
    status, headers, text = ask(shelf.hub, "/", cookie=f"assethub_session={owner.session}")
    assert status == 500
    assert "The hub failed" in text
    assert "secret" not in text
    assert ("x-frame-options", "DENY") in headers

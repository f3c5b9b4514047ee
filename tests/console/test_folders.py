"""Folders in the console: found, made, changed, given away, deleted; and what is best in one."""

import uuid
from urllib.parse import quote

import pytest

from assethub.core import assets, folders, sharing
from assethub.core.permissions import Level
from assethub.core.sharing import Grantee
from console.shelves import Shelf
from console.visitors import Page, Visitor
from hubs import User

MARKUP = "<x-evil onload=alert(1)>\"'&"


@pytest.fixture
def other(shelf: Shelf) -> User:
    return shelf.hub.new_user()


@pytest.fixture
def guest(shelf: Shelf, other: User) -> Visitor:
    return Visitor(shelf.hub).sign_in(other)


def folder_url(shelf: Shelf) -> str:
    return shelf.model_url.rsplit("/", 1)[0]


def send(visitor: Visitor, path: str, **fields: str) -> Page:
    token = visitor.get("/account").fields()["form_token"]
    return visitor.post(path, {"form_token": token} | fields)


def share(shelf: Shelf, other: User, level: Level) -> None:
    for each in folders.list_folders(shelf.hub.inside, shelf.user, "own", "model"):
        sharing.share_folder(
            shelf.hub.inside, shelf.user, each.folder.id, Grantee("user", other.name), level
        )


def hits(visitor: Visitor, text: str, **more: str) -> list[str]:
    """Where the results of a search lead."""
    query = "&".join(f"{name}={quote(value)}" for name, value in {"q": text, **more}.items())
    page = visitor.get(f"/search?{query}")
    assert page.status == 200
    main = [each["href"] for each in page.inside("a")]
    return [url for url in main if url.startswith("/o/")]


def test_a_new_folder_leads_to_its_page_and_a_new_model_to_its_own(guest: Visitor) -> None:
    made = send(
        guest,
        "/folders",
        type="model",
        name=" 图像 ",
        labels="vision, 已上线\nnew",
        description="All",
    )
    assert made.status == 303
    page = guest.get(made.location)
    assert page.status == 200
    for text in ("图像", "vision", "已上线", "new", "All"):
        assert text in page.text
    made = send(guest, f"{made.location}/assets", name="cnn", labels="", description="Small")
    page = guest.get(made.location)
    assert (made.status, page.status) == (303, 200)
    assert "This model holds no files yet" in page.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "digits"}, "There is a folder of that type and name already."),
        ({"name": "a/b"}, "A name is 1 to 255 bytes long"),
        ({"name": "x", "labels": "a" * 300}, "Nothing was changed"),
        ({"name": "x", "type": "other"}, "Nothing was changed"),
    ],
)
def test_a_folder_that_cannot_be_made_says_why_and_keeps_what_was_typed(
    owner: Visitor, fields: dict[str, str], said: str
) -> None:
    given = {"type": "model", "labels": "vision", "description": "so"} | fields
    page = send(owner, "/folders", **given)
    assert page.status == 400
    assert said in page.text
    [name] = [each for each in page.inside("input") if each.get("name") == "name"]
    assert (name["value"], name["aria-invalid"]) == (given["name"], "true")
    assert given["labels"] in page.main
    assert "data-open" in page.inside("dialog")[0]


def test_a_model_that_is_there_already_is_not_made_again(shelf: Shelf, owner: Visitor) -> None:
    page = send(owner, f"{folder_url(shelf)}/assets", name="svm")
    assert page.status == 400
    assert "There is one of that name in the folder already." in page.text


def test_an_owner_renames_labels_and_describes_a_folder(shelf: Shelf, owner: Visitor) -> None:
    url = folder_url(shelf)
    done = send(owner, f"{url}/change", name="numbers", labels="a\nb", description="two\r\nlines")
    assert (done.status, done.location) == (
        303,
        f"/o/{shelf.owner.name}/model/numbers?done=changed",
    )
    [listed] = folders.list_folders(shelf.hub.inside, shelf.user, "own", "model")
    assert (listed.folder.labels, listed.folder.description) == (["a", "b"], "two\nlines")
    assert owner.get(url).status == 404
    refused = send(owner, f"/o/{shelf.owner.name}/model/numbers/change", name="..")
    assert refused.status == 400
    assert "A name is 1 to 255 bytes long" in refused.text


def test_a_folder_goes_only_where_its_name_was_typed(shelf: Shelf, owner: Visitor) -> None:
    url = folder_url(shelf)
    for typed in ("", "digit", "DIGITS"):
        page = send(owner, f"{url}/delete", typed=typed)
        assert page.status == 400
        assert "The name was typed differently. Nothing was changed." in page.text
        assert owner.get(url).status == 200
    gone = send(owner, f"{url}/delete", typed="digits")
    assert (gone.status, gone.location) == (303, "/?done=deleted")
    assert "The folder is deleted." in owner.get(gone.location).text
    assert owner.get(url).status == 404


def test_a_folder_is_given_to_another_user_who_owns_it_then(
    shelf: Shelf, owner: Visitor, guest: Visitor, other: User
) -> None:
    url = f"{folder_url(shelf)}/transfer"
    assert send(owner, url, owner=other.name, typed="digit").status == 400
    assert send(owner, url, owner="nobody-here", typed="digits").status == 404
    given = send(owner, url, owner=other.name, typed="digits")
    assert given.location == f"/o/{other.name}/model/digits?done=transfer"
    assert f"The folder belongs to {other.name} now" in owner.get(given.location).text
    assert "Shared with" in guest.get(given.location).text


@pytest.mark.parametrize("level", [Level.VIEW, Level.RUN, Level.EDIT])
def test_who_may_not_change_a_folder_sees_no_button_for_it_and_is_refused(
    shelf: Shelf, other: User, guest: Visitor, level: Level
) -> None:
    share(shelf, other, level)
    url = folder_url(shelf)
    page = guest.get(url)
    dialogs = [each["id"] for each in page.inside("dialog")]
    assert dialogs == (["new"] if level == Level.EDIT else [])
    assert len(page.inside("form")) == len(dialogs)
    for do in ("change", "delete", "transfer"):
        fields = {"name": "x", "typed": "digits", "owner": other.name}
        assert send(guest, f"{url}/{do}", **fields).status == 403
    made = send(guest, f"{url}/assets", name="new").status
    assert made == (303 if level == Level.EDIT else 403)


@pytest.mark.parametrize(("metric", "best"), [("accuracy", "0.9"), ("loss", "0.1")])
def test_a_folder_shows_each_models_best_score_in_the_metrics_direction(
    shelf: Shelf, owner: Visitor, metric: str, best: str
) -> None:
    for value in (0.5, 0.9, 0.1, float("nan"), float("inf")):
        shelf.evaluate({"accuracy": value, "loss": value})
    page = owner.get(f"{folder_url(shelf)}?metric={metric}")
    [row] = [row for row in page.rows if shelf.model_url in row.links]
    assert row.cells[2] == f"the best of this folder: {best}"
    assert "lower is better" in page.text if metric == "loss" else "higher is better" in page.text
    other = owner.get(f"{folder_url(shelf)}?metric=unknown")
    [row] = [row for row in other.rows if shelf.model_url in row.links]
    assert row.cells[2] == "–"


def test_a_folder_of_many_assets_is_shown_page_by_page(shelf: Shelf, owner: Visitor) -> None:
    id_ = folders.create_folder(shelf.hub.inside, shelf.user, "dataset", "many", [])
    for number in range(101):
        assets.create_asset(shelf.hub.inside, shelf.user, id_, f"set-{number:03}", [])
    url = f"/o/{shelf.owner.name}/dataset/many"
    [following] = [each["href"] for each in owner.get(url).inside("a") if each.get("rel") == "next"]
    page = owner.get(following)
    assert [row.links for row in page.rows[1:2]] == [[f"{url}/set-100"]]
    assert url in page.links()


def test_the_start_page_says_what_changed_lately_and_who_did_it(
    shelf: Shelf, owner: Visitor, guest: Visitor, other: User
) -> None:
    shelf.evaluate({"accuracy": 0.5})
    assert f"digits/svm {shelf.owner.name} recorded an evaluation" in owner.get("/").text
    assert f"digits/digits {shelf.owner.name} committed" in owner.get("/").text
    assert shelf.model_url not in guest.get("/").links()
    share(shelf, other, Level.VIEW)
    assert shelf.model_url in guest.get("/").links()
    assert shelf.dataset_url not in guest.get("/").links()


def test_who_has_nothing_yet_is_shown_how_to_begin(guest: Visitor, owner: Visitor) -> None:
    text = guest.get("/").text
    for said in ("Begin in three steps", "ah login -H http://127.0.0.1", "ah create folder model/"):
        assert said in text
    assert "Begin in three steps" not in owner.get("/").text


@pytest.fixture
def library(shelf: Shelf) -> dict[str, str]:
    """Assets of a word that nothing else has, by what they are: their URLs."""
    inside, user, word = shelf.hub.inside, shelf.user, uuid.uuid4().hex[:10]
    id_ = folders.create_folder(inside, user, "model", f"the-{word}", ["shelf"], "of Owls")
    made = {"word": word, "folder": f"/o/{shelf.owner.name}/model/the-{word}"}
    for key, name, labels, text in (
        ("first", f"{word.upper()}-bert", ["语音识别", "Prod"], ""),
        ("inside", f"a-{word}", ["prod"], "Knows Éclairs"),
        ("told", "zebra", [], f"successor of {word}"),
    ):
        assets.create_asset(inside, user, id_, name, labels, text)
        made[key] = f"{made['folder']}/{quote(name)}"
    return made


def test_a_search_finds_what_has_all_words_names_that_begin_with_the_first_of_them_before(
    owner: Visitor, library: dict[str, str]
) -> None:
    word, first, inside = library["word"], library["first"], library["inside"]
    # Everything in the folder has the word by the folder's name.
    assert hits(owner, word) == [first, inside, library["folder"], library["told"]]
    assert hits(owner, f"{word} PROD") == [first, inside]
    assert hits(owner, f"{word} 语音") == [first]
    assert hits(owner, f"{word} éclairs") == [inside]
    assert hits(owner, f"{word} successor") == [library["told"]]
    assert hits(owner, f"{word} owls") == [library["folder"]]
    assert hits(owner, f"{word} nothing-like-it") == []
    assert hits(owner, f"{word} %") == hits(owner, f"{word} _ert") == []


def test_a_search_is_narrowed_to_models_datasets_or_folders(
    shelf: Shelf, owner: Visitor, library: dict[str, str]
) -> None:
    word = library["word"]
    assert hits(owner, word, kind="folder") == [library["folder"]]
    assert len(hits(owner, word, kind="model")) == 3
    assert hits(owner, word, kind="dataset") == []
    assert hits(owner, f"{shelf.owner.name} csv digits", kind="dataset") == []
    assert hits(owner, f"{shelf.owner.name} digits", kind="dataset") == [shelf.dataset_url]


def test_a_search_finds_nothing_that_one_may_not_see(
    shelf: Shelf, guest: Visitor, other: User, library: dict[str, str]
) -> None:
    assert hits(guest, library["word"]) == []
    share(shelf, other, Level.VIEW)
    assert len(hits(guest, library["word"])) == 4


def test_many_hits_come_page_by_page(shelf: Shelf, owner: Visitor) -> None:
    word = uuid.uuid4().hex[:10]
    id_ = folders.create_folder(shelf.hub.inside, shelf.user, "dataset", "many", [])
    for number in range(51):
        assets.create_asset(shelf.hub.inside, shelf.user, id_, f"{word}-{number:02}", [])
    assert len(hits(owner, word)) == 50
    assert hits(owner, word, after="50") == [f"/o/{shelf.owner.name}/dataset/many/{word}-50"]


def test_a_search_for_too_much_or_nothing_says_so(owner: Visitor) -> None:
    assert "Type words into the field" in owner.get("/search?q=+").text
    for text in ("a" * 201, "+".join("abcdefghijkl")):
        page = owner.get(f"/search?q={text}")
        assert page.status == 400
        assert "Search for at most 10 words" in page.text
    assert "has all of these words" in owner.get("/search?q=no-such-thing-anywhere").text
    assert owner.get("/search?q=a&after=x&kind=y").status == 200


def test_names_labels_and_descriptions_are_never_markup(shelf: Shelf, owner: Visitor) -> None:
    inside, user, name = shelf.hub.inside, shelf.user, MARKUP.replace("/", "")
    id_ = folders.create_folder(inside, user, "model", name, [MARKUP], MARKUP)
    assets.create_asset(inside, user, id_, name, [MARKUP], MARKUP)
    url = f"/o/{shelf.owner.name}/model/{quote(name)}"
    pages = [
        owner.get("/"),
        owner.get(url),
        owner.get(f"{url}?metric={quote(MARKUP)}&after=&done={quote(MARKUP)}"),
        owner.get(f"/search?q={quote('x-evil')}"),
        owner.get(f"/search?q={quote(MARKUP)}"),
        owner.get(f"/o/{shelf.owner.name}"),
        send(owner, "/folders", type=MARKUP, name=MARKUP, labels=MARKUP, description=MARKUP),
        send(owner, f"{url}/share", kind="user", name=MARKUP, level=MARKUP),
        send(owner, f"{url}/transfer", owner=MARKUP, typed=name),
        send(owner, f"{url}/delete", typed=f"no{MARKUP}"),
    ]
    for page in pages:
        assert not page.inside("x-evil")
        assert all(not key.startswith("on") for _, each in page.elements for key in each)
        assert "x-evil" in page.text or "x-evil" in page.main


def test_pages_of_folders_are_in_chinese_too(shelf: Shelf) -> None:
    visitor = Visitor(shelf.hub, "zh").sign_in(shelf.owner)
    for path, texts in (
        ("/", ("最近更改", "新建文件夹", "提交了更改")),
        (folder_url(shelf), ("新建模型", "文件夹设置", "转让", "删除此文件夹")),
        ("/search?q=svm", ("搜索“svm”", "全部")),
    ):
        page = visitor.get(path)
        for text in texts:
            assert text in page.text

"""Pages of files: the tree, previews of real, broken and hostile files, ZIPs, forms."""

import io
import zipfile
from hashlib import sha256
from urllib.parse import quote

import pytest
import urllib3

from assethub.console.files import tree
from assethub.core import assets, sharing
from assethub.core.permissions import Level
from assethub.core.repository import finish, logs, objects, operations, staging, tags
from assethub.core.sharing import Grantee
from console.samples import ATTACKS, BROKEN, MARKED, MORE, sample_files
from console.shelves import Shelf, make_shelf
from console.visitors import Page, Visitor
from hubs import RunningHub


@pytest.fixture(scope="module")
def gallery(hub: RunningHub) -> Shelf:
    """A shelf whose model has files of each kind, for tests that only look."""
    shelf = make_shelf(hub)
    shelf.commit(shelf.model_id, "main", sample_files() | BROKEN | MORE | ATTACKS, "Fill <b>it</b>")
    return shelf


@pytest.fixture(scope="module")
def guest(gallery: Shelf) -> Visitor:
    """The owner of the gallery, signed in."""
    return Visitor(gallery.hub).sign_in(gallery.owner)


def look(shelf: Shelf, owner: Visitor, path: str, **query: str) -> Page:
    """The page of a file of the model."""
    more = "".join(f"&{name}={quote(value)}" for name, value in query.items())
    page = owner.get(f"{shelf.model_url}/files?path={quote(path)}{more}")
    assert page.status == 200
    return page


def names(page: Page) -> list[str]:
    """What a folder's page lists."""
    return [row.cells[1] for row in page.rows[1:] if len(row.cells) == 5]


def code(page: Page) -> str:
    return page.source.split('<pre class="code"', 1)[1].split("</pre>")[0]


# What no preview of Markdown may hold.
HARMFUL = (
    "<script",
    "<iframe",
    "<style",
    "style=",
    "<form",
    "<svg",
    'href="javascript',
    'href="data',
    'id="content"',
    'class="bar"',
    'src="http',
    'src="//',
    " onerror=",
)


# The tree.


def test_a_tree_is_browsed_folders_first(gallery: Shelf, guest: Visitor) -> None:
    page = guest.get(f"{gallery.model_url}/files")
    found = names(page)
    assert found[:3] == ["attacks", "broken", "deep"]
    assert found[3:] == sorted(found[3:])
    assert {"model.pkl", "train.py"} < set(found)
    assert "Fill &lt;b&gt;it&lt;/b&gt;" in page.source
    [folder] = [link for link in page.links() if link.endswith("/files?path=deep/")]
    page = guest.get(folder)
    assert names(page) == ["x.txt"]
    assert f"{gallery.model_url}/files" in page.links()


def test_a_tree_is_seen_at_any_reference(shelf: Shelf, owner: Visitor) -> None:
    tags.create_tag(shelf.hub.inside, shelf.user, shelf.model_id, "t1", "main")
    shelf.branch("b1")
    commit = shelf.commit(shelf.model_id, "b1", {"new.txt": b"1"}, "New")
    for ref, found in (
        ("branch/main", ["model.pkl"]),
        ("branch/b1", ["model.pkl", "new.txt"]),
        ("b1", ["model.pkl", "new.txt"]),
        (commit[:12], ["model.pkl", "new.txt"]),
    ):
        page = owner.get(f"{shelf.model_url}/files?ref={ref}")
        rows = [row.cells for row in page.rows if row.links]
        assert [next(cell for cell in cells if cell) for cells in rows] == found
    page = owner.get(f"{shelf.model_url}/files?ref=tag/t1")
    links = page.links()
    assert f"{shelf.model_url}/files?ref=branch/b1" in links
    assert f"{shelf.model_url}/files?ref=tag/t1" in links
    # A tag stays: nothing is deleted or brought there.
    assert not page.all("form")[-1]["action"].endswith("b1")
    assert "Delete chosen" not in page.text
    assert owner.get(f"{shelf.model_url}/files?ref=branch/none").status == 404


def commit_many(shelf: Shelf, paths: list[str]) -> None:
    """Commits files of one byte each, that come in one pack."""
    hub, user = shelf.hub.inside, shelf.user
    with hub.blobs.create() as writer:
        writer.write(b"x" * len(paths))
        blob = writer.commit()
    digest = sha256(b"x").hexdigest()
    operation = operations.start_operation(hub, user, shelf.model_id, "main").id
    files = [staging.File(path, 1, digest) for path in paths]
    staging.stage_pack(hub, user, operation, blob, files)
    finish.finish_operation(hub, user, operation, "Many")


@pytest.mark.parametrize("level", ["sorted", "long"])
def test_a_long_folder_has_pages(shelf: Shelf, owner: Visitor, level: str) -> None:
    count = 450 if level == "sorted" else 1150
    commit_many(shelf, [*(f"f{number:04}.txt" for number in range(count)), "z/1", "m/1"])
    seen: list[str] = []
    link = f"{shelf.model_url}/files"
    while link:
        page = owner.get(link)
        assert len(names(page)) <= tree.ROWS
        seen += names(page)
        link = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
    assert len(seen) == len(set(seen)) == count + 3
    if level == "sorted":
        assert seen[:2] == ["m", "z"]
        assert f"{count + 3} entries" in page.text


def test_a_folder_is_filtered_by_how_names_begin(gallery: Shelf, guest: Visitor) -> None:
    assert names(guest.get(f"{gallery.model_url}/files?q=model.")) == [
        "model.gguf",
        "model.onnx",
        "model.pkl",
        "model.safetensors",
    ]
    assert names(guest.get(f"{gallery.model_url}/files?q=dee")) == ["deep", "deep.json"]
    page = guest.get(f"{gallery.model_url}/files?q=%3Cb%3E")
    assert "Nothing here begins with “<b>”." in page.text


def test_what_is_not_there_is_not_found(gallery: Shelf, guest: Visitor) -> None:
    for path in ("archive?path=none", "files?ref=none"):
        assert guest.get(f"{gallery.model_url}/{path}").status == 404
    assert guest.get(f"{gallery.model_url}/files?path=a//../b").status in (400, 404)
    assert guest.get(f"{gallery.model_url}/files?path=deep").status == 200


def test_a_path_that_a_reference_lacks_leads_to_what_it_has(gallery: Shelf, guest: Visitor) -> None:
    for path in ("none", "none/"):
        page = guest.get(f"{gallery.model_url}/files?path={path}")
        assert page.status == 303
        page = guest.get(page.location)
        assert page.status == 200
        assert "There is no none at main." in page.text


# Previews.


def test_text_is_shown_with_marked_words(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "train.py")
    assert '<span class="k">def</span>' in code(page)
    assert code(page).count('class="line"') == 5
    assert "text/x-python" in page.text


def test_markup_in_a_text_is_text(gallery: Shelf, guest: Visitor) -> None:
    for path in MARKED:
        page = look(gallery, guest, path)
        assert "<script>alert" not in page.source
        assert "alert" in code(page)


def test_json_is_arranged_and_shown_as_it_is(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "config.json")
    assert code(page).count('class="line"') == 7
    assert "&lt;b&gt;" in code(page)
    assert code(look(gallery, guest, "config.json", view="source")).count('class="line"') == 1
    assert "[[[" in look(gallery, guest, "deep.json").text


def test_tables_show_their_first_rows(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "table.csv")
    assert [row.cells for row in page.rows] == [
        ["Row", "name", "score"],
        ["1", "<i>", "1"],
        ["2", "b", "2"],
    ]
    page = look(gallery, guest, "rows.jsonl")
    assert [row.cells for row in page.rows] == [
        ["Row", "id", "text", "more"],
        ["1", "1", "a", "∅"],
        ["2", "2", "∅", "[1]"],
    ]
    page = look(gallery, guest, "long.csv")
    assert len(page.rows) == 101
    assert page.rows[-1].cells == ["100", "99", "99"]
    assert "The first 100 rows are shown." in page.text
    page = look(gallery, guest, "wide.tsv")
    assert "10 more columns are left out." in page.text


def test_a_table_that_is_none_is_shown_as_text(gallery: Shelf, guest: Visitor) -> None:
    assert '"open' in look(gallery, guest, "open.csv").text
    assert 'class="line"' in code(look(gallery, guest, "none.jsonl"))


def test_a_parquet_file_shows_schema_and_first_rows(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "test.parquet")
    assert page.rows[0].cells[1:] == ["idint64", "textstring", "pairlist<element: int64>"]
    assert [row.cells for row in page.rows[1:]] == [
        ["1", "1", "a", "[1]"],
        ["2", "2", "∅", "[]"],
        ["3", "3", "<u>", "∅"],
    ]
    assert "3 columns · 3 rows" in page.text


def test_a_parquet_bomb_is_not_unpacked(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "bomb.parquet")
    assert "too large to be shown here" in page.text
    assert "zeros" in page.text


def test_broken_files_say_so(gallery: Shelf, guest: Visitor) -> None:
    for path in BROKEN:
        text = look(gallery, guest, path).text
        assert "The file cannot be read" in text or "too large to be shown" in text, path


def test_weights_show_names_shapes_and_types(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "model.safetensors")
    assert [row.cells for row in page.rows[1:]] == [
        ["layer.weight", "2 × 3", "F32"],
        ["layer.bias", "2", "F16"],
    ]
    assert "Parameters 8" in page.text
    page = look(gallery, guest, "model.gguf")
    assert [row.cells for row in page.rows[1:]] == [["token_embd.weight", "32 × 64", "Q4_0"]]
    assert "general.architecture llama" in page.text
    assert "tokens [2]" in page.text


def test_a_graph_shows_what_it_takes_gives_and_holds(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "model.onnx")
    assert [row.cells for row in page.rows if row.cells[0] != "Name"] == [
        ["image", "batch × 3", "float32"],
        ["label", "10", "float32"],
        ["conv.weight", "32 × 3", "float32"],
    ]
    assert "torch 2.4" in page.text
    assert "ai.onnx 17" in page.text


def test_a_header_that_is_too_long_is_not_read(gallery: Shelf, guest: Visitor) -> None:
    assert "too large to be shown" in look(gallery, guest, "long.safetensors").text


def test_pickles_are_never_loaded(gallery: Shelf, guest: Visitor) -> None:
    for path in ("weights.pt", "model.pkl", "a.joblib", "b.keras", "c.PTH"):
        assert "The hub never loads such files." in look(gallery, guest, path).text


def test_pictures_come_from_the_commit_in_a_sandbox(gallery: Shelf, guest: Visitor) -> None:
    for path in ("dot.png", "drawing.svg"):
        [image] = [each for each in look(gallery, guest, path).all("img") if each["alt"] == path]
        answer = guest.get(image["src"])
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.body == sample_files()[path]
    assert code(look(gallery, guest, "drawing.svg", view="source"))


def test_other_files_have_facts_only(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "noise.bin")
    assert "There is no preview of this kind of file." in page.text
    assert "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880" in page.text
    assert "256 B" in page.text
    assert "The file is empty." in look(gallery, guest, "empty.txt").text


def test_a_long_text_is_cut(gallery: Shelf, guest: Visitor) -> None:
    page = look(gallery, guest, "long.txt")
    assert "Only the beginning is shown." in page.text
    assert len(page.body) < 400_000


# The README.


def overview(shelf: Shelf, owner: Visitor, readme: str) -> Page:
    shelf.commit(shelf.model_id, "main", {"README.md": readme.encode()}, "Describe")
    page = owner.get(shelf.model_url)
    assert page.status == 200
    return page


def prose(page: Page) -> str:
    return page.source.split('<div class="prose">')[1].split("</section>")[0]


def test_a_readme_is_rendered_with_its_facts(shelf: Shelf, owner: Visitor) -> None:
    text = "---\nlicense: mit\ntags: [a, <b>]\nnested: {x: 1}\n---\n# Head\n\n~~old~~ **new**\n"
    page = overview(shelf, owner, text + "\n| a | b |\n|---|--:|\n| 1 | 2 |\n")
    html = prose(page)
    assert '<h2 id="readme-head">Head</h2>' in html
    assert "<s>old</s>" in html
    assert '<td align="right">2</td>' in html
    assert "license mit tags a <b>" in page.text
    assert "nested" not in page.text
    assert "---" not in html


def test_markdown_can_do_no_harm(gallery: Shelf, guest: Visitor) -> None:
    for path in ATTACKS:
        html = prose(look(gallery, guest, path))
        assert [bad for bad in HARMFUL if bad in html] == [], (path, html)


def test_a_readme_s_links_stay_within_its_commit(shelf: Shelf, owner: Visitor) -> None:
    text = "[a](docs/a.md) [b](../../x) [c](#head) [d](https://d.example/) ![e](img/e.png)"
    html = prose(overview(shelf, owner, text))
    head = logs.list_commits(shelf.hub.inside, shelf.user, shelf.model_id, "main")[0].id
    assert f'href="{shelf.model_url}/files?path=docs/a.md"' in html
    assert f'href="{shelf.model_url}/files?path=x"' in html
    assert 'href="#readme-head"' in html
    assert 'href="https://d.example/" rel="noopener nofollow noreferrer"' in html
    assert f'src="{shelf.model_url}/commit/{head}/files/img/e.png"' in html


def test_a_readme_that_is_no_text_is_none(shelf: Shelf, owner: Visitor) -> None:
    shelf.commit(shelf.model_id, "main", {"README.md": b"\xff\xfe\0"}, "Bad")
    page = owner.get(shelf.model_url)
    assert page.status == 200
    assert "A README.md on the branch main is shown here" in page.text


# ZIPs.


def read_zip(page: Page) -> dict[str, bytes]:
    assert page.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(page.body)) as archive:
        assert archive.testzip() is None
        return {each.filename: archive.read(each) for each in archive.infolist()}


def test_a_folder_or_all_comes_as_a_zip(shelf: Shelf, owner: Visitor) -> None:
    files = {"a/b/1.bin": b"1" * 3_000_000, "a/b/2": b"", "a/c": b"c", "数.txt": b"n"}
    shelf.commit(shelf.model_id, "main", files, "Fill")
    assert read_zip(owner.get(f"{shelf.model_url}/archive")) == files | {"model.pkl": b"weights"}
    page = owner.get(f"{shelf.model_url}/archive?path=a/b/")
    assert read_zip(page) == {"b/1.bin": files["a/b/1.bin"], "b/2": b""}
    assert page.headers["content-disposition"].endswith("svm-main-a%2Fb.zip")


def test_names_in_a_zip_lead_nowhere_else(shelf: Shelf, owner: Visitor) -> None:
    shelf.commit(shelf.model_id, "main", {r"..\..\x": b"1", "c:y": b"2", "c_y": b"3"}, "Odd")
    found = read_zip(owner.get(f"{shelf.model_url}/archive"))
    assert set(found) == {".._.._x", "c_y", "c_y_", "model.pkl"}


def test_a_zip_of_nothing_is_not_found(hub: RunningHub, shelf: Shelf, owner: Visitor) -> None:
    first = logs.list_commits(hub.inside, shelf.user, shelf.model_id, "main")[-1].id
    assert owner.get(f"{shelf.model_url}/archive?ref={first}").status == 404


# Forms.


def send_form(shelf: Shelf, owner: Visitor, fields: dict[str, object], ref: str = "main") -> Page:
    """A form with files, as a browser without script sends it."""
    body, content_type = urllib3.encode_multipart_formdata(fields)  # type: ignore[arg-type]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in owner.cookies.items())
    answer = urllib3.request(
        "POST",
        f"{shelf.hub.url}{shelf.model_url}/upload?ref=branch/{ref}",
        body=body,
        headers={"Content-Type": content_type, "Cookie": cookies, "Accept": "text/html"},
        redirect=False,
    )
    return Page(answer.status, answer.headers, answer.data)


def token_of(shelf: Shelf, owner: Visitor) -> str:
    return owner.get(f"{shelf.model_url}/upload").fields()["form_token"]


def test_a_form_without_script_brings_files(shelf: Shelf, owner: Visitor) -> None:
    fields = {
        "form_token": token_of(shelf, owner),
        "folder": "new",
        "message": "By form",
        "files": ("a.txt", b"a"),
    }
    page = send_form(shelf, owner, fields)
    assert page.status == 303
    assert page.location == f"{shelf.model_url}/files?path=new/&done=uploaded"
    assert "The files are committed." in owner.get(page.location).text
    assert owner.get(f"{shelf.model_url}/files?path=new/a.txt").status == 200
    [newest, *_] = logs.list_commits(shelf.hub.inside, shelf.user, shelf.model_id, "main")
    assert newest.message == "By form"


def test_a_form_that_cannot_be_committed_says_why_and_keeps_what_was_typed(
    shelf: Shelf, owner: Visitor
) -> None:
    token = token_of(shelf, owner)
    typed = {"form_token": token, "folder": "<x>", "message": ""}
    page = send_form(shelf, owner, typed | {"files": ("a", b"a")})
    assert page.status == 400
    assert "Say in the message what the commit changes." in page.text
    assert 'value="&lt;x&gt;"' in page.source
    page = send_form(shelf, owner, typed | {"message": "Some <b>"})
    assert "Choose at least one file." in page.text
    assert 'value="Some &lt;b&gt;"' in page.source
    same = {"folder": "", "message": "Same", "files": ("model.pkl", b"weights")}
    assert "Nothing would change" in send_form(shelf, owner, typed | same).text
    odd = {"folder": "../up", "message": "Up", "files": ("a", b"a")}
    assert send_form(shelf, owner, typed | odd).status == 400
    assert send_form(shelf, owner, {**typed, "form_token": "x"}).status == 403


def test_files_are_deleted_by_a_form(shelf: Shelf, owner: Visitor) -> None:
    token = token_of(shelf, owner)
    url = f"{shelf.model_url}/files/delete?ref=branch/main"
    fields = {"form_token": token, "folder": "", "chosen": "model.pkl", "message": "Less"}
    assert owner.post(url, fields).status == 303
    left = objects.list_objects(shelf.hub.inside, shelf.user, shelf.model_id, "main")
    assert "model.pkl" not in {each.path for each in left}
    assert owner.post(url, fields | {"chosen": "none"}).status == 400
    tags.create_tag(shelf.hub.inside, shelf.user, shelf.model_id, "t1", "main")
    page = owner.post(url.replace("branch/main", "tag/t1"), fields)
    assert "Files can only be changed on a branch" in page.text


def test_viewers_are_offered_no_change(shelf: Shelf, outsider: Visitor, hub: RunningHub) -> None:
    folder = assets.get_asset(hub.inside, shelf.user, shelf.model_id).folder
    public = Grantee("public")
    sharing.share_folder(hub.inside, shelf.user, folder.id, public, Level.VIEW)
    page = outsider.get(f"{shelf.model_url}/files")
    assert not page.all("dialog")
    assert not [each for each in page.all("input") if each.get("type") == "checkbox"]
    page = outsider.get(f"{shelf.model_url}/upload")
    assert "You may view these files, but not change them." in page.text
    token = token_of_visitor(outsider)
    url = f"{shelf.model_url}/files/delete?ref=branch/main"
    fields = {"form_token": token, "folder": "", "chosen": "model.pkl", "message": "Less"}
    page = outsider.post(url, fields)
    assert page.status == 403
    assert "You may view these files, but not change them." in page.text


def token_of_visitor(visitor: Visitor) -> str:
    return visitor.get("/account").fields()["form_token"]

"""Pages of an asset's history: the graph, differences, branches, tags, merges, moves."""

import re

import pytest

from assethub.console.commits.lanes import draw
from assethub.console.commits.text_diffs import compare_lines, pair_sides
from assethub.core import assets, sharing
from assethub.core.gates.definitions import set_gate
from assethub.core.permissions import Level
from assethub.core.repository import branches, graphs, logs, merging, operations, previews, tags
from assethub.core.repository.finish import finish_operation
from assethub.core.sharing import Grantee
from assethub.errors import NotFound
from console.shelves import Shelf
from console.visitors import Page, Visitor

MARKUP = "<b onclick=alert(1)>x</b>"


def head_of(shelf: Shelf, branch: str = "main") -> str:
    found = logs.list_commits(shelf.hub.inside, shelf.user, shelf.model_id, branch, amount=1)
    return found[0].id


def post(visitor: Visitor, shelf: Shelf, page: str, **fields: str) -> Page:
    token = visitor.get(shelf.model_url).all("meta")
    secret = next(each["content"] for each in token if each.get("name") == "form-token")
    return visitor.post(f"{shelf.model_url}/{page}", {"form_token": secret, **fields})


def shown_commits(page: Page) -> list[str]:
    """The ids of the graph's rows, in order."""
    return re.findall(r'class="message" href="[^"]*/commit/(\w{64})"', page.source)


@pytest.fixture
def forked(shelf: Shelf) -> Shelf:
    """A model whose branch `dev` and `main` have both changed `model.pkl`."""
    shelf.branch("dev")
    shelf.commit(shelf.model_id, "dev", {"model.pkl": b"theirs", "new.txt": b"one\n"}, "Dev")
    shelf.commit(shelf.model_id, "main", {"model.pkl": b"ours"}, "Main")
    return shelf


def test_the_graph_shows_all_branches_and_where_they_meet(forked: Shelf, owner: Visitor) -> None:
    tags.create_tag(forked.hub.inside, forked.user, forked.model_id, "v1", "dev")
    user = forked.user
    merging.merge_branch(forked.hub.inside, user, forked.model_id, "main", "dev", strategy="ours")
    forked.evaluate({"accuracy": 0.5})
    page = owner.get(f"{forked.model_url}/commits")
    assert [text for text in ("Dev", "Main", "Merge dev into main") if text in page.text]
    found = shown_commits(page)
    assert found[0] == head_of(forked)
    assert len(found) == 5
    assert "1 evaluation" in page.text
    assert "v1" in page.text
    assert len([each for each in page.all("circle") if "merge" in each.get("class", "")]) == 1
    only = owner.get(f"{forked.model_url}/commits?ref=branch/dev")
    assert len(shown_commits(only)) == 3
    assert "Merge dev" not in only.text


def test_a_history_is_read_page_by_page_and_its_lanes_go_on(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("side")
    for number in range(60):
        branch = "side" if number % 2 else "main"
        shelf.commit(shelf.model_id, branch, {"f": str(number).encode()}, f"Commit {number}")
    first = owner.get(f"{shelf.model_url}/commits")
    [older] = [link for link in first.links() if "after=" in link]
    assert "lanes=" in older
    second = owner.get(older)
    ids = shown_commits(first) + shown_commits(second)
    assert len(ids) == len(set(ids)) == 62
    assert not [link for link in second.links() if "after=" in link]
    # Without what the first page left, the second still shows where it stands.
    bare = owner.get(older.partition("&lanes")[0])
    assert bare.status == 200
    assert owner.get(f"{shelf.model_url}/commits?after=nonsense").status == 404
    assert owner.get(f"{shelf.model_url}/commits?after={ids[0][:16]}&lanes=<x>-").status == 200


def test_lanes_split_and_meet(forked: Shelf) -> None:
    """A graph has as many columns as lines of history, and one where they have met."""
    merging.merge_branch(
        forked.hub.inside, forked.user, forked.model_id, "main", "dev", strategy="ours"
    )
    page = graphs.page_graph(forked.hub.inside, forked.user, forked.model_id)
    graph = draw(page.items)
    assert [row.columns for row in graph.rows] == [2, 2, 2, 2, 1]
    assert graph.lanes == []
    halves = draw(page.items[:2])
    again = draw(page.items[2:], halves.lanes)
    assert [*halves.rows, *again.rows] == graph.rows


def test_what_a_commit_changed_is_shown_against_its_first_parent(
    shelf: Shelf, owner: Visitor
) -> None:
    files = {f"many/{number:03}": b"x" for number in range(150)}
    commit = shelf.commit(shelf.model_id, "main", files, "Many")
    page = owner.get(f"{shelf.model_url}/commit/{commit}")
    assert "150 added" in page.text
    assert "many/000" in page.text
    assert "many/149" not in page.text
    [more] = [link for link in page.links() if "after=" in link]
    assert "many/149" in owner.get(more).text


def test_a_diff_shows_text_by_lines_and_other_files_by_their_sums(
    shelf: Shelf, owner: Visitor
) -> None:
    old = shelf.commit(
        shelf.model_id, "main", {"a.txt": b"one\nrate = 1\n", "b.bin": b"\0a", "gone": b"x"}, "Old"
    )
    user, inside = shelf.user, shelf.hub.inside
    operation = operations.start_operation(inside, user, shelf.model_id, "main").id
    operations.stage_delete(inside, user, operation, "gone")
    finish_operation(inside, user, operation, "Gone")
    new = shelf.commit(
        shelf.model_id,
        "main",
        {"a.txt": b"one\nrate = 2\n", "b.bin": b"\0b", f"{MARKUP}.txt": MARKUP.encode()},
        "New",
    )
    page = owner.get(f"{shelf.model_url}/diff?from={old[:12]}&to=branch/main")
    assert "1 added 2 changed 1 removed" in page.text
    assert "<mark>1</mark>" in page.source
    assert "<mark>2</mark>" in page.source
    assert MARKUP not in page.source
    split = owner.get(f"{shelf.model_url}/diff?from={old}&to={new}&view=split")
    assert "text-diff split" in split.source
    binary = owner.get(f"{shelf.model_url}/diff?from={old}&to={new}&path=b.bin")
    assert binary.source.count('<code class="whole">') == 2
    below = owner.get(f"{shelf.model_url}/diff?from={old}&to={new}&prefix=a.")
    assert "0 added 1 changed 0 removed" in below.text
    assert owner.get(f"{shelf.model_url}/diff?from={old}&to={new}&path=nowhere").status == 404
    assert owner.get(f"{shelf.model_url}/diff?from=nothing&to=main").status == 404
    assert "No file differs." in owner.get(f"{shelf.model_url}/diff?from={new}&to={new}").text


def test_lines_that_are_the_same_are_folded_and_sides_stay_in_step() -> None:
    old = [f"line {number}" for number in range(100)]
    new = [*old[:50], "another", *old[51:], "last"]
    lines = compare_lines(old, new)
    assert [line.old for line in lines if line.kind == "gap"] == [47, 43]
    assert [(line.kind, line.old, line.new) for line in lines if line.kind != "same"][1:3] == [
        ("removed", 51, 0),
        ("added", 0, 51),
    ]
    sides = list(pair_sides(lines))
    [changed] = [each for each in sides if each.left and each.left.kind == "removed"]
    assert changed.right
    assert changed.right.new == 51
    assert sides[-1].left is None
    assert compare_lines(old, old) == [("gap", 100, 0, [])]


def test_branches_say_how_far_they_are_from_main(forked: Shelf, owner: Visitor) -> None:
    forked.commit(forked.model_id, "dev", {"more": b"1"}, "More")
    page = owner.get(f"{forked.model_url}/branches")
    rows = {row.cells[0]: row for row in page.rows if row.cells}
    assert rows["dev"].cells[1] == head_of(forked, "dev")[:8]
    assert "1 behind and 2 ahead of main" in page.source
    assert "dev" in rows
    apart = graphs.measure_branches(
        forked.hub.inside, forked.user, forked.model_id, {"dev": head_of(forked, "dev")}
    )
    assert apart == {"dev": (2, 1)}


def test_branches_and_tags_are_made_protected_and_deleted(shelf: Shelf, owner: Visitor) -> None:
    assert post(owner, shelf, "branches", name="v2", source="branch/main").status == 303
    assert post(owner, shelf, "tags", name="v2", source="branch/v2").status == 303
    shelf.commit(shelf.model_id, "v2", {"f": b"1"}, "On v2")
    # The tag stands where the branch stood, and is meant although a branch has its name.
    assert post(owner, shelf, "branches", name="from-tag", source="tag/v2").status == 303
    assert head_of(shelf, "from-tag") == shelf.model_commit
    page = post(owner, shelf, "branches/protect", name="v2", users=shelf.owner.name, groups="")
    assert page.status == 303
    assert "protected" in owner.get(page.location).text
    guards = previews.list_guards(shelf.hub.inside, shelf.user, shelf.model_id)
    assert guards["v2"].protection == ([shelf.owner.name], [])
    assert post(owner, shelf, "branches/protect", name="v2", protect="no").status == 303
    assert previews.list_guards(shelf.hub.inside, shelf.user, shelf.model_id) == {}
    wrong = post(owner, shelf, "branches/delete", name="v2", typed="v")
    assert (wrong.status, "typed differently" in wrong.text) == (400, True)
    assert post(owner, shelf, "branches/delete", name="v2", typed="v2").status == 303
    assert post(owner, shelf, "tags/delete", name="v2", typed="v2").status == 303
    with pytest.raises(NotFound):
        head_of(shelf, "v2")


@pytest.mark.parametrize(
    ("page", "fields", "status", "text"),
    [
        ("branches", {"name": "main"}, 409, "There is a branch of that name already."),
        ("branches", {"name": "a/b"}, 400, "This cannot be a name"),
        ("branches", {"name": "x", "source": "nowhere"}, 404, "There is no such branch, tag"),
        ("tags", {"name": "v1", "source": "nowhere"}, 404, "There is no such branch, tag"),
        ("tags/delete", {"name": "no", "typed": "no"}, 404, "There is no such tag."),
        ("branches/delete", {"name": "main", "typed": "main"}, 409, "main cannot be deleted"),
        ("branches/protect", {"name": "main", "users": "nobody-here"}, 404, "no such user"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    shelf: Shelf, owner: Visitor, page: str, fields: dict[str, str], status: int, text: str
) -> None:
    answer = post(owner, shelf, page, **fields)
    assert answer.status == status
    assert text in answer.text
    if page in ("branches", "tags"):
        assert fields["name"] in [each.get("value") for each in answer.all("input")]


def test_a_dataset_has_tags_only(shelf: Shelf, owner: Visitor) -> None:
    page = owner.get(f"{shelf.dataset_url}/branches")
    assert "New tag" in page.text
    assert "New branch" not in page.text
    assert owner.get(f"{shelf.dataset_url}/merge").status == 404
    assert len(shown_commits(owner.get(f"{shelf.dataset_url}/commits"))) == 2


def merge_button(page: Page) -> dict[str, str]:
    [button] = [each for each in page.all("button") if "primary" in each.get("class", "")]
    return button


def test_a_merge_is_shown_before_it_is_made(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("dev")
    commit = shelf.commit(shelf.model_id, "dev", {"new.txt": b"1"}, "Dev")
    page = owner.get(f"{shelf.model_url}/merge?source=branch/dev&target=main")
    assert "Fast-forward" in page.text
    assert "1 added" in page.text
    assert "disabled" not in merge_button(page)
    made = post(owner, shelf, "merge", source="branch/dev", target="main")
    assert made.location == f"{shelf.model_url}/commit/{commit}?done=fast_forward"
    assert "the branch points at this commit now" in owner.get(made.location).text
    again = owner.get(f"{shelf.model_url}/merge?source=branch/dev&target=main")
    assert "The branch has all of this already." in again.text
    assert "There is no such branch" in owner.get(f"{shelf.model_url}/merge?source=x&target=y").text


def test_a_conflict_needs_a_choice_before_the_button_can_be_pressed(
    forked: Shelf, owner: Visitor
) -> None:
    url = f"{forked.model_url}/merge?source=branch/dev&target=main"
    page = owner.get(url)
    [row] = [row.cells for row in page.rows if row.cells[0] == "model.pkl"][:1]
    assert [cell[:3] for cell in row[1:4]] == ["7 B", "4 B", "6 B"]
    assert "disabled" in merge_button(page)
    refused = post(owner, forked, "merge", source="branch/dev", target="main")
    assert (refused.status, "Both sides changed the same files" in refused.text) == (409, True)
    chosen = owner.get(f"{url}&strategy=theirs")
    assert "disabled" not in merge_button(chosen)
    made = post(owner, forked, "merge", source="branch/dev", target="main", strategy="theirs")
    assert "done=merged" in made.location
    assert owner.get(made.location).text.count("Merge dev into main") >= 1


def gate(shelf: Shelf) -> None:
    rule = {"metric": "accuracy", "dataset": shelf.dataset, "min": 0.9}
    set_gate(shelf.hub.inside, shelf.user, shelf.model_id, "main", [rule], allow_new=True)


def test_a_gate_refuses_a_merge_and_the_owner_may_pass_it_with_a_reason(
    shelf: Shelf, owner: Visitor
) -> None:
    shelf.branch("dev")
    shelf.commit(shelf.model_id, "dev", {"new.txt": b"1"}, "Dev")
    shelf.evaluate({"accuracy": 0.5}, "branch/dev")
    gate(shelf)
    editor = shelf.hub.new_user()
    asset = assets.get_asset(shelf.hub.inside, shelf.user, shelf.model_id)
    sharing.share_folder(
        shelf.hub.inside, shelf.user, asset.folder.id, Grantee("user", editor.name), Level.EDIT
    )
    other = Visitor(shelf.hub).sign_in(editor)
    url = f"{shelf.model_url}/merge?source=branch/dev&target=main"
    page = other.get(url)
    assert "accuracy on" in page.text
    assert "below 0.9" in page.text
    assert "disabled" in merge_button(page)
    assert "Only the owner may pass the gate" in page.text
    refused = post(other, shelf, "merge", source="branch/dev", target="main")
    assert (refused.status, "does not let this commit pass" in refused.text) == (409, True)
    assert "Merge despite the gate" in owner.get(url).text
    made = post(owner, shelf, "merge", source="branch/dev", target="main", override="urgent")
    assert "done=fast_forward" in made.location
    assert "urgent" in owner.get(f"{shelf.model_url}/gates").text


def test_a_branch_is_moved_after_a_look_at_what_that_changes(shelf: Shelf, owner: Visitor) -> None:
    commit = shelf.commit(shelf.model_id, "main", {"new.txt": b"1"}, "New")
    url = f"{shelf.model_url}/reset?branch=main&to={shelf.model_commit}"
    assert "1 removed" in owner.get(url).text
    gate(shelf)
    page = owner.get(url)
    assert "does not let it pass" in page.text
    refused = post(owner, shelf, "reset", branch="main", to=shelf.model_commit)
    assert refused.status == 409
    moved = post(owner, shelf, "reset", branch="main", to=shelf.model_commit, override="back")
    assert moved.status == 303
    assert head_of(shelf) == shelf.model_commit
    assert owner.get(moved.location).text.count("The branch is moved.") == 1
    assert "There is no such branch" in post(owner, shelf, "reset", branch="main", to="no").text
    assert commit != head_of(shelf)


def test_a_commit_is_taken_back_by_another(shelf: Shelf, owner: Visitor) -> None:
    commit = shelf.commit(shelf.model_id, "main", {"model.pkl": b"worse"}, "Worse")
    made = post(owner, shelf, f"commit/{commit}/revert", branch="main", message="It was worse")
    assert "done=revert" in made.location
    assert "It was worse" in owner.get(made.location).text
    again = post(owner, shelf, f"commit/{commit}/revert", branch="main", message="Once more")
    assert (again.status, "nothing left of what" in again.text) == (400, True)
    assert "Once more" in [each.get("value") for each in again.all("input")]
    missing = post(owner, shelf, f"commit/{commit}/revert", branch="nowhere")
    assert (missing.status, "There is no such branch." in missing.text) == (404, True)


def test_who_may_only_view_is_offered_no_change(shelf: Shelf, outsider: Visitor) -> None:
    asset = assets.get_asset(shelf.hub.inside, shelf.user, shelf.model_id)
    sharing.share_folder(
        shelf.hub.inside, shelf.user, asset.folder.id, Grantee("public"), Level.VIEW
    )
    for page in ("commits", "branches", f"commit/{shelf.model_commit}", "gates"):
        shown = outsider.get(f"{shelf.model_url}/{page}")
        assert shown.status == 200
        actions = [each.get("action", "") for each in shown.all("form")]
        assert not [each for each in actions if each.startswith(shelf.model_url)] or page in (
            "gates",
            f"commit/{shelf.model_commit}",
        )
    answer = post(outsider, shelf, "tags", name="mine", source="branch/main")
    assert (answer.status, "not change it" in answer.text) == (403, True)


def test_messages_and_names_are_shown_as_they_are(shelf: Shelf, owner: Visitor) -> None:
    commit = shelf.commit(shelf.model_id, "main", {f"{MARKUP}/f": b"1"}, f"{MARKUP}\n\n{MARKUP}")
    branches.create_branch(shelf.hub.inside, shelf.user, shelf.model_id, "b'&\"", "main")
    for page in (
        "commits",
        "branches",
        f"commit/{commit}",
        f"diff?from={shelf.model_commit}&to={commit}&prefix={MARKUP}",
        f"merge?source={MARKUP}&target={MARKUP}",
        f"reset?branch={MARKUP}&to={MARKUP}",
        f"gates?branch=main&source={MARKUP}",
    ):
        shown = owner.get(f"{shelf.model_url}/{page}".replace(" ", "%20"))
        assert "<b onclick" not in shown.source, page
        assert shown.status in (200, 400, 404), page

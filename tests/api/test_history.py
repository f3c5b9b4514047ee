"""Merging, comparing, resetting and reverting, and listings by pages, over raw HTTP."""

import threading
from typing import Any

import pytest

from api.raw import JSON, Raw
from assethub.core.people.keys import authenticate_key
from assethub.core.repository import logs, merging
from hubs import RunningHub


class Repository:
    """A model of a user, with what the tests do to it."""

    def __init__(self, user: Raw, type_: str = "model") -> None:
        self.user = user
        self.id = user.asset(type_, "nlp", "bert")
        self.path = f"/assets/{self.id}"

    def commit(self, branch: str = "main", /, **files: str) -> str:
        return self.user.commit(
            self.id, {path: text.encode() for path, text in files.items()}, branch
        )

    def delete(self, path: str, branch: str = "main") -> str:
        operation = self.user.start(self.id, branch)
        self.user.ok("DELETE", "/objects", opID=operation, path=path)
        return self.user.finish(operation)

    def branch(self, name: str, source: str | None = "main") -> None:
        self.user.ok("POST", f"{self.path}/branches", {"name": name, "source": source})

    def merge(self, source: str, into: str = "main", **more: Any) -> Any:
        body = {"source": source} | more
        return self.user.ok("POST", f"{self.path}/branches/{into}/merge", body)

    def files(self, ref: str = "main") -> dict[str, str]:
        objects = f"{self.path}/refs/{ref}/objects"
        return {
            each["path"]: self.user.call("GET", objects, path=each["path"]).data.decode()
            for each in self.user.objects(self.id, ref)
        }

    def commits(self, branch: str = "main", **query: str) -> list[dict[str, Any]]:
        answer = self.user.ok("GET", f"{self.path}/branches/{branch}/commits", **query)
        return list(answer["results"])

    def head(self, branch: str = "main") -> str:
        return str(self.commits(branch, amount="1")[0]["id"])

    def diff(self, old: str, new: str, **query: str) -> Any:
        return self.user.ok("GET", f"{self.path}/diff", **{"from": old, "to": new}, **query)

    def problem(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        answer = self.user.call(method, self.path + path, body, JSON, **query)
        assert answer.headers["Content-Type"] == "application/problem+json", answer.data
        return answer.status, answer.json()


@pytest.fixture
def repository(user: Raw) -> Repository:
    return Repository(user)


@pytest.fixture
def parted(repository: Repository) -> Repository:
    """Branches `main` and `b` that both changed `same` and `one` and each something more."""
    repository.commit(same="0", one="0", left="0", right="0", gone="0")
    repository.branch("b")
    repository.commit(same="1", one="main", left="main")
    repository.commit("b", same="1", one="b", right="b", new="b")
    repository.delete("gone", "b")
    return repository


def test_a_merge_takes_what_the_source_changed_and_has_two_parents(
    repository: Repository,
) -> None:
    repository.commit(a="0", b="0", c="0")
    repository.branch("b")
    ours = repository.commit(a="main")
    repository.commit("b", b="b", d="b")
    theirs = repository.delete("c", "b")
    merged = repository.merge("b", message="together", metadata={"why": "test"})
    assert merged["result"] == "merged"
    assert repository.files() == {"a": "main", "b": "b", "d": "b"}
    commit = repository.commits()[0]
    assert commit["id"] == merged["commit"]
    assert commit["parents"] == [ours, theirs]
    assert commit["message"] == "together"
    assert commit["metadata"] == {"why": "test"}
    assert repository.files("b") == {"a": "0", "b": "b", "d": "b"}


def test_a_merge_without_a_message_says_what_it_did(parted: Repository) -> None:
    parted.merge("b", strategy="ours")
    assert parted.commits()[0]["message"] == "Merge b into main"


def test_paths_that_both_changed_are_listed_and_nothing_happens(parted: Repository) -> None:
    before = parted.head()
    status, problem = parted.problem("POST", "/branches/main/merge", {"source": "b"})
    assert (status, problem["code"]) == (409, "merge_conflict")
    [conflict] = problem["conflicts"]
    assert conflict["path"] == "one"
    assert [conflict[side]["size_bytes"] for side in ("base", "ours", "theirs")] == [1, 4, 1]
    assert len({conflict[side]["checksum"] for side in ("base", "ours", "theirs")}) == 3
    merge = f"{parted.path}/branches/main/merge"
    status, text = parted.user.refused("POST", merge, {"source": "b"})
    assert status == 409
    assert "one" in text
    assert parted.head() == before


@pytest.mark.parametrize(("strategy", "one"), [("ours", "main"), ("theirs", "b")])
def test_a_strategy_decides_only_where_both_changed(
    parted: Repository, strategy: str, one: str
) -> None:
    assert parted.merge("b", strategy=strategy)["result"] == "merged"
    assert parted.files() == {"same": "1", "one": one, "left": "main", "right": "b", "new": "b"}


def test_a_deletion_against_a_change_is_a_conflict(repository: Repository) -> None:
    repository.commit(a="0", b="0")
    repository.branch("b")
    repository.delete("a")
    repository.commit("b", a="b")
    _, problem = repository.problem("POST", "/branches/main/merge", {"source": "b"})
    assert [(each["path"], each["ours"]) for each in problem["conflicts"]] == [("a", None)]
    repository.merge("b", strategy="theirs")
    assert repository.files() == {"a": "b", "b": "0"}


def test_the_first_thousand_conflicts_are_listed(repository: Repository) -> None:
    paths = [f"{n:04}" for n in range(1001)]
    repository.branch("b")
    for branch, text in (("main", b"m"), ("b", b"b")):
        operation = repository.user.start(repository.id, branch)
        sha256 = repository.user.put(operation, "0000", text)["checksum"]
        entries = [[path, 1, sha256] for path in paths]
        answer = repository.user.ok("POST", f"/operations/{operation}/stage", {"entries": entries})
        assert answer == {"missing": []}
        repository.user.finish(operation)
    _, problem = repository.problem("POST", "/branches/main/merge", {"source": "b"})
    assert [each["path"] for each in problem["conflicts"]] == paths[:1000]


def test_a_branch_without_changes_of_its_own_is_moved_on(repository: Repository) -> None:
    repository.commit(a="0")
    repository.branch("b")
    repository.commit("b", a="1")
    head = repository.commit("b", a="2")
    merged = repository.merge("b", message="not needed")
    assert merged == {"commit": head, "result": "fast_forward"}
    assert repository.commits() == repository.commits("b")
    assert repository.files() == {"a": "2"}


def test_what_is_merged_already_is_left_as_it_is(parted: Repository) -> None:
    merged = parted.merge("b", strategy="ours")["commit"]
    for source in ("b", "main", merged[:8]):
        assert parted.merge(source) == {"commit": merged, "result": "up_to_date"}
    assert parted.merge("main", into="b") == {"commit": merged, "result": "fast_forward"}


def test_any_reference_is_a_source(user: Raw) -> None:
    """A dataset has only `main`, so what was left behind comes from a tag or a commit."""
    dataset = Repository(user, "dataset")
    first = dataset.commit(a="0")
    side = dataset.commit(b="side")
    user.ok("POST", f"{dataset.path}/tags", {"tag": "side", "ref": "main"})
    user.ok("POST", f"{dataset.path}/branches/main/reset", {"ref": first})
    dataset.commit(c="main")
    assert dataset.merge("side")["result"] == "merged"
    assert dataset.files() == {"a": "0", "b": "side", "c": "main"}
    assert dataset.merge(side[:12])["result"] == "up_to_date"


def test_histories_that_cross_are_merged_from_one_of_their_bases(repository: Repository) -> None:
    repository.commit(a="0", b="0", c="0")
    repository.branch("b")
    ours = repository.commit(a="main")
    theirs = repository.commit("b", b="b")
    repository.merge(theirs)
    repository.merge(ours, into="b")
    repository.commit(c="main")
    repository.commit("b", d="b")
    assert repository.merge("b")["result"] == "merged"
    assert repository.files() == {"a": "main", "b": "b", "c": "main", "d": "b"}


def test_a_revert_takes_back_one_change_and_keeps_the_later_ones(repository: Repository) -> None:
    repository.commit(a="0", b="0")
    wrong = repository.commit(a="1", new="1")
    head = repository.commit(b="2")
    body = {"ref": wrong[:8]}
    reverted = repository.user.ok("POST", f"{repository.path}/branches/main/revert", body)
    assert repository.files() == {"a": "0", "b": "2"}
    commit = repository.commits()[0]
    assert (commit["id"], commit["parents"]) == (reverted["commit"], [head])
    assert commit["message"] == f'Revert "a commit" ({wrong[:12]})'
    status, problem = repository.problem("POST", "/branches/main/revert", body)
    assert (status, problem["code"]) == (400, "no_changes")


def test_a_merge_is_reverted_to_its_first_parent(parted: Repository) -> None:
    before = parted.files()
    merged = parted.merge("b", strategy="theirs")["commit"]
    body = {"ref": merged, "message": "not so"}
    parted.user.ok("POST", f"{parted.path}/branches/main/revert", body)
    assert parted.files() == before
    assert parted.commits()[0]["message"] == "not so"


def test_what_was_changed_again_since_is_not_reverted(repository: Repository) -> None:
    wrong = repository.commit(a="1")
    head = repository.commit(a="2")
    status, problem = repository.problem("POST", "/branches/main/revert", {"ref": wrong})
    assert (status, problem["code"]) == (409, "merge_conflict")
    assert [each["path"] for each in problem["conflicts"]] == ["a"]
    assert repository.head() == head


def test_the_first_commit_cannot_be_reverted(repository: Repository) -> None:
    repository.commit(a="1")
    first = repository.commits()[-1]["id"]
    status, problem = repository.problem("POST", "/branches/main/revert", {"ref": first})
    assert (status, problem["code"]) == (400, "first_commit")


def test_a_reset_points_a_branch_at_any_commit_of_the_asset(parted: Repository) -> None:
    reset = f"{parted.path}/branches/main/reset"
    ours, theirs = parted.head(), parted.head("b")
    assert parted.user.ok("POST", reset, {"ref": "b"}) == {"commit": theirs}
    assert parted.files() == parted.files("b")
    assert parted.user.ok("POST", reset, {"ref": ours[:10]}) == {"commit": ours}
    assert parted.head() == ours


def test_a_diff_lists_what_was_added_removed_and_changed(parted: Repository) -> None:
    answer = parted.diff("main", "b")
    assert list(answer) == ["results"]
    found = answer["results"]
    assert [(each["path"], each["type"]) for each in found] == [
        ("gone", "removed"),
        ("left", "changed"),
        ("new", "added"),
        ("one", "changed"),
        ("right", "changed"),
    ]
    listed = {each["path"]: each for each in parted.user.objects(parted.id, "b")}
    for each in found:
        assert (each["old"] is None) == (each["type"] == "added")
        if each["type"] == "removed":
            assert each["new"] is None
        else:
            known = {key: listed[each["path"]][key] for key in ("size_bytes", "checksum")}
            assert each["new"] == known
    assert parted.diff("b", "b") == {"results": []}
    heads = parted.diff(parted.head()[:8], parted.head("b"))
    assert heads == answer
    assert [each["path"] for each in parted.diff("main", "b", prefix="n")["results"]] == ["new"]


def test_a_diff_comes_in_pages(parted: Repository) -> None:
    whole = parted.diff("main", "b")["results"]
    page = parted.diff("main", "b", amount="2")
    assert page["results"] == whole[:2]
    assert page["pagination"] == {
        "has_more": True,
        "next_offset": "left",
        "results": 2,
        "max_per_page": 1000,
    }
    rest = parted.diff("main", "b", after="left", amount="3")
    assert rest["results"] == whole[2:]
    assert rest["pagination"]["has_more"] is False
    assert rest["pagination"]["next_offset"] == ""


def test_commits_come_in_pages_newest_first(parted: Repository) -> None:
    parted.merge("b", strategy="ours")
    whole = parted.commits()
    assert len(whole) == 6
    places = {each["id"]: place for place, each in enumerate(whole)}
    for each in whole:
        assert all(places[parent] > places[each["id"]] for parent in each["parents"])
    found: list[dict[str, Any]] = []
    query = {"amount": "2"}
    for place in (1, 3, 5):
        answer = parted.user.ok("GET", f"{parted.path}/branches/main/commits", **query)
        found += answer["results"]
        assert answer["pagination"] == {
            "has_more": place < 5,
            "next_offset": whole[place]["id"] if place < 5 else "",
            "results": 2,
            "max_per_page": 1000,
        }
        query["after"] = found[-1]["id"]
    assert found == whole
    assert parted.commits(after=whole[-2]["id"][:10]) == whole[-1:]
    assert parted.commits(after=whole[-1]["id"]) == []


def test_a_page_behind_a_commit_of_another_branch_is_refused(parted: Repository) -> None:
    path = "/branches/main/commits"
    status, problem = parted.problem("GET", path, after=parted.head("b"))
    assert (status, problem["code"]) == (400, "invalid_after")
    assert parted.problem("GET", path, after="ffffffff")[0] == 404


def test_objects_come_in_pages_below_a_prefix(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, dict.fromkeys(["a", "b/1", "b/2", "b/c/3", "b0", "d/4"], b"1"))
    whole = user.objects(asset)
    path = f"/assets/{asset}/refs/main/objects/ls"
    page = user.ok("GET", path, amount="4")
    assert page["results"] == whole[:4]
    assert page["pagination"] == {
        "has_more": True,
        "next_offset": "b/c/3",
        "results": 4,
        "max_per_page": 1000,
    }
    assert user.ok("GET", path, after="b/c/3")["results"] == whole[4:]
    assert user.ok("GET", path, prefix="b/", after="b/1", amount="2")["results"] == whole[2:4]
    below = user.ok("GET", path, prefix="x")
    assert below["results"] == []
    assert below["pagination"]["has_more"] is False


def test_objects_are_listed_folder_by_folder(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, dict.fromkeys(["a", "b/1", "b/2", "b/c/3", "b0", "d/4"], b"1"))
    path = f"/assets/{asset}/refs/main/objects/ls"

    def listed(**query: str) -> list[str]:
        results = user.ok("GET", path, delimiter="/", **query)["results"]
        assert all(
            each == {"path": each["path"], "path_type": "common_prefix"}
            for each in results
            if each["path"].endswith("/")
        )
        return [each["path"] for each in results]

    assert listed() == ["a", "b/", "b0", "d/"]
    assert listed(amount="2") == ["a", "b/"]
    assert listed(after="b/", amount="2") == ["b0", "d/"]
    assert listed(prefix="b/") == ["b/1", "b/2", "b/c/"]


@pytest.mark.parametrize("amount", ["0", "-1", "1001", "many", "1.5", ""])
def test_a_bad_amount_is_refused(repository: Repository, amount: str) -> None:
    for path, query in (
        ("/refs/main/objects/ls", {}),
        ("/branches/main/commits", {}),
        ("/diff", {"from": "main", "to": "main"}),
    ):
        status, problem = repository.problem("GET", path, None, amount=amount, **query)
        assert status == 400
        assert "amount" in problem["detail"]


def test_a_long_listing_and_a_long_diff_are_sent_whole(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    operation = user.start(asset)
    sha256 = user.put(operation, "0000", b"1")["checksum"]
    paths = [f"{n:04}" for n in range(2500)]
    entries = [[path, 1, sha256] for path in paths]
    assert user.ok("POST", f"/operations/{operation}/stage", {"entries": entries}) == {
        "missing": []
    }
    head = user.finish(operation)
    assert [each["path"] for each in user.objects(asset)] == paths
    first = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"][-1]["id"]
    query = {"from": first, "to": head}
    found = user.ok("GET", f"/assets/{asset}/diff", **query)["results"]
    assert [each["path"] for each in found] == paths


def test_metadata_and_overwriting_come_with_a_finish(repository: Repository) -> None:
    user = repository.user
    before = repository.commit(a="0")
    started = user.ok("POST", "/update", asset=repository.id, branch="main")
    assert started["commit"] == before
    operation = started["op_id"]
    user.put(operation, "a", b"mine")
    repository.commit(a="theirs")
    finish = f"/update/{operation}"
    status, text = user.refused("POST", finish, {"message": "m"})
    assert (status, "paths" in text) == (409, True)
    body = {"message": "m", "metadata": {"run": "7", "工具": "ah"}, "overwrite": True}
    commit = user.ok("POST", finish, body)["commit"]
    assert repository.files() == {"a": "mine"}
    listed = repository.commits()[0]
    assert (listed["id"], listed["metadata"]) == (commit, {"run": "7", "工具": "ah"})


@pytest.mark.parametrize(
    "body",
    [
        {"message": "", "metadata": {"a": 1}},
        {"message": "", "metadata": {"a": None}},
        {"message": "", "metadata": ["a"]},
        {"message": "", "metadata": {"a": "\x00"}},
        {"message": "", "metadata": {"a" * 256: "b"}},
        {"message": "", "metadata": {str(n): "b" for n in range(101)}},
        {"message": "", "overwrite": "yes"},
    ],
)
def test_metadata_is_texts_by_name(repository: Repository, body: Any) -> None:
    operation = repository.user.start(repository.id)
    repository.user.put(operation, "a", b"1")
    assert repository.user.refused("POST", f"/update/{operation}", body)[0] == 400
    repository.user.finish(operation)


@pytest.mark.parametrize("body", [{"name": "empty"}, {"name": "empty", "source": None}])
def test_a_branch_without_a_source_is_empty(repository: Repository, body: Any) -> None:
    repository.commit(a="0")
    made = repository.user.ok("POST", f"{repository.path}/branches", body)
    first = repository.commits()[-1]["id"]
    assert made == {"id": "empty", "commit_id": first}
    assert repository.files("empty") == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status", "code"),
    [
        ("POST", "/branches/main/merge", {"source": "none"}, {}, 404, "reference_not_found"),
        ("POST", "/branches/none/merge", {"source": "main"}, {}, 404, "branch_not_found"),
        ("POST", "/branches/main/merge", {"source": ""}, {}, 404, "reference_not_found"),
        ("POST", "/branches/main/merge", {}, {}, 400, "invalid_request"),
        (
            "POST",
            "/branches/main/merge",
            {"source": "main", "strategy": "mine"},
            {},
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/branches/main/merge",
            {"source": "main", "message": "\x00"},
            {},
            400,
            "invalid_text",
        ),
        ("POST", "/branches/main/reset", {"ref": "ffffffff"}, {}, 404, "commit_not_found"),
        ("POST", "/branches/none/reset", {"ref": "main"}, {}, 404, "branch_not_found"),
        ("POST", "/branches/main/reset", {"ref": 7}, {}, 400, "invalid_request"),
        ("POST", "/branches/main/revert", {"ref": "none"}, {}, 404, "reference_not_found"),
        ("POST", "/branches/none/revert", {"ref": "main"}, {}, 404, "branch_not_found"),
        ("GET", "/diff", None, {"from": "main"}, 400, "invalid_request"),
        ("GET", "/diff", None, {"from": "main", "to": "none"}, 404, "reference_not_found"),
        ("GET", "/diff", None, {"from": "none", "to": "main"}, 404, "reference_not_found"),
    ],
)
def test_bad_input_has_a_code_and_changes_nothing(
    repository: Repository,
    method: str,
    path: str,
    body: Any,
    query: dict[str, str],
    status: int,
    code: str,
) -> None:
    before = repository.commits()
    found, problem = repository.problem(method, path, body, **query)
    assert (found, problem["code"]) == (status, code)
    assert repository.commits() == before


def test_an_outsider_finds_nothing_to_compare_or_change(
    repository: Repository, outsider: Raw, missing: str
) -> None:
    repository.commit(a="0")
    for id_ in (repository.id, missing):
        for method, path, body in (
            ("POST", "branches/main/merge", {"source": "main"}),
            ("POST", "branches/main/reset", {"ref": "main"}),
            ("POST", "branches/main/revert", {"ref": "main"}),
        ):
            found = outsider.refused(method, f"/assets/{id_}/{path}", body)
            assert found == (404, "asset not found"), path
        for path, query in (
            ("diff", {"from": "main", "to": "main"}),
            ("branches/main/commits", {"amount": "1"}),
            ("refs/main/objects/ls", {"prefix": "a"}),
        ):
            found = outsider.refused("GET", f"/assets/{id_}/{path}", **query)
            assert found == (404, "asset not found"), path


def test_fifty_committers_and_mergers_on_one_branch_lose_nothing(hub: RunningHub) -> None:
    """Half of them merge a branch of their own, half commit: all at once, into `main`."""
    key = hub.new_user().key
    repository = Repository(Raw(hub.url, key))
    for number in range(1, 50, 2):
        repository.branch(f"b{number}", None)
        repository.commit(f"b{number}", **{f"file-{number}": "1"})
    ready = threading.Barrier(50)
    failures: list[BaseException] = []

    def change(number: int) -> None:
        user = Raw(hub.url, key)
        try:
            operation = user.start(repository.id)
            user.put(operation, f"file-{number}", b"1")
            ready.wait(60)
            if number % 2:
                path = f"{repository.path}/branches/main/merge"
                user.ok("POST", path, {"source": f"b{number}"})
            else:
                user.finish(operation)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=change, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(repository.user.objects(repository.id)) == 50
    # The first commit, those of the 25 branches, and one for each but a first fast-forward.
    assert len(repository.commits()) in (75, 76)


def test_a_merge_is_worked_out_anew_where_the_branch_moves_meanwhile(
    hub: RunningHub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a="0")
    repository.branch("b")
    repository.commit("b", b="b")
    repository.commit(c="main")
    plain = merging.find_merge_base
    moved = []

    def move_first(*args: Any) -> str | None:
        if not moved:
            moved.append(repository.commit(d="meanwhile"))
        return plain(*args)

    monkeypatch.setattr(merging, "find_merge_base", move_first)
    with hub.inside.database.read() as connection:
        user = authenticate_key(connection, str(repository.user.key))
    merged = merging.merge_branch(hub.inside, user, repository.id, "main", "b")
    assert repository.files() == {"a": "0", "b": "b", "c": "main", "d": "meanwhile"}
    commit = logs.get_commit(hub.inside, user, repository.id, merged.commit_id)
    assert commit.parents[0] == moved[0]

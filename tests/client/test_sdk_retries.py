"""What happens to requests of the SDK where a connection breaks or a server in between fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateways import Fault, Gateway, run_gateway
from t9k import ah

# What is tested here is the same for whatever the hub stores its data in.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

FAULTS = [
    Fault("before", 502),
    Fault("before", 429),
    Fault("after", 504),
    Fault("before", None),
    Fault("after", None),
]
_NAMES = [f"{when}-{status or 'cut'}" for when, status in FAULTS]


@pytest.fixture
def gateway(hub: Any, user: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The way to the hub, for which the user is logged in."""
    monkeypatch.setattr("t9k.ah._patience._FIRST_SECONDS", 0.02)
    with run_gateway(hub.url) as gateway:
        ah.login(gateway.url, user.key)
        yield gateway


@pytest.fixture
def model(gateway: Gateway) -> ah.Model:
    return ah.create_folder("model", "vision").create_asset("cnn")


@pytest.mark.parametrize("fault", FAULTS, ids=_NAMES)
def test_what_is_created_is_there_once_whatever_befalls_the_request(
    gateway: Gateway, fault: Fault
) -> None:
    def create(make: Callable[[], Any]) -> Any:
        gateway.seen.clear()
        gateway.faults = [fault, fault]
        made = make()
        posts = [each for each in gateway.seen if each.method == "POST"]
        assert len(posts) == 3
        assert len({each.key for each in posts}) == 1
        assert posts[0].key
        assert posts[-1].replayed == (fault.when == "after")
        return made

    folder = create(lambda: ah.create_folder("model", "vision"))
    model = create(lambda: folder.create_asset("cnn"))
    create(lambda: model.create_branch("v1"))
    create(lambda: model.create_tag("one"))
    create(lambda: ah.create("model/vision/cnn:v2"))
    data = ah.create_folder("dataset", "vision").create_asset("digits")
    made = create(lambda: model.create_evaluation({"accuracy": 0.9}, data))
    assert [entry["id"] for entry in model.list_evaluation()] == [made.id]
    assert [entry["id"] for entry in model.list_branch()] == ["main", "v1", "v2"]


@pytest.mark.parametrize("fault", FAULTS, ids=_NAMES)
def test_a_change_of_a_branch_becomes_one_commit(
    model: ah.Model, gateway: Gateway, fault: Fault
) -> None:
    Path("a.txt").write_text("one")
    branch = model.get_branch("main")
    # Each of its requests in turn is the one that fails: to begin, to stage, to send, to finish.
    for at in range(4):
        gateway.after = at
        gateway.faults = [fault]
        Path("a.txt").write_text(f"{at}")
        made = branch.create_commit(f"change {at}", add="a.txt")
        assert made is not None
        assert made.read_text("a.txt") == f"{at}"
        assert not gateway.faults
    messages = [entry["message"] for entry in branch.list_commit()]
    assert messages == [*(f"change {at}" for at in (3, 2, 1, 0)), "Repository created"]


@pytest.mark.parametrize("fault", FAULTS, ids=_NAMES)
def test_merge_reset_and_revert_happen_once(
    model: ah.Model, gateway: Gateway, fault: Fault
) -> None:
    main, other = model.get_branch("main"), model.create_branch("other")
    for branch in (main, other):
        with branch.edit(branch.name) as edit:
            edit.write(branch.name, "x")
    gateway.faults = [fault]
    merged = main.merge(other)
    assert len(main.list_commit()) == 4
    gateway.faults = [fault]
    assert main.revert(merged).id == main.id
    assert len(main.list_commit()) == 5
    gateway.faults = [fault]
    assert main.reset(merged).id == merged.id == model.get_branch("main").id


@pytest.mark.parametrize("fault", FAULTS, ids=_NAMES)
def test_what_is_deleted_is_gone_and_no_error_however_often_it_was_asked_for(
    model: ah.Model, gateway: Gateway, fault: Fault
) -> None:
    data = ah.create_folder("dataset", "vision").create_asset("digits")
    made = model.create_evaluation({"accuracy": 0.9}, data)
    branch, tag = model.create_branch("new"), model.create_tag("new")
    for each in (made, branch, tag, model, model.folder):
        gateway.faults = [fault]
        each.delete()
        assert not each.alive
        assert not gateway.faults
    assert [entry["folder"]["type"] for entry in ah.list_folder(scope="own")] == ["dataset"]


@pytest.mark.parametrize("fault", FAULTS, ids=_NAMES)
def test_what_is_read_or_replaced_is_asked_for_again(
    model: ah.Model, gateway: Gateway, fault: Fault
) -> None:
    gateway.faults = [fault]
    model.update(labels=["a"])
    gateway.method = "GET"
    gateway.faults = [fault]
    assert ah.get("model/vision/cnn").labels == ["a"]  # type: ignore[union-attr]
    assert not gateway.faults


def test_deleting_what_was_gone_before_is_an_error(model: ah.Model, gateway: Gateway) -> None:
    again = ah.get("model/vision/cnn")
    model.delete()
    with pytest.raises(ah.NotFoundError):
        again.delete()  # type: ignore[union-attr]


def test_deleting_a_folder_without_permission_is_an_error_after_a_failure_too(
    hub: Any, model: ah.Model, gateway: Gateway
) -> None:
    other = hub.new_user()
    folder = model.folder
    folder.share(other.name, level="view")
    with ah.Client(gateway.url, other.key) as client:
        seen = client.get_folder(folder.owner, "model", "vision")
        gateway.faults = [Fault("before", 502)]
        with pytest.raises(ah.PermissionDeniedError):
            seen.delete()
        assert seen.alive


def test_a_failure_that_lasts_is_told_after_some_seconds(
    model: ah.Model, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("t9k.ah._patience.SHORT_PATIENCE._seconds", 0.3)
    gateway.faults = [Fault("before", 503)] * 100
    began = time.monotonic()
    with pytest.raises(ah.ServerError) as caught:
        model.create_branch("new")
    assert time.monotonic() - began < 3
    assert caught.value.status == 503
    assert 1 < 100 - len(gateway.faults) < 100


def test_a_refusal_is_not_sent_again(model: ah.Model, gateway: Gateway) -> None:
    gateway.seen.clear()
    with pytest.raises(ah.AlreadyExistsError):
        model.create_branch("main")
    assert [each.method for each in gateway.seen] == ["POST"]


def test_a_server_that_was_never_there_is_told_at_once(user: Any) -> None:
    client = ah.Client("http://127.0.0.1:1", user.key)
    began = time.monotonic()
    with pytest.raises(ah.ConnectionFailedError) as caught:
        client.list_folder()
    assert time.monotonic() - began < 2
    assert "http://127.0.0.1:1" in str(caught.value)


def test_only_what_creates_carries_a_key(model: ah.Model, gateway: Gateway) -> None:
    with model.get_branch("main").edit("files") as edit:
        edit.write("a.txt", "a")
    model.update(labels=["a"])
    model.create_tag("v1").delete()
    keyed = {each.path.partition("?")[0].rsplit("/")[-1] for each in gateway.seen if each.key}
    assert {"folders", "assets", "update", "tags"} <= keyed
    assert all(each.method == "POST" for each in gateway.seen if each.key)
    assert not {"stage", "pack", "multipart"} & keyed

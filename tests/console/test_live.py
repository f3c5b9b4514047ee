"""The stream by which open pages learn what others change."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from assethub.core import assets, sharing
from assethub.core.permissions import Level
from assethub.core.repository import branches
from assethub.core.sharing import Grantee
from assethub.core.values import now
from assethub.settings import Settings
from assethub.store.chains import Entry, add_entry, begin_entries, write_entries
from console.shelves import Shelf, make_shelf
from console.visitors import Visitor
from hubs import RunningHub, run_hub

Event = dict[str, Any]


class Stream:
    """An open page's stream; reads it line by line."""

    def __init__(self, visitor: Visitor, query: str = "", **headers: str) -> None:
        cookies = "; ".join(f"{name}={c.value}" for name, c in visitor.cookies.items())
        self.answer = urllib3.request(
            "GET",
            f"{visitor.url}/live{query}",
            headers={"Accept": "text/event-stream", "Cookie": cookies, **headers},
            preload_content=False,
            timeout=20,
            retries=False,
        )
        self._lines = self._read_lines()

    def _read_lines(self) -> Iterator[str]:
        text = b""
        while piece := self.answer.read1(65536):
            text += piece
            *lines, text = text.split(b"\n")
            yield from (line.decode() for line in lines)

    def begin(self) -> "Stream":
        """Until the hub has said that it listens."""
        assert self.answer.status == 200
        assert ": listening" in self._lines
        return self

    def next(self) -> Event:
        """The next event, with its id."""
        found: Event = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                found["id"] = value
            elif name == "data":
                found.update(json.loads(value))
                return found
        raise AssertionError("the stream has ended")

    def ends(self) -> bool:
        return not list(self._lines)[:0]

    def close(self) -> None:
        self.answer.close()


@contextmanager
def listening(visitor: Visitor, query: str = "", **headers: str) -> Iterator[Stream]:
    stream = Stream(visitor, query, **headers).begin()
    try:
        yield stream
    finally:
        stream.close()


def test_an_open_page_is_told_what_changes_in_its_asset(shelf: Shelf, owner: Visitor) -> None:
    with listening(owner, f"?about={shelf.model}") as stream:
        shelf.commit(shelf.dataset_id, "main", {"other": b"1"}, "Elsewhere")
        shelf.branch("v1")
        event = stream.next()
        assert (event["about"], event["action"]) == (shelf.model, "branch.create")
        shelf.evaluate({"accuracy": 0.5})
        assert stream.next()["action"] == "evaluation.create"


def test_the_page_of_a_dataset_is_told_of_evaluations_on_it(shelf: Shelf, owner: Visitor) -> None:
    with listening(owner, f"?about={shelf.dataset}") as stream:
        shelf.evaluate({"accuracy": 0.5})
        event = stream.next()
        assert (event["about"], event["action"]) == (shelf.model, "evaluation.create")


def test_a_folder_and_the_whole_hub_can_be_followed(shelf: Shelf, owner: Visitor) -> None:
    folder = shelf.model.rpartition("/")[0]
    with listening(owner, f"?about={folder}") as narrow, listening(owner) as wide:
        shelf.commit(shelf.dataset_id, "main", {"other": b"1"}, "Elsewhere")
        shelf.branch("v2")
        assert wide.next()["about"] == shelf.dataset
        assert wide.next()["about"] == narrow.next()["about"] == shelf.model


def ask(visitor: Visitor, query: str = "") -> tuple[int, str | None]:
    """How a stream is refused, and when to come again."""
    stream = Stream(visitor, query)
    stream.close()
    return stream.answer.status, stream.answer.headers.get("retry-after")


def test_nobody_is_told_of_what_they_may_not_view(
    hub: RunningHub, shelf: Shelf, outsider: Visitor
) -> None:
    assert ask(outsider, f"?about={shelf.model}")[0] == 404
    other = make_shelf(hub)
    with listening(Visitor(hub).sign_in(other.owner)) as stream:
        shelf.branch("secret")
        other.branch("own")
        assert stream.next()["about"] == other.model
        folder = assets.get_asset(hub.inside, shelf.user, shelf.model_id).folder
        grantee = Grantee("user", other.owner.name)
        sharing.share_folder(hub.inside, shelf.user, folder.id, grantee, Level.VIEW)
        assert stream.next()["action"] == "folder.share"
        shelf.branch("shown")
        assert stream.next()["about"] == shelf.model


def test_a_stream_goes_on_where_it_was_cut(shelf: Shelf, owner: Visitor) -> None:
    query = f"?about={shelf.model}"
    with listening(owner, query) as stream:
        shelf.branch("a")
        last = stream.next()["id"]
    shelf.branch("b")
    branches.delete_branch(shelf.hub.inside, shelf.user, shelf.model_id, "b")
    with listening(owner, query, **{"Last-Event-ID": last}) as stream:
        assert [stream.next()["action"] for _ in range(2)] == ["branch.create", "branch.delete"]
    with listening(owner, f"{query}&since={last}") as stream:
        assert stream.next()["action"] == "branch.create"


def test_who_was_away_for_long_is_told_to_look_at_everything(shelf: Shelf, owner: Visitor) -> None:
    for number in range(201):
        shelf.branch(f"b{number}")
    with listening(owner, f"?about={shelf.model}&since=0") as stream:
        event = stream.next()
        assert (event["about"], event["action"]) == ("", "many")


def test_a_page_says_from_where_on_it_is_to_be_told(shelf: Shelf, owner: Visitor) -> None:
    page = owner.get(shelf.model_url)
    [mark] = [each["content"] for each in page.all("meta") if each.get("name") == "live"]
    shelf.branch("later")
    with listening(owner, f"?about={shelf.model}&since={mark}") as stream:
        assert stream.next()["action"] == "branch.create"


def test_a_stream_is_for_those_who_have_signed_in(visitor: Visitor, owner: Visitor) -> None:
    assert ask(visitor)[0] == 401
    assert owner.get("/live").status == 406


def test_a_stream_ends_with_its_session(shelf: Shelf, owner: Visitor) -> None:
    with listening(owner) as stream:
        page = owner.get("/account")
        owner.post("/signout", page.fields())
        assert stream.ends()


def test_a_session_has_only_so_many_streams(shelf: Shelf, owner: Visitor) -> None:
    streams = [Stream(owner).begin() for _ in range(24)]
    assert ask(owner) == (429, "60")
    for stream in streams:
        stream.close()
    deadline = time.monotonic() + 20
    while (status := ask(owner)[0]) == 429 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert status == 200


def test_open_streams_do_not_hold_up_the_end_of_the_hub(tmp_path: Path) -> None:
    with run_hub(Settings(data=tmp_path / "data"), tmp_path / "log") as hub:
        user = hub.new_user()
        visitor = Visitor(hub).sign_in(user)
        streams = [Stream(visitor).begin() for _ in range(3)]
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert all(stream.ends() for stream in streams)


def test_a_change_is_told_that_was_numbered_before_others_and_committed_after(
    shelf: Shelf, owner: Visitor
) -> None:
    """As on PostgreSQL, where each writer numbers its rows before it commits them."""
    engine = shelf.hub.inside.database.engine
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    user, folder = shelf.user, assets.get_asset(shelf.hub.inside, shelf.user, shelf.model_id).folder
    said = (now(), user.id, user.name, "", "", "branch.slow", shelf.model, shelf.model_id)
    with listening(owner, f"?about={shelf.model}") as stream, engine.connect() as connection:
        begin_entries(connection)
        add_entry(connection, Entry(*said, folder.id, "done", {}))
        write_entries(connection)
        shelf.branch("quick")
        quick = stream.next()
        connection.commit()
        slow = stream.next()
    assert (quick["action"], slow["action"]) == ("branch.create", "branch.slow")
    assert int(slow["id"]) < int(quick["id"])


def test_two_processes_of_a_hub_tell_of_each_others_changes(shelf: Shelf, owner: Visitor) -> None:
    """What `hub.inside` does is done by another process than the one that serves."""
    with listening(owner, f"?about={shelf.model}") as stream:
        shelf.branch("elsewhere")
        assert stream.next()["about"] == shelf.model

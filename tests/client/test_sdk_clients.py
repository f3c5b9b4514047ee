"""Several hubs and users in one process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

# What is tested here is the same for whatever the hub stores its data in.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)


def test_clients_of_two_users_work_side_by_side_from_several_threads(hub: Any) -> None:
    users = [hub.new_user(), hub.new_user()]
    errors: list[BaseException] = []

    def work(client: ah.Client, at: int) -> None:
        try:
            folder = client.create_folder("model", f"folder-{at}")
            model = folder.create_asset("cnn")
            with model.get_branch("main").edit(f"by {at}") as edit:
                edit.write("a.txt", f"{client.username} {at}")
            assert edit.commit is not None
            assert edit.commit.read_text("a.txt") == f"{client.username} {at}"
        except BaseException as error:
            errors.append(error)

    with ah.Client(hub.url, users[0].key) as first, ah.Client(hub.url, users[1].key) as second:
        threads = [
            threading.Thread(target=work, args=(client, at))
            for client in (first, second)
            for at in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        for client, user in ((first, users[0]), (second, users[1])):
            assert (client.host, client.username) == (hub.url, user.name)
            listed = [entry["folder"] for entry in client.list_folder("all", "own")]
            assert sorted(each["name"] for each in listed) == [f"folder-{at}" for at in range(4)]
            assert {each["owner"] for each in listed} == {user.name}


def test_a_client_leaves_the_login_alone_and_stores_nothing(
    hub: Any, logged_in: Any, config: Path
) -> None:
    stored = config.read_text()
    other = hub.new_user()
    with ah.Client(hub.url, other.key) as client:
        assert (client.username, ah.whoami()) == (other.name, logged_in.name)
        client.create("model/vision")
        assert ah.list_folder(scope="own") == []
    assert config.read_text() == stored


def test_a_client_takes_what_is_left_out_from_the_environment_and_the_file(
    hub: Any, logged_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = hub.new_user()
    with ah.Client() as client:
        assert client.username == logged_in.name
    with ah.Client(api_key=other.key) as client:
        assert (client.host, client.username) == (hub.url, other.name)
    monkeypatch.setenv("ASSET_HUB_API_KEY", other.key)
    with ah.Client() as client:
        assert client.username == other.name


def test_a_client_needs_a_host_and_a_key(hub: Any) -> None:
    with pytest.raises(ah.NotLoggedInError):
        ah.Client()
    with pytest.raises(ah.NotLoggedInError, match="No API key for"):
        ah.Client(hub.url)
    with pytest.raises(ah.InvalidInputError, match="no server address"):
        ah.Client("hub.example.org", "key")


def test_a_closed_client_and_all_that_came_from_it_refuse_calls(hub: Any, user: Any) -> None:
    with ah.Client(hub.url, user.key) as client:
        folder = client.create_folder("model", "vision")
    for call in (client.list_folder, folder.list_asset, folder.delete):
        with pytest.raises(ah.InvalidInputError, match="was closed") as caught:
            call()
        assert caught.value.code == "client_closed"


def test_a_login_as_another_is_what_the_functions_use_from_then_on(
    hub: Any, logged_in: Any
) -> None:
    mine = ah.create_folder("model", "vision")
    other = hub.new_user()
    ah.login(hub.url, other.key)
    assert ah.list_folder(scope="own") == []
    assert ah.whoami() == other.name
    # What was made before goes on as who made it.
    assert mine.create_asset("cnn").folder.owner == logged_in.name


def test_what_is_pickled_for_another_process_connects_anew(dataset: ah.Dataset) -> None:
    copy = pickle.loads(pickle.dumps(dataset))
    assert [entry["path"] for entry in copy.list_object()] == ["test.csv"]
    assert copy.folder.id == dataset.folder.id


def test_a_process_that_was_forked_has_connections_of_its_own(hub: Any, user: Any) -> None:
    program = """
import os
from t9k import ah
client = ah.Client()
client.list_folder()
child = os.fork()
for _ in range(20):
    assert client.username
    client.list_folder()
    client.get_folder(None, "model", "vision").update(labels=[str(os.getpid())])
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    with ah.Client(hub.url, user.key) as client:
        client.create("model/vision")
    environment = {"ASSET_HUB_HOST": hub.url, "ASSET_HUB_API_KEY": user.key}
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stderr.count("Traceback")) == (0, 0), run.stderr


def test_a_wrong_key_is_told_with_the_hub_it_was_for(hub: Any) -> None:
    client = ah.Client(hub.url, "12345678-0000-4000-8000-000000000000")
    with client, pytest.raises(ah.NotLoggedInError) as caught:
        client.list_folder()
    assert hub.url in str(caught.value)
    assert (caught.value.code, caught.value.status) == ("key_unknown", 401)

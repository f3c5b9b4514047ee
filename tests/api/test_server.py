"""The server itself: starting, stopping, health, and requests out of bounds."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from api.raw import JSON, Raw, form_of
from assethub.settings import Settings
from hubs import RunningHub, run_hub, start_hub

ASSETHUB = Path(sys.executable).with_name("assethub")


def assethub(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ASSETHUB, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("path", "status"), [("/healthz", "ok"), ("/readyz", "ready")])
def test_health_is_told_without_a_key(hub: RunningHub, path: str, status: str) -> None:
    answer = urllib3.request("GET", hub.url + path)
    assert (answer.status, answer.json()) == (200, {"status": status})


def test_the_schema_of_the_api_is_served(hub: RunningHub) -> None:
    schema = urllib3.request("GET", f"{hub.url}/apis/v1/openapi.json").json()
    assert "/apis/v1/evaluations" in schema["paths"]
    assert "requestBody" in schema["paths"]["/apis/v1/evaluations"]["post"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused(user: Raw, chunked: bool) -> None:
    data = b"x" * (17 * 1024 * 1024)
    url = f"{user.url}/apis/v1/folders?apikey={user.key}"
    headers = {"Content-Type": "application/json"} | JSON
    body = (data[at : at + 65536] for at in range(0, len(data), 65536)) if chunked else data
    answer = urllib3.request("POST", url, body=body, headers=headers, retries=False)
    assert (answer.status, answer.json()["code"]) == (413, "too_large")


def test_a_method_that_a_path_lacks_is_a_405_with_a_text(user: Raw) -> None:
    answer = user.call("PATCH", "/folders", None, JSON)
    assert (answer.status, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_request_on_keep_alive_is_not_held_back(hub: RunningHub) -> None:
    # Delayed acknowledgements cost 40 ms a request where a server writes head and body apart.
    pool = urllib3.PoolManager()
    times = []
    for _ in range(30):
        start = time.perf_counter()
        pool.request("GET", f"{hub.url}/healthz")
        times.append(time.perf_counter() - start)
    assert sorted(times)[15] < 0.03


def test_the_first_start_names_the_user_and_a_sign_in_link(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new" / "data")
    process, url = start_hub(settings, tmp_path / "log")
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "First user: admin\n"
        assert f"{url}/signin?token=" in process.stdout.readline()
        assert assethub("user", "list", "--data", str(settings.data)).stdout == "admin  admin\n"
        process.terminate()
        assert process.wait(10) == 0
    again, url = start_hub(settings, tmp_path / "log")
    with again:
        again.send_signal(signal.SIGINT)
        assert again.wait(10) == 0
        assert again.stdout is not None
        assert again.stdout.read() == ""
    assert (settings.data.stat().st_mode & 0o777) == 0o700


def test_users_and_keys_are_managed_while_a_hub_serves(hub: RunningHub) -> None:
    place = ["--data", str(hub.settings.data), "--database-url", hub.settings.database_url]
    place += ["--store-url", hub.settings.store_url]
    name = hub.new_user().name + "-2"
    key = assethub("user", "add", name, *place).stdout.splitlines()[-1]
    raw = Raw(hub.url, key)
    assert raw.ok("GET", "/oauth2/userinfo")["preferred_username"] == name
    again = assethub("user", "add", name, *place)
    assert (again.returncode, "already exists" in again.stderr) == (1, True)
    second = assethub("key", "add", name, "--name", "laptop", *place).stdout.splitlines()[-1]
    listed = assethub("key", "list", name, *place).stdout
    assert second[:8] in listed
    assert "laptop" in listed
    assert second not in listed
    assert assethub("key", "revoke", key[:8], *place).returncode == 0
    assert raw.refused("GET", "/folders")[0] == 400
    assert Raw(hub.url, second).ok("GET", "/folders") == []
    assert assethub("key", "revoke", key[:8], *place).returncode == 1
    assert assethub("key", "list", "nobody", *place).returncode == 1


def test_groups_roles_and_limited_keys_are_managed_while_a_hub_serves(hub: RunningHub) -> None:
    place = ["--data", str(hub.settings.data), "--database-url", hub.settings.database_url]
    place += ["--store-url", hub.settings.store_url]

    def run(*words: str) -> str:
        done = assethub(*words, *place)
        assert done.returncode == 0, done.stderr
        return done.stdout

    user = hub.new_user()
    raw, group = Raw(hub.url, user.key), f"group-of-{user.name}"
    folder = raw.folder("model", "nlp")
    run("group", "add", group)
    run("group", "member", "add", group, user.name)
    assert group in run("group", "list").splitlines()
    assert run("group", "member", "list", group) == f"{user.name}\n"
    limits = ["--read-only", "--folder", f"{user.name}/model/nlp", "--expires", "30d"]
    limited = Raw(hub.url, run("key", "add", user.name, *limits).splitlines()[-1])
    assert limited.ok("GET", f"/folders/{folder}")["permission"] == "view"
    assert f"read {user.name}/model/nlp" in run("key", "list", user.name)
    run("group", "member", "remove", group, user.name)
    run("group", "delete", group)
    assert group not in run("group", "list").splitlines()
    run("user", "admin", user.name)
    assert raw.ok("GET", "/admin/users")["results"]
    assert f"{user.name}  admin" in run("user", "list").splitlines()
    run("user", "admin", user.name, "--revoke")
    run("user", "disable", user.name)
    assert raw.refused("GET", "/folders")[0] == 400
    assert f"{user.name}  disabled" in run("user", "list").splitlines()
    run("user", "enable", user.name)
    assert raw.ok("GET", "/folders")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--data", "FILE/data"], "FILE/data"),
        (["--data", "DIR", "--store-url", "FILE/store"], "FILE/store"),
        (["--data", "DIR", "--store-url", "ftp://x"], "ftp://"),
        (["--data", "DIR", "--database-url", "postgresql://127.0.0.1:1/x"], "database"),
        (["--data", "DIR", "--database-url", "nonsense"], "database"),
    ],
)
def test_a_hub_that_cannot_work_refuses_to_start(
    tmp_path: Path, flags: list[str], named: str
) -> None:
    (tmp_path / "file").write_text("no directory")
    names = {"FILE": str(tmp_path / "file"), "DIR": str(tmp_path / "dir")}

    def fill(text: str) -> str:
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    done = assethub("serve", "--port", "0", *map(fill, flags))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert fill(named) in done.stderr


def test_a_hub_whose_store_is_away_says_when_to_ask_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with run_hub(settings, tmp_path / "log") as hub:
        user = Raw(hub.url, hub.new_user().key)
        operation = user.start(user.asset("model", "m", "m"))
        blobs = settings.data / "blobs"
        blobs.rename(tmp_path / "away")
        blobs.write_text("no directory")
        form, content_type = form_of({"content": b"x"})
        headers = {"Content-Type": content_type} | JSON
        put = user.call("PUT", "/objects", form, headers, opID=operation, path="a")
        for answer in (
            urllib3.request("GET", f"{hub.url}/readyz", headers=JSON, retries=False),
            put,
        ):
            assert (answer.status, answer.json()["code"]) == (503, "store_unavailable")
            assert answer.headers["Retry-After"] == "1"
        blobs.unlink()
        (tmp_path / "away").rename(blobs)
        assert urllib3.request("GET", f"{hub.url}/readyz").status == 200
        user.put(operation, "a", b"x")


def test_a_directory_is_served_once(tmp_path: Path) -> None:
    data, store = tmp_path / "data", tmp_path / "store"
    settings = Settings(data=data, store_url=str(store))
    with run_hub(settings, tmp_path / "log"):
        for flags, named in (
            (["--data", str(data)], data),
            (["--data", str(tmp_path / "other"), "--store-url", store.as_uri()], store),
        ):
            done = assethub("serve", "--port", "0", *flags)
            assert done.returncode == 1
            assert done.stderr.count("\n") == 1
            assert f"another assethub serves {named} already (process " in done.stderr
        # Other commands work beside it.
        assert assethub("user", "list", "--data", str(data)).returncode == 0


def test_a_directory_is_free_once_its_server_was_killed(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    process, _ = start_hub(settings, tmp_path / "log")
    with process:
        process.kill()
    with run_hub(settings, tmp_path / "log") as hub:
        assert urllib3.request("GET", f"{hub.url}/healthz").status == 200


def test_a_port_in_use_is_said(hub: RunningHub, tmp_path: Path) -> None:
    port = hub.url.rsplit(":", 1)[1]
    done = assethub("serve", "--port", port, "--data", str(tmp_path))
    assert (done.returncode, f"127.0.0.1:{port}" in done.stderr) == (1, True)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"this is no database, and it is longer than a header" * 20)
    done = assethub("user", "list", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "database" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_has_help_with_an_example() -> None:
    commands = ([], ["serve"], ["user"], ["user", "add"], ["user", "list"], ["user", "link"])
    more = (["key"], ["key", "add"], ["key", "list"], ["key", "revoke"])
    groups = [["group", *each] for each in (["add"], ["list"], ["delete"])]
    members = [["group", "member", each] for each in ("add", "remove", "list")]
    roles = [["user", each] for each in ("disable", "enable", "admin")]
    for command in (*commands, *more, *groups, *members, *roles):
        done = assethub(*command, "--help")
        assert done.returncode == 0
        assert "Example" in done.stdout

"""Logging in and out, and the configuration file."""

from __future__ import annotations

import stat
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from t9k import ah

from .conftest import RunAh, serve_answer


def test_login_says_where_and_who_and_is_remembered(
    hub: Any, user: Any, run_ah: RunAh, config: Path
) -> None:
    result = run_ah("login", "-H", hub.url, "-k", user.key)
    assert result == (
        0,
        "",
        f"AH INFO: Logged in to Asset Hub server {hub.url} as user {user.name}\n",
    )
    assert yaml.safe_load(config.read_text()) == {"asset_hub_host": hub.url, "api_key": user.key}
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_login_without_arguments_uses_what_is_stored(
    hub: Any, user: Any, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.parent.mkdir()
    config.write_text(yaml.safe_dump({"asset_hub_host": hub.url + "/", "api_key": user.key}))
    ah.login()
    assert f"as user {user.name}" in capsys.readouterr().err


def test_login_keeps_the_other_keys_of_the_file_and_adds_none(
    hub: Any, user: Any, config: Path
) -> None:
    config.parent.mkdir()
    config.write_text("aimd_host: https://aimd.example\nasset_hub_host: http://old\napi_key: old\n")
    ah.login(hub.url, user.key)
    assert yaml.safe_load(config.read_text()) == {
        "aimd_host": "https://aimd.example",
        "asset_hub_host": hub.url,
        "api_key": user.key,
    }
    assert list(config.parent.iterdir()) == [config]


def test_login_writes_through_a_link(hub: Any, user: Any, config: Path, tmp_path: Path) -> None:
    config.parent.mkdir()
    config.symlink_to(tmp_path / "dotfile.yaml")
    ah.login(hub.url, user.key)
    assert config.is_symlink()
    assert yaml.safe_load((tmp_path / "dotfile.yaml").read_text())["api_key"] == user.key


def test_variables_win_over_the_file(
    hub: Any, logged_in: Any, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = hub.new_user()
    monkeypatch.setenv("ASSET_HUB_API_KEY", other.key)
    monkeypatch.setattr("t9k.ah._hub._default", None)
    run_ah("create", "folder", "model/theirs")
    assert run_ah("ls", "folder", "-s", "own").rows[1][3] == other.name


ELSEWHERE: dict[str, tuple[dict[str, str], list[str]]] = {
    "option": ({}, ["--host", "ELSEWHERE"]),
    "variable": ({"ASSET_HUB_HOST": "ELSEWHERE"}, []),
    "key of the variables": (
        {"ASSET_HUB_HOST": "http://127.0.0.1:9", "ASSET_HUB_API_KEY": str(uuid.uuid4())},
        ["--host", "ELSEWHERE"],
    ),
}


@pytest.mark.parametrize("said", ELSEWHERE)
def test_a_key_is_sent_only_to_the_server_it_was_set_for(
    logged_in: Any, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    variables, options = ELSEWHERE[said]
    with serve_answer(200, {}, b"{}") as url:
        asked: list[object] = []
        monkeypatch.setattr("t9k.ah._sending.Sender.send", lambda *args: asked.append(args))
        for name, value in variables.items():
            monkeypatch.setenv(name, value.replace("ELSEWHERE", url))
        place = [option.replace("ELSEWHERE", url) for option in options]
        result = run_ah("ls", "folder", *place)
        with pytest.raises(ah.NotLoggedInError), ah.Client(url):
            pass
    assert (result.code, result.out, asked) == (1, "", [])
    assert f"No API key for {url} is known, and that of http://127.0.0.1:" in result.err
    assert f"Give one by --key, or log in with: ah login -H {url} -k KEY" in result.err


def test_a_stored_key_goes_to_its_server_however_that_is_said(
    hub: Any, logged_in: Any, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    for same in (hub.url, hub.url + "/", hub.url + "/apis/v1"):
        assert run_ah("ls", "folder", "--host", same).code == 0
        monkeypatch.setenv("ASSET_HUB_HOST", same)
        assert run_ah("ls", "folder").code == 0


def test_login_to_another_server_takes_the_stored_key_as_ever(
    hub: Any, user: Any, run_ah: RunAh, config: Path
) -> None:
    config.parent.mkdir()
    config.write_text(f"asset_hub_host: http://old.example\napi_key: {user.key}\n")
    assert run_ah("ls", "folder", "--host", hub.url).code == 1
    assert run_ah("login", "-H", hub.url).code == 0
    assert run_ah("ls", "folder", "--host", hub.url).code == 0


def test_a_login_that_fails_changes_nothing(
    hub: Any, logged_in: Any, run_ah: RunAh, config: Path
) -> None:
    before = config.read_text()
    unknown = str(uuid.uuid4())
    result = run_ah("login", "-k", unknown)
    assert result.code == 1
    assert result.err.startswith(f"AH ERROR: api key {unknown[:8]}… ")
    assert f"ah login -H {hub.url} -k KEY" in result.err
    assert unknown not in result.err
    assert config.read_text() == before


def test_logout_forgets_the_key_and_with_host_the_server(
    logged_in: Any, run_ah: RunAh, config: Path, hub: Any
) -> None:
    assert run_ah("logout").code == 0
    assert yaml.safe_load(config.read_text()) == {"asset_hub_host": hub.url}
    result = run_ah("ls", "folder")
    assert (result.code, result.err) == (
        1,
        f"AH ERROR: No API key for {hub.url} is known. Log in with: ah login -H {hub.url} -k KEY\n",
    )
    assert run_ah("logout", "--host").code == 0
    assert not yaml.safe_load(config.read_text())
    assert "No Asset Hub server is known" in run_ah("ls", "folder").err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("asset_hub_host: [", "is not YAML (line 1)"),
        ("- a\n- b\n", "must hold lines of the form `asset_hub_host: URL`, not a list"),
        ("asset_hub_host: 5\n", "asset_hub_host in the configuration file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    run_ah: RunAh, config: Path, content: str, said: str
) -> None:
    config.parent.mkdir()
    config.write_text(content)
    result = run_ah("ls", "folder")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("AH ERROR: ")
    assert said in result.err
    assert str(config) in result.err
    assert config.read_text() == content


def test_a_server_that_is_away_is_named_with_how_to_log_in(
    run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSET_HUB_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("ASSET_HUB_API_KEY", str(uuid.uuid4()))
    result = run_ah("ls", "folder")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(
        "AH ERROR: Cannot reach the Asset Hub server at http://127.0.0.1:9"
    )
    assert "connection refused" in result.err
    assert "ah login -H URL -k KEY" in result.err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>"),
            "502 with a page of HTML",
        ),
        ((200, {"Content-Type": "text/html"}, b"<!doctype html>"), "200 with a page of HTML"),
        ((404, {}, b""), "404 with nothing"),
        ((503, {}, b"try later"), "503 with a text that is not JSON"),
        ((302, {"Location": "https://sso.example/"}, b""), "a redirect to https://sso.example/"),
        ((200, {}, b'{"sub": "1"}'), "is it an Asset Hub?"),
    ],
)
def test_what_answers_and_is_no_hub_is_said_to_be_none(
    run_ah: RunAh, config: Path, answer: tuple[int, dict[str, str], bytes], said: str
) -> None:
    with serve_answer(*answer) as url:
        result = run_ah("login", "-H", url, "-k", str(uuid.uuid4()))
    assert result.code == 1
    assert result.err.startswith(f"AH ERROR: The server at {url} ")
    assert said in result.err
    assert result.err.count("\n") == 1
    assert not config.exists()


@pytest.mark.parametrize(
    "host", ["hub.example.org", "ftp://hub", "http://", "http://me:secret@hub", "http://h:port"]
)
def test_an_address_that_cannot_be_one_is_refused(run_ah: RunAh, host: str) -> None:
    result = run_ah("login", "-H", host, "-k", "key")
    assert result.code == 1
    assert "is no server address" in result.err


def test_a_key_with_a_line_break_is_refused_and_not_shown(run_ah: RunAh) -> None:
    result = run_ah("login", "-H", "http://127.0.0.1:9", "-k", "se\ncret")
    assert result.code == 1
    assert "API key has characters that no key has" in result.err
    assert "cret" not in result.err


def test_importing_and_naming_things_reads_no_configuration(config: Path) -> None:
    """A broken file is no trouble before the first call that needs it."""
    config.parent.mkdir()
    config.write_text("[")
    with pytest.raises(ah.ConfigError):
        ah.list_folder()

"""Whatever is wrong with a call of `ah`: one line that says so, the right exit code, no traceback.

Every command that speaks to a hub stands in CALLS with arguments that are right; the tests make
one thing about them wrong at a time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from assethub.store.tables import api_keys
from proxies import Proxy
from t9k import ah
from t9k.ah._cli.program import ah as program
from t9k.ah._connection import Connection

from .conftest import Result, RunAh, serve_answer
from .formats import FILES

AH = str(Path(sys.executable).with_name("ah"))
CNN, DIGITS, MODELS, DATASETS = "CNN", "DIGITS", "MODELS", "DATASETS"

CALLS: dict[str, list[str]] = {
    "cat": [DIGITS, "test.csv"],
    "commit": [DIGITS, "-a", "file"],
    "compare": [CNN, CNN],
    "create branch": [f"{CNN}:new"],
    "create dataset": [f"{DATASETS}/new"],
    "create evaluation": [CNN, "-d", DIGITS, "-m", "x=1"],
    "create folder": ["model/new"],
    "create model": [f"{MODELS}/new"],
    "create tag": [CNN, "new"],
    "delete branch": [f"{CNN}:v1"],
    "delete dataset": [DIGITS],
    "delete evaluation": ["2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5"],
    "delete folder": [MODELS],
    "delete model": [CNN],
    "delete tag": [f"{CNN}:rel"],
    "describe dataset": [DIGITS, "text"],
    "describe folder": [MODELS, "text"],
    "describe model": [CNN, "text"],
    "diff": [CNN, f"{CNN}:v1"],
    "download": [DIGITS, "-s", "there"],
    "export evaluation": [CNN, "--format", "csv"],
    "gate check": [f"{CNN}:v1", CNN],
    "gate delete": [f"{CNN}:kept"],
    "gate set": [f"{CNN}:kept", "-f", str(Path(__file__).with_name("gate.yaml"))],
    "gate show": [f"{CNN}:kept"],
    "import evaluation": [str(FILES["csv"][1]), "-m", CNN, "-d", DIGITS],
    "history": [CNN, "-m", "x"],
    "invalidate evaluation": ["2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5", "--undo"],
    "key create": ["--folder", MODELS],
    "key ls": [],
    "key revoke": ["00000000"],
    "label dataset": [DIGITS, "-a", "new"],
    "label folder": [MODELS, "-a", "new"],
    "label model": [CNN, "-a", "new"],
    "leaderboard": [DIGITS, "-m", "x"],
    "log": [CNN],
    "ls branch": [CNN],
    "ls commit": [CNN],
    "ls dataset": [DATASETS],
    "ls evaluation": [CNN],
    "ls folder": [],
    "ls model": [MODELS],
    "ls object": [CNN],
    "ls share": [MODELS],
    "ls tag": [CNN],
    "merge": [f"{CNN}:v1", CNN],
    "protect": [DIGITS],
    "rename dataset": [DIGITS, "new"],
    "rename folder": [MODELS, "new"],
    "rename model": [CNN, "new"],
    "reset": [CNN, "branch/v1"],
    "revert": [f"{CNN}:v1", "branch/v1"],
    "search evaluation": ["x > 0"],
    "share": [MODELS, "--public", "--level", "view"],
    "show": [CNN],
    "show evaluation": ["2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5"],
    "transfer": [MODELS, "nobody"],
    "unprotect": [DIGITS],
    "unshare": [MODELS, "--public"],
    "whoami": [],
}
# What speaks to no hub, or begins to do so.
LOCAL = {"cache ls", "cache prune", "completion", "login", "logout", "verify"}
# What takes any number of things.
ENDLESS = {"compare", "export evaluation", "import evaluation"}
READING = {
    *("compare", "gate check", "gate show"),
    *("cat", "diff", "download", "log", "ls branch", "ls commit", "ls dataset", "ls evaluation"),
    *("export evaluation", "history", "leaderboard", "search evaluation"),
    *("key create", "key ls", "ls folder", "ls model", "ls object", "ls tag", "show", "whoami"),
}
MARKS = (CNN, DIGITS, MODELS, DATASETS)

# One hub will do: what is refused does not hang on its database.
on_one_hub = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)


def _line(name: str, **places: str) -> list[str]:
    """A call with the names of things in the place of the marks."""
    arguments = []
    for argument in CALLS[name]:
        for mark, place in places.items():
            argument = argument.replace(mark, place)
        arguments.append(argument)
    return [*name.split(), *arguments]


def _named(*marks: str) -> list[str]:
    """The commands whose calls name one of these things."""
    return [
        name for name, call in CALLS.items() if any(mark in each for mark in marks for each in call)
    ]


def _own() -> dict[str, str]:
    return {
        CNN: "model/vision/cnn",
        DIGITS: "dataset/vision/digits",
        MODELS: "model/vision",
        DATASETS: "dataset/vision",
    }


def _of(owner: str, folder: str = "vision") -> dict[str, str]:
    return {
        CNN: f"{owner}/model/{folder}/cnn",
        DIGITS: f"{owner}/dataset/{folder}/digits",
        MODELS: f"{owner}/model/{folder}",
        DATASETS: f"{owner}/dataset/{folder}",
    }


def _check(result: Result, code: int, *said: str) -> None:
    """One line that begins with AH ERROR and says this, nothing on standard output."""
    lines = [line for line in result.err.splitlines() if not line.startswith("AH INFO: ")]
    assert len(lines) == 1, result
    assert lines[0].startswith("AH ERROR: "), result
    assert result.code == code, result
    assert any(each in lines[0] for each in said), (result, said)
    assert result.out == "", result


@pytest.fixture
def hub_of_things(model: ah.Model, dataset: ah.Dataset) -> str:
    """The name of a user with all that CALLS names."""
    Path("file").write_text("1")
    model.create_branch("kept")
    branch = model.create_branch("v1")
    branch.create_commit("w", add="file")
    branch.create_tag("rel")
    model.create_evaluation({"x": 1}, dataset)
    return model.folder.owner


def _leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_every_command_is_tried() -> None:
    assert {name for name, _ in _leaves(program)} == CALLS.keys() | LOCAL


@on_one_hub
def test_the_calls_are_right(hub_of_things: str, run_ah: RunAh) -> None:
    """But for those that name what a hub makes up; what deletes and renames comes last."""
    ids = {f"{verb} evaluation" for verb in ("delete", "invalidate", "show")}
    made_up = ids | {"key revoke", "transfer"}
    last = [name for name in CALLS if name.split()[0] in ("rename", "delete")]
    for name in sorted(CALLS.keys() - last) + [name for name in last if "rename" not in name]:
        result = run_ah(*_line(name, **_of(hub_of_things)))
        gone = "There is no" in result.err and name in last
        assert result.code == 0 or name in made_up or gone, (name, result)


def test_a_missing_argument_is_named(run_ah: RunAh) -> None:
    for name, command in _leaves(program):
        needed = [each for each in command.params if each.required]
        if needed:
            _check(run_ah(*name.split()), 2, "Missing argument", "Missing option")
            assert f"ah {name} --help" in run_ah(*name.split()).err


def test_an_argument_too_many_is_named(run_ah: RunAh) -> None:
    for name in CALLS.keys() - ENDLESS:
        _check(run_ah(*_line(name), "a", "b", "c"), 2, "Got unexpected extra argument")


def test_an_option_that_is_unknown_or_wants_a_value_is_named(run_ah: RunAh) -> None:
    for name, command in _leaves(program):
        _check(run_ah(*name.split(), "--hots"), 2, "No such option '--hots'")
        for option in command.params:
            if isinstance(option, click.Option) and not (option.is_flag or option.flag_value):
                _check(run_ah(*name.split(), option.opts[0]), 2, "requires an argument")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["ls", "folder", "-o", "xml"], "'xml' is not one of 'table', 'json'"),
        (["ls", "folder", "-t", "models"], "'models' is not one of"),
        (["ls", "folder", "--limit", "ten"], "'ten' is not a valid integer"),
        (["ls", "folder", "--limit", "-1"], "-1 is not in the range"),
        (["ls", "folder", "--sort", "nmae"], "did you mean name?"),
        (["ls", "folder", "--sort", "-"], "has no column ''"),
        (["ls", "evaluation", "a/b", "--limit", "0"], "0 is not in the range"),
        (["create", "evaluation", "a/b", "-d", "a/c", "-m", "x"], "not of the form NAME=NUMBER"),
        (["commit", "a/b", "--metadata", "x"], "not of the form NAME=TEXT"),
        (["merge", "a/b", "a/b:v", "--ours", "--theirs"], "exclude each other"),
        (["label", "model", "a/b", "--set", "x", "-d", "y"], "--set replaces all labels"),
        (["cache", "prune", "--older-than", "long"], "'long' is no age"),
        (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ],
)
@on_one_hub
def test_a_value_of_the_wrong_kind_is_named(
    hub_of_things: str, run_ah: RunAh, options: list[str], said: str
) -> None:
    if options[0] == "label":
        options = [*options[:2], "vision/cnn", *options[3:]]
    _check(run_ah(*options), 2, said)


def test_text_that_is_no_name_is_a_usage_error_before_anything_is_asked(run_ah: RunAh) -> None:
    """Nobody is logged in, and nobody needs to be."""
    for name in _named(*MARKS):
        for wrong in ("/", "a//b", "no/such/thing/in/any/form"):
            result = run_ah(*_line(name, **dict.fromkeys(MARKS, wrong)))
            _check(result, 2, "names no", "cannot be the name", "names no new")


@on_one_hub
def test_the_other_type_is_refused(hub_of_things: str, run_ah: RunAh) -> None:
    own = _of(hub_of_things)
    swapped = {CNN: own[DIGITS], DIGITS: own[CNN], MODELS: own[DATASETS], DATASETS: own[MODELS]}
    for name in CALLS:
        if {"model", "dataset", "branch", "evaluation"} & set(name.split()) and _named(*MARKS):
            call = _line(name, **swapped)
            if call != _line(name, **own) and name != "delete branch":
                _check(run_ah(*call), 1, "is needed here")


@on_one_hub
def test_what_is_unknown_or_may_not_be_seen_is_said_not_to_be_there(
    hub: Any, hub_of_things: str, run_ah: RunAh
) -> None:
    """A folder, an asset, and all of another user who shares nothing."""
    key = hub.new_user().key
    for name in _named(*MARKS):
        absent = _of(hub_of_things, "absent")
        _check(run_ah(*_line(name, **absent)), 1, "There is no")
        _check(run_ah(*_line(name, **_of(hub_of_things)), "--key", key), 1, "There is no")
    for name in _named(CNN, DIGITS):
        places = _of(hub_of_things) | {
            CNN: f"{hub_of_things}/model/vision/absent",
            DIGITS: f"{hub_of_things}/dataset/vision/absent",
        }
        _check(run_ah(*_line(name, **places)), 1, "There is no")


@on_one_hub
def test_an_unknown_branch_tag_commit_path_or_id_is_named(
    hub_of_things: str, run_ah: RunAh
) -> None:
    for call, said in [
        (["ls", "object", "vision/cnn:absent"], "has no branch or tag absent"),
        (["ls", "object", "vision/cnn:tag/absent"], "has no tag absent"),
        (["ls", "commit", "vision/cnn:absent"], "has no branch absent"),
        (["log", "vision/cnn@0000"], "has no commit 0000"),
        (["show", "vision/cnn:abcd"], "has no branch, tag or commit abcd"),
        (["cat", "vision/digits", "absent.csv"], "absent.csv"),
        (["download", "vision/digits", "-p", "absent.csv"], "absent.csv"),
        (["download", "vision/digits", "-p", "absent/"], "absent/"),
        (["reset", "vision/cnn", "absent"], "absent"),
        (["revert", "vision/cnn", "0000"], "0000"),
        (["merge", "vision/cnn:absent", "vision/cnn"], "absent"),
        (["delete", "tag", "vision/cnn:absent"], "has no tag absent"),
        (["delete", "evaluation", str(uuid.UUID(int=1))], "evaluation"),
        (["delete", "evaluation", "seven"], "'seven' is no ID"),
        (["ls", "branch", str(uuid.UUID(int=1))], "asset"),
    ]:
        _check(run_ah(*call), 1, said)


@on_one_hub
def test_who_may_only_view_may_not_change(
    hub: Any, logged_in: Any, hub_of_things: str, run_ah: RunAh
) -> None:
    connection, reader = Connection(), hub.new_user()
    for folder in connection.request("GET", "/folders", query={"scope": "own"}):
        route = f"/folders/{folder['folder']['id']}/shares"
        connection.request("PUT", route, json={"user": reader.name, "level": "view"})
    for name in _named(*MARKS):
        result = run_ah(*_line(name, **_of(hub_of_things)), "--key", reader.key)
        if name in READING:
            assert result.code == 0, (name, result)
        else:
            _check(result, 1, "permission denied", "must be allowed", "may not")


@on_one_hub
def test_a_key_that_is_unknown_or_has_expired_says_how_to_log_in(
    hub: Any, logged_in: Any, run_ah: RunAh
) -> None:
    expired = hub.new_user().key
    hub.inside.database.write(
        lambda connection: (
            connection.execute(
                api_keys.update().where(api_keys.c.prefix == expired[:8]).values(expires=1)
            ).rowcount
        )
    )
    Path("file").write_text("1")
    for name in CALLS:
        for key in (expired, str(uuid.uuid4())):
            result = run_ah(*_line(name, **_own()), "--key", key)
            _check(result, 1, f"(ah login -H {hub.url} -k KEY)")
            assert key not in result.err


def test_without_a_hub_or_a_key_it_says_how_to_log_in(run_ah: RunAh) -> None:
    Path("file").write_text("1")
    for name in CALLS:
        _check(run_ah(*_line(name, **_own())), 1, "Log in with: ah login -H URL -k KEY")


def test_a_server_that_is_away_is_named(run_ah: RunAh) -> None:
    Path("file").write_text("1")
    away = ("--host", "http://127.0.0.1:9", "--key", str(uuid.uuid4()))
    for name in CALLS:
        _check(run_ah(*_line(name, **_own()), *away), 1, "Cannot reach the Asset Hub server at")


def test_a_page_of_a_proxy_is_told_from_a_hub(run_ah: RunAh) -> None:
    Path("file").write_text("1")
    page = (200, {"Content-Type": "text/html"}, b"<html>Please sign in</html>")
    with serve_answer(*page) as url:
        for name in CALLS:
            result = run_ah(*_line(name, **_own()), "--host", url, "--key", str(uuid.uuid4()))
            _check(result, 1, "with a page of HTML, which an Asset Hub does not")
            assert "<html>" not in result.err


@on_one_hub
@pytest.mark.parametrize("call", ["cat vision/digits big", "download vision/digits -s there"])
def test_what_is_cut_short_is_never_taken_for_whole(
    hub: Any, logged_in: Any, dataset: ah.Dataset, call: str
) -> None:
    """The connection ends in the midst of the file, and there is none any more."""
    Path("big").write_bytes(os.urandom(3 << 20))
    dataset.create_commit("big", add="big")
    proxy = Proxy(hub.url)
    proxy.hold(down=1 << 20)
    # Half a minute of trying again is not what is looked at here.
    code = f"""
import t9k.ah._patience
t9k.ah._patience._SECONDS = 0.0
from t9k.ah._cli import main
main({[*call.split(), "--host", proxy.url, "--key", logged_in.key]!r})
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert proxy.held.wait(20)
        proxy.close()
        _, err = process.communicate(timeout=20)
    _check(Result(process.returncode, "", err), 1, "Cannot reach the Asset Hub server")
    assert not Path("there/big").exists()


@on_one_hub
def test_a_place_that_cannot_be_written_is_named(dataset: ah.Dataset, run_ah: RunAh) -> None:
    Path("taken").write_text("a file")
    _check(run_ah("download", "vision/digits", "-s", "taken"), 2, "'taken' is a file")
    _check(run_ah("download", "vision/digits", "-s", "taken/deep"), 1, "Cannot write taken/deep")
    _check(run_ah("download", "vision/digits", "-s", "/proc/none"), 1, "another directory with -s")
    Path("test.csv").unlink()
    Path("test.csv").mkdir()
    _check(run_ah("download", "vision/digits"), 1, "is a directory")


@on_one_hub
def test_a_home_that_cannot_be_written_is_named(
    hub: Any, user: Any, run_ah: RunAh, home: Path
) -> None:
    (home / ".t9k").write_text("a file")
    result = run_ah("login", "-H", hub.url, "-k", user.key)
    _check(result, 1, "Cannot write the configuration file", "Cannot read the configuration file")


@on_one_hub
def test_a_local_file_that_cannot_be_read_is_named(dataset: ah.Dataset, run_ah: RunAh) -> None:
    before = dataset.list_commit()
    _check(run_ah("commit", "vision/digits", "-a", "absent"), 1, "Cannot add absent")
    os.mkfifo("pipe")
    _check(run_ah("commit", "vision/digits", "-a", "pipe"), 1, "Cannot add pipe")
    assert dataset.list_commit() == before


@on_one_hub
def test_a_clock_that_is_behind_the_hubs_makes_no_negative_age(
    hub_of_things: str, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: past)
    for call in (["folder"], ["model", "vision"], ["commit", "vision/cnn:v1"]):
        result = run_ah("ls", *call)
        assert result.code == 0
        assert result.out.count(" 0s ago") == len(result.rows) - 1 > 0


@on_one_hub
def test_an_output_that_is_full_is_said_so(dataset: ah.Dataset) -> None:
    for call in ("ls object vision/digits", "cat vision/digits test.csv", "--version"):
        run = subprocess.run(
            ["bash", "-c", f"{AH} {call} > /dev/full"], capture_output=True, text=True
        )
        _check(Result(run.returncode, "", run.stderr), 1, "No space left on device")


@on_one_hub
def test_debug_shows_where_an_error_came_from(logged_in: Any) -> None:
    for call in (["--debug", "ls", "model", "none"], ["ls", "model", "none", "--debug"]):
        run = subprocess.run([AH, *call], capture_output=True, text=True)
        assert run.returncode == 1
        assert "Traceback (most recent call last):" in run.stderr
        assert run.stderr.splitlines()[-1].startswith("AH ERROR: There is no folder")

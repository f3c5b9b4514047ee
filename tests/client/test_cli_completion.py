"""What a shell is told when somebody presses TAB, by the protocol of each and in real shells."""

from __future__ import annotations

import os
import pty
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh, serve_answer

AH = str(Path(sys.executable).with_name("ah"))


@pytest.fixture
def filled(model: ah.Model, dataset: ah.Dataset) -> ah.Model:
    """vision/cnn with the branches `main`, `v1` and `v2`, a tag, and files in directories."""
    branch = model.create_branch("v1")
    for name in ("train/a.csv", "train/b.csv", "test/c.csv", "top file.csv"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    branch.create_commit("files", add=["train", "test", "top file.csv"])
    branch.create_tag("rel")
    model.create_branch("v2")
    ah.create_folder("model", "voice")
    return model


Ask = Callable[[str, str], list[str]]
Offer = Callable[[str], list[str]]

on_one_hub = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)


@pytest.fixture
def ask(run_ah: RunAh, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Gives the lines that a shell's script gets for a line with the cursor at its end."""

    def ask(shell: str, line: str) -> list[str]:
        with monkeypatch.context() as patch:
            for name, value in _variables(shell, line).items():
                patch.setenv(name, value)
            result = run_ah()
        assert result.err == ""
        return result.out.splitlines()

    return ask


@pytest.fixture
def offered(ask: Ask) -> Offer:
    """Gives the words that are offered for a line with the cursor at its end."""

    def offered(line: str) -> list[str]:
        return [each.partition(",")[2] for each in ask("bash", line)]

    return offered


def _variables(shell: str, line: str) -> dict[str, str]:
    words = line.split(" ")
    variables = {"_AH_COMPLETE": f"{shell}_complete"}
    if shell == "bash":
        variables["COMP_LINE"] = line
    elif shell == "zsh":
        variables |= {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    else:
        variables |= {"COMP_WORDS": line, "COMP_CWORD": words[-1]}
    return variables


LINES = [
    ("ah comm", ["commit"]),
    ("ah ls obj", ["object"]),
    ("ah ls folder --sc", ["--scope"]),
    ("ah ls folder -t d", ["dataset"]),
    ("ah ls folder --sort o", ["owner"]),
    ("ah ls model v", ["vision", "voice"]),
    ("ah ls model vis", ["vision"]),
    ("ah ls dataset v", ["vision"]),
    ("ah delete folder model/vo", ["model/voice"]),
    ("ah ls branch v", ["vision/", "voice/"]),
    ("ah ls branch vision/", ["vision/cnn"]),
    ("ah ls branch model/vi", ["model/vision/"]),
    ("ah ls branch model/vision/c", ["model/vision/cnn"]),
    ("ah ls branch OWNER/model/vision/", ["OWNER/model/vision/cnn"]),
    ("ah ls tag vision/", ["vision/digits", "vision/cnn"]),
    ("ah ls tag nothing", []),
    ("ah ls object vision/cnn:", [":main", ":v1", ":v2", ":tag/rel"]),
    ("ah ls object vision/cnn:v", [":v1", ":v2"]),
    ("ah ls object vision/cnn:t", [":tag/rel"]),
    ("ah ls object vision/cnn:branch/v", [":branch/v1", ":branch/v2"]),
    ("ah ls object ID:tag/", [":tag/rel"]),
    ("ah commit vision/cnn:", [":main", ":v1", ":v2"]),
    ("ah delete tag vision/cnn:", [":tag/rel"]),
    ("ah create evaluation vision/cnn:v1 -d vi", ["vision/"]),
    ("ah history vision/cnn:v", [":v1", ":v2"]),
    ("ah leaderboard vision/digits:", [":main"]),
    ("ah leaderboard vision/digits -m x --best ", ["model", "all"]),
    ("ah show vision/cnn:v", [":v1", ":v2"]),
    ("ah show evaluation x --jso", ["--json"]),
    ("ah search ", ["evaluation"]),
    ("ah cat vision/cnn:v1 ", ["test/", "top file.csv", "train/"]),
    ("ah cat vision/cnn:v1 tr", ["train/"]),
    ("ah download vision/cnn:v1 -p train/", ["train/a.csv", "train/b.csv"]),
    ("ah completion ", ["bash", "zsh", "fish"]),
]


@on_one_hub
def test_a_word_is_completed_from_what_the_hub_has(filled: ah.Model, offered: Offer) -> None:
    names = {"OWNER": filled.folder.owner, "ID": filled.id}
    for line, words in LINES:
        for name, value in names.items():
            line = line.replace(name, value)
            words = [word.replace(name, value) for word in words]
        asset = line.rpartition(" ")[2].partition(":")[0]
        words = [f"{asset}{word}" if word[0] == ":" else word for word in words]
        assert offered(line) == words, line


@on_one_hub
def test_commits_are_offered_with_what_they_say(filled: ah.Model, ask: Ask, offered: Offer) -> None:
    newest = filled.get_branch("v1").id
    lines = ask("zsh", "ah reset vision/cnn:v1 ")
    items = list(zip(lines[::3], lines[1::3], lines[2::3], strict=True))
    assert items[0][:2] == ("plain", newest[:12])
    assert items[0][2].startswith("files (")
    assert ("plain", "tag/rel") in [item[:2] for item in items]
    first = filled.get_commit(-1).id
    assert offered("ah show vision/cnn@") == [f"vision/cnn@{first[:12]}"]


@on_one_hub
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_own_form(filled: ah.Model, ask: Ask, shell: str) -> None:
    told = ask(shell, "ah ls branch vision/c")
    forms = {
        "bash": ["plain,vision/cnn"],
        "zsh": ["plain", "vision/cnn", "model"],
        "fish": ["plain,vision/cnn\tmodel"],
    }
    assert told == forms[shell]


@on_one_hub
def test_host_and_key_of_the_line_are_used(hub: Any, filled: ah.Model, offered: Offer) -> None:
    other = hub.new_user()
    assert offered(f"ah --key {other.key} ls model v") == []
    assert offered(f"ah ls model --key {other.key} v") == []
    assert offered("ah --host http://127.0.0.1:9 ls model v") == []


@on_one_hub
def test_others_folders_are_offered_to_who_begins_to_write_them(
    filled: ah.Model, logged_in: Any, offered: Offer
) -> None:
    assert offered(f"ah ls model {logged_in.name}/") == [
        f"{logged_in.name}/model/vision",
        f"{logged_in.name}/model/voice",
    ]


def test_trouble_is_silent(offered: Offer, config: Path) -> None:
    """Nobody is logged in; then the file is broken; then what answers is no hub, or nothing."""
    assert offered("ah ls model v") == []
    config.parent.mkdir()
    config.write_text("[")
    assert offered("ah ls model v") == []
    key = "123e4567-e89b-42d3-a456-426614174000"
    with serve_answer(200, {}, b"<html>") as url:
        assert offered(f"ah --host {url} --key {key} ls model v") == []


def test_a_server_that_says_nothing_is_not_waited_for_long(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        line = f"ah --host {host} --key 123e4567-e89b-42d3-a456-426614174000 ls model v"
        run = subprocess.run(
            [AH],
            env=os.environ | _variables("bash", line),
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert (run.stdout, run.stderr) == ("", "")


def test_what_is_no_question_of_a_shell_is_answered_with_nothing(home: Path) -> None:
    for instruction in ("bash_complete", "tcsh_complete", "bash_dance", "x"):
        run = subprocess.run(
            [AH, "ls"],
            env=os.environ | {"_AH_COMPLETE": instruction},
            capture_output=True,
            text=True,
        )
        assert (run.returncode, run.stdout, run.stderr) == (1, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(run_ah: RunAh, shell: str) -> None:
    result = run_ah("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert f"_AH_COMPLETE={shell}_complete" in result.out
    if shutil.which(shell):
        run = subprocess.run([shell, "-n"], input=result.out, capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, "")


class _Shell:
    """A shell at a terminal, as somebody types into it."""

    def __init__(self, *command: str) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ["PATH"] = f"{Path(AH).parent}{os.pathsep}{os.environ['PATH']}"
            os.environ |= {"PS1": "> ", "TERM": "dumb", "HISTFILE": "/dev/null"}
            os.execvp(command[0], command)

    def type(self, keys: str, until: str) -> str:
        """Type, and return what is shown then, up to a text that must come."""
        os.write(self._terminal, keys.encode())
        shown, ends = "", time.monotonic() + 20
        while until not in shown:
            ready, _, _ = select.select([self._terminal], [], [], ends - time.monotonic())
            assert ready, f"{until!r} did not come after {shown!r}"
            shown += os.read(self._terminal, 4096).decode(errors="replace")
        return shown

    def end(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


@on_one_hub
@pytest.mark.parametrize(
    ("command", "start"),
    [
        (("bash", "--norc", "--noprofile", "-i"), 'eval "$(ah completion bash)"; echo rea""dy\n'),
        (
            ("zsh", "-f", "-i"),
            'autoload -U compinit; compinit -u; eval "$(ah completion zsh)"; echo rea""dy\n',
        ),
    ],
    ids=["bash", "zsh"],
)
def test_tab_completes_in_a_real_shell(
    filled: ah.Model, command: tuple[str, ...], start: str
) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here")
    shell = _Shell(*command)
    try:
        shell.type(start, "ready")
        # The word goes on after a slash, so that no space follows it.
        shell.type("echo; ah ls branch vis\t", "vision/")
        shell.type("c\t", "cnn")
        shell.type("\x15echo; ah ls object vision/cnn:tag\t", "/rel")
        shell.type('\x15ah ls object vision/cnn:ta\t | wc -l; echo do""ne\n', "done")
        shown = shell.type('\x15ah cat vision/cnn:v1 to\t; echo do""ne\n', "done")
        assert "AH ERROR" not in shown
    finally:
        shell.end()


@on_one_hub
def test_fish_completes_by_its_script(filled: ah.Model) -> None:
    if not shutil.which("fish"):
        pytest.skip("no fish here")
    path = f"{Path(AH).parent}{os.pathsep}{os.environ['PATH']}"
    for line, found in [
        ("ah ls branch vis", "vision/"),
        ("ah ls object vision/cnn:v", "vision/cnn:v1\tbranch\nvision/cnn:v2\tbranch"),
    ]:
        script = f'ah completion fish | source; complete -C "{line}"'
        run = subprocess.run(
            ["fish", "--no-config", "-c", script],
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
        )
        assert (run.stdout.strip(), run.stderr) == (found, "")

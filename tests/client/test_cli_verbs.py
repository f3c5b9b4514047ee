"""The verbs beside create, ls, commit and download: what each prints and does."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh

# What is printed does not hang on the database.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

AH = str(Path(sys.executable).with_name("ah"))


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that is two hours ahead of UTC."""
    monkeypatch.setenv("TZ", "XXX-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_whoami_says_the_user_and_the_hub(hub: Any, logged_in: Any, run_ah: RunAh) -> None:
    assert run_ah("whoami") == (0, f"{logged_in.name} at {hub.url}\n", "")
    assert json.loads(run_ah("whoami", "--json").out) == {"name": logged_in.name, "host": hub.url}
    assert run_ah("whoami", "-o", "name").out == f"{logged_in.name}\n"
    assert run_ah("whoami", "-o", "csv").out == f"name,host\n{logged_in.name},{hub.url}\n"
    assert run_ah("whoami", "-o", "yaml").out == f"name: {logged_in.name}\nhost: {hub.url}\n"


def test_host_and_key_hold_for_one_command_wherever_they_stand(
    hub: Any, logged_in: Any, run_ah: RunAh, config: Path
) -> None:
    other, before = hub.new_user(), config.read_text()
    for args in (
        ["--key", other.key, "whoami"],
        ["whoami", "--key", other.key],
        ["--key", logged_in.key, "whoami", "--key", other.key],
        ["--host", hub.url, "whoami", "--key", other.key],
    ):
        assert run_ah(*args).out == f"{other.name} at {hub.url}\n"
    assert run_ah("--key", other.key, "create", "folder", "model/theirs").code == 0
    assert run_ah("ls", "folder", "-s", "own", "--key", other.key).rows[1][3] == other.name
    assert len(run_ah("ls", "folder", "-s", "own").rows) == 1
    away = ("--host", "http://127.0.0.1:9", "--key", other.key)
    assert "127.0.0.1:9:" in run_ah("ls", "folder", *away).err
    assert config.read_text() == before


def test_login_takes_what_was_said_before_it(hub: Any, user: Any, run_ah: RunAh) -> None:
    assert run_ah("--host", hub.url, "--key", user.key, "login").code == 0
    assert run_ah("whoami").out == f"{user.name} at {hub.url}\n"


def test_quiet_shows_no_information_wherever_it_stands(logged_in: Any, run_ah: RunAh) -> None:
    assert run_ah("-q", "create", "folder", "model/a") == (0, "", "")
    assert run_ah("create", "-q", "folder", "model/b") == (0, "", "")
    assert run_ah("create", "folder", "model/c", "--quiet") == (0, "", "")
    assert run_ah("create", "folder", "model/d").err == "AH INFO: Creating Model Folder d\n"


def test_rename_keeps_the_id_and_all_else(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    assert run_ah("rename", "model", "vision/cnn", "mlp").code == 0
    assert run_ah("rename", "dataset", "vision/digits", "numbers").code == 0
    assert run_ah("rename", "folder", "model/vision", "seeing").code == 0
    found = ah.get_folder(None, "model", "seeing").get_asset("mlp")
    assert (found.id, found.folder.id) == (model.id, model.folder.id)
    assert ah.get_folder(None, "dataset", "vision").get_asset("numbers").id == dataset.id
    model.folder.create_asset("taken")
    result = run_ah("rename", "model", "seeing/mlp", "taken")
    assert (result.code, "already exists" in result.err) == (1, True)
    result = run_ah("rename", "model", "seeing/mlp", "seeing/other")
    assert (result.code, "must not be empty or hold / : @" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("folder", "model/vision"), ("model", "vision/cnn"), ("dataset", "vision/digits")],
)
def test_labels_are_shown_added_removed_and_replaced(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh, kind: str, name: str
) -> None:
    def labels() -> list[str]:
        return run_ah("label", kind, name).out.splitlines()

    assert labels() == []
    assert run_ah("label", kind, name, "-a", "b", "-a", "a", "-a", "b").code == 0
    assert labels() == ["b", "a"]
    assert run_ah("label", kind, name, "-d", "b", "-d", "absent", "-a", "c").code == 0
    assert labels() == ["a", "c"]
    assert run_ah("label", kind, name, "-d", "a", "-a", "a").code == 0
    assert labels() == ["c", "a"]
    assert run_ah("label", kind, name, "--set", "x", "--set", "y").code == 0
    record = json.loads(run_ah("label", kind, name, "--json").out)
    assert record["labels"] == ["x", "y"]
    assert record["name"].endswith(name.removeprefix("model/"))
    assert run_ah("label", kind, name, "-d", "x", "-d", "y").code == 0
    assert labels() == []
    assert json.loads(run_ah("label", kind, name, "--json").out)["labels"] == []
    result = run_ah("label", kind, name, "--set", "x", "-a", "y")
    assert (result.code, "--set replaces all labels" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("folder", "model/vision"), ("model", "vision/cnn"), ("dataset", "vision/digits")],
)
def test_a_description_is_shown_written_and_emptied(
    model: ah.Model,
    dataset: ah.Dataset,
    run_ah: RunAh,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    name: str,
) -> None:
    assert run_ah("describe", kind, name) == (0, "", "")
    assert run_ah("describe", kind, name, "数字 by a CNN").code == 0
    assert run_ah("describe", kind, name).out == "数字 by a CNN\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("# Two\n\nlines\n"))
    assert run_ah("describe", kind, name, "-").code == 0
    assert run_ah("describe", kind, name).out == "# Two\n\nlines\n"
    record = json.loads(run_ah("describe", kind, name, "--json").out)
    assert record["description"] == "# Two\n\nlines"
    assert run_ah("label", kind, name, "-a", "kept").code == 0
    assert run_ah("describe", kind, name, "").code == 0
    assert run_ah("describe", kind, name) == (0, "", "")
    assert run_ah("label", kind, name).out == "kept\n"
    result = run_ah("describe", kind, name, "x" * 4097)
    assert (result.code, "4096" in result.err.replace(",", "")) == (1, True)


def test_cat_writes_the_very_bytes(dataset: ah.Dataset, logged_in: Any) -> None:
    content = bytes(range(256)) * 20_000
    Path("b.bin").write_bytes(content)
    Path("empty").write_bytes(b"")
    dataset.create_commit("bytes", add=["b.bin", "empty"])
    for path, expected in (("b.bin", content), ("empty", b""), ("test.csv", b"0,1\n")):
        run = subprocess.run([AH, "cat", "vision/digits", path], capture_output=True)
        assert (run.returncode, run.stdout, run.stderr) == (0, expected, b"")


def test_cat_into_a_reader_that_has_enough_is_silent(dataset: ah.Dataset) -> None:
    Path("big").write_bytes(b"line\n" * 2_000_000)
    dataset.create_commit("big", add="big")
    run = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {AH} cat vision/digits big | head -n 2"],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout, run.stderr) == (141, "line\nline\n", "")


def test_cat_of_what_is_not_there_says_so(dataset: ah.Dataset, run_ah: RunAh) -> None:
    result = run_ah("cat", "vision/digits", "none.csv")
    assert (result.code, result.out) == (1, "")
    assert "none.csv" in result.err


def test_log_shows_each_commit_with_who_when_what_and_its_names(
    model: ah.Model, run_ah: RunAh, berlin: None
) -> None:
    branch = model.create_branch("v1")
    Path("w").write_text("1")
    commit = branch.create_commit("weights\n\nof the first run", add="w", metadata={"run": "7"})
    assert commit
    branch.create_tag("rel")
    first = branch.get_commit(-1)
    owner = model.folder.owner
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0200"
    assert re.fullmatch(
        rf"""commit {commit.id} \(v1, tag/rel\)
Author:  {owner}
Date:    {when}
run: 7

    weights

    of the first run

commit {first.id} \(main\)
Author:  {owner}
Date:    {when}

    Repository created
""",
        run_ah("log", "vision/cnn:v1").out,
    )
    lines = [
        f"{commit.id[:12]} (v1, tag/rel) weights",
        f"{first.id[:12]} (main) Repository created",
    ]
    for reference in (":v1", ":tag/rel", f"@{commit.id[:8]}"):
        out = run_ah("log", f"vision/cnn{reference}", "--oneline").out
        assert out.splitlines() == lines
    assert run_ah("log", "vision/cnn:v1", "--oneline", "--limit", "1").out.splitlines() == lines[:1]
    names = run_ah("log", "vision/cnn:v1", "-o", "name").out.splitlines()
    assert names == [f"{owner}/model/vision/cnn@{id_}" for id_ in (commit.id, first.id)]
    entries = json.loads(run_ah("log", "vision/cnn:v1", "--json").out)
    assert entries == branch.list_commit()


def test_show_is_one_commit_with_its_metadata_and_changes(
    dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("new.csv").write_text("12345678")
    commit = dataset.create_commit(
        "more", add=["new.csv"], delete=["test.csv"], metadata={"by": "x"}
    )
    assert commit
    out = run_ah("show", "vision/digits").out
    assert out.startswith(f"commit {commit.id} (main)\nAuthor:  {dataset.folder.owner}\n")
    assert "by: x\nHolds:   1 object, 8B\n\n    more\n\n+ new.csv  8B\n- test.csv\n" in out
    shown = json.loads(run_ah("show", f"vision/digits@{commit.id[:6]}", "--json").out)
    assert (shown["id"], shown["metadata"], shown["objects"]) == (commit.id, {"by": "x"}, 1)
    assert [(each["path"], each["type"]) for each in shown["changes"]] == [
        ("new.csv", "added"),
        ("test.csv", "removed"),
    ]
    assert run_ah("show", "vision/digits", "-o", "table").rows == [
        ["TYPE", "PATH", "OLD_BYTES", "NEW_BYTES"],
        ["added", "new.csv", "8B"],
        ["removed", "test.csv", "4B"],
    ]
    assert run_ah("show", "vision/digits", "-o", "name").out.endswith(
        f"vision/digits@{commit.id}\n"
    )
    first = dataset.get_commit(-1)
    out = run_ah("show", f"vision/digits@{first.id}").out
    assert out.endswith("Holds:   0 objects, 0B\n\n    Repository created\n")


def test_a_merge_shows_its_parents_and_what_it_changed_in_the_first(
    model: ah.Model, run_ah: RunAh
) -> None:
    main, other = model.get_branch("main"), model.create_branch("v1")
    for branch, name in ((main, "a"), (other, "b")):
        Path(name).write_text(name)
        branch.create_commit(name, add=name)
    parents = main.id, other.id
    main.merge(other)
    out = run_ah("show", "vision/cnn").out
    assert f"\nMerge:   {parents[0][:12]} {parents[1][:12]}\n" in out
    assert out.endswith("\n\n+ b  1B\n")


def test_diff_prints_its_forms(dataset: ah.Dataset, run_ah: RunAh) -> None:
    old = dataset.commit_id
    Path("new.csv").write_text("1")
    dataset.create_commit("more", add="new.csv")
    command = ("diff", f"vision/digits@{old}", "vision/digits")
    assert run_ah(*command).out == "+ new.csv  1B\n"
    assert run_ah(*command, "-o", "name").out == "new.csv\n"
    (row,) = csv.DictReader(io.StringIO(run_ah(*command, "-o", "csv").out))
    (entry,) = json.loads(run_ah(*command, "--json").out)
    assert (row["type"], row["path"], row["old_bytes"]) == ("added", "new.csv", "")
    assert row["new_checksum"] == entry["new"]["checksum"]


def test_what_makes_a_commit_names_it_in_every_form(dataset: ah.Dataset, run_ah: RunAh) -> None:
    Path("n").write_text("1")
    made = json.loads(run_ah("commit", "vision/digits", "-a", "n", "--json").out)
    assert made["id"] == dataset.commit_id
    assert run_ah("show", made["reference"], "-o", "name").out == f"{made['reference']}\n"
    again = run_ah("commit", "vision/digits", "-a", "n", "--json")
    assert (again.code, again.out) == (0, "")
    reset = run_ah("reset", "vision/digits", made["id"][:8], "-o", "name")
    assert reset.out == f"{made['reference']}\n"


def _answer_at_a_terminal(args: list[str], answer: bytes) -> tuple[int, str]:
    """The exit code of `ah` at a terminal where somebody types an answer, and what it showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(AH, [AH, *args])
    shown = b""
    sent = False
    while True:
        try:
            chunk = os.read(terminal, 1024)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
        if not sent and b"[y/N]" in shown:
            os.write(terminal, answer)
            sent = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_delete_asks_at_a_terminal_only(model: ah.Model, run_ah: RunAh) -> None:
    owner = model.folder.owner
    code, shown = _answer_at_a_terminal(["delete", "model", "vision/cnn"], b"n\n")
    assert (
        f"Delete model {owner}/model/vision/cnn with all its commits and evaluations? [y/N]"
        in shown
    )
    assert code == 1
    assert "Nothing was deleted" in shown
    code, shown = _answer_at_a_terminal(["delete", "model", "vision/cnn"], b"\x04")
    assert code == 130
    assert model.list_branch()
    code, shown = _answer_at_a_terminal(["delete", "model", "vision/cnn"], b"y\n")
    assert code == 0, shown
    assert model.folder.list_asset() == []
    code, shown = _answer_at_a_terminal(["delete", "-y", "folder", "model/vision"], b"")
    assert code == 2
    code, shown = _answer_at_a_terminal(["delete", "folder", "model/vision", "-y"], b"")
    assert code == 0
    assert "[y/N]" not in shown


def test_delete_asks_nobody_where_output_or_input_is_no_terminal(
    model: ah.Model, run_ah: RunAh
) -> None:
    """Released scripts do not answer."""
    assert run_ah("delete", "model", "vision/cnn").code == 0
    assert run_ah("delete", "folder", "model/vision", "--yes").code == 0


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_gets_colors_unless_it_wants_none(
    model: ah.Model, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    _, listed = _answer_at_a_terminal(["ls", "branch", "vision/cnn"], b"")
    _, failed = _answer_at_a_terminal(["ls", "branch", "vision/none"], b"")
    assert "NAME" in listed
    assert "AH ERROR:" in failed
    assert ("\x1b[" in listed, "\x1b[" in failed) == (not variables, not variables)

"""The command as a program: help, usage, exit codes, and how it prints."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

from t9k import ah
from t9k.ah import _tables as tables
from t9k.ah._cli.program import ah as program

from .conftest import RunAh

AH = str(Path(sys.executable).with_name("ah"))


def _commands(group: click.Group, names: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [names]
    for name, command in group.commands.items():
        inner = (*names, name)
        found += _commands(command, inner) if isinstance(command, click.Group) else [inner]
    return found


@pytest.mark.parametrize("command", _commands(program), ids=" ".join)
def test_help_shows_an_example_of_every_command(run_ah: RunAh, command: tuple[str, ...]) -> None:
    result = run_ah(*command, "--help")
    assert (result.code, result.err) == (0, "")
    assert "Example" in result.out
    assert f"  ah {' '.join(command)}".rstrip() in result.out
    if command not in (("ls", "branch"), ("ls", "object"), ("cache", "ls")):
        assert run_ah(*command, "-h") == result


def test_version_is_the_packages(run_ah: RunAh) -> None:
    assert run_ah("--version") == (0, f"ah {ah.__version__}\n", "")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["cretae"], "No such command 'cretae'. Did you mean 'create'? See: ah --help"),
        (["ls", "modle"], "No such command 'modle'. Did you mean 'model'? See: ah ls --help"),
        (["ls", "folder", "--scop", "own"], "No such option '--scop'. Did you mean '--scope'?"),
        (["ls", "folder", "-s", "mine"], "'mine' is not one of 'own', 'shared', 'public', 'all'"),
        (["ls", "evaluation", "a/b", "--limit", "0"], "0 is not in the range x>=1"),
        (["ls", "model"], "Missing argument 'FOLDER'"),
        (["create", "evaluation", "a/b", "-m", "x=1"], "Missing option '-d' / '--dataset'"),
        (["logout", "now"], "Got unexpected extra argument"),
    ],
)
def test_wrong_usage_exits_2_with_one_line_that_says_where_help_is(
    run_ah: RunAh, args: list[str], said: str
) -> None:
    result = run_ah(*args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("AH ERROR: ")
    assert said in result.err
    assert result.err.count("\n") == 1


def test_a_group_alone_shows_its_help(run_ah: RunAh) -> None:
    for args in ([], ["ls"], ["create"]):
        result = run_ah(*args)
        assert (result.code, result.out) == (2, "")
        assert "Examples:" in result.err


def test_the_installed_program_runs_and_separates_its_two_outputs(logged_in: Any) -> None:
    made = subprocess.run([AH, "create", "folder", "model/x"], capture_output=True, text=True)
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr == "AH INFO: Creating Model Folder x\n"
    again = subprocess.run([AH, "create", "folder", "model/x"], capture_output=True, text=True)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"AH ERROR: folder {logged_in.name}/model/x already exists\n"


def test_a_reader_that_has_enough_is_no_trouble(logged_in: Any) -> None:
    process = subprocess.Popen([AH, "ls", "folder"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert err == b""


def test_ctrl_c_exits_130_and_drops_what_it_staged(dataset: ah.Dataset) -> None:
    """The signal comes when the deletion is staged and the upload about to start."""
    before = dataset.list_commit()
    code = (
        "import os, signal, sys\n"
        "from t9k.ah._uploads import Upload\n"
        "def stop(*args): os.kill(os.getpid(), signal.SIGINT)\n"
        "Upload.send = stop\n"
        "from t9k.ah._cli import main\n"
        "main(['commit', 'vision/digits', '-d', 'test.csv', '-a', 'test.csv:new'])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 130
    assert run.stderr.splitlines()[-1] == "AH ERROR: Interrupted"
    assert dataset.list_commit() == before


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (0, "0s ago"),
        (37, "37s ago"),
        (59, "59s ago"),
        (60, "1m0s ago"),
        (245, "4m5s ago"),
        (3599, "59m59s ago"),
        (18180, "5h3m ago"),
        (86399, "23h59m ago"),
        (187200, "2d4h ago"),
        (-30, "0s ago"),
    ],
)
def test_ages_read_in_their_two_largest_units(
    monkeypatch: pytest.MonkeyPatch, seconds: int, age: str
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.5)
    assert tables.age_of(1_700_000_000 - seconds) == age


def test_ages_of_rfc_3339_take_any_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_669_879_282.9 + 245)
    for fraction in ("", ".854", ".85489", ".854890"):
        assert tables.age_of(f"2022-12-01T07:21:22{fraction}Z") == "4m5s ago"


@pytest.mark.parametrize(
    ("count", "plain", "human"),
    [
        (0, "0B", "0B"),
        (1023, "1023B", "1023B"),
        (1024, "1024B", "1.0KiB"),
        (375943, "375943B", "367.1KiB"),
        (1024**2 - 1, "1048575B", "1.0MiB"),
        (5 * 1024**4, "5497558138880B", "5.0TiB"),
    ],
)
def test_sizes_read_in_bytes_or_for_people(count: int, plain: str, human: str) -> None:
    assert (tables.size_of(count), tables.size_of(count, human=True)) == (plain, human)


def test_columns_align_where_characters_are_wide_and_nothing_moves_the_cursor() -> None:
    lines = tables.format_table(["NAME", "N"], [["数据", "1"], ["a\x1b[2Jb\tc", "22"]], right=["N"])
    assert lines == ["NAME       N", "数据       1", "a?[2Jb?c  22"]

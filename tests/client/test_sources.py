"""What can be added to a commit, and what is refused before anything is sent."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from proxies import Proxy
from t9k import ah
from t9k.ah import _uploads

from .conftest import RunAh
from .transfers import MEBI, bytes_sent, content_of


def test_a_directory_is_added_without_what_its_ahignore_files_name(
    dataset: ah.Dataset, run_ah: RunAh
) -> None:
    for name in ("a.log", "keep.log", "w/x.tmp", "w/deep/a.log", "w/y", "out/z", "数据/é"):
        Path("src", name).parent.mkdir(parents=True, exist_ok=True)
        Path("src", name).write_text(name)
    Path("src/.ahignore").write_text("# logs\n*.log\n!keep.log\n/out/\n")
    Path("src/w/.ahignore").write_text("*.tmp\n!a.log\n")
    assert run_ah("commit", "vision/digits", "-a", "src/.", "-d", "test.csv").code == 0
    assert [each["path"] for each in dataset.list_object()] == [
        ".ahignore",
        "keep.log",
        "w/.ahignore",
        "w/deep/a.log",
        "w/y",
        "数据/é",
    ]


def test_an_ahignore_that_is_no_text_is_named(dataset: ah.Dataset, run_ah: RunAh) -> None:
    Path("src").mkdir()
    Path("src/.ahignore").write_bytes(b"\xff\xfe")
    result = run_ah("commit", "vision/digits", "-a", "src")
    assert result.code == 1
    assert "Cannot add src/.ahignore: it is no list of patterns" in result.err


def test_standard_input_becomes_a_file(
    dataset: ah.Dataset, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(3 * MEBI)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert run_ah("commit", "vision/digits", "-a", "-:w/in.bin").code == 0
    assert content_of(dataset)["w/in.bin"] == content
    for given in ("-", "-:", "-:w/"):
        result = run_ah("commit", "vision/digits", "-a", given)
        assert (result.code, result.out) == (2, "")
        assert "Standard input needs a path to land at: -a -:PATH." in result.err
    assert run_ah("commit", "vision/digits", "-a", "-:a", "-a", "-:b").code == 2


def test_a_file_named_like_standard_input_is_reached_by_its_directory(
    dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("-").write_text("dash")
    assert run_ah("commit", "vision/digits", "-a", "./-").code == 0
    assert content_of(dataset)["-"] == b"dash"


def test_empty_files_are_kept_and_empty_directories_are_said_not_to_be(
    dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("src/hollow/deep").mkdir(parents=True)
    Path("src/full").touch()
    result = run_ah("commit", "vision/digits", "-a", "src", "-d", "test.csv")
    assert "AH INFO: Empty directories are not kept: src/hollow/deep\n" in result.err
    assert content_of(dataset) == {"src/full": b""}


def test_a_file_that_may_not_be_read_is_named_before_anything_is_sent(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # These tests may run as root, who may read everything whatever its mode.
    for path in Path("tree/d6").iterdir():
        path.chmod(0o200)
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, *rest: "d6/" not in path and real(path, *rest))

    def commit() -> None:
        with pytest.raises(
            ah.InvalidInputError, match="Cannot add tree/d6/f104: permission denied"
        ):
            data.create_commit("no", add="tree")

    assert bytes_sent(proxy, commit) < 2000


def test_a_name_that_is_not_utf_8_is_shown_escaped(dataset: ah.Dataset, run_ah: RunAh) -> None:
    Path("src").mkdir()
    Path(os.fsdecode(b"src/caf\xe9")).touch()
    result = run_ah("commit", "vision/digits", "-a", "src")
    assert (result.code, result.out) == (1, "")
    assert result.err == "AH ERROR: Cannot add src/caf\\udce9: its name is not UTF-8\n"


def test_links_to_directories_are_followed_inside_but_not_around(dataset: ah.Dataset) -> None:
    Path("src/real").mkdir(parents=True)
    Path("src/real/f").write_text("f")
    Path("src/also").symlink_to("real")
    dataset.create_commit("links", add="src/.", delete="test.csv")
    assert content_of(dataset) == {"also/f": b"f", "real/f": b"f"}
    for name, leads, said in [
        ("loop", "..", "which it is in itself"),
        ("gone", "none", "which is not there"),
        ("out", "../..", "leads out of"),
    ]:
        link = Path("src/real", name)
        link.symlink_to(leads)
        with pytest.raises(ah.InvalidInputError, match=f"{name}: it is a link .*{said}"):
            dataset.create_commit("no", add="src")
        link.unlink()


@pytest.mark.parametrize("size", [100, _uploads._SMALL_BYTES, 3 * MEBI])
def test_a_file_that_changes_while_it_is_read_is_named_and_nothing_is_committed(
    dataset: ah.Dataset, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    Path("src").mkdir()
    Path("src/moving").write_bytes(os.urandom(size))
    Path("src/still").write_text("still")
    before = dataset.commit_id
    real_open, real_builtin = os.open, open

    def change(path: Any) -> None:
        if str(path).endswith("moving"):
            with real_builtin("src/moving", "ab") as file:
                file.write(b"more")

    def open_changing(path: Any, *args: Any, **kwargs: Any) -> Any:
        change(path)
        return real_open(path, *args, **kwargs)

    def builtin_changing(path: Any, *args: Any, **kwargs: Any) -> Any:
        change(path)
        return real_builtin(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_changing)
        patch.setattr("builtins.open", builtin_changing)
        with pytest.raises(ah.InvalidInputError, match="src/moving: it changed while it was read"):
            dataset.create_commit("no", add="src")
    assert dataset.commit_id == before

"""Downloads: whole, verified, and nowhere but below the destination."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from t9k import ah
from t9k.ah._connection import Connection
from t9k.ah._downloads import Wanted, download

from .conftest import RunAh, serve_answer


@pytest.fixture
def files(dataset: ah.Dataset) -> dict[str, bytes]:
    """What the dataset holds: an empty file, some below directories, one of several chunks."""
    content = {
        "a/empty": b"",
        "a/b/c.txt": b"text",
        "数据/é.bin": bytes(range(256)),
        "large": os.urandom(3_000_000),
    }
    for path, data in content.items():
        Path("up", path).parent.mkdir(parents=True, exist_ok=True)
        Path("up", path).write_bytes(data)
    dataset.create_commit("files", add="up/.", delete="test.csv")
    return content


def _read(directory: str) -> dict[str, bytes]:
    found = {}
    for path in Path(directory).rglob("*"):
        if path.is_file():
            found[path.relative_to(directory).as_posix()] = path.read_bytes()
    return found


def test_what_was_committed_comes_back_and_nothing_else(
    dataset: ah.Dataset, files: dict[str, bytes], run_ah: RunAh
) -> None:
    written = dataset.download(save_dir="new/down")
    assert _read("new/down") == files
    assert sorted(written) == sorted(Path("new/down", path) for path in files)
    Path("new/down/large").write_text("old")
    assert run_ah("download", "vision/digits", "-s", "new/down") == (
        0,
        "",
        "AH INFO: Downloading 4 objects of Dataset digits to new/down\n",
    )
    assert _read("new/down") == files


def test_paths_choose_files_and_all_below_a_directory(
    dataset: ah.Dataset, files: dict[str, bytes], run_ah: RunAh
) -> None:
    assert run_ah("download", "vision/digits", "-p", "a/", "-p", "large", "-s", "d").code == 0
    assert sorted(_read("d")) == ["a/b/c.txt", "a/empty", "large"]
    dataset.get_commit(0).download("a/b/c.txt", "e")
    assert _read("e") == {"a/b/c.txt": b"text"}
    for wrong in ("a", "none", "b/"):
        result = run_ah("download", "vision/digits", "-p", "large", "-p", wrong, "-s", "f")
        assert (result.code, result.err) == (1, f"AH ERROR: There is no object {wrong}\n")
    assert not Path("f").exists()


def test_tags_and_older_commits_give_what_they_held(
    dataset: ah.Dataset, files: dict[str, bytes]
) -> None:
    dataset.get_commit(1).create_tag("old")
    dataset.get_tag("old").download(save_dir="old")
    assert _read("old") == {"test.csv": b"0,1\n"}


def test_files_follow_the_umask_as_others_do(dataset: ah.Dataset, files: dict[str, bytes]) -> None:
    before = os.umask(0o027)
    try:
        (written,) = dataset.download("a/empty", "d")
        Path("plain").touch()
        assert written.stat().st_mode == Path("plain").stat().st_mode
    finally:
        os.umask(before)


def test_links_and_directories_in_the_way_are_refused_before_anything_is_written(
    dataset: ah.Dataset, files: dict[str, bytes], tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for case, (place, said) in enumerate(
        [("a", "through the link"), ("a/b/c.txt", "through the link"), ("large", "is a directory")]
    ):
        target = Path(f"d{case}", place)
        target.parent.mkdir(parents=True)
        if said == "is a directory":
            target.mkdir()
        else:
            target.symlink_to(outside)
        with pytest.raises(ah.DownloadError, match=said):
            dataset.download(save_dir=f"d{case}")
        assert _read(f"d{case}") == {}
    assert list(outside.iterdir()) == []


def test_a_destination_that_is_itself_a_link_is_used(
    dataset: ah.Dataset, files: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    Path("d").symlink_to(tmp_path / "disk")
    dataset.download("large", "d")
    assert sorted(_read(str(tmp_path / "disk"))) == ["large"]


def test_a_destination_that_is_a_file_is_named(
    dataset: ah.Dataset, files: dict[str, bytes], run_ah: RunAh
) -> None:
    Path("f").touch()
    result = run_ah("download", "vision/digits", "-s", "f")
    assert (result.code, result.out) == (1, "")
    assert re.search(r"^AH ERROR: (Not a directory|File exists): f", result.err, re.MULTILINE)


def test_damaged_bytes_are_refused_and_leave_what_was_there(
    hub: Any, dataset: ah.Dataset, files: dict[str, bytes]
) -> None:
    entries = [Wanted("large", len(files["large"]), "0" * 64)]
    Path("d").mkdir()
    Path("d/large").write_text("old")
    client = dataset.folder._connection
    with pytest.raises(ah.DownloadError, match="The object large arrived damaged"):
        download(client, dataset.id, dataset.commit_id, entries, "d")
    assert _read("d") == {"large": b"old"}


@pytest.mark.parametrize(("sent", "said"), [(299_000, "cut short"), (400_000, "damaged")])
def test_an_answer_of_another_length_than_the_listing_says_is_refused(
    logged_in: Any, sent: int, said: str
) -> None:
    content = os.urandom(400_000)
    entry = Wanted("large", 300_000, sha256(content).hexdigest())
    with serve_answer(200, {"Content-Length": str(sent)}, content[:sent]) as url:
        connection = Connection(url, logged_in.key)
        with pytest.raises(ah.DownloadError, match=f"The object large arrived {said}"):
            download(connection, "asset", "commit", [entry], "d")
    assert _read("d") == {}


def test_an_answer_that_keeps_breaking_off_is_given_up(
    logged_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("t9k.ah._patience._SECONDS", 0.5)
    entry = Wanted("large", 300_000, "0" * 64)
    with serve_answer(200, {"Content-Length": "300000"}, b"") as url:
        connection = Connection(url, logged_in.key)
        with pytest.raises(ah.ConnectionFailedError, match="the connection broke off"):
            download(connection, "asset", "commit", [entry], "d")
    assert _read("d") == {}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a//x", "./x", "", "a/\0"])
def test_a_server_cannot_name_a_place_outside(dataset: ah.Dataset, path: str) -> None:
    entry = Wanted(path, 4, "0" * 64)
    with pytest.raises(ah.DownloadError, match="would land outside d: it is not downloaded"):
        download(dataset.folder._connection, dataset.id, dataset.commit_id, [entry], "d")
    assert not Path("d").exists()

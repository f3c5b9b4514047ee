"""Downloads: whole, verified, and nowhere but below the destination."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from proxies import Proxy
from t9k import ah
from t9k.ah._connection import Connection
from t9k.ah._downloads import Wanted, download

from .conftest import RunAh, serve_answer
from .transfers import MEBI, NO_CONTENT, read_tree, run_until

pytestmark = pytest.mark.usefixtures("old_enough")


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


def test_what_was_committed_comes_back_and_nothing_else(
    dataset: ah.Dataset, files: dict[str, bytes], run_ah: RunAh
) -> None:
    written = dataset.download(save_dir="new/down")
    assert read_tree("new/down") == files
    assert sorted(written) == sorted(Path("new/down", path) for path in files)
    Path("new/down/large").write_text("old")
    assert run_ah("download", "vision/digits", "-s", "new/down") == (
        0,
        "",
        "AH INFO: Downloading 4 objects of Dataset digits to new/down\n",
    )
    assert read_tree("new/down") == files


def test_paths_choose_files_and_all_below_a_directory(
    dataset: ah.Dataset, files: dict[str, bytes], run_ah: RunAh
) -> None:
    assert run_ah("download", "vision/digits", "-p", "a/", "-p", "large", "-s", "d").code == 0
    assert sorted(read_tree("d")) == ["a/b/c.txt", "a/empty", "large"]
    dataset.get_commit(0).download("a/b/c.txt", "e")
    assert read_tree("e") == {"a/b/c.txt": b"text"}
    for wrong in ("a", "none", "b/"):
        result = run_ah("download", "vision/digits", "-p", "large", "-p", wrong, "-s", "f")
        assert result.code == 1
        assert result.err.startswith(f"AH ERROR: There is no object {wrong}")
    assert not Path("f").exists()


def test_tags_and_older_commits_give_what_they_held(
    dataset: ah.Dataset, files: dict[str, bytes]
) -> None:
    dataset.get_commit(1).create_tag("old")
    dataset.get_tag("old").download(save_dir="old")
    assert read_tree("old") == {"test.csv": b"0,1\n"}


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
        assert read_tree(f"d{case}") == {}
    assert list(outside.iterdir()) == []


def test_a_destination_that_is_itself_a_link_is_used(
    dataset: ah.Dataset, files: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    Path("d").symlink_to(tmp_path / "disk")
    dataset.download("large", "d")
    assert sorted(read_tree(str(tmp_path / "disk"))) == ["large"]


def test_a_destination_that_is_a_file_is_refused(
    dataset: ah.Dataset, files: dict[str, bytes]
) -> None:
    Path("f").write_text("f")
    with pytest.raises((NotADirectoryError, FileExistsError), match="f"):
        dataset.download(save_dir="f")
    assert Path("f").read_text() == "f"


def test_damaged_bytes_are_refused_and_leave_what_was_there(
    hub: Any, dataset: ah.Dataset, files: dict[str, bytes]
) -> None:
    entries = [Wanted("large", len(files["large"]), "0" * 64)]
    Path("d").mkdir()
    Path("d/large").write_text("old")
    client = dataset.folder._connection
    with pytest.raises(ah.DownloadError, match="The object large arrived damaged"):
        download(client, dataset.id, dataset.commit_id, entries, "d")
    assert read_tree("d") == {"large": b"old"}


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
    assert read_tree("d") == {}


def test_an_answer_that_keeps_breaking_off_is_given_up(
    logged_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("t9k.ah._patience._SECONDS", 0.5)
    entry = Wanted("large", 300_000, "0" * 64)
    with serve_answer(200, {"Content-Length": "300000"}, b"") as url:
        connection = Connection(url, logged_in.key)
        with pytest.raises(ah.ConnectionFailedError, match="the connection broke off"):
            download(connection, "asset", "commit", [entry], "d")
    assert read_tree("d") == {}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a//x", "./x", "", "a/\0"])
def test_a_server_cannot_name_a_place_outside(dataset: ah.Dataset, path: str) -> None:
    entry = Wanted(path, 4, "0" * 64)
    with pytest.raises(ah.DownloadError, match="would land outside d: it is not downloaded"):
        download(dataset.folder._connection, dataset.id, dataset.commit_id, [entry], "d")
    assert not Path("d").exists()


def test_a_killed_download_goes_on_where_it_ended(
    data: ah.Dataset, proxy: Proxy, home: Path
) -> None:
    content = os.urandom(24 * MEBI)
    Path("big").write_bytes(content)
    data.create_commit("big", add="big")
    code = (
        "from t9k.ah._cli import main\n"
        "main(['download', 'vision/digits', '-p', 'big', '-s', 'down'])\n"
    )
    proxy.hold(down=16 * MEBI)
    run_until(
        proxy,
        code,
        lambda: sum(each.stat().st_size for each in Path("down").iterdir()) > 10 * MEBI,
    )
    before = proxy.down
    data.download("big", "down")
    assert proxy.down - before < 14 * MEBI
    assert read_tree("down") == {"big": content}


def test_files_that_are_there_and_equal_are_not_fetched(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    data.download(save_dir="down")
    Path("down/d1/f1").write_bytes(b"y" * 2048)
    Path("down/d1/f8").unlink()
    Path("down/mine").write_text("mine")
    for place in ("down", "tree"):
        before = proxy.down
        data.download(save_dir=place)
        assert proxy.down - before < NO_CONTENT
        assert read_tree(place) == {**tree, "test.csv": b"0,1\n"} | (
            {"mine": b"mine"} if place == "down" else {}
        )


def test_globs_choose_files_but_a_path_of_that_name_goes_before(dataset: ah.Dataset) -> None:
    for name in (
        "a.csv",
        "b.txt",
        "d/a.csv",
        "d/e/a.csv",
        "d/e/b[1].txt",
        "d/e/b1.txt",
        "数/é.csv",
    ):
        Path("src", name).parent.mkdir(parents=True, exist_ok=True)
        Path("src", name).write_text(name)
    dataset.create_commit("files", add="src/.", delete="test.csv")
    for pattern, paths in [
        ("*.csv", ["a.csv"]),
        ("**/*.csv", ["a.csv", "d/a.csv", "d/e/a.csv", "数/é.csv"]),
        ("d/**", ["d/a.csv", "d/e/a.csv", "d/e/b1.txt", "d/e/b[1].txt"]),
        ("d/**/a.csv", ["d/a.csv", "d/e/a.csv"]),
        ("*/?.csv", ["d/a.csv", "数/é.csv"]),
        ("d/e/b[1].txt", ["d/e/b[1].txt"]),
        ("d/e/b[0-9].txt", ["d/e/b1.txt"]),
        ("d/e/b[!0].*", ["d/e/b1.txt"]),
        ("[ab].*", ["a.csv", "b.txt"]),
        ("d/*/", ["d/e/a.csv", "d/e/b1.txt", "d/e/b[1].txt"]),
    ]:
        written = dataset.download(pattern, "down")
        assert [path.relative_to("down").as_posix() for path in written] == paths, pattern
    for pattern in ("*.none", "*.CSV", "a.csv/", "d"):
        with pytest.raises(ah.NotFoundError, match="There is no object"):
            dataset.download(pattern, "down")
    with pytest.raises(ah.InvalidInputError, match="is no pattern of paths"):
        dataset.download("[z-a]", "down")


def test_a_file_and_a_directory_of_one_name_are_refused_with_what_to_do(
    dataset: ah.Dataset,
) -> None:
    Path("f").write_text("f")
    dataset.create_commit("both", add=[("f", "a"), ("f", "a/b")], delete="test.csv")
    with pytest.raises(ah.DownloadError, match="The objects a and a/b cannot both be files here"):
        dataset.download(save_dir="down")
    assert not Path("down").exists()
    dataset.download("a/", "down")
    assert read_tree("down") == {"a/b": b"f"}


def test_a_name_that_the_system_cannot_hold_is_refused(dataset: ah.Dataset) -> None:
    Path("f").write_text("f")
    dataset.create_commit("long", add={"f": "字" * 100})
    with pytest.raises(ah.DownloadError, match="this system has no such names"):
        dataset.download(save_dir="down")

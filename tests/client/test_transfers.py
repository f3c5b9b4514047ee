"""Transfers: only what is missing travels, and what breaks off goes on."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from proxies import Proxy, run_proxy
from t9k import ah
from t9k.ah import _uploads
from t9k.ah._connection import Connection
from t9k.ah._operations import Operation
from t9k.ah._patience import Patience

from .conftest import RunAh, serve_answer

MEBI = 1 << 20
# What the requests of a commit or a download take that has no content to send: a bound for trees
# of some hundred files.
NO_CONTENT = 200_000


@pytest.fixture
def proxy(hub: Any, logged_in: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy before the hub, which all that follows goes through."""
    with run_proxy(hub.url) as running:
        monkeypatch.setenv("ASSET_HUB_HOST", running.url)
        monkeypatch.setenv("ASSET_HUB_API_KEY", logged_in.key)
        monkeypatch.setattr("t9k.ah._hub._default", None)
        yield running


@pytest.fixture
def data(proxy: Proxy, dataset: ah.Dataset) -> ah.Dataset:
    """The dataset `vision/digits`, reached through the proxy."""
    found = ah.get_asset(dataset.id)
    assert isinstance(found, ah.Dataset)
    return found


@pytest.fixture
def tree() -> dict[str, bytes]:
    """A directory `tree` of 300 files with 2 KiB each."""
    content = {f"d{at % 7}/f{at}": os.urandom(2048) for at in range(300)}
    for path, data in content.items():
        Path("tree", path).parent.mkdir(parents=True, exist_ok=True)
        Path("tree", path).write_bytes(data)
    return content


@pytest.fixture(autouse=True)
def old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the index trust files that were just made, whose times it would not."""
    monkeypatch.setattr("t9k.ah._index._RACY_NS", -(10**12))


def _content(dataset: ah.Dataset, into: str = "read") -> dict[str, bytes]:
    dataset.download(save_dir=into)
    return _read(into)


def _read(directory: str) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in Path(directory).rglob("*")
        if path.is_file()
    }


def _sent(proxy: Proxy, act: Callable[[], object]) -> int:
    before = proxy.up
    act()
    return proxy.up - before


def _run_until(proxy: Proxy, code: str, reached: Callable[[], bool]) -> None:
    """Run a client in a process of its own and kill it where the hub is so far."""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        try:
            assert proxy.held.wait(30)
            while not reached():
                assert process.poll() is None
        finally:
            process.kill()
    proxy.drop()


# Sources


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
    assert _content(dataset)["w/in.bin"] == content
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
    assert _content(dataset)["-"] == b"dash"


def test_empty_files_are_kept_and_empty_directories_are_said_not_to_be(
    dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("src/hollow/deep").mkdir(parents=True)
    Path("src/full").touch()
    result = run_ah("commit", "vision/digits", "-a", "src", "-d", "test.csv")
    assert "AH INFO: Empty directories are not kept: src/hollow/deep\n" in result.err
    assert _content(dataset) == {"src/full": b""}


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

    assert _sent(proxy, commit) < 2000


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
    assert _content(dataset) == {"also/f": b"f", "real/f": b"f"}
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


# What is sent


def test_an_unchanged_tree_is_neither_sent_nor_read_again(
    data: ah.Dataset,
    tree: dict[str, bytes],
    proxy: Proxy,
    run_ah: RunAh,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = sum(map(len, tree.values()))
    assert _sent(proxy, lambda: data.create_commit("first", add="tree/.")) > size
    monkeypatch.setattr(_uploads, "read_file", lambda addition: pytest.fail(addition.path))

    def again() -> None:
        result = run_ah("commit", "vision/digits", "-a", "tree/.")
        assert (result.code, result.out) == (0, "")
        assert "No changes to branch main" in result.err

    assert _sent(proxy, again) < 3000


def test_one_changed_file_is_sent_alone_whatever_its_times_say(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    changed = Path("tree/d1/f1")
    times = changed.stat()
    changed.write_bytes(b"x" * 2048)
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert _sent(proxy, lambda: data.create_commit("second", add="tree/.")) < 8000
    assert _content(data) == {**tree, "d1/f1": b"x" * 2048, "test.csv": b"0,1\n"}


def test_young_files_are_read_again_since_their_times_prove_nothing(
    data: ah.Dataset, tree: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("t9k.ah._index._RACY_NS", 10**12)
    data.create_commit("first", add="tree/.")
    read = []
    real = _uploads.read_file
    monkeypatch.setattr(_uploads, "read_file", lambda each: read.append(each.path) or real(each))
    assert data.create_commit("second", add="tree/.") is None
    assert sorted(read) == sorted(tree)


def test_a_touched_tree_is_read_but_not_sent(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    for path in tree:
        os.utime(Path("tree", path), (1, 1))
    assert _sent(proxy, lambda: data.create_commit("second", add="tree/.")) < 3000


def test_what_others_changed_meanwhile_is_put_back(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    Path("other").write_text("other")
    data.create_commit("others", add={"other": "d1/f1"}, delete=["d2/", "d3/f3"])
    assert _sent(proxy, lambda: data.create_commit("second", add="tree/.")) < NO_CONTENT
    assert _content(data) == {**tree, "test.csv": b"0,1\n"}


def test_a_deletion_of_the_same_commit_does_not_lose_what_is_added(
    data: ah.Dataset, tree: dict[str, bytes]
) -> None:
    data.create_commit("first", add="tree/.")
    data.create_commit("second", add="tree/.", delete=["d2/", "d3/f3", "test.csv"])
    assert _content(data) == tree
    assert data.create_commit("third", add="tree/.") is None


def test_a_tree_that_another_asset_holds_is_not_sent(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    other = data.folder.create_asset("other")
    assert _sent(proxy, lambda: other.create_commit("same", add="tree/.")) < NO_CONTENT
    assert _content(other) == tree


@pytest.mark.parametrize("fault", ["damaged", "cut", "empty", "read-only"])
def test_an_index_that_is_of_no_use_does_no_harm(
    data: ah.Dataset, tree: dict[str, bytes], home: Path, fault: str
) -> None:
    data.create_commit("first", add="tree/.")
    (index,) = (home / ".cache/ah/index").iterdir()
    content = index.read_bytes()
    if fault == "read-only":
        index.unlink()
        index.mkdir()
    else:
        half = len(content) // 2
        damaged = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
        index.write_bytes({"damaged": damaged, "cut": content[:half], "empty": b""}[fault])
    Path("tree/d1/f1").write_text("new")
    data.create_commit("second", add="tree/.")
    assert data.create_commit("third", add="tree/.") is None
    assert _content(data)["d1/f1"] == b"new"


# Interruptions


def test_a_killed_upload_of_many_files_goes_on_where_it_ended(
    hub: Any, data: ah.Dataset, proxy: Proxy
) -> None:
    Path("many").mkdir()
    for at in range(300):
        Path("many", str(at)).write_bytes(os.urandom(100 * 1024))
    code = (
        "from t9k.ah import _uploads\n"
        "_uploads._THREADS = 1\n"
        "from t9k.ah._cli import main\n"
        "main(['commit', 'vision/digits', '-a', 'many'])\n"
    )
    proxy.hold(up=20 * MEBI)
    # Each pack of 8 MiB is kept before the next begins, and the third is held.
    _run_until(proxy, code, lambda: _staged_by(hub) >= 100)
    rest = _sent(proxy, lambda: data.create_commit("rest", add="many"))
    assert 13 * MEBI < rest < 14 * MEBI
    assert _content(data, "read")["many/7"] == Path("many/7").read_bytes()
    assert len(data.list_object()) == 301


def _staged_by(hub: Any) -> int:
    with hub.inside.database.read() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM staged_puts")).scalar_one())


def test_a_killed_upload_of_a_large_file_goes_on_with_the_parts_that_are_missing(
    hub: Any, data: ah.Dataset, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(23 * MEBI)
    Path("big").write_bytes(content)
    code = (
        "from t9k.ah import _uploads\n"
        "_uploads._FORM_BYTES, _uploads._PART_BYTES, _uploads._THREADS = 1 << 20, 5 << 20, 1\n"
        "from t9k.ah._cli import main\n"
        "main(['commit', 'vision/digits', '-a', 'big'])\n"
    )
    others = _parts_of(hub)
    proxy.hold(up=13 * MEBI)
    _run_until(proxy, code, lambda: _parts_of(hub) == others + 2)
    monkeypatch.setattr(_uploads, "_FORM_BYTES", 1 << 20)
    monkeypatch.setattr(_uploads, "_PART_BYTES", 5 << 20)
    assert 13 * MEBI < _sent(proxy, lambda: data.create_commit("rest", add="big")) < 14 * MEBI
    assert _content(data)["big"] == content
    assert _parts_of(hub) == others


def _parts_of(hub: Any) -> int:
    with hub.inside.database.read() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM upload_parts")).scalar_one())


def test_a_connection_that_breaks_is_tried_again_up_and_down(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    large = os.urandom(3 * MEBI)
    Path("tree/large").write_bytes(large)
    proxy.cut(up=200_000)
    data.create_commit("small", add="tree/.")
    assert proxy.cuts == 1
    Path("tree/large2").write_bytes(os.urandom(3 * MEBI))
    proxy.cut(up=2 * MEBI)
    data.create_commit("large", add="tree/.")
    assert proxy.cuts == 2
    proxy.cut(down=2 * MEBI)
    assert _content(data)["large"] == large
    assert proxy.cuts == 3


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
    _run_until(
        proxy,
        code,
        lambda: sum(each.stat().st_size for each in Path("down").iterdir()) > 10 * MEBI,
    )
    before = proxy.down
    data.download("big", "down")
    assert proxy.down - before < 14 * MEBI
    assert _read("down") == {"big": content}


def test_ctrl_c_ends_a_transfer_whose_connection_is_stuck(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    code = (
        "from t9k.ah import _operations, _workers\n"
        "_operations._DROP_SECONDS = _workers._GRACE_SECONDS = 0.1\n"
        "from t9k.ah._cli import main\n"
        "main(['commit', 'vision/digits', '-a', 'tree'])\n"
    )
    proxy.hold(up=200_000)
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        try:
            assert proxy.held.wait(30)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
            assert process.stderr is not None
            assert process.stderr.read().endswith(b"AH ERROR: Interrupted\n")
        finally:
            process.kill()
    proxy.drop()
    assert [each["message"] for each in data.list_commit()] == ["test split", "Repository created"]


def test_a_server_that_asks_for_patience_gets_it(
    logged_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub is tried again when its Retry-After is over, and given up where that is too long."""
    seconds: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seconds.append(timeout or 0)
            return False

    with serve_answer(503, {"Retry-After": "7"}, b"{}") as url:
        client = Connection(url, logged_in.key)
        with pytest.raises(ah.ServerError):
            client.request("GET", "/folders")
        assert seconds == []
        monkeypatch.setattr("t9k.ah._patience._SECONDS", 8.0)
        monkeypatch.setattr("time.monotonic", lambda: sum(seconds))
        with pytest.raises(ah.ServerError):
            client.request("GET", "/folders", patience=Patience(Stop()))
    assert len(seconds) == 1
    assert 7 <= seconds[0] <= 7.2


def test_a_commit_whose_answer_was_lost_is_found_and_not_made_twice(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Operation.finish

    def lose_answer(*args: Any) -> Any:
        proxy.cut(down=1)
        return real(*args)

    monkeypatch.setattr(Operation, "finish", lose_answer)
    made = data.create_commit("lost", add="tree/.")
    assert proxy.cuts == 1
    assert made is not None
    assert [each["message"] for each in data.list_commit()][:2] == ["lost", "test split"]
    assert made.id == data.commit_id


# Downloads


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
        assert _read(place) == {**tree, "test.csv": b"0,1\n"} | (
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
    assert _read("down") == {"a/b": b"f"}


def test_a_name_that_the_system_cannot_hold_is_refused(dataset: ah.Dataset) -> None:
    Path("f").write_text("f")
    dataset.create_commit("long", add={"f": "字" * 100})
    with pytest.raises(ah.DownloadError, match="this system has no such names"):
        dataset.download(save_dir="down")


def test_the_cache_serves_other_directories_and_takes_no_damage(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy, run_ah: RunAh, home: Path
) -> None:
    data.create_commit("first", add="tree/.", delete="test.csv")
    assert run_ah("download", "vision/digits", "-s", "one", "--cache").code == 0
    before = proxy.down
    data.download(save_dir="two", cache=True)
    assert proxy.down - before < NO_CONTENT
    assert _read("one") == _read("two") == tree
    # A cached file that shares its bytes with a download is read-only; this is who insists.
    edited = Path("two/d1/f1")
    edited.chmod(0o644)
    edited.write_bytes(b"edited in place, with another size")
    data.download(save_dir="three", cache=True)
    assert _read("three") == tree


def test_the_cache_is_listed_and_pruned_by_age(
    data: ah.Dataset, tree: dict[str, bytes], run_ah: RunAh
) -> None:
    data.create_commit("first", add="tree/.", delete="test.csv")
    assert run_ah("cache", "ls").out == "CHECKSUM  BYTES  USED\n"
    data.download("d1/", "down", cache=True)
    rows = run_ah("cache", "ls").rows
    assert len(rows) == 1 + sum(path.startswith("d1/") for path in tree)
    assert rows[1][1:2] == ["2048B"]
    assert run_ah("cache", "prune").err == "AH INFO: Removed 0 contents, 0B, from the cache\n"
    assert run_ah("cache", "prune", "--older-than", "1h").code == 0
    assert len(run_ah("cache", "ls").rows) == len(rows)
    result = run_ah("cache", "prune", "--all")
    assert result.err == "AH INFO: Removed 43 contents, 86.0KiB, from the cache\n"
    assert len(run_ah("cache", "ls").rows) == 1
    assert len(_read("down")) == len(rows) - 1
    for options in (["--older-than", "soon"], ["--all", "--older-than", "1d"]):
        assert run_ah("cache", "prune", *options).code == 2


# What is shown


def test_quiet_shows_the_commit_alone_and_errors(
    dataset: ah.Dataset, tree: dict[str, bytes], run_ah: RunAh
) -> None:
    result = run_ah("commit", "vision/digits", "-q", "-a", "tree")
    assert (result.code, len(result.out), result.err) == (0, 13, "")
    assert run_ah("download", "vision/digits", "--quiet", "-s", "down") == (0, "", "")
    assert run_ah("commit", "vision/digits", "-q", "-a", "none").err.startswith("AH ERROR: ")
    assert "Downloading 301 objects" in run_ah("download", "vision/digits", "-s", "down").err


def test_a_terminal_gets_a_bar_and_a_file_plain_lines(
    dataset: ah.Dataset, tree: dict[str, bytes]
) -> None:
    import pty

    program = [sys.executable, "-c", "from t9k.ah._cli import main; main()"]
    for options, bar in [(["-a", "tree"], True), (["-a", "tree:b", "-q"], False)]:
        ours, theirs = pty.openpty()
        command = [*program, "commit", "vision/digits", *options]
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            with subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL) as process:
                os.close(theirs)
                shown = _read_terminal(terminal)
            assert process.returncode == 0
        assert (b"of 300 files" in shown) is bar
        assert bool(shown) is bar
    run = subprocess.run(
        [*program, "commit", "vision/digits", "-a", "tree:c"], capture_output=True, text=True
    )
    assert [line[:8] for line in run.stderr.splitlines()] == ["AH INFO:"] * 2


def _read_terminal(terminal: Any) -> bytes:
    shown = b""
    while True:
        try:
            piece = terminal.read(65536)
        except OSError:
            # So ends a terminal whose other side is closed.
            return shown
        if not piece:
            return shown
        shown += piece

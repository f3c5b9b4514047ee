"""Uploads: only what is missing travels, and what breaks off goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from proxies import Proxy
from t9k import ah
from t9k.ah import _uploads
from t9k.ah._operations import Operation

from .conftest import RunAh
from .transfers import MEBI, NO_CONTENT, bytes_sent, content_of, run_until

pytestmark = pytest.mark.usefixtures("old_enough")


def test_an_unchanged_tree_is_neither_sent_nor_read_again(
    data: ah.Dataset,
    tree: dict[str, bytes],
    proxy: Proxy,
    run_ah: RunAh,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = sum(map(len, tree.values()))
    assert bytes_sent(proxy, lambda: data.create_commit("first", add="tree/.")) > size
    monkeypatch.setattr(_uploads, "read_file", lambda addition: pytest.fail(addition.path))

    def again() -> None:
        result = run_ah("commit", "vision/digits", "-a", "tree/.")
        assert (result.code, result.out) == (0, "")
        assert "No changes to branch main" in result.err

    assert bytes_sent(proxy, again) < 3000


def test_one_changed_file_is_sent_alone_whatever_its_times_say(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    changed = Path("tree/d1/f1")
    times = changed.stat()
    changed.write_bytes(b"x" * 2048)
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert bytes_sent(proxy, lambda: data.create_commit("second", add="tree/.")) < 8000
    assert content_of(data) == {**tree, "d1/f1": b"x" * 2048, "test.csv": b"0,1\n"}


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
    assert bytes_sent(proxy, lambda: data.create_commit("second", add="tree/.")) < 3000


def test_what_others_changed_meanwhile_is_put_back(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    Path("other").write_text("other")
    data.create_commit("others", add={"other": "d1/f1"}, delete=["d2/", "d3/f3"])
    assert bytes_sent(proxy, lambda: data.create_commit("second", add="tree/.")) < NO_CONTENT
    assert content_of(data) == {**tree, "test.csv": b"0,1\n"}


@pytest.mark.parametrize("force", [True, False])
def test_what_others_change_while_a_commit_is_made_is_overwritten_by_force_alone(
    data: ah.Dataset, tree: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    data.create_commit("first", add="tree/.")
    Path("tree/d2/f2").write_bytes(b"mine")
    Path("other").write_text("theirs")
    real = Operation.finish

    def finish_later(*args: Any) -> Any:
        monkeypatch.setattr(Operation, "finish", real)
        data.create_commit("theirs", add={"other": "d1/f1"})
        return real(*args)

    monkeypatch.setattr(Operation, "finish", finish_later)
    data.create_commit("mine", add="tree/.", force=force)
    expected = {**tree, "d2/f2": b"mine", "test.csv": b"0,1\n"}
    assert content_of(data) == expected | ({} if force else {"d1/f1": b"theirs"})


def test_a_deletion_of_the_same_commit_does_not_lose_what_is_added(
    data: ah.Dataset, tree: dict[str, bytes]
) -> None:
    data.create_commit("first", add="tree/.")
    data.create_commit("second", add="tree/.", delete=["d2/", "d3/f3", "test.csv"])
    assert content_of(data) == tree
    assert data.create_commit("third", add="tree/.") is None


def test_a_tree_that_another_asset_holds_is_not_sent(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    data.create_commit("first", add="tree/.")
    other = data.folder.create_asset("other")
    assert bytes_sent(proxy, lambda: other.create_commit("same", add="tree/.")) < NO_CONTENT
    assert content_of(other) == tree


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
    assert content_of(data)["d1/f1"] == b"new"


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
    run_until(proxy, code, lambda: _staged_by(hub) >= 100)
    rest = bytes_sent(proxy, lambda: data.create_commit("rest", add="many"))
    assert 13 * MEBI < rest < 14 * MEBI
    assert content_of(data, "read")["many/7"] == Path("many/7").read_bytes()
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
    run_until(proxy, code, lambda: _parts_of(hub) == others + 2)
    monkeypatch.setattr(_uploads, "_FORM_BYTES", 1 << 20)
    monkeypatch.setattr(_uploads, "_PART_BYTES", 5 << 20)
    assert 13 * MEBI < bytes_sent(proxy, lambda: data.create_commit("rest", add="big")) < 14 * MEBI
    assert content_of(data)["big"] == content
    assert _parts_of(hub) == others


def _parts_of(hub: Any) -> int:
    with hub.inside.database.read() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM upload_parts")).scalar_one())


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

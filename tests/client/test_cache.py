"""The cache that downloads share."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxies import Proxy
from t9k import ah

from .conftest import RunAh
from .transfers import NO_CONTENT, read_tree

pytestmark = pytest.mark.usefixtures("old_enough")


def test_the_cache_serves_other_directories_and_takes_no_damage(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy, run_ah: RunAh, home: Path
) -> None:
    data.create_commit("first", add="tree/.", delete="test.csv")
    assert run_ah("download", "vision/digits", "-s", "one", "--cache").code == 0
    before = proxy.down
    data.download(save_dir="two", cache=True)
    assert proxy.down - before < NO_CONTENT
    assert read_tree("one") == read_tree("two") == tree
    # A cached file that shares its bytes with a download is read-only; this is who insists.
    edited = Path("two/d1/f1")
    edited.chmod(0o644)
    edited.write_bytes(b"edited in place, with another size")
    data.download(save_dir="three", cache=True)
    assert read_tree("three") == tree


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
    assert len(read_tree("down")) == len(rows) - 1
    for options in (["--older-than", "soon"], ["--all", "--older-than", "1d"]):
        assert run_ah("cache", "prune", *options).code == 2

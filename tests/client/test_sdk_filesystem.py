"""The file system `ah://` and the libraries that read by it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pandas
import pyarrow.dataset
import pyarrow.parquet
import pytest

from t9k import ah

# What is tested here is the same for whatever the hub stores its data in.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

ROWS = pandas.DataFrame({"label": ["a", "b", "c", "d"], "n": [1, 2, 3, 4]})


@pytest.fixture
def data(logged_in: Any) -> ah.Dataset:
    """The dataset `vision/digits`: its tag `v1` has the rows in two files, `main` one more."""
    made = ah.create_folder("dataset", "vision").create_asset("digits")
    ROWS[:2].to_parquet("0.parquet")
    ROWS[2:].to_parquet("1.parquet")
    ROWS.to_csv("all.csv", index=False)
    with made.edit("first") as edit:
        edit.put("0.parquet", "train/0.parquet")
        edit.put("1.parquet", "train/1.parquet")
        edit.put("all.csv")
        edit.write("train-notes.txt", "notes")
    made.create_tag("v1")
    with made.edit("second") as edit:
        edit.write("train/more/deep.txt", "deep")
        edit.write("new.txt", "new")
    return made


@pytest.fixture
def files() -> Any:
    return fsspec.filesystem("ah")


def test_every_form_of_a_path_leads_to_the_file(data: ah.Dataset, files: Any, user: Any) -> None:
    commit = data.get_tag("v1").id
    for head in (
        "vision/digits",
        "dataset/vision/digits",
        f"{user.name}/dataset/vision/digits",
        "vision/digits@main",
        "vision/digits@v1",
        f"vision/digits@{commit}",
        f"{user.name}/dataset/vision/digits@{commit[:8]}",
    ):
        with fsspec.open(f"ah://{head}/train-notes.txt") as file:
            assert file.read() == b"notes"
        with fsspec.open(f"ah://{head}/train-notes.txt", "r") as file:
            assert file.read() == "notes"
        assert files.exists(f"ah://{head}/new.txt") == ("v1" not in head and commit[:8] not in head)


def test_directories_are_listed_with_what_is_in_them(data: ah.Dataset, files: Any) -> None:
    assert files.ls("ah://vision/digits@v1", detail=False) == [
        "vision/digits@v1/all.csv",
        "vision/digits@v1/train-notes.txt",
        "vision/digits@v1/train",
    ]
    assert files.ls("vision/digits/train/", detail=False) == [
        "vision/digits/train/0.parquet",
        "vision/digits/train/1.parquet",
        "vision/digits/train/more",
    ]
    assert files.ls("vision/digits/new.txt", detail=False) == ["vision/digits/new.txt"]
    assert [entry["type"] for entry in files.ls("vision/digits@v1")] == [
        *("file", "file", "directory")
    ]
    assert files.find("vision/digits/train") == [
        "vision/digits/train/0.parquet",
        "vision/digits/train/1.parquet",
        "vision/digits/train/more/deep.txt",
    ]
    assert files.find("vision/digits/new.txt") == ["vision/digits/new.txt"]
    assert files.find("vision/digits/none") == []
    assert files.find("vision/digits", maxdepth=1, withdirs=True)[-1].endswith("/train-notes.txt")
    assert files.glob("vision/digits/**/*.txt") == [
        "vision/digits/new.txt",
        "vision/digits/train-notes.txt",
        "vision/digits/train/more/deep.txt",
    ]
    assert files.glob("ah://vision/digits@v1/train/*.parquet") == [
        "vision/digits@v1/train/0.parquet",
        "vision/digits@v1/train/1.parquet",
    ]


def test_files_and_directories_are_known(data: ah.Dataset, files: Any) -> None:
    (entry,) = [each for each in data.list_object() if each["path"] == "all.csv"]
    assert files.info("ah://vision/digits/all.csv") == {
        "name": "vision/digits/all.csv",
        "type": "file",
        "size": entry["size_bytes"],
        "checksum": entry["checksum"],
        "mtime": entry["mtime"],
    }
    assert files.size("vision/digits/all.csv") == entry["size_bytes"]
    assert files.modified("vision/digits/all.csv") == datetime.fromtimestamp(entry["mtime"], UTC)
    for path in ("vision/digits", "vision/digits@v1/train", "vision/digits/train/more/"):
        assert (files.isdir(path), files.isfile(path)) == (True, False)
    assert (files.isdir("vision/digits/new.txt"), files.isfile("vision/digits/new.txt")) == (
        False,
        True,
    )
    for path in ("vision/digits/trai", "vision/digits/none", "vision/none/x", "vision/digits@no"):
        assert not files.exists(path)
        for call in (files.info, files.ls, files.open):
            with pytest.raises(FileNotFoundError):
                call(path)


def test_bytes_are_read_whole_and_in_parts(data: ah.Dataset, files: Any) -> None:
    assert files.cat("ah://vision/digits/new.txt") == b"new"
    assert files.cat_file("vision/digits/new.txt", 1, 2) == b"e"
    assert files.cat_file("vision/digits/new.txt", -2) == b"ew"
    assert files.read_text("vision/digits/new.txt") == "new"
    files.get("ah://vision/digits/train/", "down/", recursive=True)
    assert Path("down/more/deep.txt").read_text() == "deep"


def test_pandas_reads_by_url(data: ah.Dataset) -> None:
    read = pandas.read_parquet("ah://vision/digits@v1/train/0.parquet")
    pandas.testing.assert_frame_equal(read, ROWS[:2])
    pandas.testing.assert_frame_equal(pandas.read_csv("ah://vision/digits/all.csv"), ROWS)


def test_pandas_takes_a_host_and_a_key(hub: Any, data: ah.Dataset, user: Any) -> None:
    ah.logout(forget_host=True)
    with pytest.raises(ah.NotLoggedInError):
        pandas.read_csv("ah://vision/digits/all.csv")
    options = {"host": hub.url, "api_key": user.key}
    read = pandas.read_csv("ah://vision/digits/all.csv", storage_options=options)
    pandas.testing.assert_frame_equal(read, ROWS)


def test_pyarrow_reads_files_and_whole_directories(data: ah.Dataset, files: Any) -> None:
    table = pyarrow.parquet.read_table("vision/digits@v1/train/0.parquet", filesystem=files)
    assert table.to_pandas()["n"].tolist() == [1, 2]
    found = pyarrow.dataset.dataset("vision/digits@v1/train", filesystem=files)
    wanted = found.to_table(filter=pyarrow.dataset.field("n") > 1, columns=["label"])
    assert sorted(wanted["label"].to_pylist()) == ["b", "c", "d"]


def test_duckdb_queries_where_the_files_are(data: ah.Dataset, files: Any) -> None:
    with duckdb.connect() as database:
        database.register_filesystem(files)
        query = "select sum(n) from read_parquet('ah://vision/digits@v1/train/*.parquet')"
        assert database.sql(query).fetchall() == [(10,)]
        query = "select label from 'ah://vision/digits/all.csv' where n = 3"
        assert database.sql(query).fetchall() == [("c",)]


def test_all_that_would_write_is_refused_and_says_what_to_do(data: ah.Dataset, files: Any) -> None:
    Path("local.txt").write_text("x")
    path = "ah://vision/digits/new.txt"
    for call in (
        lambda: files.open(path, "wb"),
        lambda: files.open(path, "a"),
        lambda: files.rm(path),
        lambda: files.rm("ah://vision/digits/train", recursive=True),
        lambda: files.mkdir("ah://vision/digits/dir"),
        lambda: files.makedirs("ah://vision/digits/dir/dir"),
        lambda: files.cp(path, "ah://vision/digits/copy.txt"),
        lambda: files.mv(path, "ah://vision/digits/moved.txt"),
        lambda: files.put("local.txt", "ah://vision/digits/local.txt"),
        lambda: files.pipe(path, b"x"),
        lambda: files.touch(path),
        lambda: ROWS.to_csv("ah://vision/digits/rows.csv"),
    ):
        with pytest.raises(ah.ReadOnlyError, match="ah commit") as caught:
            call()
        assert isinstance(caught.value, io.UnsupportedOperation)
    assert data.read_text("new.txt") == "new"


@pytest.mark.parametrize(
    "path", ["ah://", "ah://vision", "ah://dataset/vision", "ah://vision/digits@/x", "ah://a//x"]
)
def test_a_path_without_an_asset_is_told_so(data: ah.Dataset, files: Any, path: str) -> None:
    with pytest.raises(ah.ReferenceSyntaxError):
        files.info(path)
    assert not files.exists(path)


def test_it_is_of_the_hub_that_one_is_logged_in_to(hub: Any, data: ah.Dataset, files: Any) -> None:
    assert files.exists("vision/digits/new.txt")
    ah.login(hub.url, hub.new_user().key)
    assert not files.exists("vision/digits/new.txt")
    # One that was made with a key is of that user for good.
    assert fsspec.filesystem("ah") is files

"""Files of a snapshot opened and read where they are."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from gateways import Fault, run_gateway
from proxies import Proxy, run_proxy
from t9k import ah

MIB = 1 << 20
# What a request and its answer cost besides the content.
HEADERS = 1500


@pytest.fixture
def proxy(hub: Any, user: Any) -> Iterator[Proxy]:
    """The way to the hub, for which the user is logged in."""
    with run_proxy(hub.url) as proxy:
        ah.login(proxy.url, user.key)
        yield proxy


@pytest.fixture(scope="module")
def content() -> bytes:
    """What the file `big.bin` holds, 20 MiB."""
    return random.Random(0).randbytes(20 * MIB)


@pytest.fixture
def big(data: ah.Dataset, content: bytes) -> ah.Dataset:
    """The dataset with the file `big.bin`."""
    with data.edit("big") as edit:
        edit.write("big.bin", content)
    return data


@pytest.fixture
def data(proxy: Proxy) -> ah.Dataset:
    made = ah.create_folder("dataset", "vision").create_asset("digits")
    with made.edit("small") as edit:
        edit.write("text.txt", "eins\nzwei\r\n数据\n")
        edit.write("empty", "")
    return made


def test_reads_and_seeks_are_those_of_a_local_file(big: ah.Dataset, content: bytes) -> None:
    Path("big.bin").write_bytes(content)
    chance = random.Random(1)
    with big.open("big.bin") as there, open("big.bin", "rb") as here:
        assert (there.readable(), there.seekable(), there.writable()) == (True, True, False)
        assert there.name == "big.bin"
        for _ in range(60):
            action = chance.choice(("read", "seek", "end", "forward", "read1", "into", "large"))
            size = chance.choice((0, 1, 100, 9_000, 70_000, 300_000))
            if action == "seek":
                place = chance.randrange(len(content) + 100)
                assert there.seek(place) == here.seek(place)
            elif action == "end":
                back = chance.randrange(1_000_000)
                assert there.seek(-back, io.SEEK_END) == here.seek(-back, io.SEEK_END)
            elif action == "forward":
                assert there.seek(size, io.SEEK_CUR) == here.seek(size, io.SEEK_CUR)
            elif action == "into":
                one, other = bytearray(size), bytearray(size)
                assert there.readinto(one) == here.readinto(other)
                assert one == other
            elif action == "read1":
                some = there.read1(size)
                assert some == here.read(len(some))
            else:
                size = 9 * MIB if action == "large" else size
                assert there.read(size) == here.read(size)
            assert there.tell() == here.tell()
        there.seek(5 * MIB)
        assert there.read() == content[5 * MIB :]
        assert there.read() == b""
    with pytest.raises(ValueError, match="closed"):
        there.read()


def test_a_place_before_the_beginning_is_refused(big: ah.Dataset) -> None:
    with big.open("big.bin") as file:
        for place, whence in ((-1, io.SEEK_SET), (-21 * MIB, io.SEEK_END), (0, 7)):
            with pytest.raises((ValueError, OSError)):
                file.seek(place, whence)


def test_only_what_is_read_is_fetched(big: ah.Dataset, proxy: Proxy, content: bytes) -> None:
    file = big.open("big.bin")
    before = proxy.down
    file.seek(10 * MIB)
    assert file.read(3 * MIB) == content[10 * MIB : 13 * MIB]
    assert 3 * MIB < proxy.down - before < 3 * MIB + 8192 + HEADERS
    before = proxy.down
    for place in (MIB, 5 * MIB, 19 * MIB):
        file.seek(place)
        assert file.read(10) == content[place : place + 10]
    assert proxy.down - before < 3 * (65536 + HEADERS)


def test_more_and_more_is_fetched_ahead_of_one_who_reads_on(
    hub: Any, user: Any, big: ah.Dataset, content: bytes
) -> None:
    with run_gateway(hub.url) as gateway, ah.Client(gateway.url, user.key) as client:
        found = client.get("dataset/vision/digits")
        assert isinstance(found, ah.Dataset)
        with found.open("big.bin") as file:
            parts = list(iter(lambda: file.read(1000), b""))
        assert b"".join(parts) == content
        ranges = [each.range.split("=")[1].split("-") for each in gateway.seen if each.range]
    sizes = [int(last) - int(first) + 1 for first, last in ranges]
    doubling = [65536 << at for at in range(8)]
    assert sizes[:8] == doubling
    assert sum(sizes) == 20 * MIB
    assert max(sizes) == 8 * MIB


def test_pandas_reads_only_the_columns_it_was_asked_for(data: ah.Dataset, proxy: Proxy) -> None:
    chance = numpy.random.default_rng(0)
    table = pandas.DataFrame({f"c{at}": chance.random(50_000) for at in range(20)})
    table.to_parquet("wide.parquet", row_group_size=25_000)
    size = Path("wide.parquet").stat().st_size
    assert size > 8_000_000
    with data.edit("table") as edit:
        edit.put("wide.parquet")
    before = proxy.down
    with data.open("wide.parquet") as file:
        read = pandas.read_parquet(file, columns=["c3", "c17"])
    taken = proxy.down - before
    pandas.testing.assert_frame_equal(read, table[["c3", "c17"]])
    assert taken < size * 2 / 20 * 1.25 + 2 * 65536, f"{taken} of {size} bytes"


def test_text_is_utf_8_with_pythons_line_ends_unless_told_otherwise(data: ah.Dataset) -> None:
    with data.open("text.txt", "r") as file:
        assert list(file) == ["eins\n", "zwei\n", "数据\n"]
    with data.open("text.txt", "rt", newline="") as file:
        assert file.readlines()[1] == "zwei\r\n"
    with data.open("text.txt", "r", encoding="ascii", errors="replace") as file:
        assert file.read().endswith("\ufffd\n")
    assert data.read_text("text.txt") == "eins\nzwei\r\n数据\n"
    with pytest.raises(UnicodeDecodeError):
        data.read_text("text.txt", "ascii")


def test_an_empty_file_holds_nothing(data: ah.Dataset) -> None:
    with data.open("empty") as file:
        assert (file.read(), file.read(10), file.seek(0, io.SEEK_END)) == (b"", b"", 0)
    assert data.read_bytes("empty") == b""


def test_libraries_that_seek_take_it_for_a_file(data: ah.Dataset) -> None:
    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.writestr("x/y.txt", "inside")
    with data.edit("archive") as edit:
        edit.put("a.zip")
    with data.open("a.zip") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("x/y.txt") == b"inside"


def test_an_open_file_stays_that_of_its_commit(big: ah.Dataset, content: bytes) -> None:
    file = big.open("big.bin")
    with big.edit("new") as edit:
        edit.write("big.bin", b"new")
    assert file.read(100) == content[:100]
    assert big.read_bytes("big.bin") == b"new"
    tag = big.get_commit(1).create_tag("old")
    assert tag.open("big.bin").read(100) == content[:100]
    assert big.get_commit(1).read_bytes("big.bin") == content


def test_a_connection_that_breaks_within_a_file_is_made_again(
    big: ah.Dataset, proxy: Proxy, content: bytes
) -> None:
    with big.open("big.bin") as file:
        proxy.cut(down=3 * MIB)
        assert file.read() == content
    proxy.cut(down=15 * MIB)
    assert big.read_bytes("big.bin") == content
    assert proxy.cuts == 2


def test_a_file_that_came_damaged_is_told(
    data: ah.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("t9k.ah._files.ObjectFile.readall", lambda _: b"other")
    with pytest.raises(ah.DownloadError) as caught:
        data.read_bytes("text.txt")
    assert caught.value.code == "checksum_mismatch"


def test_what_is_not_there_or_is_a_directory_is_told_when_opened(data: ah.Dataset) -> None:
    with data.edit("deep") as edit:
        edit.write("a/b.txt", "b")
    for path in ("none", "big", "a", "a/", ""):
        with pytest.raises(FileNotFoundError) as caught:
            data.open(path)
        assert isinstance(caught.value, ah.NotFoundError)
        assert caught.value.code == "object_not_found"
        with pytest.raises(ah.NotFoundError):
            data.read_bytes(path)


@pytest.mark.parametrize("mode", ["w", "wb", "a", "r+", "x", "", "rw"])
def test_a_mode_that_writes_is_refused(data: ah.Dataset, mode: Any) -> None:
    with pytest.raises(ah.ReadOnlyError, match="edit") as caught:
        data.open("text.txt", mode)
    assert isinstance(caught.value, io.UnsupportedOperation)


def test_options_of_text_are_refused_for_bytes(data: ah.Dataset) -> None:
    with pytest.raises(ah.InvalidInputError, match="for text"):
        data.open("text.txt", "rb", encoding="utf-8")  # type: ignore[call-overload]


def test_a_server_in_between_that_fails_is_asked_again(
    hub: Any, user: Any, big: ah.Dataset, content: bytes
) -> None:
    with run_gateway(hub.url) as gateway, ah.Client(gateway.url, user.key) as client:
        found = client.get("dataset/vision/digits")
        assert isinstance(found, ah.Dataset)
        file = found.open("big.bin")
        gateway.method = "GET"
        gateway.faults = [Fault("before", 503), Fault("after", None)]
        assert file.read(10) == content[:10]
        assert not gateway.faults

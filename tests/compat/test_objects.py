"""Objects, as released clients list and read them."""

import gzip
import hashlib

from compat.protocol import covers
from compat.released import Owner


@covers("GET objects/ls", "GET objects", "ref of objects", "query", "epoch times", "prefixes")
def test_a_file_goes_in_and_comes_out(user: Owner) -> None:
    asset = user.asset("model", "nlp", "bert")
    data = bytes(range(256)) * 5000
    operation = user.start(asset)
    staged = user.put(operation, "dir/权重 1+2&3.bin", data)
    commit = user.finish(operation, "first")
    user.ok("POST", f"/assets/{asset}/tags", {"tag": "t", "ref": "main"})
    listing = user.ok("GET", f"/assets/{asset}/refs/main/objects/ls")
    assert list(listing) == ["results"]
    [listed] = listing["results"]
    assert listed == staged
    assert set(listed) == {
        "path",
        "path_type",
        "size_bytes",
        "checksum",
        "mtime",
        "content_type",
        "physical_address",
    }
    assert (listed["path"], listed["path_type"]) == ("dir/权重 1+2&3.bin", "object")
    assert type(listed["size_bytes"]) is int
    assert listed["size_bytes"] == len(data)
    assert listed["checksum"] == hashlib.sha256(data).hexdigest()
    assert type(listed["mtime"]) is int
    assert type(listed["content_type"]) is str
    assert type(listed["physical_address"]) is str
    for ref in ("main", "t", commit, commit[:6]):
        assert user.objects(asset, ref) == [listed]
        answer = user.call("GET", f"/assets/{asset}/refs/{ref}/objects", path="dir/权重 1+2&3.bin")
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(len(data))
        assert answer.data == data


@covers("no encoding")
def test_stored_bytes_are_sent_as_they_are(user: Owner) -> None:
    """Also where they are compressed, and to a client that would unpack them."""
    asset = user.asset("dataset", "d", "d")
    files = {
        "a.gz": gzip.compress(b"text" * 1000),
        "a.csv": b"1,2\n" * 10_000,
        "a.html": b"<p>",
        "empty": b"",
    }
    user.commit(asset, files)
    for path, data in files.items():
        answer = user.call("GET", f"/assets/{asset}/refs/main/objects", path=path)
        assert (answer.status, answer.data) == (200, data)
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Content-Length"] == str(len(data))


@covers("GET objects/ls")
def test_objects_are_listed_in_byte_order(user: Owner) -> None:
    asset = user.asset("dataset", "d", "d")
    paths = ["b", "a/b", "a.b", "é", "Z", "a/a", "数据", "😀"]
    user.commit(asset, {path: path.encode() for path in paths})
    expected = sorted(paths, key=lambda path: path.encode())
    assert [each["path"] for each in user.objects(asset)] == expected


@covers("ref of objects")
def test_a_branch_wins_over_a_tag_of_its_name(user: Owner, model: str) -> None:
    user.ok("POST", f"/assets/{model}/branches", {"name": "x", "source": "main"})
    user.ok("POST", f"/assets/{model}/tags", {"tag": "x", "ref": "main"})
    user.commit(model, {"a": b"of the branch"}, "x")
    answer = user.call("GET", f"/assets/{model}/refs/x/objects", path="a")
    assert answer.data == b"of the branch"
    assert user.objects(model, "x")[0]["size_bytes"] == 13
    user.ok("DELETE", f"/assets/{model}/branches/x")
    assert user.objects(model, "x")[0]["size_bytes"] == 2


@covers("wrong path")
def test_what_is_not_there_is_a_404_with_a_text(user: Owner, model: str) -> None:
    path = f"/assets/{model}/refs/main/objects"
    assert user.refused("GET", path, path="x") == (404, "object not found")
    for ref in ("x", "abcdef"):
        listing = user.refused("GET", f"/assets/{model}/refs/{ref}/objects/ls")
        assert listing == (404, "commit not found")
        reading = user.refused("GET", f"/assets/{model}/refs/{ref}/objects", path="a")
        assert reading == (404, "commit not found")

"""Everything that is tried at the doors of a hub is refused or harmless, and counted."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest
import urllib3

from api.raw import Raw
from hubs import RunningHub
from leaks import LEAKS
from tries import corpus
from tries.doors import Tries

# What these try never reaches the database or the store.
on_one = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)


@pytest.fixture
def tries(hub: RunningHub, record_property: Callable[[str, object], None]) -> Iterator[Tries]:
    """Tries that may not have failed the hub when the test ends, nor be in its log."""
    before = len(hub.log.read_bytes())
    made = Tries(hub)
    yield made
    assert made.wrong == []
    said = hub.log.read_bytes()[before:]
    assert b"Traceback" not in said
    assert b"request failed" not in said
    assert b"could not be recorded" not in said
    assert Raw(hub.url, made.user.key).call("GET", "/folders").status == 200
    record_property("counted", f"{made.number} tries, 0 failures")


def test_paths(tries: Tries) -> None:
    """No path leads out of an asset, by whichever route it comes."""
    before = tries.state()
    one_file = b'--b\r\nContent-Disposition: form-data; name="content"\r\n\r\nx\r\n--b--\r\n'
    form = "multipart/form-data; boundary=b"
    at = f"/assets/{tries.asset}/refs/main/objects"
    for path in corpus.PATHS:
        target = {"opID": tries.operation, "path": path}
        assert tries.call(path, "PUT", "/objects", one_file, form, **target) == 400, path
        assert tries.call(path, "POST", "/multipart", **target) == 400, path
        assert tries.call(path, "PUT", "/multipart/x", b"x", partNum="1", **target) >= 400, path
        if not path.endswith("/") or path.strip("/.") == "":
            assert tries.call(path, "DELETE", "/objects", **target) == 400, path
        assert tries.call(path, "GET", at, path=path) in (400, 404), path
        assert tries.call(path, "POST", f"{at}/pack", {"paths": [path]}) in (400, 404), path
        tries.call(path, "GET", f"{at}/ls", prefix=path, amount="1")
        tries.call(path, "GET", f"{at}/ls", after=path, amount="1")
    assert list(tries.objects()) == ["w.bin"]
    assert tries.state() | {"staged_deletes": 0} == before | {"staged_deletes": 0}


@on_one
def test_addresses(tries: Tries) -> None:
    """As bytes on a connection, since a client would tidy them up."""
    before = tries.state()
    for url in corpus.URLS:
        for method in ("GET", "POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
            head = f"{method} {url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            key = f"Authorization: Bearer {tries.user.key}\r\n"
            answer = tries.send(f"{method} {url}", (head + key + "\r\n").encode("latin-1"))
            assert b"\r\nSet-Cookie: a=b" not in answer
            assert b"Location: //" not in answer
            assert b"evil.example" not in answer.partition(b"\r\n\r\n")[0]
    assert tries.state() == before


@on_one
def test_heads(tries: Tries) -> None:
    before = tries.state()
    targets = (
        f"/apis/v1/assets/{tries.asset}/refs/main/objects?path=w.bin",
        "/apis/v1/folders",
        "/signin",
    )
    for headers in corpus.HEADERS:
        names = {name.lower() for name, _ in headers}
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        if b"host" not in names:
            lines = b"Host: localhost\r\n" + lines
        if b"authorization" not in names:
            lines += f"Authorization: Bearer {tries.user.key}\r\n".encode()
        for target in targets:
            for method in ("GET", "POST"):
                head = f"{method} {target} HTTP/1.1\r\n".encode() + lines
                answer = tries.send(repr(headers)[:80], head + b"Connection: close\r\n\r\n")
                assert b"evil.example" not in answer.partition(b"\r\n\r\n")[0]
    assert tries.state() == before


@on_one
def test_first_lines(tries: Tries) -> None:
    for line in (
        b"GET",
        b"GET /",
        b"GET / HTTP/9.9",
        b"GET / HTTP/1.1 extra",
        b"GET  / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0",
        b"CONNECT evil.example:443 HTTP/1.1",
        b"GET http://evil.example/ HTTP/1.1",
        b"* / HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"A" * 100_000 + b" / HTTP/1.1",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1",
        b"",
        b"\r\n" * 1000,
    ):
        tries.send(repr(line), line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")


def json_routes(tries: Tries) -> list[tuple[str, str, dict[str, Any]]]:
    """Every kind of request with a JSON body, with one that would be taken."""
    at = f"/assets/{tries.asset}"
    return [
        ("POST", "/folders", {"type": "model", "name": "tried", "labels": []}),
        ("POST", "/assets", {"name": "tried", "folder": "x", "labels": []}),
        ("PUT", f"{at}", {"name": "m", "labels": []}),
        ("POST", f"{at}/branches", {"name": "tried", "source": "nowhere"}),
        ("POST", f"{at}/tags", {"tag": "tried", "ref": "nowhere"}),
        ("POST", f"{at}/branches/main/merge", {"source": "nowhere"}),
        ("POST", f"{at}/branches/main/reset", {"ref": "nowhere"}),
        ("POST", f"{at}/branches/main/revert", {"ref": "nowhere"}),
        ("PUT", f"{at}/branches/main/gate", {"rules": []}),
        ("POST", f"{at}/refs/main/objects/pack", {"paths": ["w.bin"]}),
        ("POST", f"/update/{tries.operation}", {"message": ""}),
        ("POST", f"/operations/{tries.operation}/known", {"files": []}),
        ("POST", "/evaluations", tries.sides | {"metrics": {}}),
        ("POST", "/evaluations/batch", {"evaluations": []}),
        ("POST", "/account/keys", {"name": ""}),
        ("PUT", "/account/password", {"current": "a", "new": "a"}),
    ]


def test_bodies(tries: Tries) -> None:
    before = tries.state()
    for method, path, _ in json_routes(tries):
        for body in corpus.BODIES:
            status = tries.call(f"{path} {body[:40]!r}", method, path, body)
            assert status >= 400 or body in (b"{}", b"\xef\xbb\xbf{}"), (path, body[:40])
    assert tries.state() == before


def test_bodies_that_are_cut_off(tries: Tries) -> None:
    before = tries.state()
    files = [("PUT", "/objects"), ("POST", "/evaluations/samples"), ("PUT", "/multipart/x")]
    types = ("application/json", "multipart/form-data; boundary=b", "application/x-ndjson")
    for method, path in [*files, *(route[:2] for route in json_routes(tries))]:
        for type_ in types:
            for length in (b"Content-Length: 40", b"Transfer-Encoding: chunked"):
                head = (
                    f"{method} /apis/v1{path}?opID={tries.operation}&path=a&partNum=1 HTTP/1.1\r\n"
                    f"Host: localhost\r\nAuthorization: Bearer {tries.user.key}\r\n"
                    f"Content-Type: {type_}\r\n"
                )
                for body in (b"", b'{"a":' if b"Content" in length else b"5\r\n{"):
                    tries.send(path, head.encode() + length + b"\r\n\r\n" + body)
    assert tries.state() == before


def test_values(tries: Tries) -> None:
    """Each value in the place of each field of each request. What is taken is a name or a text."""
    for method, path, sound in json_routes(tries):
        for name in sound:
            for value in corpus.VALUES:
                tries.call(
                    f"{path} {name}={str(value)[:30]!r}", method, path, sound | {name: value}
                )


def test_forms_and_packs(tries: Tries) -> None:
    before = tries.state()
    target = {"opID": tries.operation, "path": "a"}
    for type_, body in corpus.forms():
        what = f"{type_} {body[:40]!r}"
        status = tries.call(what, "PUT", "/objects", body, type_ or "x", **target)
        assert status == 400, (type_, body[:60], status)
    pack = f"/operations/{tries.operation}/pack"
    for body in corpus.packs():
        kind = "application/vnd.assethub.pack"
        assert tries.call(repr(body[:40]), "PUT", pack, body, kind) in (400, 413), body[:60]
    assert tries.state() == before


@on_one
def test_files_of_samples(tries: Tries) -> None:
    """Those that are no samples, and those that would fill the memory, are refused."""
    before = tries.state()
    for body in corpus.sample_files():
        for type_ in ("application/vnd.apache.parquet", "application/x-ndjson"):
            tries.call(repr(body[:40]), "POST", "/evaluations/samples", body, type_)
    assert tries.state()["evaluations"] == before["evaluations"]


@on_one
def test_pages(tries: Tries, hub: RunningHub) -> None:
    """What is asked of the console never comes back as markup, nor leads elsewhere."""
    pool = urllib3.PoolManager(retries=False)
    key = {"key": tries.user.key}
    signed = pool.request_encode_body(
        "POST", f"{hub.url}/signin", key, encode_multipart=False, redirect=False
    )
    cookie = signed.headers["Set-Cookie"].partition(";")[0]
    texts = [str(value) for value in corpus.VALUES if isinstance(value, str) and len(value) < 100]
    for text in [*texts, *corpus.PATHS, "//evil.example", "javascript:alert(1)", "/\\evil.example"]:
        word = quote(text.encode("utf-8", "surrogatepass"), safe="")[:2000]
        LEAKS.names.update((text, word, unquote(word)))
        for path in (
            f"/{word}",
            f"/?q={word}&language={word}&page={word}",
            f"/signin?next={word}&error={word}",
            f"/signin/link?token={word}",
            f"/static/{word}",
            f"/folders/{word}",
            f"/assets/{tries.asset}?branch={word}&ref={word}&path={word}",
        ):
            for headers in ({}, {"Cookie": cookie}, {"Cookie": f"language={word}"}):
                page = pool.request(
                    "GET", hub.url + path, headers={"Accept": "text/html"} | headers, redirect=False
                )
                tries.number += 1
                where = page.headers.get("Location", "/")
                wrong = page.status >= 500 or b"<script>alert" in page.data
                if wrong or where.startswith("//") or ":" in where.partition("?")[0]:
                    tries.wrong.append(f"{path[:100]}: {page.status} {where}")

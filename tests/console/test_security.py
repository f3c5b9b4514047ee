"""What the console refuses, hides, and says in its headers."""

import json
import re
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlsplit

import pytest

from assethub.core.repository import tags
from console.shelves import Shelf, commit, make_shelf
from console.visitors import Page, Visitor
from hubs import RunningHub

FROM_ELSEWHERE = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1"},
]
MARKUP = "<x-evil onload=alert(1)>\"'&{{'in'+'jected'}}"


def check_headers(page: Page) -> None:
    policy = page.headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert rule in policy.split("; ")
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_a_form_from_another_site_is_refused(
    hub: RunningHub, visitor: Visitor, headers: dict[str, str]
) -> None:
    page = visitor.post("/signin", {"key": hub.new_user().key}, **headers)
    assert (page.status, visitor.session) == (403, None)
    assert "came from another site" in page.text
    assert visitor.post("/language", {"language": "zh-CN"}, **headers).status == 403
    visitor.sign_in(hub.new_user())
    assert visitor.post("/signout", visitor.get("/").fields(), **headers).status == 403
    assert visitor.is_signed_in()


def test_a_form_from_the_hub_itself_is_taken(hub: RunningHub, visitor: Visitor) -> None:
    for headers in ({"Origin": hub.url}, {"Sec_Fetch_Site": "same-origin", "Origin": hub.url}):
        page = visitor.post("/signin", {"key": hub.new_user().key}, **headers)
        assert page.status == 303


@pytest.mark.parametrize("fields", [{}, {"form_token": ""}, {"form_token": "键"}])
def test_signing_out_needs_the_token_of_the_session(
    hub: RunningHub, visitor: Visitor, fields: dict[str, str]
) -> None:
    visitor.sign_in(hub.new_user())
    page = visitor.post("/signout", fields)
    assert page.status == 403
    assert "out of date" in page.text
    assert visitor.is_signed_in()


def test_the_token_of_another_session_does_not_count(hub: RunningHub, outsider: Visitor) -> None:
    other = Visitor(hub).sign_in(hub.new_user())
    page = outsider.post("/signout", other.get("/").fields())
    assert page.status == 403
    assert outsider.is_signed_in()


def test_a_form_that_is_too_large_is_refused(visitor: Visitor) -> None:
    page = visitor.post("/signin", {"key": "k" * 70_000})
    assert page.status == 413
    check_headers(page)


def test_what_one_may_not_view_looks_like_what_is_not_there(
    shelf: Shelf, outsider: Visitor
) -> None:
    shelf.evaluate({"accuracy": 0.5})
    folder, asset = shelf.model_url.rsplit("/", 1)
    commit = f"/commit/{shelf.model_commit}"
    pairs = [
        (folder, folder + "x"),
        (shelf.model_url, f"{folder}/x{asset}"),
        (shelf.model_url + commit, f"{folder}/x{asset}{commit}"),
        (f"{shelf.model_url}{commit}/files/model.pkl", f"{folder}/x{asset}{commit}/files/m"),
        (shelf.dataset_url, shelf.dataset_url + "x"),
    ]
    for hidden, missing in pairs:
        pages = [outsider.get(hidden), outsider.get(missing)]
        assert [page.status for page in pages] == [404, 404]
        check_headers(pages[0])
        bodies = [
            re.sub("[0-9a-f]{128}", "TOKEN", page.source.replace(path, "PATH"))
            for page, path in zip(pages, (hidden, missing), strict=True)
        ]
        assert bodies[0] == bodies[1]


def test_what_is_not_there_is_a_page_that_says_so(shelf: Shelf, owner: Visitor) -> None:
    commit = f"{shelf.model_url}/commit"
    for path in (
        "/nope",
        "/o/x/y/z",
        f"/o/{shelf.owner.name}/model/digits:main",
        f"{shelf.model_url}:main",
        f"{shelf.model_url}/nope",
        f"{commit}/zzzz",
        f"{commit}/{'0' * 64}",
        f"{commit}/main",
        f"{commit}/{shelf.model_commit}/files/nope",
        "/static/0123456789abcdef/console.css",
        "/static/0123456789abcdef/nope.css",
    ):
        page = owner.get(path)
        assert page.status == 404, path
        assert "There is nothing at this address" in page.text
        assert shelf.owner.name in page.text
        check_headers(page)


def test_a_wrong_method_is_a_page_too(owner: Visitor) -> None:
    page = owner.post("/o/a/model/b", {})
    assert page.status == 405
    check_headers(page)


def test_programs_get_the_answers_of_the_api_where_there_is_no_page(visitor: Visitor) -> None:
    page = visitor.get("/nope", Accept="*/*")
    assert (page.status, page.body) == (404, b"")
    page = visitor.get("/apis/v1/nope")
    assert (page.status, page.body) == (404, b"")


def test_texts_of_users_are_never_markup(hub: RunningHub) -> None:
    shelf = make_shelf(hub, folder=MARKUP, model="m" + MARKUP)
    tags.create_tag(hub.inside, shelf.user, shelf.model_id, "t<x-evil>", "main")
    shelf.branch("b<x-evil>\"'")
    message = f"{MARKUP}\n\n</dd><x-evil>"
    shelf.commit(shelf.model_id, "main", {f"dir/{MARKUP}.txt": b"1"}, message)
    shelf.evaluate({f"</th>{MARKUP}": 1.5}, "branch/b<x-evil>\"'")
    owner = Visitor(hub).sign_in(shelf.owner)
    pages = crawl(owner)
    assert len(pages) > 8
    for page in pages.values():
        assert not page.all("x-evil")
        assert all(script["src"].startswith("/static/") for script in page.all("script"))
        assert "injected" not in page.text
        assert all(not name.startswith("on") for _, each in page.elements for name in each)
    everything = " ".join(page.text for page in pages.values())
    for text in (MARKUP, "t<x-evil>", "b<x-evil>\"'", f"</th>{MARKUP}", "</dd><x-evil>"):
        assert " ".join(text.split()) in everything


def test_every_link_of_every_page_leads_to_a_page_of_the_hub(hub: RunningHub) -> None:
    """Names with what URLs give a meaning to: `? # % & +`, spaces, other scripts."""
    shelf = make_shelf(hub, folder="a?b#c%2Fd&e+f g", model="模型 100%;x=1")
    files = {"数据/a b?c#d%20e&f+g.txt": b"text"}
    commit(hub, shelf.user, shelf.model_id, "main", files, "Add odd paths")
    shelf.evaluate({"准确率": 0.5})
    pages = crawl(Visitor(hub).sign_in(shelf.owner))
    downloads = [page for page in pages.values() if "content-disposition" in page.headers]
    assert b"text" in [page.body for page in downloads]
    for page in pages.values():
        for _, attributes in page.elements:
            for name in ("href", "src", "action"):
                url = attributes.get(name, "/")
                assert url[:1] == "#" or (url[:1] == "/" and url[:2] != "//"), url
        if page not in downloads:
            check_headers(page)


def test_a_file_is_downloaded_never_shown(shelf: Shelf, owner: Visitor) -> None:
    page = b"<script>alert(1)</script>"
    commit = shelf.commit(shelf.model_id, "main", {"a/page.html": page}, "Add a page")
    answer = owner.get(f"{shelf.model_url}/commit/{commit}/files/a/page.html")
    assert answer.body == page
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    part = owner.get(f"{shelf.model_url}/commit/{commit}/files/a/page.html", Range="bytes=1-6")
    assert (part.status, part.body) == (206, b"script")


@pytest.mark.parametrize("way", ["..", "%2e%2e", ".%2e", "..%2f..", "..%5c..", "%252e%252e", "%00"])
def test_no_path_leads_out_of_what_is_served(shelf: Shelf, owner: Visitor, way: str) -> None:
    """As it is sent: no browser would leave it so."""
    digest = owner.get("/").all("link")[0]["href"].split("/")[2]
    commit = f"{shelf.model_url}/commit/{shelf.model_commit}"
    up = "/".join([way] * 12)
    for path in (
        f"/{up}/etc/passwd",
        f"//{up}/etc/passwd",
        f"/static/{up}/etc/passwd",
        f"/static/{digest}/{up}/etc/passwd",
        f"/static/{digest}/{way}%2fpages.py",
        f"/o/{up}/etc/passwd",
        f"{shelf.model_url}/{up}/etc/passwd",
        f"{commit}/files/{up}/etc/passwd",
        f"{commit}/files/{way}",
        f"/apis/v1/{up}/etc/passwd",
        f"/apis/v1/assets/{way}/tags",
        f"/apis/v1/groups/{way}/members",
    ):
        status, body = send_raw(owner, path)
        assert status in (400, 401, 404), path
        assert b"root:" not in body


def send_raw(visitor: Visitor, path: str) -> tuple[int, bytes]:
    """The status and body of a GET whose path nobody puts in order."""
    place = urlsplit(visitor.url)
    connection = HTTPConnection(place.hostname or "", place.port or 0, timeout=60)
    cookies = "; ".join(f"{name}={each.value}" for name, each in visitor.cookies.items())
    connection.request("GET", path, headers={"Cookie": cookies, "Accept": "text/html"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_static_files_may_be_kept_for_ever_under_an_address_of_their_content(
    visitor: Visitor,
) -> None:
    page = visitor.get("/signin")
    for url in (link["href"] for link in page.all("link")):
        file = visitor.get(url)
        assert file.status == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"


def crawl(visitor: Visitor) -> dict[str, Page]:
    """Everything that links lead to from the start page, each of it there.

    Of addresses that differ only in what the query says, not in what it names, one is taken.
    """
    found: dict[str, Page] = {}
    ahead, seen = ["/"], {_shape("/")}
    while ahead:
        url = ahead.pop()
        found[url] = visitor.get(url)
        assert found[url].status in (200, 303), url
        for link in (*found[url].links(), found[url].location):
            if not link:
                continue
            if link[0] == "/" and _shape(link) not in seen:
                seen.add(_shape(link))
                ahead.append(link)
    return found


def _shape(url: str) -> tuple[str, ...]:
    place = urlsplit(url)
    names = (name for name, _ in parse_qsl(place.query, keep_blank_values=True))
    return (place.path, *sorted({*names}))


def test_pages_are_sent_compressed_and_their_tokens_never_alike(
    shelf: Shelf, owner: Visitor
) -> None:
    """Else the size of a page would tell, guess by guess, what its token is."""
    plain = owner.get(shelf.model_url)
    small = owner.get(shelf.model_url, accept_encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.body) / 2
    tokens = {owner.get("/account").fields()["form_token"] for _ in range(3)}
    assert len(tokens) == 3
    for token in tokens:
        assert owner.post("/account/keys", {"form_token": token, "name": ""}).status == 400


def test_the_api_takes_a_page_of_a_session_only_with_its_token(
    hub: RunningHub, shelf: Shelf, owner: Visitor
) -> None:
    """What a page's script asks for counts as its visitor's; nothing else does by the cookie."""
    token = owner.get("/account").fields()["form_token"]
    assert owner.get("/apis/v1/account").body == b"query is needed: apikey"
    assert json.loads(
        owner.get("/apis/v1/account", Accept="application/json", x_form_token=token).body
    )["name"] == (shelf.owner.name)
    other = Visitor(hub).sign_in(hub.new_user())
    theirs = other.get("/account").fields()["form_token"]
    for wrong in (theirs, "", "00", token[:-2], f"{token}00"):
        answer = owner.get("/apis/v1/account", Accept="application/json", x_form_token=wrong)
        assert (answer.status, json.loads(answer.body)["code"]) == (403, "form_outdated")
    answer = Visitor(hub).get("/apis/v1/account", Accept="application/json", x_form_token=token)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "signin_needed")

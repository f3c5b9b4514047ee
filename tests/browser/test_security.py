"""What a real Chromium makes of attacks on the console: texts and files of users, other sites."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from assethub.core import assets, folders, sharing
from assethub.core.people import groups, keys, sessions, users
from assethub.core.people.sessions import Origin
from assethub.core.permissions import Level
from assethub.core.repository import branches, finish, operations, tags
from assethub.core.sharing import Grantee
from browser.visits import account_menu, listen, sign_in
from console.shelves import Shelf, make_shelf
from console.visitors import Visitor
from hubs import RunningHub

# It would end whatever it stands in, an element, an attribute or a script, and say that it ran.
TEXT = (
    "\"'--></title></select></textarea><img src=x onerror=ran()>"
    "<script>ran()</script>{{'tem'+'plate'}}"
)
# The same where a name may not hold a slash, nor what begins a branch or a commit.
NAME = TEXT.replace("/", "")
# Before all scripts of each page: what a script that was let in would call, and what was refused.
SPY = """
window.ran = () => alert('ran');
document.addEventListener('securitypolicyviolation',
    (event) => console.error('refused', event.violatedDirective, event.blockedURI));
"""


class Elsewhere(NamedTuple):
    """Another origin: a server that serves `page` everywhere, and notes what it was asked."""

    server: ThreadingHTTPServer
    asked: list[str]
    page: list[str]

    @property
    def port(self) -> int:
        return self.server.server_port

    def serve(self, body: str) -> None:
        self.page[:] = [f"<!doctype html><meta charset=utf-8><body>{body}"]


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-US")
    context.add_init_script(SPY)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def heard(page: Page) -> list[str]:
    """What the browser complains of, and what scripts would say."""
    return listen(page)


@pytest.fixture
def shelf(hub: RunningHub) -> Shelf:
    return make_shelf(hub)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with run_elsewhere() as running:
        yield running


@contextmanager
def run_elsewhere() -> Iterator[Elsewhere]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(self.path)
            body = "".join(running.page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    running = Elsewhere(ThreadingHTTPServer(("127.0.0.1", 0), Handler), [], [])
    thread = Thread(target=running.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield running
    finally:
        running.server.shutdown()
        thread.join()
        running.server.server_close()


def test_no_text_of_a_user_runs_and_no_page_breaks_its_own_policy(
    hub: RunningHub, page: Page, heard: list[str]
) -> None:
    """Each text that a user can set, on each page that links lead to."""
    shelf = write_everywhere(hub)
    sign_in(page, shelf)
    found = crawl(page, hub.url)
    for kind in ("/account", "?scope=shared", "?scope=public", "/commit/", "/model/", "/dataset/"):
        assert any(kind in url for url in found), kind
    everything = "\n".join(found.values())
    for text in (TEXT, NAME, *(f"{mark}{NAME}" for mark in ("b", "t", "g", "k"))):
        assert text in everything
    assert "template" not in everything
    # Two of the pages are those of what is not there.
    assert [text for text in heard if "404 (Not Found)" not in text] == []


def write_everywhere(hub: RunningHub) -> Shelf:
    """A shelf whose owner, and who shares with them, have markup wherever text may stand."""
    inside = hub.inside
    shelf = make_shelf(hub, folder=NAME, model=f"m{NAME}")
    user, model = shelf.user, shelf.model_id
    for listed in folders.list_folders(inside, user, "own"):
        folders.update_folder(inside, user, listed.folder.id, NAME, [TEXT], TEXT)
        sharing.share_folder(inside, user, listed.folder.id, Grantee("public"), Level.VIEW)
    assets.update_asset(inside, user, model, f"m{NAME}", [TEXT], TEXT)
    branches.create_branch(inside, user, model, f"b{NAME}", "main")
    operation = operations.start_operation(inside, user, model, "main").id
    for path in (f"{TEXT}.html", "page.svg"):
        with inside.blobs.create() as writer:
            writer.write(b"<script>alert(1)</script>")
            blob = writer.commit()
        operations.stage_put(inside, user, operation, path, blob)
    finish.finish_operation(inside, user, operation, f"{TEXT}\n\n{TEXT}", metadata={TEXT: TEXT})
    tags.create_tag(inside, user, model, f"t{NAME}", "main")
    shelf.evaluate({TEXT: 1.5}, "tag/t" + NAME)
    keys.create_key(inside, user, f"k{NAME}")
    sessions.sign_in_with_token(
        inside, sessions.make_signin_token(inside, user), Origin("::1", f"agent {TEXT}")
    )
    groups.create_group(inside, f"g{NAME}")
    groups.add_member(inside, f"g{NAME}", user.name)
    other = hub.new_user(f"u{NAME}")
    sharer = users.find_user(inside, other.name)
    shared = folders.create_folder(inside, sharer, "model", NAME, [TEXT])
    sharing.share_folder(inside, sharer, shared, Grantee("group", f"g{NAME}"), Level.RUN)
    for grantee in (Grantee("group", f"g{NAME}"), Grantee("user", sharer.name)):
        [own, *_] = folders.list_folders(inside, user, "own", "model")
        sharing.share_folder(inside, user, own.folder.id, grantee, Level.RUN)
    return shelf


def crawl(page: Page, home: str) -> dict[str, str]:
    """The text of each page that links lead to; no element is there that templates lack."""
    found: dict[str, str] = {}
    ahead = [f"{home}/", f"{home}/nope", f"{home}/o/{quote(NAME)}/model/x"]
    seen = {*map(_shape, ahead)}
    while ahead:
        url = ahead.pop()
        page.goto(url)
        found[url] = page.locator("body").inner_text()
        strange = page.locator("script:not([src^='/static/']), [src='x'], iframe, object")
        assert strange.count() == 0, url
        links = page.locator("a[href]:not([download])")
        for link in links.evaluate_all("all => all.map((each) => each.href.split('#')[0])"):
            assert link.startswith(f"{home}/"), link
            if _shape(link) not in seen:
                seen.add(_shape(link))
                ahead.append(link)
    return found


def _shape(url: str) -> tuple[str, ...]:
    """An address without what its query says: of those alike in the rest one is enough.

    A scope makes another page of it.
    """
    place = urlsplit(url)
    fields = parse_qsl(place.query, keep_blank_values=True)
    names = (f"{name}={value}" if name == "scope" else name for name, value in fields)
    return (place.path, *sorted({*names}))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_forms_of_another_origin_change_nothing(
    shelf: Shelf, elsewhere: Elsewhere, page: Page, host: str
) -> None:
    """One on the same host, to which browsers send the session's cookie, and one on another."""
    sign_in(page, shelf)
    hub, own = shelf.hub, Visitor(shelf.hub)
    cookie = page.context.cookies()[0]
    token = page.locator("input[name=form_token]").first.get_attribute("value") or ""
    other = hub.new_user().name
    folder = f"/o/{shelf.owner.name}/model/digits"
    # Even with the token, which no other site can read.
    for path, fields in {
        "/signout": {},
        "/language": {"language": "zh-CN"},
        f"{folder}/share": {"kind": "user", "name": other, "level": "edit"},
        "/account/keys": {"name": "stolen", "scope": "full", "days": "0"},
        "/account/password": {"new": "three odd kettles sing", "again": "three odd kettles sing"},
    }.items():
        sent = {"form_token": token, **fields}
        inputs = "".join(f'<input name="{name}" value="{sent[name]}">' for name in sent)
        form = f'<form method="post" action="{hub.url}{path}">{inputs}</form>'
        elsewhere.serve(form + "<script>document.forms[0].submit()</script>")
        page.goto(f"http://{host}:{elsewhere.port}/", wait_until="commit")
        expect(page.get_by_text("The form came from another site")).to_be_visible()
        assert page.url == hub.url + path
    page.goto(f"{hub.url}{folder}")
    expect(page.get_by_text("Only you see this folder.")).to_be_visible()
    assert [key.name for key in keys.list_keys(hub.inside, shelf.user)] == ["test"]
    assert page.context.cookies()[0]["value"] == cookie["value"]
    assert own.get("/").status == 303


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_origin_reads_nothing_and_shows_no_page_in_a_frame(
    shelf: Shelf, elsewhere: Elsewhere, page: Page, host: str
) -> None:
    sign_in(page, shelf)
    elsewhere.serve("")
    page.goto(f"http://{host}:{elsewhere.port}/")
    for path in ("/account", shelf.model_url, "/apis/v1/account", "/oauth2/userinfo", "/healthz"):
        read = page.evaluate(
            "url => fetch(url, {credentials: 'include'}).then((a) => a.text(), () => 'refused')",
            shelf.hub.url + path,
        )
        assert read == "refused", path
    elsewhere.serve(f'<iframe src="{shelf.hub.url}{shelf.model_url}"></iframe>')
    page.goto(f"http://{host}:{elsewhere.port}/")
    assert page.frames[1].locator(".bar, main").count() == 0
    with page.expect_popup() as popup:
        page.evaluate("url => { window.other = open(url) }", shelf.hub.url + shelf.model_url)
    popup.value.locator(".bar").wait_for()
    # What it has opened, it has lost.
    assert page.evaluate("other.closed")


def test_a_session_that_was_planted_does_not_become_the_victims(
    shelf: Shelf, context: BrowserContext, page: Page
) -> None:
    """The attacker knows a session, their own, and has put it into the victim's browser."""
    hub = shelf.hub
    attacker = Visitor(hub).sign_in(hub.new_user())
    name = f"assethub_session_{hub.url.rsplit(':', 1)[1]}"
    context.add_cookies([{"name": name, "value": attacker.session or "", "url": hub.url}])
    sign_in(page, shelf)
    [held] = [each["value"] for each in context.cookies() if each["name"] == name]
    assert held != attacker.session
    assert shelf.owner.name not in attacker.get("/account").text


def test_no_target_leads_to_another_origin(shelf: Shelf, elsewhere: Elsewhere, page: Page) -> None:
    place = f"127.0.0.1:{elsewhere.port}"
    targets = [
        f"http://{place}/",
        f"//{place}/",
        f"///{place}/",
        f"/\\{place}/",
        f"\\\\{place}/",
        f"/\t/{place}/",
        f"/\n/{place}/",
        f"http:{place}/",
        f"/%5c{place}/",
        f"/.//{place}/",
        f"/x/..//{place}/",
        f"@{place}/",
    ]
    hub = shelf.hub.url
    for target in targets:
        page.context.clear_cookies()
        token = sessions.make_signin_token(shelf.hub.inside, shelf.user)
        page.goto(f"{hub}/signin?token={token}&next={quote(target, safe='')}")
        page.get_by_role("button", name="Continue").click()
        expect(account_menu(page)).to_contain_text(shelf.owner.name)
        assert page.url.startswith(f"{hub}/"), target
        page.goto(f"{hub}/signin?next={quote(target, safe='')}")
        assert page.url.startswith(f"{hub}/"), target
    assert elsewhere.asked == []


STORED = {
    "page.html": "<!doctype html><script>{script}</script>",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>{script}</script></svg>',
    "page.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><script>{script}</script></html>',
    "page.xml": '<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>{script}</h:script></x>',
    "page": "<!doctype html><script>{script}</script>",
}


def test_a_stored_page_does_not_run_in_the_consoles_origin(
    shelf: Shelf, elsewhere: Elsewhere, page: Page, heard: list[str]
) -> None:
    """By its address it is a download, in the console and in the API, and in frames."""
    script = f"alert('ran'); fetch('http://127.0.0.1:{elsewhere.port}/ran')"
    files = {path: text.format(script=script).encode() for path, text in STORED.items()}
    commit = shelf.commit(shelf.model_id, "main", files, "Add pages")
    sign_in(page, shelf)
    base = f"{shelf.hub.url}{shelf.model_url}/commit/{commit}/files"
    api = f"{shelf.hub.url}/apis/v1/assets/{shelf.model_id}/refs/main/objects"
    for path in STORED:
        for url in (f"{base}/{path}", f"{api}?apikey={shelf.owner.key}&path={path}"):
            with page.expect_download() as download, pytest.raises(Error, match="Download is"):
                page.goto(url)
            assert download.value.suggested_filename == path
    assert heard == []
    framed = "".join(f'<iframe src="{base}/{path}"></iframe>' for path in STORED)
    shown = f'<img src="{base}/picture.svg"><object data="{base}/picture.svg"></object>'
    elsewhere.serve(framed + shown)
    page.goto(f"http://127.0.0.1:{elsewhere.port}/", wait_until="load")
    assert "ran" not in heard
    assert [path for path in elsewhere.asked if path == "/ran"] == []

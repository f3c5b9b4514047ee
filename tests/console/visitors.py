"""Visitors of the console who send HTTP themselves: a browser's manners without its pictures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlencode

import urllib3

from hubs import RunningHub, User

Headers = dict[str, str]


@dataclass
class Row:
    """A row of a table: the text of each cell, and where its links lead."""

    id: str
    cells: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What came back: the elements of the page, the rows of its tables, and its text as read."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        if self.headers.get("content-type", "").startswith("text/html"):
            reader = _Reader()
            reader.feed(self.body.decode())
            self.elements = reader.elements
            self.rows = reader.rows
            self.text = " ".join(" ".join(reader.texts).split())

    @property
    def source(self) -> str:
        return self.body.decode()

    @property
    def main(self) -> str:
        """What stands between the bar and the end of the page, but for its forms' tokens."""
        main = self.source.split("<main", 1)[1].split("</main>")[0]
        return re.sub(r'(name="form_token" value=")[^"]*', r"\1", main)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def language(self) -> str:
        return self.all("html")[0]["lang"]

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, tag: str) -> list[dict[str, str]]:
        """The elements of that tag in the page's main part."""
        reader = _Reader()
        reader.feed("<main" + self.main)
        return [attributes for name, attributes in reader.elements if name == tag]

    def links(self) -> list[str]:
        return list(dict.fromkeys(each["href"] for each in self.all("a")))

    def fields(self) -> dict[str, str]:
        """The hidden fields of the page's forms."""
        hidden = [each for each in self.all("input") if each.get("type") == "hidden"]
        return {each["name"]: each["value"] for each in hidden}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[Row] = []
        self.texts: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "tr":
            self.rows.append(Row(attributes.get("id", "")))
        elif tag in ("td", "th"):
            self._in_cell = True
            self.rows[-1].cells.append("")
        elif tag == "a" and self._in_cell:
            self.rows[-1].links.append(attributes["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False
            cells = self.rows[-1].cells
            cells[-1] = " ".join(cells[-1].split())

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._in_cell:
            self.rows[-1].cells[-1] += data


class Visitor:
    """Keeps cookies, follows no redirect, and says what it sends where a test wants it to."""

    def __init__(self, hub: RunningHub, language: str = "en") -> None:
        self.url = hub.url
        self._language = language
        self.cookies: dict[str, Morsel[str]] = {}

    def get(self, path: str, **headers: str) -> Page:
        return self._send("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        return self._send("POST", path, urlencode(fields), headers)

    def post_files(self, path: str, fields: Mapping[str, str | tuple[str, bytes]]) -> Page:
        """Sends a form with files: a file is its name and what it holds."""
        body, kind = urllib3.encode_multipart_formdata(fields)
        return self._send("POST", path, body, {"Content-Type": kind})

    def sign_in(self, user: User) -> "Visitor":
        page = self.post("/signin", {"key": user.key})
        assert (page.status, page.location) == (303, "/"), page.text
        return self

    @property
    def session(self) -> str | None:
        cookie = self.session_cookie
        return cookie.value if cookie else None

    @property
    def session_cookie(self) -> Morsel[str] | None:
        """The session's cookie, whose name has the hub's port in it."""
        found = (cookie for name, cookie in self.cookies.items() if "assethub_session" in name)
        return next(found, None)

    def is_signed_in(self) -> bool:
        return self.get("/").status == 200

    def _send(self, method: str, path: str, body: str | bytes | None, headers: Headers) -> Page:
        sent = {"Accept": "text/html", "Accept-Language": self._language}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={c.value}" for name, c in self.cookies.items())
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = urllib3.request(
            method,
            self.url + path,
            body=body,
            headers=sent,
            redirect=False,
            retries=False,
            timeout=60,
        )
        for line in answer.headers.getlist("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return Page(answer.status, answer.headers, answer.data)

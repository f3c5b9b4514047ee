"""Looks for the secrets of the tests where no secret may stand: in logs and in audit logs.

Keys, tokens and passwords are known as they are made or sent by the process of the tests, which
speaks to its hubs by urllib3 or opens them itself; cookies as the hubs give them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
import urllib3

from assethub.core.hub import Hub
from assethub.core.people import keys, passwords, sessions
from assethub.store.tables import audit

_SHORTEST = 16
_FIELDS = re.compile(r'"(?:new|current|link)":\s*"([^"]+)"')
_FORM_FIELDS = ("key", "password", "token", "new", "again", "current")


class Leaks:
    """The secrets seen so far, the logs of hubs, and what hubs have recorded."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        # Names of users, which some tests give as passwords, too.
        self.names: set[str] = set()
        self.logs: set[Path] = set()
        self._recorded: list[str] = []

    def note(self, *found: object) -> None:
        """Notes secrets; short ones are words that stand in a log for another reason.

        So does one letter again and again, which tests send where something is to be too long.
        """
        for each in found:
            text = each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each or "")
            if len(text.strip()) >= _SHORTEST and len({*text.strip()}) > 1:
                self.secrets.add(text.strip())

    def keep_records(self, hub: Hub) -> None:
        """Keeps what the audit log of a hub says, which may not outlive it."""
        with hub.database.read() as connection:
            self._recorded += map(repr, connection.execute(sa.select(audit)))

    def find(self) -> list[str]:
        """Each place in which a secret stands, with its first characters."""
        places = [(str(path), path.read_text()) for path in self.logs if path.exists()]
        places.append(("an audit log", "\n".join(self._recorded)))
        return [
            f"{place}: {secret[:8]}…"
            for place, text in places
            for secret in self.secrets - self.names
            if secret in text
        ]


LEAKS = Leaks()


@contextmanager
def watching() -> Iterator[Leaks]:
    """For the time of a `with`, notes the secrets that the tests make, send and get."""
    with pytest.MonkeyPatch.context() as patch:
        _watch_core(patch)
        _watch_requests(patch)
        yield LEAKS


def _watch_core(patch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (keys, "add_key"),
        (sessions, "make_signin_token"),
        (sessions, "open_session"),
    ):
        patch.setattr(module, name, _noting_result(getattr(module, name)))
    hash_password = passwords.hash_password

    def hash_password_noted(password: str) -> str:
        LEAKS.note(password)
        return hash_password(password)

    patch.setattr(passwords, "hash_password", hash_password_noted)


def _noting_result(make: Callable[..., str]) -> Callable[..., str]:
    def make_noted(*args: Any, **kwargs: Any) -> str:
        secret = make(*args, **kwargs)
        LEAKS.note(secret)
        return secret

    return make_noted


def _watch_requests(patch: pytest.MonkeyPatch) -> None:
    send = urllib3.HTTPConnectionPool.urlopen

    def send_noted(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        body = args[0] if args else kwargs.get("body")
        headers = (args[1] if len(args) > 1 else kwargs.get("headers")) or {}
        _note_request(url, body, headers)
        answer = send(self, method, url, *args, **kwargs)
        for line in answer.headers.getlist("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "session" in name or "openid" in name:
                LEAKS.note(value)
        return answer

    patch.setattr(urllib3.HTTPConnectionPool, "urlopen", send_noted)


def _note_request(url: str, body: object, headers: Mapping[str, str]) -> None:
    query = dict(parse_qsl(urlsplit(url).query))
    LEAKS.note(query.get("apikey"), query.get("token"), query.get("code"))
    for name, value in headers.items():
        if name.lower() == "authorization":
            LEAKS.note(value.partition(" ")[2])
    if isinstance(body, bytes):
        body = body[:65_536].decode("utf-8", "replace")
    if isinstance(body, str) and body[:1] == "{":
        LEAKS.note(*_FIELDS.findall(body))
    # That form names a key by its id.
    elif isinstance(body, str) and not url.endswith("/account/keys/revoke"):
        form = dict(parse_qsl(body))
        LEAKS.note(*(form.get(field) for field in _FORM_FIELDS))

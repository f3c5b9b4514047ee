"""One's own account by the API, and passwords by the command of who runs the hub."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3

from api.raw import Raw
from assethub.core.people import accounts, attempts, sessions, users
from console.visitors import Visitor
from hubs import RunningHub, User, hub_environment

PASSWORD = "three odd kettles sing"
OTHER = "nobody painted the ladder"


class Person:
    """A user with a password, who speaks JSON with their key."""

    def __init__(self, hub: RunningHub, password: str | None = PASSWORD) -> None:
        self.hub = hub
        self.user = hub.new_user()
        if password is not None:
            accounts.set_password(hub.inside, self.user.name, password)

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> urllib3.BaseHTTPResponse:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self.user.key}",
            "Content-Type": "application/json",
        }
        url = f"{self.hub.url}/apis/v1/account{path}"
        # Here alone a text with half a character in it can be sent.
        sent = None if body is None else json.dumps(body)
        return urllib3.request(method, url, body=sent, headers=headers, retries=False, timeout=60)

    def link(self) -> str:
        user = users.find_user(self.hub.inside, self.user.name)
        return sessions.make_signin_token(self.hub.inside, user)

    def enter(self, password: str = PASSWORD) -> Visitor | None:
        """A browser signed in by the password; None where that is not right."""
        visitor = Visitor(self.hub)
        page = visitor.post("/signin", {"name": self.user.name, "password": password})
        return visitor if page.status == 303 else None


@pytest.fixture
def person(hub: RunningHub) -> Person:
    return Person(hub)


def code_of(answer: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def test_an_account_says_who_one_is(hub: RunningHub, person: Person) -> None:
    answer = person.call("GET", "")
    created = answer.json().pop("createdTimestamp")
    assert created.endswith("Z")
    user = users.find_user(hub.inside, person.user.name)
    assert answer.json() == {
        "id": user.id,
        "name": user.name,
        "admin": False,
        "email": None,
        "hasPassword": True,
        "openIdConnect": False,
        "groups": [],
        "createdTimestamp": created,
    }
    assert Person(hub, None).call("GET", "").json()["hasPassword"] is False


def test_the_current_password_makes_way_for_a_new_one(person: Person) -> None:
    visitor, link = person.enter(), person.link()
    assert visitor is not None
    change = {"new": OTHER, "current": PASSWORD}
    assert person.call("PUT", "/password", change).status == 200
    assert not visitor.is_signed_in()
    assert person.enter() is None
    assert person.enter(OTHER)
    assert visitor.post("/signin", {"token": link}).status == 400


def test_a_sign_in_link_sets_a_password_once(hub: RunningHub) -> None:
    person, link = Person(hub, None), ""
    link = person.link()
    assert person.call("PUT", "/password", {"new": PASSWORD, "link": link}).status == 200
    assert person.enter()
    again = person.call("PUT", "/password", {"new": OTHER, "link": link})
    assert code_of(again) == (403, "link_unknown")
    assert person.enter()


def test_without_proof_no_password_is_set(hub: RunningHub, person: Person) -> None:
    assert code_of(person.call("PUT", "/password", {"new": OTHER})) == (403, "proof_needed")
    wrong = person.call("PUT", "/password", {"new": OTHER, "current": "wrong"})
    assert code_of(wrong) == (403, "password_wrong")
    anothers = person.call("PUT", "/password", {"new": OTHER, "link": Person(hub, None).link()})
    assert code_of(anothers) == (403, "link_unknown")
    both = person.call(
        "PUT", "/password", {"new": OTHER, "current": "wrong", "link": person.link()}
    )
    assert code_of(both) == (403, "password_wrong")
    assert person.enter()


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("kurz=9zi", "password_too_short"),
        ("x" * 1001, "password_too_long"),
        ("letmein12345", "password_guessable"),
        ("2026010120260101", "password_guessable"),
        ("密码密码密码密码密码", "password_guessable"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(person: Person, new: str, code: str) -> None:
    answer = person.call("PUT", "/password", {"new": new, "current": PASSWORD})
    assert code_of(answer) == (400, code)
    assert new not in answer.data.decode()
    assert person.enter()


@pytest.mark.parametrize("body", [{}, {"new": 7}, {"new": None}, {"new": OTHER, "current": []}])
def test_a_change_that_cannot_be_read_is_refused(person: Person, body: dict[str, Any]) -> None:
    assert code_of(person.call("PUT", "/password", body)) == (400, "invalid_request")


def test_odd_characters_are_taken_or_refused(person: Person) -> None:
    odd = "\u0000three \ud800odd\u202e kettles sing"
    assert person.call("PUT", "/password", {"new": odd, "current": PASSWORD}).status == 200
    change = {"new": OTHER, "current": odd}
    assert person.call("PUT", "/password", change).status == 200


def test_guessing_at_the_current_password_is_answered_with_when_to_go_on(
    hub: RunningHub, person: Person
) -> None:
    user = users.find_user(hub.inside, person.user.name)
    counter = attempts.of_own_password(user.id)
    for _ in range(5):
        hub.inside.database.write(lambda connection: attempts.count_failure(connection, counter))
    answer = person.call("PUT", "/password", {"new": OTHER, "current": PASSWORD})
    assert code_of(answer) == (429, "too_many_failures")
    assert answer.headers["Retry-After"] == "1"
    assert person.enter()


def test_sessions_are_listed_and_ended(hub: RunningHub, person: Person) -> None:
    visitor = person.enter()
    assert visitor is not None
    [session] = person.call("GET", "/sessions").json()["results"]
    assert session["method"] == "password"
    assert session["address"] == "127.0.0.1"
    assert (visitor.session or "") not in str(session)
    other = Person(hub, None)
    refused = other.call("DELETE", f"/sessions/{session['id']}")
    assert code_of(refused) == (404, "session_not_found")
    assert visitor.is_signed_in()
    assert person.call("DELETE", f"/sessions/{session['id']}").status == 200
    assert not visitor.is_signed_in()
    assert person.call("GET", "/sessions").json()["results"] == []


def run(hub: RunningHub, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    command = [Path(sys.executable).with_name("assethub"), *arguments]
    return subprocess.run(
        command,
        env=hub_environment(hub.settings),
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_who_runs_the_hub_sets_a_password_from_standard_input(
    hub: RunningHub, person: Person
) -> None:
    visitor = person.enter()
    assert visitor is not None
    name = person.user.name
    done = run(hub, "user", "passwd", name, "--stdin", text=f"{OTHER}\nmore\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert OTHER not in done.stdout
    assert not visitor.is_signed_in()
    assert person.enter(OTHER)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("", "short\n", "assethub: error: a password has at least 10 characters\n"),
        ("", "password1234\n", "assethub: error: this password is easy to guess"),
        ("", "", "assethub: error: a password has at least 10 characters\n"),
        ("nobody-there", f"{OTHER}\n", "assethub: error: user nobody-there not found\n"),
    ],
)
def test_a_password_that_cannot_be_set_is_refused_in_one_line(
    hub: RunningHub, person: Person, name: str, text: str, said: str
) -> None:
    done = run(hub, "user", "passwd", name or person.user.name, "--stdin", text=text)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert person.enter()


def test_a_password_is_asked_for_twice_and_not_shown(hub: RunningHub) -> None:
    person = Person(hub, None)
    assert ask_at_terminal(hub, person.user, [PASSWORD, PASSWORD]).count(PASSWORD) == 0
    assert person.enter()


def ask_at_terminal(hub: RunningHub, user: User, typed: list[str]) -> str:
    """What a terminal shows where somebody types at each question."""
    program = Path(sys.executable).with_name("assethub")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [program, "user", "passwd", user.name],
        env=hub_environment(hub.settings),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    with process:
        for text in typed:
            while not shown.endswith(": "):
                shown += os.read(ours, 1000).decode()
            os.write(ours, f"{text}\n".encode())
            shown += " "
        while True:
            try:
                shown += os.read(ours, 1000).decode()
            except OSError:
                break
    os.close(ours)
    assert process.returncode == 0, shown
    return shown


def test_a_released_client_gets_the_refusal_in_plain_text(person: Person) -> None:
    raw = Raw(person.hub.url, person.user.key)
    assert raw.refused("PUT", "/account/password", {"new": "short", "current": PASSWORD}) == (
        400,
        "a password has at least 10 characters",
    )

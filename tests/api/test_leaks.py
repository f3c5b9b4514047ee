"""The search for secrets in logs knows those of the tests, and finds them where they stand."""

import uuid
from pathlib import Path

from assethub.core.people import keys, sessions, users
from console.visitors import Visitor
from hubs import RunningHub
from leaks import LEAKS, Leaks


def test_keys_tokens_sessions_and_passwords_are_known(hub: RunningHub) -> None:
    user, password = hub.new_user(), f"some {uuid.uuid4().hex} words"
    visitor = Visitor(hub).sign_in(user)
    Visitor(hub).post("/signin", {"name": user.name, "password": password})
    token = sessions.make_signin_token(hub.inside, users.find_user(hub.inside, user.name))
    assert {user.key, visitor.session, password, token} <= LEAKS.secrets
    assert hub.log in LEAKS.logs


def test_a_secret_in_a_log_or_an_audit_log_is_found(hub: RunningHub, tmp_path: Path) -> None:
    leaks, secret = Leaks(), uuid.uuid4().hex
    leaks.note(secret)
    leaks.logs.add(tmp_path / "log")
    (tmp_path / "log").write_text("nothing")
    leaks.keep_records(hub.inside)
    assert leaks.find() == []
    (tmp_path / "log").write_text(f'{{"event": "key {secret}"}}\n')
    assert leaks.find() == [f"{tmp_path / 'log'}: {secret[:8]}…"]
    user = users.find_user(hub.inside, hub.new_user().name)
    keys.add_key(hub.inside, user, secret)
    leaks.keep_records(hub.inside)
    assert len(leaks.find()) == 2

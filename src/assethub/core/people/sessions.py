"""Sign-in to the console: the ways in, and the sessions that they open."""

import secrets
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.audit import About, audited, note_refusal, record
from assethub.core.hub import Hub
from assethub.core.people import attempts, passwords
from assethub.core.people.keys import authenticate_key, hash_secret, note_refused_key
from assethub.core.people.users import KeyLimits, User, machine_user
from assethub.core.permissions import require_admin, require_full_key
from assethub.core.values import now
from assethub.errors import HubError, NotFound, PermissionDenied, TooManyRequests, Unauthenticated
from assethub.store.tables import sessions, signin_links, users

_SECOND = 1_000_000
_LINK_LIFE = 24 * 3600 * _SECOND
SESSION_SECONDS = 14 * 24 * 3600
# For so long after it a sign-in by a link counts as a proof of who it is.
_FRESH = 15 * 60 * _SECOND
_ID_DIGITS = 16
_LONGEST_AGENT = 255
_welcome = sa.select(users.c.id).where(users.c.disabled.is_(None))


class Origin(NamedTuple):
    """Where a sign-in comes from: the address, and what the browser says it is."""

    peer: str = ""
    agent: str = ""


NOWHERE = Origin()


class Session(NamedTuple):
    """A session that lasts. `id` tells it from others and opens nothing; times in microseconds.

    `method` is how it was opened: `password`, `key`, `link` or `oidc`.
    """

    id: str
    method: str
    created: int
    expires: int
    last_used: int | None
    peer: str
    agent: str

    @property
    def fresh_by_link(self) -> bool:
        """Whether a one-time link opened it just now."""
        return self.method == "link" and self.created > now() - _FRESH


_id = sa.func.substr(sessions.c.secret, 1, _ID_DIGITS)
_shown = (_id, *(getattr(sessions.c, field) for field in Session._fields[1:]))


@audited("link.create")
def make_signin_token(hub: Hub, user: User, *, by: User | None = None) -> str:
    """A token that signs the user in once, within a day.

    `by` is the admin who asks for it, None for who runs the hub.
    """
    if by is not None:
        require_admin(by)
    token = secrets.token_urlsafe(32)

    def job(connection: sa.Connection) -> None:
        connection.execute(signin_links.delete().where(signin_links.c.expires < now()))
        connection.execute(
            signin_links.insert(),
            {"secret": hash_secret(token), "user_id": user.id, "expires": now() + _LINK_LIFE},
        )
        record(connection, by or machine_user(), "link.create", About(user.name), user=user.id)

    hub.database.write(job)
    return token


def find_signin(hub: Hub, token: str) -> User:
    """Whom a one-time token signs in; it stays unused. Raises Unauthenticated."""
    query = (
        sa.select(users.c.id, users.c.name, users.c.admin)
        .join(signin_links, signin_links.c.user_id == users.c.id)
        .where(
            signin_links.c.secret == hash_secret(token),
            signin_links.c.expires > now(),
            users.c.disabled.is_(None),
        )
    )
    with hub.database.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise _link_unknown()
    return User(*row)


def use_up_link(connection: sa.Connection, token: str) -> str:
    """Uses up a one-time token; returns the id of whom it signs in. Raises Unauthenticated."""
    used = signin_links.delete().where(
        signin_links.c.secret == hash_secret(token),
        signin_links.c.expires > now(),
        signin_links.c.user_id.in_(_welcome),
    )
    row = connection.execute(used.returning(signin_links.c.user_id)).first()
    if row is None:
        raise _link_unknown()
    return str(row.user_id)


def sign_in_with_token(hub: Hub, token: str, origin: Origin = NOWHERE) -> str:
    """Uses up a one-time token; returns a new session's secret. Raises Unauthenticated."""

    def job(connection: sa.Connection) -> str:
        return open_session(connection, use_up_link(connection, token), "link", origin)

    try:
        return hub.database.write(job)
    except Unauthenticated as error:
        note_failed_signin(hub, error, "link", origin)
        raise


def sign_in_with_key(hub: Hub, key: str, origin: Origin = NOWHERE) -> str:
    """Opens a session for the holder of an API key, no longer than that lasts.

    Raises Unauthenticated, also for a key that is limited: a session is not.
    """

    def job(connection: sa.Connection) -> str:
        user = authenticate_key(connection, key)
        try:
            require_full_key(user)
        except PermissionDenied as error:
            raise Unauthenticated(error.text, code=error.code, detail=error.detail) from error
        return open_session(connection, user.id, "key", origin, user.key)

    try:
        return hub.database.write(job)
    except Unauthenticated as error:
        note_refused_key(hub, key, origin.peer, "session.open", error)
        raise


def sign_in_with_password(
    hub: Hub, name: str, password: str, origin: Origin = NOWHERE, current: User | None = None
) -> str:
    """Opens a session for who knows a user's password; `current` is who is signed in already.

    Raises Unauthenticated, in the same time and words whatever is wrong, and TooManyRequests after
    failures: of the address, and of the account where nobody signed in from that address before.
    """
    if not name or not password:
        raise Unauthenticated("give a name and a password", code="password_missing")
    try:
        return _check_password(hub, name, password, origin, current)
    except (Unauthenticated, TooManyRequests) as error:
        note_failed_signin(hub, error, "password", origin, name)
        raise


def _check_password(
    hub: Hub, name: str, password: str, origin: Origin, current: User | None
) -> str:
    counters = [attempts.of_account(name), attempts.of_address(origin.peer)]
    trusted = current is not None and current.name == name

    def begin(connection: sa.Connection) -> list[attempts.Counter]:
        known = attempts.is_known(connection, name, origin.peer) or trusted
        counted = counters[1:] if known else counters
        for counter in counted:
            attempts.count_failure(connection, counter)
        return counted

    with passwords.hashing_turn():
        counted = hub.database.write(begin)
        with hub.database.read() as connection:
            query = sa.select(users.c.id, users.c.password, users.c.disabled)
            row = connection.execute(query.where(users.c.name == name)).first()
        kept = row.password if row is not None and row.disabled is None else None
        if not passwords.is_password(password, kept) or row is None or kept is None:
            raise Unauthenticated("the name or the password is wrong", code="password_wrong")
        better = passwords.hash_password(password) if passwords.needs_rehash(kept) else kept

    def finish(connection: sa.Connection) -> str:
        # It may have been changed, and the account disabled, since it was read.
        same = users.update().where(
            users.c.id == row.id, users.c.password == kept, users.c.disabled.is_(None)
        )
        if not connection.execute(same.values(password=better)).rowcount:
            raise Unauthenticated("the name or the password is wrong", code="password_wrong")
        attempts.take_back(connection, counted[-1])
        attempts.clear(connection, counters[0])
        return open_session(connection, row.id, "password", origin)

    return hub.database.write(finish)


def find_session(hub: Hub, secret: str) -> tuple[User, Session] | None:
    """Whose session it is, and the session; None where it has ended or never was."""
    digest = hash_secret(secret)
    query = (
        sa.select(users.c.id, users.c.name, users.c.admin, *_shown)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(sessions.c.secret == digest, sessions.c.expires > now(), users.c.disabled.is_(None))
    )
    with hub.database.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if hub.uses.is_due(digest):
        used = sessions.update().where(sessions.c.secret == digest).values(last_used=now())
        hub.database.submit(lambda connection: connection.execute(used).rowcount)
    return User(*row[:3]), Session._make(row[3:])


def list_sessions(hub: Hub, user: User) -> list[Session]:
    """The user's sessions, the newest first."""
    require_full_key(user)
    query = sa.select(*_shown).where(sessions.c.user_id == user.id, sessions.c.expires > now())
    with hub.database.read() as connection:
        found = connection.execute(query.order_by(sessions.c.created.desc(), _id))
        return [Session._make(row) for row in found]


@audited("session.end")
def end_session(hub: Hub, user: User, id_: str) -> None:
    """Ends one of the user's sessions at once, named by its id. Raises NotFound."""
    require_full_key(user)
    gone = sessions.delete().where(sessions.c.user_id == user.id, _id == id_)

    def job(connection: sa.Connection) -> None:
        if not connection.execute(gone).rowcount:
            raise NotFound("session not found", code="session_not_found")
        record(connection, user, "session.end", About(user.name))

    hub.database.write(job)


def sign_out(hub: Hub, user: User, secret: str) -> None:
    """Ends a session of the user's at once; one that is not there is no error."""
    gone = sessions.delete().where(sessions.c.secret == hash_secret(secret))

    def job(connection: sa.Connection) -> None:
        if connection.execute(gone).rowcount:
            record(connection, user, "session.end", About(user.name))

    hub.database.write(job)


def note_failed_signin(
    hub: Hub, error: HubError, method: str, origin: Origin, name: str = "", subject: str = ""
) -> None:
    """Records a sign-in that failed, to whose account where one has that name or subject.

    Any other name is left out: people type their password there.
    """

    def identify(connection: sa.Connection) -> User | None:
        whose = users.c.subject == subject if subject else users.c.name == name
        row = connection.execute(sa.select(users.c.id, users.c.name).where(whose)).first()
        return None if row is None else User(*row, peer=origin.peer)

    nobody = User("", "", peer=origin.peer)
    what = name or subject
    known = identify if what else None
    note_refusal(hub, nobody, "session.open", error, identify=known, what=what, method=method)


def _link_unknown() -> Unauthenticated:
    return Unauthenticated(
        "this sign-in link was used already or has expired; make a new one with "
        "`assethub user link NAME`",
        code="link_unknown",
    )


def open_session(
    connection: sa.Connection,
    user_id: str,
    method: str,
    origin: Origin,
    key: KeyLimits | None = None,
) -> str:
    """Opens a session, as long as the key lasts at most; returns its secret, which the hub does
    not keep.
    """
    latest = None if key is None else key.expires
    secret = secrets.token_urlsafe(32)
    expires = now() + SESSION_SECONDS * _SECOND
    connection.execute(sessions.delete().where(sessions.c.expires < now()))
    connection.execute(
        sessions.insert(),
        {
            "secret": hash_secret(secret),
            "user_id": user_id,
            "created": now(),
            "expires": min(expires, latest) if latest else expires,
            "peer": origin.peer[:64],
            "agent": origin.agent[:_LONGEST_AGENT],
            "method": method,
        },
    )
    name = sa.select(users.c.name).where(users.c.id == user_id)
    user = User(user_id, connection.execute(name).scalar_one(), key=key, peer=origin.peer)
    attempts.note_known(connection, user.name, origin.peer)
    record(connection, user, "session.open", About(user.name), method=method)
    return secret

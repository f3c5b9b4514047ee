"""Sign-in to the console: one-time links, and the sessions they or an API key open."""

import secrets

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.keys import authenticate_key, hash_secret
from assethub.core.permissions import require_full_key
from assethub.core.users import User
from assethub.core.values import now
from assethub.errors import PermissionDenied, Unauthenticated
from assethub.store.tables import sessions, signin_links, users

_SECOND = 1_000_000
_LINK_LIFE = 24 * 3600 * _SECOND
SESSION_SECONDS = 14 * 24 * 3600
_welcome = sa.select(users.c.id).where(users.c.disabled.is_(None))


def make_signin_token(hub: Hub, user: User) -> str:
    """A token that signs the user in once, within a day."""
    token = secrets.token_urlsafe(32)

    def job(connection: sa.Connection) -> None:
        connection.execute(signin_links.delete().where(signin_links.c.expires < now()))
        connection.execute(
            signin_links.insert(),
            {"secret": hash_secret(token), "user_id": user.id, "expires": now() + _LINK_LIFE},
        )

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


def sign_in_with_token(hub: Hub, token: str) -> str:
    """Uses up a one-time token; returns a new session's secret. Raises Unauthenticated."""

    def job(connection: sa.Connection) -> str:
        row = connection.execute(
            signin_links.delete()
            .where(
                signin_links.c.secret == hash_secret(token),
                signin_links.c.expires > now(),
                signin_links.c.user_id.in_(_welcome),
            )
            .returning(signin_links.c.user_id)
        ).first()
        if row is None:
            raise _link_unknown()
        return _open_session(connection, row.user_id)

    return hub.database.write(job)


def sign_in_with_key(hub: Hub, key: str) -> str:
    """Opens a session for the holder of an API key, no longer than that lasts.

    Raises Unauthenticated, also for a key that is limited: a session is not.
    """

    def job(connection: sa.Connection) -> str:
        user = authenticate_key(connection, key)
        try:
            require_full_key(user)
        except PermissionDenied as error:
            raise Unauthenticated(error.text, code=error.code, detail=error.detail) from error
        return _open_session(connection, user.id, user.key and user.key.expires)

    return hub.database.write(job)


def find_session(hub: Hub, secret: str) -> User | None:
    """Whose session it is; None where it has ended or never was."""
    with hub.database.read() as connection:
        row = connection.execute(
            sa.select(users.c.id, users.c.name, users.c.admin)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(
                sessions.c.secret == hash_secret(secret),
                sessions.c.expires > now(),
                users.c.disabled.is_(None),
            )
        ).first()
    return None if row is None else User(*row)


def sign_out(hub: Hub, secret: str) -> None:
    """Ends a session at once; one that is not there is no error."""
    gone = sessions.delete().where(sessions.c.secret == hash_secret(secret))
    hub.database.write(lambda connection: connection.execute(gone).rowcount)


def _link_unknown() -> Unauthenticated:
    return Unauthenticated(
        "this sign-in link was used already or has expired; make a new one with "
        "`assethub user link NAME`",
        code="link_unknown",
    )


def _open_session(connection: sa.Connection, user_id: str, latest: int | None = None) -> str:
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
        },
    )
    return secret

"""Users and their API keys."""

import hashlib
import re
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.hub import Hub
from assethub.core.values import check_name, check_text, new_id, now
from assethub.errors import Conflict, NotFound, Unauthenticated
from assethub.store.statements import Prepared
from assethub.store.tables import api_keys, users

_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class User(NamedTuple):
    """Who asks. `name` is what stands as OWNER in references."""

    id: str
    name: str


class Key(NamedTuple):
    """An API key as it can be shown later: its first 8 characters, never the whole."""

    id: str
    name: str
    prefix: str
    created: int
    revoked: int | None


def add_user(hub: Hub, name: str) -> User:
    """Makes a user; raises Conflict where the name is taken."""
    user = User(new_id(), check_name("user", name))

    def job(connection: sa.Connection) -> User:
        try:
            connection.execute(users.insert(), {"id": user.id, "name": user.name, "created": now()})
        except IntegrityError as error:
            raise Conflict(f"user {name} already exists", code="user_exists") from error
        return user

    return hub.database.write(job)


def list_users(hub: Hub) -> list[User]:
    with hub.database.read() as connection:
        found = connection.execute(sa.select(users.c.id, users.c.name).order_by(users.c.name))
        return [User(*row) for row in found]


def find_user(hub: Hub, name: str) -> User:
    """The user of that name; raises NotFound."""
    with hub.database.read() as connection:
        row = connection.execute(
            sa.select(users.c.id, users.c.name).where(users.c.name == name)
        ).first()
    if row is None:
        raise NotFound(f"user {name} not found", code="user_not_found")
    return User(*row)


def add_key(hub: Hub, user: User, name: str) -> str:
    """Makes an API key and returns it whole, for the only time; the hub keeps its hash."""
    secret = new_id()
    row = {
        "id": new_id(),
        "user_id": user.id,
        "secret": hash_secret(secret),
        "name": check_text("name of a key", name, longest=255),
        "prefix": secret[:8],
        "created": now(),
    }
    hub.database.write(lambda connection: connection.execute(api_keys.insert(), row).rowcount)
    return secret


def list_keys(hub: Hub, user: User) -> list[Key]:
    """The user's keys, revoked ones too, oldest first."""
    columns = [getattr(api_keys.c, field) for field in Key._fields]
    with hub.database.read() as connection:
        found = connection.execute(
            sa.select(*columns)
            .where(api_keys.c.user_id == user.id)
            .order_by(api_keys.c.created, api_keys.c.id)
        )
        return [Key(*row) for row in found]


def revoke_key(hub: Hub, prefix: str) -> Key:
    """Ends a key, named by its id, or by its first 8 characters or more of them.

    Raises NotFound where no key in use is meant, Conflict where more than one is.
    """
    columns = [getattr(api_keys.c, field) for field in Key._fields]
    meant = sa.or_(
        api_keys.c.id == prefix,
        api_keys.c.secret == hash_secret(prefix),
        api_keys.c.prefix == prefix,
    )

    def job(connection: sa.Connection) -> Key:
        found = connection.execute(
            sa.select(*columns).where(meant, api_keys.c.revoked.is_(None))
        ).all()
        if not found:
            raise NotFound(f"no key in use starts with {prefix[:8]}", code="key_not_found")
        if len(found) > 1:
            raise Conflict(
                f"{len(found)} keys start with {prefix[:8]}; name one by its id",
                code="key_ambiguous",
            )
        key = Key(*found[0])._replace(revoked=now())
        connection.execute(
            api_keys.update().where(api_keys.c.id == key.id).values(revoked=key.revoked)
        )
        return key

    return hub.database.write(job)


_by_key = Prepared(
    sa.select(users.c.id, users.c.name)
    .join(api_keys, api_keys.c.user_id == users.c.id)
    .where(api_keys.c.secret == sa.bindparam("secret"), api_keys.c.revoked.is_(None))
)


def authenticate_key(connection: sa.Connection, key: str) -> User:
    """The user who holds the key; raises Unauthenticated with the released client's exact text."""
    row = None
    if _KEY.fullmatch(key):
        row = _by_key.first(connection, {"secret": hash_secret(key)})
    if row is None:
        raise Unauthenticated(
            f"api key {key[:8]}… not found\n",
            code="key_unknown",
            detail=f"api key {key[:8]}… is not known or was revoked; log in with another",
        )
    return User(*row)


def hash_secret(secret: str) -> str:
    """The form in which keys and tokens are kept. They are random, so no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

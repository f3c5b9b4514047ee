"""API keys: made, listed, revoked, and whom they let in to what."""

import hashlib
import re
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.audit import About, audited, note_refusal, record
from assethub.core.folders import load_folder
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.users import KeyLimits, User, machine_user
from assethub.core.permissions import (
    Level,
    held_level,
    require_account,
    require_admin,
    require_full_key,
)
from assethub.core.values import check_text, new_id, now
from assethub.errors import Conflict, HubError, InvalidInput, NotFound, Unauthenticated
from assethub.store.statements import Prepared, Row
from assethub.store.tables import api_keys, assets, folders, users

_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SCOPES = ("full", "read")


class Key(NamedTuple):
    """An API key as it can be shown later: its first 8 characters, never the whole.

    `folder` and `asset` are the names of what it is limited to, or the ids of what its user cannot
    see any more.
    Times are in microseconds.
    """

    id: str
    name: str
    prefix: str
    scope: str
    folder: str | None
    asset: str | None
    created: int
    expires: int | None
    last_used: int | None
    revoked: int | None


class Held(NamedTuple):
    """A key as an admin sees it, with the name of whose it is."""

    key: Key
    holder: str


class Terms(NamedTuple):
    """What a new key is to be good for: all that its user may do, unless it says less."""

    scope: str = "full"
    folder_id: str | None = None
    asset_id: str | None = None
    expires: int | None = None


UNLIMITED = Terms()


def add_key(
    hub: Hub, user: User, name: str, terms: Terms = UNLIMITED, *, by: User | None = None
) -> str:
    """Makes an API key of a user's and returns it whole, for the only time; the hub keeps its hash.

    `by` is who asks for it, None for who runs the hub.
    """
    secret = new_id()
    moment = now()
    row = {
        "id": new_id(),
        "user_id": user.id,
        "secret": hash_secret(secret),
        "name": check_text("name of a key", name, longest=255),
        "prefix": secret[:8],
        "created": moment,
        **terms._asdict(),
    }
    if terms.scope not in SCOPES:
        raise InvalidInput("the scope of a key is full or read", code="invalid_scope")
    if terms.expires is not None and terms.expires <= moment:
        raise InvalidInput("a key cannot have expired when it is made", code="invalid_expiry")

    def job(connection: sa.Connection) -> None:
        connection.execute(api_keys.insert(), row)
        said = {"key": row["id"], "prefix": row["prefix"], "name": name, **terms._asdict()}
        record(connection, by or machine_user(), "key.create", About(user.name), **said)

    hub.database.write(job)
    return secret


@audited("key.create")
def create_key(hub: Hub, user: User, name: str, terms: Terms = UNLIMITED) -> tuple[Key, str]:
    """Makes a key for the asker, who has to view what it is for; returns it, and it whole.

    A key makes none that lasts longer than itself.
    """
    require_full_key(user)
    if user.key is not None and user.key.expires is not None:
        latest = user.key.expires
        if terms.expires is None or terms.expires > latest:
            raise InvalidInput(
                "this key expires, and can make no key that lasts longer; give an earlier time",
                code="invalid_expiry",
            )
    with hub.database.read() as connection:
        if terms.asset_id is not None:
            asset = load_asset(connection, user, terms.asset_id, Level.VIEW)
            # What the key is to show of the folder around its asset is found by the folder's id.
            terms = terms._replace(folder_id=asset.folder.id)
        elif terms.folder_id is not None:
            load_folder(connection, user, terms.folder_id, Level.VIEW)
    secret = add_key(hub, user, name, terms, by=user)
    digest = hash_secret(secret)
    with hub.database.read() as connection:
        row = connection.execute(_shown.where(api_keys.c.secret == digest), {"asker": user.id})
        return Key._make(row.one()), secret


_owners = users.alias("owners")
_folder_path = (
    sa.select(_owners.c.name + "/" + folders.c.type + "/" + folders.c.name)
    .where(
        folders.c.id == api_keys.c.folder_id,
        _owners.c.id == folders.c.owner_id,
        held_level() >= int(Level.VIEW),
    )
    .scalar_subquery()
)
_asset_name = sa.select(assets.c.name).where(assets.c.id == api_keys.c.asset_id).scalar_subquery()
_shown = sa.select(
    api_keys.c.id,
    api_keys.c.name,
    api_keys.c.prefix,
    api_keys.c.scope,
    sa.func.coalesce(_folder_path, api_keys.c.folder_id),
    sa.func.coalesce(_folder_path + "/" + _asset_name, api_keys.c.asset_id),
    api_keys.c.created,
    api_keys.c.expires,
    api_keys.c.last_used,
    api_keys.c.revoked,
)


def page_keys(
    hub: Hub,
    by: User,
    *,
    holder: str = "",
    prefix: str = "",
    before: int = 0,
    amount: int | None = None,
) -> Page[Held]:
    """For an admin: up to `amount` keys, the newest first, made before a moment (microseconds).

    With a holder only that user's, with a prefix those that start so.
    """
    require_admin(by)
    most = check_amount(amount)
    query = _shown.add_columns(users.c.name.label("holder"))
    query = query.join(users, users.c.id == api_keys.c.user_id)
    if holder:
        query = query.where(users.c.name == holder)
    if prefix:
        query = query.where(api_keys.c.prefix.startswith(prefix[:8], autoescape=True))
    if before:
        query = query.where(api_keys.c.created < before)
    query = query.order_by(api_keys.c.created.desc(), api_keys.c.id).limit(most + 1)
    with hub.database.read() as connection:
        rows = connection.execute(query, {"asker": by.id}).all()
    return cut_page([Held(Key._make(row[:-1]), row[-1]) for row in rows], most)


def list_keys(hub: Hub, user: User) -> list[Key]:
    """The user's keys, also those that have ended, oldest first."""
    require_account(user)
    query = _shown.where(api_keys.c.user_id == user.id)
    with hub.database.read() as connection:
        query = query.order_by(api_keys.c.created, api_keys.c.id)
        found = connection.execute(query, {"asker": user.id})
        return [Key._make(row) for row in found]


@audited("key.revoke")
def revoke_key(hub: Hub, prefix: str, user: User | None = None) -> Key:
    """Ends a key, named by its id, or by its first 8 characters or more of them.

    With a user, who asks, only one of theirs is meant. Raises NotFound where no key in use is
    meant, Conflict where more than one is.
    """
    if user is not None:
        require_full_key(user)
    meant = sa.or_(
        api_keys.c.id == prefix,
        api_keys.c.secret == hash_secret(prefix),
        api_keys.c.prefix == prefix,
    )
    if user is not None:
        meant = sa.and_(meant, api_keys.c.user_id == user.id)
    return _revoke(hub, meant, prefix, user)


@audited("key.revoke")
def revoke_any_key(hub: Hub, id_: str, *, by: User) -> Key:
    """Ends the key of that id, whosever it is, for an admin; raises NotFound as `revoke_key`."""
    require_admin(by)
    return _revoke(hub, api_keys.c.id == id_, id_, by)


def _revoke(hub: Hub, meant: "sa.ColumnElement[bool]", prefix: str, user: User | None) -> Key:
    query = _shown.add_columns(users.c.name.label("holder"))
    query = query.join(users, users.c.id == api_keys.c.user_id)
    query = query.where(meant, api_keys.c.revoked.is_(None))

    def job(connection: sa.Connection) -> Key:
        found = connection.execute(query, {"asker": user.id if user else ""}).all()
        if not found:
            raise NotFound(f"no key in use starts with {prefix[:8]}", code="key_not_found")
        if len(found) > 1:
            raise Conflict(
                f"{len(found)} keys start with {prefix[:8]}; name one by its id",
                code="key_ambiguous",
            )
        *shown, holder = found[0]
        key = Key._make(shown)._replace(revoked=now())
        connection.execute(
            api_keys.update().where(api_keys.c.id == key.id).values(revoked=key.revoked)
        )
        said = {"key": key.id, "prefix": key.prefix, "name": key.name}
        record(connection, user or machine_user(), "key.revoke", About(holder), **said)
        return key

    return hub.database.write(job)


_by_secret = Prepared(
    sa.select(
        users.c.id,
        users.c.name,
        users.c.admin,
        api_keys.c.id,
        api_keys.c.prefix,
        api_keys.c.scope,
        api_keys.c.folder_id,
        api_keys.c.asset_id,
        api_keys.c.expires,
    )
    .join(api_keys, api_keys.c.user_id == users.c.id)
    .where(
        api_keys.c.secret == sa.bindparam("secret"),
        api_keys.c.revoked.is_(None),
        users.c.disabled.is_(None),
    )
)


def authenticate_key(connection: sa.Connection, key: str) -> User:
    """The user who holds the key; raises Unauthenticated with the released client's exact text.

    A key that was revoked or has expired, and each of a disabled user, is as one never made.
    """
    row: Row | None = None
    if _KEY.fullmatch(key):
        row = _by_secret.first(connection, {"secret": hash_secret(key)})
    if row is None or (row[-1] is not None and row[-1] <= now()):
        raise Unauthenticated(
            f"api key {key[:8]}… not found\n",
            code="key_unknown",
            detail=f"api key {key[:8]}… is not known, was revoked or has expired; "
            "log in with another",
        )
    id_, name, admin, key_id, prefix, scope, *limits = row
    return User(id_, name, bool(admin), KeyLimits(key_id, prefix, scope == "read", *limits))


def note_refused_key(hub: Hub, key: str, peer: str, action: str, error: HubError) -> None:
    """Records that a key was refused: whose it is, where the hub has known it, else nobody's."""
    digest = hash_secret(key)

    def identify(connection: sa.Connection) -> User | None:
        query = sa.select(users.c.id, users.c.name, api_keys.c.id, api_keys.c.prefix)
        query = query.join(api_keys, api_keys.c.user_id == users.c.id)
        row = connection.execute(query.where(api_keys.c.secret == digest)).first()
        return None if row is None else User(*row[:2], key=KeyLimits(*row[2:]), peer=peer)

    nobody = User("", "", peer=peer)
    note_refusal(hub, nobody, action, error, identify=identify, what=digest, method="key")


def note_use(hub: Hub, user: User) -> None:
    """Notes that the user's key was used, to the minute; nobody waits for it."""
    if user.key is None or not hub.uses.is_due(user.key.id):
        return
    used = api_keys.update().where(api_keys.c.id == user.key.id).values(last_used=now())
    hub.database.submit(lambda connection: connection.execute(used).rowcount)


def hash_secret(secret: str) -> str:
    """The form in which keys and tokens are kept. They are random, so no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

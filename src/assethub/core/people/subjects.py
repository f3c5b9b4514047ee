"""Users whom a provider of OpenID Connect signs in, and the groups it says they are in."""

import re
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.audit import About, record
from assethub.core.hub import Hub
from assethub.core.people.sessions import Origin, note_failed_signin, open_session
from assethub.core.people.users import User, insert_user, record_user
from assethub.core.values import check_name, new_id, now
from assethub.errors import InvalidInput, Unauthenticated
from assethub.store.database import insert_missing
from assethub.store.tables import group_members, groups, users

SOURCE = "oidc"
_LONGEST_NAME = 64
_LONGEST_EMAIL = 255
_LONGEST_SUBJECT = 1024
_MOST_GROUPS = 500
_UNFIT = re.compile(r"[^\w.+-]+")


class Identity(NamedTuple):
    """Whom a provider has signed in. `subject` is `ISSUER|SUB`, all that stays the same.

    `groups` is None where the provider is not asked for them.
    """

    subject: str
    name: str
    email: str
    groups: list[str] | None


def sign_in_subject(hub: Hub, identity: Identity, origin: Origin) -> str:
    """Opens a session for the user with the identity's subject, made on first sign-in.

    Returns the session's secret. The user is in just those groups of the provider's that the
    identity names; groups made in the hub are not touched, also where they have such a name.
    Raises Unauthenticated for a disabled user.
    """
    if len(identity.subject) > _LONGEST_SUBJECT or "\0" in identity.subject:
        raise Unauthenticated("the provider names its user too long", code="provider_refused")

    def job(connection: sa.Connection) -> str:
        query = sa.select(users.c.id, users.c.disabled)
        row = connection.execute(query.where(users.c.subject == identity.subject)).first()
        if row is not None and row.disabled is not None:
            raise Unauthenticated("this account is disabled", code="account_disabled")
        id_ = _make_user(connection, identity, origin) if row is None else row.id
        email = _clean_email(identity.email)
        connection.execute(users.update().where(users.c.id == id_).values(email=email))
        if identity.groups is not None:
            _replace_groups(connection, id_, identity.groups, origin)
        return open_session(connection, id_, SOURCE, origin)

    try:
        return hub.database.write(job)
    except Unauthenticated as error:
        note_failed_signin(hub, error, SOURCE, origin, subject=identity.subject)
        raise


def _make_user(connection: sa.Connection, identity: Identity, origin: Origin) -> str:
    """A new user, under a name that nobody has: an account that is there is never taken over."""
    wanted = _clean_name(identity.name or identity.email)
    query = sa.select(users.c.name).where(
        sa.or_(users.c.name == wanted, users.c.name.startswith(f"{wanted}-", autoescape=True))
    )
    taken = set(connection.execute(query).scalars())
    name, number = wanted, 1
    while True:
        if name not in taken:
            try:
                with connection.begin_nested():
                    user = insert_user(connection, name, identity.subject)
                record_user(connection, user, user._replace(peer=origin.peer))
                return user.id
            except IntegrityError:
                # Another hub was quicker: with the name, or with this same user.
                found = sa.select(users.c.id).where(users.c.subject == identity.subject)
                if id_ := connection.execute(found).scalar():
                    return str(id_)
        number += 1
        name = f"{wanted}-{number}"


def _clean_name(text: str) -> str:
    """A name for a user out of what a provider gives: `ann` out of `Ann@EXAMPLE.com`."""
    local = unicodedata.normalize("NFKC", text).partition("@")[0]
    cleaned = _UNFIT.sub("-", local)[:_LONGEST_NAME].strip("-.")
    try:
        return check_name("user", re.sub(r"\.{2,}", ".", cleaned))
    except InvalidInput:
        return "user"


def _clean_email(text: str) -> str | None:
    fits = "@" in text and text.isprintable() and len(text) <= _LONGEST_EMAIL
    return text if fits else None


def _replace_groups(
    connection: sa.Connection, user_id: str, names: list[str], origin: Origin
) -> None:
    fitting = [name for name in dict.fromkeys(names) if _fits(name)][:_MOST_GROUPS]
    rows = [{"id": new_id(), "name": name, "created": now(), "source": SOURCE} for name in fitting]
    known = set(
        connection.execute(sa.select(groups.c.name).where(groups.c.name.in_(fitting))).scalars()
    )
    insert_missing(connection, groups, rows)
    provided = sa.select(groups.c.id).where(groups.c.source == SOURCE)
    own = sa.select(groups.c.id, groups.c.name).join(group_members)
    own = own.where(group_members.c.user_id == user_id, groups.c.source == SOURCE)
    before = {row.id: row.name for row in connection.execute(own)}
    connection.execute(
        group_members.delete().where(
            group_members.c.user_id == user_id, group_members.c.group_id.in_(provided)
        )
    )
    found = connection.execute(provided.where(groups.c.name.in_(fitting))).scalars()
    members = [{"user_id": user_id, "group_id": group} for group in found]
    insert_missing(connection, group_members, members)
    after = {row.id: row.name for row in connection.execute(own)}
    query = sa.select(users.c.name).where(users.c.id == user_id)
    user = User(user_id, connection.execute(query).scalar_one(), peer=origin.peer)
    for row in rows:
        if row["name"] not in known:
            record(connection, user, "group.create", About(str(row["name"])), source=SOURCE)
    for action, changed in (
        ("group.remove_member", before.items() - after.items()),
        ("group.add_member", after.items() - before.items()),
    ):
        for id_, name in sorted(changed, key=lambda each: each[1]):
            said = {"group": id_, "member": user.name, "source": SOURCE}
            record(connection, user, action, About(name), **said)


def _fits(name: str) -> bool:
    try:
        return bool(check_name("group", name))
    except InvalidInput:
        return False

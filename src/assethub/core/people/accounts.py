"""One's own account: what the hub knows of it, and its password."""

from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.audit import About, audited, record
from assethub.core.hub import Hub
from assethub.core.people import attempts, passwords
from assethub.core.people.sessions import Session, use_up_link
from assethub.core.people.users import User, load_account, machine_user
from assethub.core.permissions import require_account, require_full_key
from assethub.errors import PermissionDenied, Unauthenticated
from assethub.store.tables import group_members, groups, sessions, signin_links, users


class OwnAccount(NamedTuple):
    """A user as they see themselves; `by_provider` is whether OpenID Connect signs them in."""

    id: str
    name: str
    admin: bool
    email: str | None
    created: int
    has_password: bool
    by_provider: bool
    groups: list[str]


class Proof(NamedTuple):
    """By what a change of the password is proved to be its user's: any one of these.

    `current` is the password until now, `link` the token of an unused sign-in link, `session` the
    one that is open, which a link has to have opened just now.
    """

    current: str | None = None
    link: str | None = None
    session: Session | None = None


def get_account(hub: Hub, user: User) -> OwnAccount:
    """The asker's own account."""
    require_account(user)
    query = sa.select(
        users.c.id,
        users.c.name,
        users.c.admin,
        users.c.email,
        users.c.created,
        users.c.password.is_not(None),
        users.c.subject.is_not(None),
    )
    members = sa.select(groups.c.name).join(group_members, group_members.c.group_id == groups.c.id)
    with hub.database.read() as connection:
        row = connection.execute(query.where(users.c.id == user.id)).one()
        found = connection.execute(
            members.where(group_members.c.user_id == user.id).order_by(groups.c.name)
        )
        return OwnAccount._make((*row, list(found.scalars())))


@audited("password.set")
def change_password(
    hub: Hub, user: User, new: str, proof: Proof, keep: Session | None = None
) -> None:
    """Sets the asker's password, and ends their other sessions and unused sign-in links.

    Only the session `keep` goes on. Raises InvalidInput for a weak password, PermissionDenied
    where the proof is none, and TooManyRequests after wrong ones.
    """
    require_full_key(user)
    counter = attempts.of_own_password(user.id)
    with passwords.hashing_turn():
        passwords.check_strength(new, user.name)
        kept = hub.database.write(lambda connection: _begin(connection, user, proof, counter))
        if proof.current is not None and not passwords.is_password(proof.current, kept):
            raise PermissionDenied("the current password is wrong", code="password_wrong")
        hashed = passwords.hash_password(new)

    def finish(connection: sa.Connection) -> None:
        if proof.link is not None and proof.current is None:
            _use_up_link(connection, user, proof.link)
        attempts.clear(connection, counter)
        _store(connection, user.id, hashed, keep)
        record(connection, user, "password.set", About(user.name))

    hub.database.write(finish)


def set_password(hub: Hub, name: str, new: str) -> None:
    """Sets a user's password, for who runs the hub; ends their sessions and sign-in links."""
    with hub.database.read() as connection:
        account = load_account(connection, name)
    with passwords.hashing_turn():
        passwords.check_strength(new, name)
        hashed = passwords.hash_password(new)

    def job(connection: sa.Connection) -> None:
        _store(connection, account.id, hashed, None)
        record(connection, machine_user(), "password.set", About(name), user=account.id)

    hub.database.write(job)


def _begin(
    connection: sa.Connection, user: User, proof: Proof, counter: attempts.Counter
) -> str | None:
    """The hash of the current password, where there is one; counts an attempt at it."""
    fresh = proof.session is not None and proof.session.fresh_by_link
    if proof.current is None and proof.link is None and not fresh:
        raise PermissionDenied(
            "to set a password give the current one, or sign in by a new sign-in link first",
            code="proof_needed",
        )
    if proof.current is None:
        return None
    attempts.count_failure(connection, counter)
    kept: str | None = connection.execute(
        sa.select(users.c.password).where(users.c.id == user.id)
    ).scalar_one()
    return kept


def _use_up_link(connection: sa.Connection, user: User, token: str) -> None:
    try:
        if use_up_link(connection, token) == user.id:
            return
    except Unauthenticated:
        pass
    raise PermissionDenied(
        "this sign-in link is not one of yours, was used already or has expired",
        code="link_unknown",
    )


def _store(connection: sa.Connection, user_id: str, hashed: str, keep: Session | None) -> None:
    connection.execute(users.update().where(users.c.id == user_id).values(password=hashed))
    others = sessions.c.user_id == user_id
    if keep is not None:
        others &= ~sessions.c.secret.startswith(keep.id)
    connection.execute(sessions.delete().where(others))
    connection.execute(signin_links.delete().where(signin_links.c.user_id == user_id))

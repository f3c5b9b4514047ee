"""Users of a hub: who they are, who looks after the others, and who is kept out."""

import getpass
import os
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.audit import About, audited, record
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.values import check_name, new_id, now
from assethub.errors import Conflict, NotFound
from assethub.store.tables import sessions, signin_links, users

_MOST_SHOWN = 100


class KeyLimits(NamedTuple):
    """The API key that a request came with, and what it was limited to when it was made.

    A key of one asset names that asset's folder too. `expires` is in microseconds.
    """

    id: str
    prefix: str
    read_only: bool = False
    folder_id: str | None = None
    asset_id: str | None = None
    expires: int | None = None

    @property
    def whole_account(self) -> bool:
        """Whether it opens all that its user may see."""
        return self.folder_id is None and self.asset_id is None


class User(NamedTuple):
    """Who asks. `name` is what stands as OWNER in references; `key` is None without a key.

    `peer` is the address that the request comes from.
    """

    id: str
    name: str
    admin: bool = False
    key: KeyLimits | None = None
    peer: str = ""


class Account(NamedTuple):
    """A user as admins see them; `disabled` is since when, None for one who may come in."""

    id: str
    name: str
    admin: bool
    disabled: int | None
    created: int


_account = sa.select(*(getattr(users.c, field) for field in Account._fields))


def machine_user() -> User:
    """Who runs `assethub` on the machine, as the audit log names them; no user has such a name."""
    try:
        return User("", f"assethub:{getpass.getuser()}")
    except (KeyError, OSError):
        return User("", f"assethub:{os.getuid()}")


@audited("user.create")
def add_user(hub: Hub, name: str, *, by: User | None = None) -> User:
    """Makes a user, an admin if it is the first; raises Conflict where the name is taken.

    `by` is the admin who does so, None for who runs the hub.
    """
    _check_admin(by)
    check_name("user", name)

    def job(connection: sa.Connection) -> User:
        try:
            user = insert_user(connection, name)
        except IntegrityError as error:
            raise Conflict(f"user {name} already exists", code="user_exists") from error
        record_user(connection, user, by or machine_user())
        return user

    return hub.database.write(job)


def insert_user(
    connection: sa.Connection, name: str, subject: str | None = None, email: str | None = None
) -> User:
    """Makes a user, an admin if it is the first; raises IntegrityError where the name is taken."""
    first = connection.execute(sa.select(users.c.id).limit(1)).first() is None
    user = User(new_id(), name, admin=first)
    row = {"id": user.id, "name": name, "created": now(), "admin": first}
    connection.execute(users.insert(), row | {"subject": subject, "email": email})
    return user


def _check_admin(by: User | None) -> None:
    # Whoever decides that knows what a user is, and so imports this module.
    from assethub.core.permissions import require_admin

    if by is not None:
        require_admin(by)


def record_user(connection: sa.Connection, user: User, by: User) -> None:
    """Records that a user was made."""
    record(connection, by, "user.create", About(user.name), user=user.id, admin=user.admin)


def list_users(hub: Hub) -> list[Account]:
    """All users, by name."""
    with hub.database.read() as connection:
        return [Account(*row) for row in connection.execute(_account.order_by(users.c.name))]


def page_users(
    hub: Hub, by: User, prefix: str = "", *, after: str = "", amount: int | None = None
) -> Page[Account]:
    """For an admin: up to `amount` users whose names start with a prefix, from behind `after`."""
    _check_admin(by)
    most = check_amount(amount)
    query = _account.where(*_starts_with(prefix), users.c.name > after).order_by(users.c.name)
    with hub.database.read() as connection:
        rows = connection.execute(query.limit(most + 1)).all()
    return cut_page([Account(*row) for row in rows], most)


def list_names(hub: Hub, prefix: str = "") -> list[str]:
    """The first hundred names that start with a prefix, of users who may come in."""
    query = sa.select(users.c.name).where(*_starts_with(prefix), users.c.disabled.is_(None))
    with hub.database.read() as connection:
        found = connection.execute(query.order_by(users.c.name).limit(_MOST_SHOWN))
        return list(found.scalars())


def _starts_with(prefix: str) -> "tuple[sa.ColumnElement[bool], ...]":
    # No character comes after the last one, so this range holds just the names wanted.
    return users.c.name >= prefix, users.c.name < prefix + "\U0010ffff"


def get_account(hub: Hub, by: User, name: str) -> Account:
    """For an admin: the user of that name; raises NotFound."""
    _check_admin(by)
    with hub.database.read() as connection:
        return load_account(connection, name)


def find_user(hub: Hub, name: str) -> User:
    """The user of that name; raises NotFound."""
    with hub.database.read() as connection:
        account = load_account(connection, name)
    return User(account.id, account.name, account.admin)


def load_account(connection: sa.Connection, name: str) -> Account:
    """The user of that name; raises NotFound."""
    row = connection.execute(_account.where(users.c.name == name)).first()
    if row is None:
        raise NotFound("user not found", code="user_not_found", detail=f"user {name} not found")
    return Account(*row)


@audited("user.update")
def change_user(
    hub: Hub,
    name: str,
    *,
    admin: bool | None = None,
    disabled: bool | None = None,
    by: User | None = None,
) -> Account:
    """Gives or takes the role of an admin, keeps a user out or lets them in again.

    To one who is kept out no key opens anything, and sessions and sign-in links end; folders and
    shares stay as they are. Their keys work again once they are let in. Raises Conflict where no
    admin would be left. `by` is the admin who does so, None for who runs the hub.
    """
    _check_admin(by)

    def job(connection: sa.Connection) -> Account:
        # Whoever takes the last admin's role away waits for whoever takes that of the last but one.
        admins = sa.select(users.c.id).where(users.c.admin, users.c.disabled.is_(None))
        connection.execute(admins.order_by(users.c.id).with_for_update())
        account = load_account(connection, name)
        changed = account
        if admin is not None:
            changed = changed._replace(admin=admin)
        if disabled is not None:
            changed = changed._replace(disabled=(account.disabled or now()) if disabled else None)
        change = {"admin": changed.admin, "disabled": changed.disabled}
        connection.execute(users.update().where(users.c.id == account.id), change)
        if connection.execute(admins.limit(1)).first() is None:
            raise Conflict(
                f"user {name} is the last admin who may come in; make another user an admin first",
                code="last_admin",
            )
        if disabled:
            for table in (sessions, signin_links):
                connection.execute(table.delete().where(table.c.user_id == account.id))
        said = {
            "user": changed.id,
            "admin": changed.admin,
            "disabled": changed.disabled is not None,
        }
        record(connection, by or machine_user(), "user.update", About(name), **said)
        return changed

    return hub.database.write(job)

"""Groups of users, which folders are shared with."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.audit import About, audited, record
from assethub.core.hub import Hub
from assethub.core.people.users import User, load_account, machine_user
from assethub.core.permissions import require_account, require_admin
from assethub.core.values import check_name, new_id, now
from assethub.errors import Conflict, NotFound
from assethub.store.database import insert_missing
from assethub.store.tables import group_members, groups, shares, users


class Group(NamedTuple):
    """A group; `source` is `oidc` where its members come from the sign-in provider."""

    id: str
    name: str
    created: int
    source: str


class Listed(NamedTuple):
    """A group in a listing, with whether the asker is a member."""

    group: Group
    member: bool


_select = sa.select(*(getattr(groups.c, field) for field in Group._fields))


@audited("group.create")
def create_group(hub: Hub, name: str, *, by: User | None = None) -> Group:
    """Makes a group without members; raises Conflict where the name is taken.

    Here and below `by` is the admin who asks, None for who runs the hub.
    """
    _check_admin(by)
    group = Group(new_id(), check_name("group", name), now(), "")

    def job(connection: sa.Connection) -> Group:
        try:
            connection.execute(groups.insert(), group._asdict())
        except IntegrityError as error:
            raise Conflict(f"group {name} already exists", code="group_exists") from error
        record(connection, by or machine_user(), "group.create", About(name), group=group.id)
        return group

    return hub.database.write(job)


def list_groups(hub: Hub, user: User) -> list[Listed]:
    """All groups, by name: whoever shares a folder has to be able to name one."""
    require_account(user)
    member = sa.exists().where(
        group_members.c.group_id == groups.c.id, group_members.c.user_id == user.id
    )
    with hub.database.read() as connection:
        rows = connection.execute(_select.add_columns(member).order_by(groups.c.name)).all()
    return [Listed(Group._make(row[:-1]), bool(row[-1])) for row in rows]


def find_group(hub: Hub, name: str) -> Group:
    """The group of that name; raises NotFound."""
    with hub.database.read() as connection:
        return load_group(connection, name)


def count_members(hub: Hub) -> dict[str, int]:
    """How many members each group has that has any, by the group's id."""
    query = sa.select(group_members.c.group_id, sa.func.count()).group_by(group_members.c.group_id)
    with hub.database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def list_names(hub: Hub) -> list[str]:
    """The names of all groups."""
    with hub.database.read() as connection:
        found = connection.execute(sa.select(groups.c.name).order_by(groups.c.name))
        return list(found.scalars())


@audited("group.delete")
def delete_group(hub: Hub, name: str, *, by: User | None = None) -> None:
    """Deletes a group, and with it what is shared with it."""
    _check_admin(by)

    def job(connection: sa.Connection) -> None:
        group = load_group(connection, name)
        connection.execute(
            shares.delete().where(shares.c.grantee == group.id, shares.c.kind == "group")
        )
        connection.execute(groups.delete().where(groups.c.id == group.id))
        record(connection, by or machine_user(), "group.delete", About(name), group=group.id)

    hub.database.write(job)


@audited("group.add_member")
def add_member(hub: Hub, name: str, user_name: str, *, by: User | None = None) -> None:
    """Makes a user a member; one who is a member already stays so."""
    _check_admin(by)

    def job(connection: sa.Connection) -> None:
        group = load_group(connection, name)
        account = load_account(connection, user_name)
        row = {"user_id": account.id, "group_id": group.id}
        insert_missing(connection, group_members, [row])
        said = {"group": group.id, "member": user_name}
        record(connection, by or machine_user(), "group.add_member", About(name), **said)

    hub.database.write(job)


@audited("group.remove_member")
def remove_member(hub: Hub, name: str, user_name: str, *, by: User | None = None) -> None:
    """Takes a user out of a group; NotFound where they are no member."""
    _check_admin(by)

    def job(connection: sa.Connection) -> None:
        group = load_group(connection, name)
        account = load_account(connection, user_name)
        gone = group_members.delete().where(
            group_members.c.user_id == account.id, group_members.c.group_id == group.id
        )
        if not connection.execute(gone).rowcount:
            raise NotFound(
                "member not found",
                code="member_not_found",
                detail=f"user {user_name} is no member of group {name}",
            )
        said = {"group": group.id, "member": user_name}
        record(connection, by or machine_user(), "group.remove_member", About(name), **said)

    hub.database.write(job)


def list_members(hub: Hub, name: str, user: User | None = None) -> list[str]:
    """The names of the members; with a user, for who is one of them or an admin.

    Raises NotFound, and PermissionDenied for all others.
    """
    query = sa.select(users.c.name).join(group_members, group_members.c.user_id == users.c.id)
    with hub.database.read() as connection:
        group = load_group(connection, name)
        found = connection.execute(
            query.where(group_members.c.group_id == group.id).order_by(users.c.name)
        )
        names = list(found.scalars())
    if user is not None:
        require_account(user)
        if user.name not in names:
            require_admin(user)
    return names


def _check_admin(by: User | None) -> None:
    if by is not None:
        require_admin(by)


def load_group(connection: sa.Connection, name: str) -> Group:
    """The group of that name; raises NotFound."""
    row = connection.execute(_select.where(groups.c.name == name)).first()
    if row is None:
        raise NotFound("group not found", code="group_not_found", detail=f"group {name} not found")
    return Group._make(row)

"""How many bytes each folder holds: of all its commits, the same contents once."""

from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import require_admin
from assethub.store.tables import asset_contents, assets, contents, folders, users

# Of so many contents the sum takes a few hundredths of a second.
_QUICK = 20_000


class FolderUse(NamedTuple):
    """A folder with the number of its assets and contents, and their size in bytes."""

    owner: str
    type: str
    name: str
    assets: int
    contents: int
    size: int


class Use(NamedTuple):
    """What the folders hold, the largest first; `whole` counts what several hold just once."""

    folders: list[FolderUse]
    whole: int


def is_quick(hub: Hub) -> bool:
    """Whether the hub holds so little that its use is measured while a page is made."""
    some = sa.select(sa.literal(1)).select_from(asset_contents).limit(_QUICK + 1).subquery()
    with hub.database.read() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return found <= _QUICK


def measure_use(hub: Hub, by: User) -> Use:
    """For an admin: what each folder holds. Takes some seconds for a million contents."""
    require_admin(by)
    held = (
        sa.select(assets.c.folder_id, asset_contents.c.sha256)
        .join(asset_contents, asset_contents.c.asset_id == assets.c.id)
        .distinct()
        .subquery()
    )
    sums = (
        sa.select(
            held.c.folder_id,
            sa.func.count().label("contents"),
            sa.func.sum(contents.c.length).label("size"),
        )
        .join(contents, contents.c.sha256 == held.c.sha256)
        .group_by(held.c.folder_id)
        .subquery()
    )
    counts = (
        sa.select(assets.c.folder_id, sa.func.count().label("assets"))
        .group_by(assets.c.folder_id)
        .subquery()
    )
    size = sa.func.coalesce(sums.c.size, 0)
    query = (
        sa.select(
            *(users.c.name, folders.c.type, folders.c.name, sa.func.coalesce(counts.c.assets, 0)),
            *(sa.func.coalesce(sums.c.contents, 0), size),
        )
        .join(users, users.c.id == folders.c.owner_id)
        .outerjoin(counts, counts.c.folder_id == folders.c.id)
        .outerjoin(sums, sums.c.folder_id == folders.c.id)
        .order_by(size.desc(), users.c.name, folders.c.type, folders.c.name)
    )
    known = sa.select(asset_contents.c.sha256).distinct().subquery()
    whole = sa.select(sa.func.coalesce(sa.func.sum(contents.c.length), 0))
    whole = whole.join(known, known.c.sha256 == contents.c.sha256)
    with hub.database.read() as connection:
        rows = connection.execute(query).all()
        return Use(
            [FolderUse(*row[:-1], int(row[-1])) for row in rows],
            int(connection.execute(whole).scalar_one()),
        )

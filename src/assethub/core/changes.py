"""What changes in a hub, as those who look at it are told: read from the audit log."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.evaluations.visibility import viewable_folders
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.store.tables import audit, folders


class Change(NamedTuple):
    """Something that was done. `seq` rises, with gaps on PostgreSQL that may be filled later.

    `place` is the path of the folder or the asset, as it was called then; of a change to a user it
    is the name. `dataset_id` says on what an evaluation was made, where it is one alone.
    """

    seq: int
    action: str
    place: str
    folder_id: str | None
    asset_id: str | None
    dataset_id: str | None


_newest = sa.select(sa.func.coalesce(sa.func.max(audit.c.seq), 0))
_select = (
    sa.select(
        audit.c.seq,
        audit.c.action,
        audit.c.target,
        audit.c.folder_id,
        audit.c.asset_id,
        audit.c.detail,
    )
    .where(
        audit.c.result == "done",
        sa.or_(
            audit.c.seq > sa.bindparam("after"),
            audit.c.seq.in_(sa.bindparam("missed", expanding=True)),
        ),
    )
    .order_by(audit.c.seq)
)
_seen = sa.select(folders.c.id).where(
    folders.c.id.in_(sa.bindparam("wanted", expanding=True)), folders.c.id.in_(viewable_folders)
)


def find_newest(hub: Hub) -> int:
    """The `seq` of the newest change."""
    with hub.database.read() as connection:
        return int(connection.execute(_newest).scalar_one())


def list_changes(
    hub: Hub, after: int, amount: int, missed: Collection[int] = ()
) -> Sequence[Change]:
    """The first changes behind one, and those among `missed` that are there by now; for the hub
    itself, whoever may see them.
    """
    values = {"after": after, "missed": list(missed)}
    with hub.database.read() as connection:
        return [_read(row) for row in connection.execute(_select.limit(amount), values)]


def find_viewable_changes(hub: Hub, user: User, changes: Iterable[Change]) -> list[Change]:
    """Those changes of which the user may know: in folders that they may view now, or their own."""
    found = list(changes)
    wanted = {each.folder_id for each in found if each.folder_id is not None}
    if not wanted:
        return []
    with hub.database.read() as connection:
        values = {"asker": user.id, "wanted": sorted(wanted)}
        seen = set(connection.execute(_seen, values).scalars())
    return [
        each
        for each in found
        if each.folder_id in seen
        # A folder that is gone can be viewed by nobody, but its owner had it.
        or (each.folder_id is not None and each.place.startswith(f"{user.name}/"))
    ]


def _read(row: Any) -> Change:
    detail = row.detail if isinstance(row.detail, dict) else {}
    # No name of a folder or an asset has these marks in it.
    place = row.target.partition("@")[0].partition(":")[0]
    dataset = detail.get("dataset")
    dataset_id = dataset if isinstance(dataset, str) else None
    return Change(row.seq, row.action, place, row.folder_id, row.asset_id, dataset_id)

"""What is left of evaluations that were deleted."""

from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.assets import Asset, load_asset
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.errors import NotFound
from assethub.store.tables import evaluations


class Tombstone(NamedTuple):
    """That an evaluation of a model was deleted: by whom, when, and why; that may be empty."""

    id: str
    model: Asset
    by: str
    time: int
    reason: str


_e = evaluations.c
_select = sa.select(_e.model_id, _e.deleted_by, _e.deleted, _e.deleted_why).where(
    _e.id == sa.bindparam("id"), _e.deleted.is_not(None)
)


def find_tombstone(hub: Hub, user: User, id_: str) -> Tombstone:
    """The tombstone of an evaluation, for who may view its model; raises NotFound."""
    missing = NotFound("evaluation not found", code="evaluation_not_found")
    with hub.database.read() as connection:
        row = connection.execute(_select, {"id": id_}).first()
        if row is None:
            raise missing
        try:
            model = load_asset(connection, user, row.model_id, Level.VIEW)
        except NotFound as error:
            raise missing from error
    return Tombstone(id_, model, row.deleted_by or "", row.deleted, row.deleted_why or "")

"""The best value of a metric that each model of a folder has reached."""

from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.comparisons.directions import Direction, choose_direction
from assethub.core.comparisons.keeping import Kept
from assethub.core.folders import load_folder
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.store.tables import assets, evaluations, metrics

_e = evaluations.c
_m = metrics.c
# As many of a folder's newest evaluations are asked which metrics there are.
_LOOKED_AT = 500
_MOST_NAMES = 50


class Bests(NamedTuple):
    """By model id its best value. `direction` is None where evaluations disagree on it."""

    metric: str
    direction: Direction | None
    values: dict[str, float]


class _Asked(NamedTuple):
    metric: str
    direction: str = ""


_kept: Kept[dict[str, tuple[float, float, set[bool | None]]]] = Kept(50_000)


def list_folder_metrics(hub: Hub, user: User, folder_id: str) -> list[str]:
    """The metrics that the newest evaluations of a folder's models have, by how many have them."""
    newest = (
        sa.select(_e.seq)
        .where(_e.model_folder_id == folder_id, _e.deleted.is_(None), _e.invalid.is_(None))
        .where(_e.model_id.in_(sa.select(assets.c.id).where(assets.c.folder_id == folder_id)))
        .order_by(_e.seq.desc())
        .limit(_LOOKED_AT)
    )
    query = (
        sa.select(_m.name)
        .where(_m.evaluation_seq.in_(newest), _m.slice.is_(None))
        .group_by(_m.name)
        .order_by(sa.func.count().desc(), _m.name)
        .limit(_MOST_NAMES)
    )
    with hub.database.read() as connection:
        load_folder(connection, user, folder_id, Level.VIEW)
        return list(connection.execute(query).scalars())


def find_bests(hub: Hub, user: User, folder_id: str, metric: str) -> Bests:
    """The best of the valid evaluations of each model, in the direction that they record."""
    with hub.database.read() as connection:
        load_folder(connection, user, folder_id, Level.VIEW)
        found = _kept.find(
            connection, (folder_id, metric), lambda: _read(connection, folder_id, metric)
        )
    said = {each for _, _, directions in found.values() for each in directions}
    if {True, False} <= said:
        return Bests(metric, None, {})
    direction = choose_direction(_Asked(metric), said)
    higher = direction.higher_is_better
    values = {model: high if higher else low for model, (low, high, _) in found.items()}
    return Bests(metric, direction, values)


def _read(
    connection: sa.Connection, folder_id: str, metric: str
) -> dict[str, tuple[float, float, set[bool | None]]]:
    """By model the least and the greatest value, and in which directions they are better."""
    higher = sa.cast(_m.higher_is_better, sa.Integer)
    query = (
        sa.select(
            *(_e.model_id, sa.func.min(_m.value), sa.func.max(_m.value)),
            *(sa.func.min(higher), sa.func.max(higher)),
        )
        .join_from(evaluations, metrics, sa.and_(_m.evaluation_seq == _e.seq, _m.name == metric))
        .where(_e.model_id.in_(sa.select(assets.c.id).where(assets.c.folder_id == folder_id)))
        .where(_e.deleted.is_(None), _e.invalid.is_(None), _m.value.is_not(None))
        # Infinities never win.
        .where(_m.value.between(-1.7e308, 1.7e308))
        .group_by(_e.model_id)
    )
    return {
        row[0]: (row[1], row[2], {None if each is None else bool(each) for each in row[3:]})
        for row in connection.execute(query)
    }

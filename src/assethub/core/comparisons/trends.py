"""The history of a metric: its values along the commits that led to where a model is now."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.evaluations.measures import Detail, check_metric_name
from assethub.core.evaluations.records import Evaluation, load_found, names_commit, parse_side
from assethub.core.hub import Hub
from assethub.core.pages import check_amount
from assethub.core.people.users import User
from assethub.core.references import resolve
from assethub.core.repository.ancestry import walk_history
from assethub.core.repository.commits import Commit, load_commit, load_commits
from assethub.core.searches.terms import Search, make_context, prepare, visible
from assethub.store.tables import evaluations, metrics

_MOST_COMMITS = 10_000
_AT_ONCE = 500
_e = evaluations.c


class Point(NamedTuple):
    """A value of the metric, with the commit that it was measured of."""

    commit: Commit
    evaluation: Evaluation
    value: float | int
    detail: Detail


class Trend(NamedTuple):
    """Points, oldest first. `more` says that there are older ones, which were left out."""

    points: list[Point]
    more: bool


def trace_metric(
    hub: Hub, user: User, model: str, metric: str, *, dataset: str = "", amount: int | None = None
) -> Trend:
    """The newest values of a metric, of the last 10,000 commits of a model's branch, tag or commit.

    On one dataset only, or on the commit of it that a reference means. Evaluations marked invalid
    do not count. Of one commit they are in the order of recording.
    """
    most = check_amount(amount)
    check_metric_name(metric)
    with hub.database.read() as connection:
        prepare(connection)
        asset, target = resolve(connection, user, parse_side(model, "model"))
        search = Search(model_id=asset.id, invalid=False)
        if dataset:
            other, at = resolve(connection, user, parse_side(dataset, "dataset"))
            commit = at.commit_id if names_commit(dataset) else None
            search = search._replace(dataset_id=other.id, dataset_commit=commit)
        tip = load_commit(connection, asset.id, target.commit_id)
        history = list(islice(walk_history(connection, tip), _MOST_COMMITS))
        seqs = _find(connection, user, search, metric, history, most + 1)
        found = load_found(connection, user, seqs[:most])
        commits = load_commits(connection, asset.id, sorted({each.model.commit for each in found}))
    points = [
        Point(
            commits[each.model.commit],
            each,
            each.metrics[metric],
            each.details.get(metric, Detail()),
        )
        for each in reversed(found)
    ]
    return Trend(points, len(seqs) > most)


def _find(
    connection: sa.Connection,
    user: User,
    search: Search,
    metric: str,
    history: Sequence[str],
    most: int,
) -> list[int]:
    """The evaluations with the metric, of the newest commits first."""
    conditions = visible(user, search, make_context(connection, user))
    query = sa.select(_e.seq, _e.model_commit).join(
        metrics, sa.and_(metrics.c.evaluation_seq == _e.seq, metrics.c.name == metric)
    )
    found: list[int] = []
    for start in range(0, len(history), _AT_ONCE):
        batch = history[start : start + _AT_ONCE]
        places = {commit: place for place, commit in enumerate(batch)}
        some = query.where(*conditions, _e.model_commit.in_(batch))
        rows = connection.execute(some, {"asker": user.id}).all()
        ordered = sorted(rows, key=lambda row: (places[row.model_commit], -row.seq))
        found.extend(row.seq for row in ordered)
        if len(found) >= most:
            break
    return found[:most]

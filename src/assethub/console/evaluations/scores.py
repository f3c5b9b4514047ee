"""Evaluations as a table: a column for each metric, a link to each side's commit."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from assethub.console import listings
from assethub.console.addresses import asset_url, commit_url
from assethub.console.languages import Language
from assethub.console.visits import Visit
from assethub.core.assets import Asset, find_viewable
from assethub.core.evaluations import records
from assethub.core.evaluations.records import Evaluation, Side
from assethub.core.repository.commits import Commit

_MOST_METRICS = 20


class Score(NamedTuple):
    """A metric's value: as shown, whole, and the `0000` that lines its point up with others'."""

    text: str
    exact: str
    padding: str


class Source(NamedTuple):
    """One side of an evaluation. `name` and the URLs are empty where one may not see it."""

    id: str
    commit: str
    kind: str
    point: str
    name: str = ""
    url: str = ""
    commit_url: str = ""


class Row(NamedTuple):
    """One evaluation, with a score, or None, for each metric of the table."""

    evaluation: Evaluation
    model: Source
    dataset: Source
    scores: list[Score | None]


class Table(NamedTuple):
    """Evaluations side by side. `metrics_left_out` more metrics have no column."""

    metrics: list[str]
    metrics_left_out: int
    rows: list[Row]
    cut: bool


def tabulate(visit: Visit, evaluations: Sequence[Evaluation], most: int | None = None) -> Table:
    """The table of evaluations that the visitor may see, in the order given; the first `most`."""
    shown = listings.cut(evaluations, listings.EVALUATIONS if most is None else most)
    metrics, left_out = _metrics_of(shown.rows)
    sides = [side for each in shown.rows for side in (each.model, each.dataset)]
    assets = find_viewable(visit.hub, visit.user, {side.id for side in sides})
    columns = [
        score(visit.language, [each.metrics.get(metric) for each in shown.rows])
        for metric in metrics
    ]
    rows = [
        Row(
            evaluation,
            _source(visit, evaluation.model, assets.get(evaluation.model.id)),
            _source(visit, evaluation.dataset, assets.get(evaluation.dataset.id)),
            [column[index] for column in columns],
        )
        for index, evaluation in enumerate(shown.rows)
    ]
    return Table(metrics, left_out, rows, shown.cut)


def tabulate_model(visit: Visit, model: str, most: int | None = None) -> Table:
    """The newest evaluations of a model, or of one commit of it: `PATH@COMMIT`."""
    most = listings.EVALUATIONS if most is None else most
    found = records.list_evaluations(visit.hub, visit.user, model, amount=most + 1)
    return tabulate(visit, found, most)


def tabulate_at(visit: Visit, asset: Asset, commit: Commit, most: int | None = None) -> Table:
    """The newest evaluations of a model's commit, or on a dataset's."""
    if asset.folder.type == "model":
        return tabulate_model(visit, f"{asset.path}@{commit.id}", most)
    most = listings.EVALUATIONS if most is None else most
    found = records.list_evaluations_on(visit.hub, visit.user, asset.id, commit.id, amount=most + 1)
    return tabulate(visit, found, most)


def _metrics_of(evaluations: Sequence[Evaluation]) -> tuple[list[str], int]:
    """The names of the metrics that most evaluations have, in the order given, and how many more
    there are."""
    counted = Counter(name for each in evaluations for name in each.metrics)
    common = {name for name, _ in counted.most_common(_MOST_METRICS)}
    return [name for name in counted if name in common], len(counted) - len(common)


def score(language: Language, values: Sequence[float | None]) -> list[Score | None]:
    """Values of one metric below each other, None where it was not measured."""
    texts = [None if value is None else language.number(value) for value in values]
    tails = [None if text is None else _tail(text) for text in texts]
    longest = max((tail for tail in tails if tail), key=len, default="")
    return [
        None
        if value is None or text is None
        else Score(text, repr(value), "" if tail is None else longest[len(tail) :])
        for value, text, tail in zip(values, texts, tails, strict=True)
    ]


def _tail(text: str) -> str | None:
    """The text from the point on, all digits zero; None where it is no plain number."""
    whole, point, decimals = text.partition(".")
    if not whole.lstrip("-").replace(",", "").isdigit() or not (decimals or "0").isdigit():
        return None
    return point + "0" * len(decimals)


def _source(visit: Visit, side: Side, asset: Asset | None) -> Source:
    place, _, named = side.ref.partition(":")
    kind, _, point = named.partition("/")
    if kind not in ("branch", "tag") or not point:
        kind, point = ("commit", "") if named == side.commit else ("branch", named)
    source = Source(side.id, side.commit, kind, point)
    if asset is not None:
        return source._replace(
            name=_short_path(visit, asset.path),
            url=asset_url(asset),
            commit_url=commit_url(asset, side.commit),
        )
    # What is the visitor's own and not found is gone, not hidden: its old name gives nothing away.
    if place.split("/")[0] == visit.user.name:
        return source._replace(name=_short_path(visit, place))
    return source


def _short_path(visit: Visit, path: str) -> str:
    """`FOLDER/NAME`, with the owner before it where that is someone else."""
    owner, _, folder, name = path.split("/")
    return f"{folder}/{name}" if owner == visit.user.name else f"{owner}/{folder}/{name}"

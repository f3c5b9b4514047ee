"""What the forms of evaluations' pages offer to choose from."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from assethub.console.visits import Visit
from assethub.core.assets import Asset, find_viewable
from assethub.core.evaluations.records import Evaluation
from assethub.core.searches.search import Asked, search_evaluations

# As many of the newest evaluations are looked at: offers, not all that there is.
_LOOKED_AT = 200


class Offers(NamedTuple):
    """The metrics that the newest evaluations have, the most common first, and what they were
    made on: datasets that the visitor may see, by name.
    """

    metrics: list[str]
    datasets: list[Asset]


def offer(visit: Visit, asset: Asset) -> Offers:
    """What there is to choose from among the newest evaluations of a model, or on a dataset."""
    model = asset.folder.type == "model"
    asked = Asked(model=asset.path) if model else Asked(dataset=asset.path)
    newest = search_evaluations(visit.hub, visit.user, asked, amount=_LOOKED_AT).evaluations
    return Offers(_metrics_of(newest), _datasets_of(visit, newest))


def _metrics_of(evaluations: Sequence[Evaluation]) -> list[str]:
    counted = Counter(name for each in evaluations for name in each.metrics)
    return [name for name, _ in counted.most_common()]


def _datasets_of(visit: Visit, evaluations: Sequence[Evaluation]) -> list[Asset]:
    ids = {each.dataset.id for each in evaluations}
    return sorted(find_viewable(visit.hub, visit.user, ids).values(), key=lambda each: each.path)

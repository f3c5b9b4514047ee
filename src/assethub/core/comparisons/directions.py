"""Whether the higher or the lower value of a metric is the better one."""

import re
from collections.abc import Collection
from typing import NamedTuple, Protocol

from assethub.errors import InvalidInput

# By the last of a name's words that is one of these, lower is better.
_LOWER = re.compile(
    "loss|logloss|error|err|errors|perplexity|ppl|mae|mse|rmse|mape|smape|msle|nll|deviance|hinge"
    "|cer|wer|ter|fid|kid|bpb|brier|ece|eer|fpr|fnr|distance|divergence|regret|toxicity"
    "|hallucination|latency|duration|time|seconds|ms|cost|memory|size"
)


class Direction(NamedTuple):
    """`source` says why: it was `given`, `recorded` with evaluations, or is the metric's `name`."""

    higher_is_better: bool
    source: str


class _Asked(Protocol):
    @property
    def metric(self) -> str: ...
    @property
    def direction(self) -> str: ...


def choose_direction(asked: _Asked, recorded: Collection[bool | None]) -> Direction:
    """What is better: as asked for, else as recorded, else as the metric's name lets expect.

    Raises InvalidInput where evaluations say both.
    """
    if asked.direction:
        if asked.direction not in ("higher", "lower"):
            raise InvalidInput(
                f"direction must be higher or lower, not {asked.direction!r}",
                code="invalid_direction",
            )
        return Direction(asked.direction == "higher", "given")
    known = {each for each in recorded if each is not None}
    if len(known) > 1:
        raise InvalidInput(
            f"some evaluations say that higher {asked.metric!r} is better, others that lower is: "
            "say which by direction",
            code="direction_unclear",
        )
    if known:
        return Direction(known.pop(), "recorded")
    return Direction(expect_direction(asked.metric), "name")


def expect_direction(metric: str) -> bool:
    """Whether a metric's name lets expect that higher is better."""
    words = re.findall(r"[^\W\d_]+", metric.lower())
    return not words or _LOWER.fullmatch(words[-1]) is None

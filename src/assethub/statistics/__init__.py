"""Honest comparison of evaluations: numbers in, results out.

Everything is loaded when it is first asked for, so that importing this package costs nothing:
numpy and scipy take half a second. Write `from assethub import statistics` and
`statistics.compare_samples(...)`, or import a name where it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comparisons import Comparison, Effect, Verdict, adjust, compare_samples
    from .intervals import Interval, wilson_interval
    from .multiplicity import holm
    from .rankings import Basis, Ranked, Ranking, rank
    from .resampling import bootstrap, standard_error
    from .samples import Alignment, Flips, InvalidSamples, align, find_flips
    from .signs import McNemar, SignTest, flip_signs, mcnemar
    from .summaries import Summary, compare_summaries, summary_interval

__all__ = [
    "Alignment",
    "Basis",
    "Comparison",
    "Effect",
    "Flips",
    "Interval",
    "InvalidSamples",
    "McNemar",
    "Ranked",
    "Ranking",
    "SignTest",
    "Summary",
    "Verdict",
    "adjust",
    "align",
    "bootstrap",
    "compare_samples",
    "compare_summaries",
    "find_flips",
    "flip_signs",
    "holm",
    "mcnemar",
    "rank",
    "standard_error",
    "summary_interval",
    "wilson_interval",
]

_NAMES = {
    "comparisons": ("Comparison", "Effect", "Verdict", "adjust", "compare_samples"),
    "intervals": ("Interval", "wilson_interval"),
    "multiplicity": ("holm",),
    "rankings": ("Basis", "Ranked", "Ranking", "rank"),
    "resampling": ("bootstrap", "standard_error"),
    "samples": ("Alignment", "Flips", "InvalidSamples", "align", "find_flips"),
    "signs": ("McNemar", "SignTest", "flip_signs", "mcnemar"),
    "summaries": ("Summary", "compare_summaries", "summary_interval"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = found
    return found

"""p-values of several comparisons, made as strict as their number asks for."""

from collections.abc import Sequence

import numpy as np

from .samples import Floats


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm's adjusted p-values, in the order given (Holm 1979).

    Each compared with the level holds the chance of any false finding among them below it.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted

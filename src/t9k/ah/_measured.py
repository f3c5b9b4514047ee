"""What is measured: the commit of a branch, a tag, a commit, or of a model's branch `main`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._display import Shown
from ._evaluations import check_model, list_evaluation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta
    from typing import Any

    from ._assets import Dataset
    from ._evaluations import Evaluation
    from ._records import EvaluationEntry, Metrics, Samples
    from ._snapshots import Snapshot
    from ._trends import History


class Measured(Shown):
    """The evaluations of one commit; a model's own are those of its branch `main`."""

    def _snapshot(self) -> Snapshot:
        raise NotImplementedError

    def create_evaluation(
        self,
        metrics: Metrics,
        dataset: Dataset | Snapshot | str,
        *,
        params: Mapping[str, Any] | None = None,
        tool: str | Mapping[str, str] | None = None,
        revision: str | None = None,
        seed: int | None = None,
        hardware: str | None = None,
        duration: float | timedelta | None = None,
        note: str | None = None,
        labels: Iterable[str] | None = None,
        samples: Samples | None = None,
    ) -> Evaluation:
        """Record metrics of the model commit that this points at now; returns the evaluation.

        A model stands for its branch `main`.

        `metrics` maps names to numbers, NaN and infinities among them. In place of a number there
        may be a dict of its `value` and any of `stderr`, `n` (the number of samples),
        `higher_is_better` and `slice`; a dict of more metrics adds its name and a `/` before each
        of theirs. `dataset` is what they were measured on: a dataset (meaning its branch `main`), a
        branch, tag or commit of one, or a reference such as `image-classification/mnist:tag/v1`.

        All else is to say how: `params`, whatever JSON can hold; the `tool`, as in
        `lm-eval@0.4.9`; the git `revision` of the evaluating code; the `duration`, in seconds.
        `samples` is what was measured for each sample: a data frame, the path of a file of Parquet
        or JSON lines, or dicts, with a column `sample_id` (or `id`) and one for each metric.

        Raises WrongTypeError for a metric that is no number, InvalidInputError where `dataset`
        is a model or this is of a dataset and for samples that cannot be used, NotFoundError for a
        dataset that is not there.
        """
        point = self._point()
        evidence = {
            "params": params,
            "tool": tool,
            "revision": revision,
            "seed": seed,
            "hardware": hardware,
            "duration": duration,
            "note": note,
            "labels": labels,
            "samples": samples,
        }
        from ._recording import create_evaluation

        return create_evaluation(point._connection, point.path, dataset, metrics, evidence)

    def list_evaluation(
        self, sort: str | None = None, limit: int | None = None
    ) -> list[EvaluationEntry]:
        """The evaluations of the commit that this points at now, newest first.

        `sort` is a metric's name (lowest first), or `-` and its name (highest first); NaN and
        evaluations without it come last. `limit` is the most to return.
        """
        point = self._point()
        return list_evaluation(point._connection, point.path, sort, limit)

    def history(
        self, metric: str, dataset: Dataset | Snapshot | str | None = None, limit: int | None = None
    ) -> History:
        """The values of a metric along the commits that led to this one, oldest first.

        With a `dataset` only those measured on it, or on that one commit of it. `limit` is the most
        to return, the newest. Evaluations that are marked invalid do not count.
        """
        from ._trends import find_history

        point = self._point()
        return find_history(point._connection, point.path, metric, dataset, limit)

    def _point(self) -> Snapshot:
        """The commit that evaluations are of; raises InvalidInputError for one of a dataset."""
        point = self._snapshot()
        check_model(point.asset)
        return point

"""Checks of values that callers give, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ._errors import WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_paths(paths: str | Iterable[str], purpose: str) -> list[str]:
    """Paths of objects as a list, of one or of several; raises WrongTypeError for other things."""
    found = [paths] if isinstance(paths, str) else list(paths)
    for path in found:
        if not isinstance(path, str):
            raise WrongTypeError(f"A path to {purpose} must be text, not {path!r:.60}")
    return found


def check_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """A commit's metadata as a dict; raises WrongTypeError for anything but texts by name."""
    fits = metadata is None or isinstance(metadata, Mapping)
    found = dict(metadata or {}) if fits else {}
    if not fits or not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise WrongTypeError(f"metadata must be texts by name, not {metadata!r:.60}")
    return found


def check_labels(labels: Iterable[str] | None) -> list[str] | None:
    """The labels as a list; None stays None. Raises WrongTypeError for anything but texts."""
    if labels is None:
        return None
    found = None if isinstance(labels, (str, bytes)) else list(labels)
    if found is None or not all(isinstance(label, str) for label in found):
        raise WrongTypeError(f"labels must be a list of texts, not {labels!r:.60}")
    return found

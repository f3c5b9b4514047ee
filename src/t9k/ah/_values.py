"""Checks of values that callers give, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._errors import WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._records import AssetRecord, FolderRecord


def check_paths(paths: str | Iterable[str], purpose: str) -> list[str]:
    """Paths of objects as a list, of one or of several; raises WrongTypeError for other things."""
    found = [paths] if isinstance(paths, str) else list(paths)
    for path in found:
        if not isinstance(path, str):
            raise WrongTypeError(f"A path to {purpose} must be text, not {path!r:.60}")
    return found


def check_message(msg: str) -> str:
    """A commit's message as it is; raises WrongTypeError for anything but text."""
    if not isinstance(msg, str):
        raise WrongTypeError(f"The message of a commit must be text, not {msg!r:.60}")
    return msg


def check_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """A commit's metadata as a dict; raises WrongTypeError for anything but texts by name."""
    fits = metadata is None or isinstance(metadata, Mapping)
    found = dict(metadata or {}) if fits else {}
    if not fits or not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise WrongTypeError(f"metadata must be texts by name, not {metadata!r:.60}")
    return found


def check_text(value: object, what: str) -> str:
    """A text as it is; raises WrongTypeError, which names what it is, for anything else."""
    if not isinstance(value, str):
        raise WrongTypeError(f"{what} must be text, not {value!r:.60}")
    return value


def check_json(value: Any, what: str) -> Any:
    """The value as JSON has it: numbers and arrays of numpy and its kin become Python's own.

    Raises WrongTypeError, which names the place, for what JSON has nothing for.
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None:
            raise WrongTypeError(f"{what} must have texts for names, not {wrong!r:.60}")
        return {key: check_json(each, f"{what}.{key}"[:200]) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [check_json(each, f"{what}[{at}]"[:200]) for at, each in enumerate(value)]
    raise WrongTypeError(f"{what} must be a value of JSON, not {value!r:.60}")


def check_labels(labels: Iterable[str] | None) -> list[str] | None:
    """The labels as a list; None stays None. Raises WrongTypeError for anything but texts."""
    if labels is None:
        return None
    found = None if isinstance(labels, (str, bytes)) else list(labels)
    if found is None or not all(isinstance(label, str) for label in found):
        raise WrongTypeError(f"labels must be a list of texts, not {labels!r:.60}")
    return found


def new_body(labels: Iterable[str] | None, description: str | None) -> dict[str, Any]:
    """What a request says of a new folder or asset beside its name."""
    return {"labels": check_labels(labels) or [], **_described(description)}


def changed_body(
    current: FolderRecord | AssetRecord,
    name: str | None,
    labels: Iterable[str] | None,
    description: str | None,
) -> dict[str, Any]:
    """What a request says to change a folder or asset; None leaves what is there."""
    wanted = check_labels(labels)
    return {
        "name": current["name"] if name is None else name,
        "labels": current["labels"] if wanted is None else wanted,
        "description": current.get("description", ""),
        **_described(description),
    }


def _described(description: str | None) -> dict[str, str]:
    if description is not None and not isinstance(description, str):
        raise WrongTypeError(f"A description must be text, not {description!r:.60}")
    return {} if description is None else {"description": description}

"""Checks of what people send: a value in, the same value out, or InvalidInput. And the clock."""

import re
import time
import unicodedata
import uuid
from collections.abc import Sequence

from assethub.errors import InvalidInput

_LONGEST_NAME = 255
_LONGEST_PATH = 1024
_LONGEST_TEXT = 65_536
_LONGEST_DESCRIPTION = 4096
_MOST_LABELS = 100
_MOST_SHOWN = 10
# Most paths, which need no closer look.
_PLAIN_PATH = re.compile(r"(?:(?!\.{1,2}(?:/|\Z))[ -.0-~]+(?:/(?!\Z)|\Z))+")
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def new_id() -> str:
    return str(uuid.uuid4())


def check_name(kind: str, name: str, forbidden: str = "/:@") -> str:
    """A name of a folder, an asset (`/ : @` refused), a branch or a tag (`/ ? # %` refused)."""
    if not name:
        raise InvalidInput(f"a {kind} needs a name", code="invalid_name")
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        raise InvalidInput(
            f"the name of a {kind} has at most {_LONGEST_NAME} bytes", code="invalid_name"
        )
    problem = _problem(name, forbidden)
    if problem:
        raise InvalidInput(f"{kind} name {_shown(name)} {problem}", code="invalid_name")
    return name


def check_branch_name(kind: str, name: str) -> str:
    """A name of a branch or a tag: it stands in URL paths as it is."""
    return check_name(kind, name, forbidden="/?#%")


def _problem(name: str, forbidden: str) -> str | None:
    for character in name:
        if character in forbidden:
            return f"must not contain {character!r}"
        if unicodedata.category(character) in _UNSEEN:
            return "must not contain control characters"
    if ".." in name or name == ".":
        return "must not contain '..'" if ".." in name else "must not be '.'"
    if name != name.strip():
        return "must not start or end with a space"
    return None


def check_path(path: str) -> str:
    """A path of an object: relative, with `/` between segments that all say something."""
    if len(path) <= _LONGEST_PATH and _PLAIN_PATH.fullmatch(path):
        return path
    if not path:
        raise InvalidInput("the path of an object must not be empty", code="invalid_path")
    if len(path.encode("utf-8", "replace")) > _LONGEST_PATH:
        raise InvalidInput(
            f"the path of an object has at most {_LONGEST_PATH} bytes", code="invalid_path"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        raise InvalidInput(
            f"path {_shown(path)} must not contain control characters", code="invalid_path"
        )
    if any(segment in ("", ".", "..") for segment in path.split("/")):
        raise InvalidInput(
            f"path {_shown(path)} must not start or end with '/', nor have an empty segment, "
            "'.' or '..'",
            code="invalid_path",
        )
    return path


def check_text(kind: str, text: str, longest: int = _LONGEST_TEXT) -> str:
    """A free text: any script, line breaks and tabs, but nothing a database refuses."""
    if len(text.encode("utf-8", "replace")) > longest:
        raise InvalidInput(f"the {kind} has at most {longest} bytes", code="invalid_text")
    for character in text:
        if (character < " " and character not in "\n\r\t") or "\ud800" <= character <= "\udfff":
            raise InvalidInput(
                f"the {kind} must not contain control characters", code="invalid_text"
            )
    return text


def check_description(text: str) -> str:
    """A description: a free text of at most 4,096 characters."""
    if len(text) > _LONGEST_DESCRIPTION:
        raise InvalidInput(
            f"a description has at most {_LONGEST_DESCRIPTION} characters, not {len(text)}",
            code="invalid_text",
        )
    return check_text("description", text)


def check_labels(labels: Sequence[str]) -> list[str]:
    """Labels, each once, in the order given."""
    if len(labels) > _MOST_LABELS:
        raise InvalidInput(f"at most {_MOST_LABELS} labels", code="invalid_label")
    for label in labels:
        if not label or label != label.strip():
            raise InvalidInput(
                f"label {_shown(label)} must not be empty or start or end with a space",
                code="invalid_label",
            )
        if any(unicodedata.category(character) in _UNSEEN for character in label):
            raise InvalidInput(
                f"label {_shown(label)} must not contain control characters", code="invalid_label"
            )
        check_text("label", label, longest=_LONGEST_NAME)
    return list(dict.fromkeys(labels))


def shown_paths(paths: Sequence[str]) -> str:
    """The first ten of some paths, and that there are more."""
    return ", ".join(paths[:_MOST_SHOWN]) + (", …" if len(paths) > _MOST_SHOWN else "")


def _shown(text: str) -> str:
    """The text in quotes, with what cannot be seen escaped."""
    return ascii(text) if any(unicodedata.category(c) in _UNSEEN for c in text) else repr(text)

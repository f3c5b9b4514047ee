"""The names people type for folders, assets and references, taken apart. No connection needed."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ._errors import InvalidInputError, ReferenceSyntaxError

ReferenceKind = Literal["branch", "tag", "commit"]

TYPES = ("model", "dataset")

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-fA-F]{4,64}")


class FolderPath(NamedTuple):
    """A folder as it was written: an `id`, or a `name` with None for what was left out."""

    id: str | None = None
    owner: str | None = None
    type: str | None = None
    name: str = ""


class AssetPath(NamedTuple):
    """An asset as it was written: an `id`, or names with None for what was left out."""

    id: str | None = None
    owner: str | None = None
    type: str | None = None
    folder: str = ""
    name: str = ""


class ReferencePath(NamedTuple):
    """An asset and which of its commits is meant.

    `kind` is None for a bare `:X`, which may be a branch, a tag or a commit; `value` is None
    where nothing but the asset was written.
    """

    asset: AssetPath
    kind: ReferenceKind | None = None
    value: str | None = None


def parse_folder(text: str, type_: str | None = None) -> FolderPath:
    """Take apart `TYPE/NAME`, `OWNER/TYPE/NAME`, an id, or `NAME` alone where `type_` is implied.

    Raises ReferenceSyntaxError where it has none of these forms, InvalidInputError where it is
    of the other type.
    """
    if is_id(text):
        return FolderPath(id=text.lower())
    parts = text.split("/")
    path: FolderPath | None = None
    if all(parts):
        match parts:
            case [name] if type_ is not None:
                path = FolderPath(type=type_, name=name)
            case [kind, name] if kind in TYPES:
                path = FolderPath(type=kind, name=name)
            case [owner, kind, name] if kind in TYPES:
                path = FolderPath(owner=owner, type=kind, name=name)
    if path is None:
        forms = "TYPE/NAME, OWNER/TYPE/NAME or an id" + (" or NAME" if type_ else "")
        raise ReferenceSyntaxError(
            f"{text!r} names no folder: give {forms}, where TYPE is model or dataset"
        )
    check_name(path.name, "folder")
    _check_type(text, path.type, type_)
    return path


def parse_asset(text: str, type_: str | None = None) -> AssetPath:
    """Take apart `[[OWNER/]TYPE/]FOLDER/NAME` or an id; `type_` is the type that is wanted.

    Raises ReferenceSyntaxError where it has none of these forms, InvalidInputError where it is
    of the other type.
    """
    if is_id(text):
        return AssetPath(id=text.lower())
    parts = text.split("/")
    path: AssetPath | None = None
    if all(parts):
        match parts:
            case [folder, name]:
                path = AssetPath(type=type_, folder=folder, name=name)
            case [kind, folder, name] if kind in TYPES:
                path = AssetPath(type=kind, folder=folder, name=name)
            case [owner, kind, folder, name] if kind in TYPES:
                path = AssetPath(owner=owner, type=kind, folder=folder, name=name)
    if path is None:
        raise ReferenceSyntaxError(
            f"{text!r} names no {type_ or 'model or dataset'}: give FOLDER/NAME, "
            "TYPE/FOLDER/NAME, OWNER/TYPE/FOLDER/NAME or an id, where TYPE is model or dataset"
        )
    check_name(path.folder, "folder")
    check_name(path.name, path.type or "asset")
    _check_type(text, path.type, type_)
    return path


def parse_reference(text: str, type_: str | None = None) -> ReferencePath:
    """Take apart an asset followed by `:X`, `:branch/B`, `:tag/T`, `@COMMIT`, or nothing.

    Raises as `parse_asset` does, and ReferenceSyntaxError for an empty or impossible ending.
    """
    # An owner may hold an @, so the ending is looked for after the first slash or an id.
    id_ = _ID.match(text)
    start = id_.end() if id_ else text.find("/") + 1
    found = re.compile("[:@]").search(text, start)
    if found is None:
        return ReferencePath(parse_asset(text, type_))
    asset = parse_asset(text[: found.start()], type_)
    value = text[found.end() :]
    kind: ReferenceKind | None = None
    if found.group() == "@":
        kind = "commit"
    elif value.startswith("branch/"):
        kind, value = "branch", value.removeprefix("branch/")
    elif value.startswith("tag/"):
        kind, value = "tag", value.removeprefix("tag/")
    if not value:
        raise ReferenceSyntaxError(f"{text!r} ends where a branch, tag or commit is expected")
    if kind == "commit" and not is_commit(value):
        raise ReferenceSyntaxError(
            f"{value!r} is no commit: give at least 4 of its 64 hexadecimal digits"
        )
    return ReferencePath(asset, kind, value.lower() if kind == "commit" else value)


def is_id(text: str) -> bool:
    """Whether the text has the form of an id of a folder, asset or evaluation."""
    return _ID.fullmatch(text) is not None


def is_commit(text: str) -> bool:
    """Whether the text can be a commit id or a prefix of one."""
    return _COMMIT.fullmatch(text) is not None


def check_id(id_: str, what: str) -> str:
    """The id in its lower-case form; raises InvalidInputError for what is none."""
    if not is_id(id_):
        raise InvalidInputError(f"{id_!r} is no ID of {what}", code="invalid_id")
    return id_.lower()


def check_type(type_: str) -> None:
    """Raise InvalidInputError unless the type is `model` or `dataset`."""
    if type_ not in TYPES:
        raise InvalidInputError(f"The type must be model or dataset, not {type_!r}")


def check_name(name: str, what: str) -> None:
    """Raise InvalidInputError for a name that would be taken for more than one."""
    if not name or re.search("[/:@]", name):
        raise InvalidInputError(
            f"{name!r} cannot be the name of a {what}: it must not be empty or hold / : @",
            code="invalid_name",
        )


def _check_type(text: str, type_: str | None, wanted: str | None) -> None:
    if wanted is not None and type_ != wanted:
        raise InvalidInputError(f"{text} is a {type_}, and a {wanted} is needed here")

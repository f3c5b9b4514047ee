"""From the text of a folder, an asset or a reference to the object it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._errors import InvalidInputError, ReferenceSyntaxError
from ._references import parse_asset, parse_folder, parse_reference

if TYPE_CHECKING:
    from ._assets import Dataset, Model
    from ._branches import Branch
    from ._connection import Connection
    from ._folders import Folder
    from ._lookup import Found
    from ._references import AssetPath
    from ._snapshots import Commit, Tag

# The classes are imported where they are needed, lest help and usage errors wait for them.

Connect = Callable[[], "Connection"]
"""Gives the connection to look names up with, asked for once the text is known to be a name."""


def resolve_folder(connect: Connect, text: str, type_: str | None = None) -> Folder[Any]:
    """The folder that the text names, of the type that is wanted; raises NotFoundError."""
    path = parse_folder(text, type_)
    from ._folders import Folder
    from ._lookup import find_folder

    connection = connect()
    folder: Folder[Any] = Folder(connection, find_folder(connection, path))
    _check_type(folder, type_)
    return folder


def resolve_asset(
    connect: Connect, asset: str | AssetPath, type_: str | None = None
) -> Model | Dataset:
    """The asset that was named, of the type that is wanted; raises NotFoundError."""
    path = parse_asset(asset, type_) if isinstance(asset, str) else asset
    from ._lookup import find_asset

    connection = connect()
    return _asset(connection, find_asset(connection, path), type_)


def resolve_reference(
    connect: Connect, text: str, type_: str | None = None
) -> Branch | Tag | Commit:
    """The branch, tag or commit that the text names, `main` where it names none."""
    path = parse_reference(text, type_)
    from ._branches import Branch
    from ._lookup import find_reference
    from ._snapshots import Commit, Tag

    connection = connect()
    found = find_reference(connection, path)
    classes: dict[str, type[Branch | Tag | Commit]]
    classes = {"branch": Branch, "tag": Tag, "commit": Commit}
    return classes[found.kind](_asset(connection, found, type_), found.name, found.commit)


def resolve_branch(connect: Connect, text: str) -> Branch:
    """The branch that the text names, `main` where it names none; never a tag or a commit."""
    path = parse_reference(text)
    if path.kind not in (None, "branch"):
        raise InvalidInputError(f"{text} is a {path.kind}, and a branch is needed here")
    from ._branches import Branch
    from ._lookup import find_reference

    connection = connect()
    found = find_reference(connection, path, kinds=("branch",))
    return Branch(_asset(connection, found), found.name, found.commit)


def resolve_tag(connect: Connect, text: str) -> Tag:
    """The tag that the text names."""
    path = parse_reference(text)
    if path.value is None or path.kind not in (None, "tag"):
        raise ReferenceSyntaxError(f"{text!r} names no tag: give ASSET:TAG")
    from ._lookup import find_reference
    from ._snapshots import Tag

    connection = connect()
    found = find_reference(connection, path, kinds=("tag",))
    return Tag(_asset(connection, found), found.name, found.commit)


def _asset(connection: Connection, found: Found, type_: str | None = None) -> Model | Dataset:
    from ._folders import Folder, make_asset

    folder: Folder[Any] = Folder(connection, found.folder)
    _check_type(folder, type_)
    return make_asset(folder, found.asset)


def _check_type(folder: Folder[Any], wanted: str | None) -> None:
    # What was written with its type is refused when parsed; this is for ids.
    if wanted is not None and folder.type != wanted:
        raise InvalidInputError(
            f"{folder.path} holds {folder.type}s, and a {wanted} is needed here"
        )

"""What is made, found and listed by a path such as `model/llm/chat:branch/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ._assets import Asset, Model, list_branch
from ._errors import (
    AlreadyExistsError,
    InvalidInputError,
    NotFoundError,
    ReferenceSyntaxError,
    WrongTypeError,
)
from ._folders import Folder
from ._history import find_point
from ._references import (
    TYPES,
    FolderPath,
    ReferencePath,
    is_id,
    parse_folder,
    parse_reference,
)
from ._resolution import resolve_asset, resolve_reference
from ._snapshots import Commit, Tag, find_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._assets import Dataset
    from ._branches import Branch
    from ._client import Client
    from ._snapshots import Snapshot


def get_named(client: Client, path: str) -> Folder[Any] | Model | Dataset | Branch | Tag | Commit:
    """What a path names; see `Client.get`."""
    named = _parse(path)
    if is_id(path):
        return _get_by_id(client, path)
    if isinstance(named, FolderPath):
        return client.get_folder(named.owner, named.type, named.name)
    if named.value is None:
        return resolve_asset(lambda: client._connection, named.asset)
    return resolve_reference(lambda: client._connection, path)


def list_named(client: Client, path: str, scope: str) -> list[Any]:
    """What is in what a path names; see `Client.list`."""
    if path in TYPES:
        return client.list_folder(path, scope)
    if scope != "all":
        raise InvalidInputError("A scope is for folders: give it with 'model' or 'dataset'")
    found = get_named(client, path)
    if isinstance(found, Folder):
        return found.list_asset()
    return list_branch(found) if isinstance(found, Asset) else found.list_object()


def create_named(
    client: Client,
    path: str,
    labels: Iterable[str] | None,
    description: str | None,
    exist_ok: bool,
    source: Snapshot | str | None,
) -> Folder[Any] | Model | Dataset | Branch | Tag:
    """Make what a path names; see `Client.create`."""
    named = _parse(path)
    if is_id(path):
        raise ReferenceSyntaxError(f"{path!r} names nothing new: give a path with names")
    if isinstance(named, ReferencePath) and named.value is not None:
        if labels is not None or description is not None:
            raise InvalidInputError(f"{path}: branches and tags have no labels or description")
        return _create_reference(client, path, named, exist_ok, source)
    if source is not None:
        raise InvalidInputError(f"{path}: a source is for branches and tags")
    if isinstance(named, FolderPath):
        if named.owner not in (None, client.username):
            raise InvalidInputError(
                f"You are {client.username}, and cannot make a folder of {named.owner}"
            )
        return client.create_folder(
            str(named.type), named.name, labels, exist_ok, description=description
        )
    owner, type_, folder, name = named.asset[1:]
    if type_ is None:
        raise ReferenceSyntaxError(f"{path!r} names nothing new: give TYPE/FOLDER/NAME")
    made = client.get_folder(owner, type_, folder).create_asset(name, labels, exist_ok, description)
    return cast("Model | Dataset", made)


def _create_reference(
    client: Client, path: str, named: ReferencePath, exist_ok: bool, source: Snapshot | str | None
) -> Branch | Tag:
    if named.kind == "commit":
        raise ReferenceSyntaxError(f"{path!r} names a commit: one is made by committing")
    asset = resolve_asset(lambda: client._connection, named.asset)
    name = str(named.value)
    try:
        if named.kind == "tag":
            point = find_point(asset, "branch/main" if source is None else source)
            return Commit(asset, point.commit, point.commit).create_tag(name)
        if not isinstance(asset, Model):
            raise InvalidInputError(f"{asset.path} is a dataset, and has no branch but main")
        return asset.create_branch(name, source)
    except AlreadyExistsError:
        if not exist_ok:
            raise
    return find_tag(asset, name) if named.kind == "tag" else cast("Model", asset).get_branch(name)


def _parse(path: str) -> FolderPath | ReferencePath:
    """Take a path apart. `TYPE/NAME` is a folder, never an asset of a folder called like a type."""
    if not isinstance(path, str):
        raise WrongTypeError(f"A path must be text, not {path!r:.60}")
    match path.split("/"):
        case [type_, _] if type_ in TYPES:
            return parse_folder(path)
        case [owner, type_, _] if type_ in TYPES and owner not in TYPES:
            return parse_folder(path)
        case [_] if not is_id(path.partition(":")[0].partition("@")[0]):
            raise ReferenceSyntaxError(
                f"{path!r} names no folder, asset or reference: give TYPE/FOLDER, "
                "TYPE/FOLDER/NAME, or one with :branch/B, :tag/T or @COMMIT after it"
            )
    return parse_reference(path)


def _get_by_id(client: Client, id_: str) -> Folder[Any] | Model | Dataset:
    try:
        return client.get_asset(id_)
    except NotFoundError:
        pass
    try:
        return client.get_folder(id_=id_)
    except NotFoundError as error:
        raise NotFoundError(
            f"There is no folder or asset with ID {id_} that you may view", code=error.code
        ) from error

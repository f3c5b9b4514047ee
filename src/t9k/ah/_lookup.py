"""Finding folders, assets and references on the server by the names people give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._errors import InvalidInputError, NotFoundError, PermissionDeniedError
from ._references import TYPES, AssetPath, FolderPath, ReferenceKind, ReferencePath, is_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._connection import Connection
    from ._records import AssetRecord, FolderEntry, FolderRecord


REFERENCE_KINDS: tuple[ReferenceKind, ...] = ("branch", "tag", "commit")


class Found(NamedTuple):
    """What stands behind a name. `commit` is a whole commit id, `main`'s where none was named."""

    folder: FolderRecord
    asset: AssetRecord
    commit: str
    kind: ReferenceKind
    name: str

    @property
    def full_name(self) -> str:
        return (
            f"{self.folder['owner']}/{self.folder['type']}/{self.folder['name']}/"
            + (self.asset["name"])
        )


def look_up(connection: Connection, reference: str) -> Any:
    """The answer for `OWNER/TYPE/FOLDER[/NAME[:branch/B | :tag/T | :COMMIT]]`.

    Raises NotFoundError for what is not there or may not be seen.
    """
    try:
        return connection.request("GET", "/ref", query={"asset_ref": reference})
    except NotFoundError as error:
        if error.code not in ("folder_not_found", "asset_not_found"):
            raise
        name = reference.partition(":")[0]
        _, type_, *rest = name.split("/")
        raise NotFoundError(
            f"There is no {type_ if len(rest) > 1 else 'folder'} {name} that you may view",
            code=error.code,
            status=error.status,
        ) from error


def find_folder(connection: Connection, path: FolderPath) -> FolderRecord:
    """The folder that was named; without an owner it is the asker's own."""
    if path.id is not None:
        return get_folder_entry(connection, path.id)["folder"]
    folder: FolderRecord = look_up(
        connection, f"{path.owner or connection.username}/{path.type}/{path.name}"
    )["folder"]
    return folder


def get_folder_entry(connection: Connection, id_: str) -> FolderEntry:
    """The folder with that id; raises NotFoundError."""
    try:
        entry: FolderEntry = connection.request("GET", f"/folders/{id_}")
    except PermissionDeniedError as error:
        raise NotFoundError(
            f"There is no folder with ID {id_} that you may view",
            code="folder_not_found",
            status=error.status,
        ) from error
    return entry


def find_asset(connection: Connection, path: AssetPath) -> Found:
    """The asset that was named, with `main`'s commit.

    Raises NotFoundError, and InvalidInputError for `FOLDER/NAME` where a model and a dataset
    both have that name.
    """
    answer = look_up(connection, name_asset(connection, path))
    return Found(answer["folder"], answer["asset"], answer["commit"], "branch", "main")


def find_reference(
    connection: Connection, path: ReferencePath, *, kinds: Sequence[ReferenceKind] = REFERENCE_KINDS
) -> Found:
    """The commit that was named, with the branch, tag or prefix that named it.

    A bare `:X` is the first of the `kinds`: a branch X, else a tag X, else a commit.
    Raises NotFoundError, and InvalidInputError where a commit's prefix fits several.
    """
    if path.value is None:
        return find_asset(connection, path.asset)
    full_name = name_asset(connection, path.asset)
    if path.kind is not None:
        kinds = (path.kind,)
    elif not is_commit(path.value):
        kinds = [kind for kind in kinds if kind != "commit"]
    for kind in kinds:
        ending = path.value if kind == "commit" else f"{kind}/{path.value}"
        try:
            answer = look_up(connection, f"{full_name}:{ending}")
        except NotFoundError as error:
            if error.code != f"{kind}_not_found":
                raise
            continue
        name = answer["commit"] if kind == "commit" else path.value
        return Found(answer["folder"], answer["asset"], answer["commit"], kind, name)
    raise NotFoundError(
        f"{full_name} has no {_either(kinds)} {path.value}",
        code="reference_not_found" if len(kinds) > 1 else f"{kinds[0]}_not_found",
        status=404,
    )


def name_asset(connection: Connection, path: AssetPath) -> str:
    """The full name of the asset that was named: the asker's own where no owner was.

    Raises NotFoundError, and InvalidInputError for `FOLDER/NAME` where a model and a dataset
    both have that name.
    """
    if path.id is not None:
        asset: AssetRecord = connection.request("GET", f"/assets/{path.id}")
        folder = get_folder_entry(connection, asset["folder"])["folder"]
        return f"{folder['owner']}/{folder['type']}/{folder['name']}/{asset['name']}"
    owner = path.owner or connection.username
    type_ = path.type or _only_type(connection, path)
    return f"{owner}/{type_}/{path.folder}/{path.name}"


def _only_type(connection: Connection, path: AssetPath) -> str:
    """The one type that has FOLDER/NAME."""
    found = [type_ for type_ in TYPES if _exists(connection, path, type_)]
    short = f"{path.folder}/{path.name}"
    if not found:
        raise NotFoundError(f"You have no model or dataset {short}", code="asset_not_found")
    if len(found) > 1:
        raise InvalidInputError(
            f"You have both a model and a dataset {short}: say model/{short} or dataset/{short}",
            code="ambiguous_asset",
        )
    return found[0]


def _exists(connection: Connection, path: AssetPath, type_: str) -> bool:
    try:
        look_up(connection, f"{connection.username}/{type_}/{path.folder}/{path.name}")
    except NotFoundError:
        return False
    return True


def _either(kinds: Sequence[ReferenceKind]) -> str:
    return " or ".join([", ".join(kinds[:-1]), kinds[-1]]) if len(kinds) > 1 else kinds[0]

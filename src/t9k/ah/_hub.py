"""The functions of the module: they speak to the one hub that this process is logged in to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

from ._config import API_KEY_KEY, HOST_KEY, update_config
from ._connection import Connection
from ._errors import AlreadyExistsError, InvalidInputError
from ._evaluations import delete_evaluation as _delete_evaluation
from ._folders import Folder, make_asset
from ._lookup import find_folder, get_folder_entry
from ._messages import inform
from ._references import FolderPath, check_id, check_name, check_type
from ._values import check_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._assets import Dataset, Model
    from ._records import FolderEntry

_lock = threading.Lock()
_default: Connection | None = None


def default_connection() -> Connection:
    """The connection that the module's functions use: that of `login`, else of what is stored.

    Raises NotLoggedInError where no server or no key is known.
    """
    global _default
    with _lock:
        if _default is None:
            _default = Connection()
        return _default


def login(host: str | None = None, api_key: str | None = None) -> None:
    """Log in to a hub, and remember it in the configuration file once it has worked.

    What is left out comes from the environment variables ASSET_HUB_HOST and ASSET_HUB_API_KEY,
    else from the configuration file `~/.t9k/t9k-sdk-config.yaml`.

    Raises NotLoggedInError for a key that is missing or unknown, ConnectionFailedError where the
    server is away, ConfigError where the file cannot be read or written.
    """
    global _default
    connection = Connection(host, api_key)
    user = connection.username
    update_config({HOST_KEY: connection.host, API_KEY_KEY: connection.api_key})
    with _lock:
        _default = connection
    inform(f"Logged in to Asset Hub server {connection.host} as user {user}")


def logout(*, forget_host: bool = False) -> None:
    """Forget the API key, and with `forget_host` the server too, here and in the file."""
    global _default
    changes: dict[str, str | None] = {API_KEY_KEY: None}
    if forget_host:
        changes[HOST_KEY] = None
    update_config(changes)
    with _lock:
        _default = None
    inform("Logged out from Asset Hub")


@overload
def create_folder(
    type_: Literal["model"],
    name: str,
    labels: Iterable[str] | None = None,
    exist_ok: bool = False,
) -> Folder[Model]: ...
@overload
def create_folder(
    type_: Literal["dataset"],
    name: str,
    labels: Iterable[str] | None = None,
    exist_ok: bool = False,
) -> Folder[Dataset]: ...
@overload
def create_folder(
    type_: str, name: str, labels: Iterable[str] | None = None, exist_ok: bool = False
) -> Folder[Any]: ...
def create_folder(
    type_: str, name: str, labels: Iterable[str] | None = None, exist_ok: bool = False
) -> Folder[Any]:
    """Make a folder for models (`type_="model"`) or datasets, and return it.

    Raises AlreadyExistsError where there is one of that type and name; with `exist_ok` that one
    is returned as it is.
    """
    check_type(type_)
    connection = default_connection()
    path = FolderPath(owner=connection.username, type=type_, name=name)
    body = {"type": type_, "name": name, "labels": check_labels(labels) or []}
    try:
        id_ = connection.request("POST", "/folders", json=body)["id"]
    except AlreadyExistsError:
        if not exist_ok:
            raise
        inform(f"{type_.title()} Folder {name} already exists")
        return Folder(connection, find_folder(connection, path))
    inform(f"Creating {type_.title()} Folder {name}")
    return Folder(connection, get_folder_entry(connection, id_)["folder"])


@overload
def get_folder(
    owner: str | None = None,
    *,
    type_: Literal["model"],
    name: str | None = None,
    id_: str | None = None,
) -> Folder[Model]: ...
@overload
def get_folder(
    owner: str | None = None,
    *,
    type_: Literal["dataset"],
    name: str | None = None,
    id_: str | None = None,
) -> Folder[Dataset]: ...
@overload
def get_folder(
    owner: str | None = None,
    type_: str | None = None,
    name: str | None = None,
    id_: str | None = None,
) -> Folder[Any]: ...
def get_folder(
    owner: str | None = None,
    type_: str | None = None,
    name: str | None = None,
    id_: str | None = None,
) -> Folder[Any]:
    """The folder with that id, or of that type and name; without an owner it is one's own.

    Raises NotFoundError for one that does not exist or may not be viewed.
    """
    if id_ is not None:
        path = FolderPath(id=check_id(id_, "a folder"))
    elif type_ is None or name is None:
        raise InvalidInputError("A folder is named by its type_ and name, or by its id_")
    else:
        check_type(type_)
        check_name(name, "folder")
        path = FolderPath(owner=owner, type=type_, name=name)
    connection = default_connection()
    return Folder(connection, find_folder(connection, path))


def list_folder(type_: str = "all", scope: str = "all") -> list[FolderEntry]:
    """The folders one may view, as dicts.

    `type_` is model, dataset or all; `scope` is own, shared (by others with the asker), public,
    or all.
    """
    if type_ != "all":
        check_type(type_)
    if scope not in ("own", "shared", "public", "all"):
        raise InvalidInputError(f"The scope must be own, shared, public or all, not {scope!r}")
    query = {"scope": scope} | ({} if type_ == "all" else {"type": type_})
    entries: list[FolderEntry] = default_connection().request("GET", "/folders", query=query)
    return entries


def get_asset(id_: str) -> Model | Dataset:
    """The model or dataset with that id; raises NotFoundError."""
    connection = default_connection()
    record = connection.request("GET", f"/assets/{check_id(id_, 'an asset')}")
    folder: Folder[Any] = Folder(
        connection, get_folder_entry(connection, record["folder"])["folder"]
    )
    return make_asset(folder, record)


def delete_evaluation(evaluation_id: str) -> None:
    """Delete the evaluation with that id; raises NotFoundError."""
    _delete_evaluation(default_connection(), evaluation_id)

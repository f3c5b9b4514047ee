"""Folders, which hold models or datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ._assets import Asset, Dataset, Model
from ._errors import AlreadyExistsError, DeletedError
from ._lookup import get_folder_entry, look_up
from ._messages import inform
from ._references import check_name
from ._values import check_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._connection import Connection
    from ._records import AssetEntry, AssetRecord, FolderRecord

AssetT = TypeVar("AssetT", bound=Asset)

_CLASSES: dict[str, type[Model] | type[Dataset]] = {"model": Model, "dataset": Dataset}


class Folder(Generic[AssetT]):
    """A folder: it holds assets of one type, and is what one shares with others.

    Attributes: `id`, `owner`, `type` (model or dataset), `name`, `labels`.
    """

    def __init__(self, connection: Connection, record: FolderRecord) -> None:
        self.id = record["id"]
        self.owner = record["owner"]
        self.type = record["type"]
        self.name = record["name"]
        self.labels = list(record["labels"])
        self._opened = connection
        self._deleted = False

    def __repr__(self) -> str:
        return f"Folder({self._full_name!r})"

    def list_asset(self) -> list[AssetEntry]:
        """The assets, as dicts, each with how many branches it has."""
        entries: list[AssetEntry] = self._connection.request(
            "GET", "/assets", query={"fid": self.id}
        )
        return entries

    def create_asset(
        self, name: str, labels: Iterable[str] | None = None, exist_ok: bool = False
    ) -> AssetT:
        """Make a model or a dataset, by the folder's type, with an empty branch `main`.

        Raises AlreadyExistsError where there is one of that name; with `exist_ok` that one is
        returned as it is.
        """
        wanted = check_labels(labels) or []
        body = {"name": name, "folder": self.id, "labels": wanted}
        try:
            id_ = self._connection.request("POST", "/assets", json=body)["id"]
        except AlreadyExistsError:
            if not exist_ok:
                raise
            inform(f"{self.type.title()} {name} in Folder {self.name} already exists")
            return self.get_asset(name)
        inform(f"Creating {self.type.title()} {name} in Folder {self.name}")
        return self._asset(self._connection.request("GET", f"/assets/{id_}"))

    def get_asset(self, name: str) -> AssetT:
        """The asset of that name; raises NotFoundError."""
        check_name(name, self.type)
        return self._asset(look_up(self._connection, f"{self._full_name}/{name}")["asset"])

    def update(self, name: str | None = None, labels: Iterable[str] | None = None) -> None:
        """Give it another name, or other labels in place of all it has; None leaves either.

        Raises AlreadyExistsError where its owner has a folder of that name and type.
        """
        wanted = check_labels(labels)
        current = get_folder_entry(self._connection, self.id)["folder"]
        body = {
            "name": current["name"] if name is None else name,
            "labels": current["labels"] if wanted is None else wanted,
        }
        self._connection.request("PUT", f"/folders/{self.id}", json=body)
        inform(f"Updating {self._label}")
        self.name = str(body["name"])
        self.labels = list(body["labels"])

    def delete(self) -> None:
        """Delete it with all its assets. This object refuses further calls afterwards."""
        self._connection.request("DELETE", f"/folders/{self.id}")
        inform(f"Deleting {self._label}")
        self._deleted = True

    @property
    def _connection(self) -> Connection:
        if self._deleted:
            raise DeletedError(f"{self._label} was deleted")
        return self._opened

    @property
    def _full_name(self) -> str:
        return f"{self.owner}/{self.type}/{self.name}"

    @property
    def _label(self) -> str:
        """How messages name it, such as `Model Folder image-classification`."""
        return f"{self.type.title()} Folder {self.name}"

    def _asset(self, record: AssetRecord) -> AssetT:
        return cast("AssetT", make_asset(self, record))


def make_asset(folder: Folder[Any], record: AssetRecord) -> Model | Dataset:
    """The object for an asset that the server told of."""
    return _CLASSES[folder.type](folder, record)

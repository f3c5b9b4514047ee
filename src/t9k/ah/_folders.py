"""Folders, which hold models or datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ._assets import Asset, Dataset, Model
from ._display import Listing, Shown
from ._errors import AlreadyExistsError, DeletedError
from ._lookup import get_folder_entry, look_up
from ._messages import inform
from ._references import check_name
from ._sharing import list_share, share_folder, transfer_folder, unshare_folder
from ._values import changed_body, new_body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._connection import Connection
    from ._records import AssetEntry, AssetRecord, FolderRecord, ShareEntry

AssetT = TypeVar("AssetT", bound=Asset)

_CLASSES: dict[str, type[Model] | type[Dataset]] = {"model": Model, "dataset": Dataset}


class Folder(Shown, Generic[AssetT]):
    """A folder: it holds assets of one type, and is what one shares with others.

    Attributes: `id`, `owner`, `type` (also `kind`: model or dataset), `name`, `path` (with owner
    and type), `labels`, `description`, `alive`.
    """

    def __init__(self, connection: Connection, record: FolderRecord) -> None:
        self.id = record["id"]
        self.owner = record["owner"]
        self.type = record["type"]
        self.name = record["name"]
        self.labels = list(record["labels"])
        self.description = record.get("description", "")
        self._opened = connection
        self._deleted = False

    def __repr__(self) -> str:
        return f"Folder({self.path!r})"

    @property
    def kind(self) -> str:
        """The same as `type`."""
        return self.type

    @property
    def path(self) -> str:
        """Its full name, such as `alice/model/vision`."""
        return f"{self.owner}/{self.type}/{self.name}"

    @property
    def alive(self) -> bool:
        """False once it was deleted from here."""
        return not self._deleted

    def list_asset(self) -> list[AssetEntry]:
        """The assets, as dicts, each with how many branches it has."""
        return Listing(self._connection.request("GET", "/assets", query={"fid": self.id}), "asset")

    def create_asset(
        self,
        name: str,
        labels: Iterable[str] | None = None,
        exist_ok: bool = False,
        description: str | None = None,
    ) -> AssetT:
        """Make a model or a dataset, by the folder's type, with an empty branch `main`.

        Raises AlreadyExistsError where there is one of that name; with `exist_ok` that one is
        returned as it is.
        """
        body = new_body(labels, description) | {"name": name, "folder": self.id}
        try:
            id_ = self._connection.create("/assets", json=body)["id"]
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
        return self._asset(look_up(self._connection, f"{self.path}/{name}")["asset"])

    def update(
        self,
        name: str | None = None,
        labels: Iterable[str] | None = None,
        description: str | None = None,
    ) -> None:
        """Give it another name, other labels in place of all it has, or another description.

        None leaves each. Raises AlreadyExistsError where its owner has a folder of that name and
        type.
        """
        current = get_folder_entry(self._connection, self.id)["folder"]
        body = changed_body(current, name, labels, description)
        self._connection.request("PUT", f"/folders/{self.id}", json=body)
        inform(f"Updating {self._label}")
        self.name, self.labels = body["name"], list(body["labels"])
        self.description = body["description"]

    def delete(self) -> None:
        """Delete it with all its assets. This object refuses further calls afterwards."""
        self._connection.delete(f"/folders/{self.id}")
        inform(f"Deleting {self._label}")
        self._deleted = True

    def share(
        self,
        user: str | None = None,
        group: str | None = None,
        public: bool = False,
        level: str = "view",
    ) -> None:
        """Let a user, a group or everyone into it, or change what they may do there.

        `level` is view; run, to record evaluations too; or edit, to change the assets too. Everyone
        (`public=True`) can only view. Raises NotFoundError for a user or group that is not there.
        """
        name = share_folder(self._connection, self.id, user, group, public, level)
        inform(f"Sharing {self._label} with {name}: {level}")

    def unshare(
        self, user: str | None = None, group: str | None = None, public: bool = False
    ) -> None:
        """Take back what was shared; raises NotFoundError where nothing was."""
        name = unshare_folder(self._connection, self.id, user, group, public)
        inform(f"Sharing {self._label} no longer with {name}")

    def list_share(self) -> list[ShareEntry]:
        """With whom it is shared, as dicts; for its owner."""
        return list_share(self._connection, self.id)

    def transfer(self, owner: str) -> None:
        """Give it to another user. References to what is in it begin with their name then.

        Who gives it keeps the level edit, until the new owner takes it. Raises ConflictError where
        the new owner cannot have a folder of this name.
        """
        transfer_folder(self._connection, self.id, owner)
        inform(f"Giving {self._label} to {owner}")
        self.owner = owner

    def _facts(self) -> list[tuple[str, str]]:
        return [
            ("path", self.path),
            ("description", self.description),
            ("labels", ", ".join(self.labels)),
            ("id", self.id),
        ]

    @property
    def _connection(self) -> Connection:
        if self._deleted:
            raise DeletedError(f"{self._label} was deleted")
        return self._opened

    @property
    def _label(self) -> str:
        """How messages name it, such as `Model Folder image-classification`."""
        return f"{self.type.title()} Folder {self.name}"

    def _asset(self, record: AssetRecord) -> AssetT:
        return cast("AssetT", make_asset(self, record))


def make_asset(folder: Folder[Any], record: AssetRecord) -> Model | Dataset:
    """The object for an asset that the server told of."""
    return _CLASSES[folder.type](folder, record)

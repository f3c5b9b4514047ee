"""Models and datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._branches import MAIN, Branch, Writable, find_branch
from ._display import Listing, Shown
from ._errors import DeletedError
from ._evaluations import list_evaluation
from ._history import find_point
from ._measured import Measured
from ._messages import inform
from ._snapshots import Commit, Snapshot, Tag, find_tag
from ._values import changed_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from ._additions import Additions
    from ._connection import Connection
    from ._folders import Folder
    from ._records import AssetRecord, BranchEntry, EvaluationEntry, TagEntry


class Asset(Shown):
    """What models and datasets have in common.

    Attributes: `id`, `folder`, `type` (also `kind`: model or dataset), `name`, `path` (with owner,
    type and folder), `labels`, `description`, `alive`.
    """

    type: ClassVar[str]

    def __init__(self, folder: Folder[Any], record: AssetRecord) -> None:
        self.folder = folder
        self.id = record["id"]
        self.name = record["name"]
        self.labels = list(record["labels"])
        self.description = record.get("description", "")
        self._deleted = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    @property
    def kind(self) -> str:
        """The same as `type`."""
        return self.type

    @property
    def path(self) -> str:
        """Its full name, such as `alice/model/vision/cnn`."""
        return f"{self.folder.path}/{self.name}"

    @property
    def alive(self) -> bool:
        """False once it or its folder was deleted from here."""
        return not self._deleted and self.folder.alive

    def update(
        self,
        name: str | None = None,
        labels: Iterable[str] | None = None,
        description: str | None = None,
    ) -> None:
        """Give it another name, other labels in place of all it has, or another description.

        None leaves each. Raises AlreadyExistsError where the folder has an asset of that name.
        """
        current: AssetRecord = self._connection.request("GET", self._route())
        body = changed_body(current, name, labels, description)
        self._connection.request("PUT", self._route(), json=body)
        inform(f"Updating {self._label} in Folder {self.folder.name}")
        self.name, self.labels = body["name"], list(body["labels"])
        self.description = body["description"]

    def delete(self) -> None:
        """Delete it with all its commits. This object refuses further calls afterwards."""
        self._connection.delete(self._route())
        inform(f"Deleting {self._label} in Folder {self.folder.name}")
        self._deleted = True

    def list_tag(self) -> list[TagEntry]:
        """The tags, as dicts."""
        return Listing(self._connection.request("GET", self._route("tags"))["results"], "tag")

    def get_tag(self, name: str) -> Tag:
        """The tag of that name; raises NotFoundError."""
        return find_tag(self, name)

    def get_commit(self, index: int | None = None, id_: str | None = None) -> Commit:
        """A commit by its place in `main`, 0 the newest and -1 the first, or by its id.

        The id may be any prefix of 4 digits or more that fits one commit, on whichever branch.
        Raises NotFoundError.
        """
        return self._main().get_commit(index, id_)

    def create_tag(self, name: str) -> Tag:
        """Give the newest commit of `main` a name; raises AlreadyExistsError."""
        return self._main().create_tag(name)

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
        return self.folder._connection

    @property
    def _label(self) -> str:
        """How messages name it, such as `Model mnist-cnn-keras`."""
        return f"{self.type.title()} {self.name}"

    def _route(self, *parts: str) -> str:
        """The path of a route below the asset's own, with names as URLs want them."""
        from urllib.parse import quote

        return "/".join(
            [
                f"/assets/{self.id}",
                *(quote(part, safe="", errors="surrogatepass") for part in parts),
            ]
        )

    def _main(self) -> Branch:
        """Its branch `main`, without the commit that nobody has asked for yet."""
        return Branch(self, MAIN, "")


class Model(Asset, Measured):
    """A model: a repository of files with branches, tags and commits, and evaluations of them.

    Attributes: `id`, `folder`, `type` (also `kind`), `name`, `path` (with owner, type and folder),
    `labels`, `description`, `alive`.
    """

    type = "model"

    def list_branch(self) -> list[BranchEntry]:
        """The branches, as dicts."""
        return list_branch(self)

    def create_branch(self, name: str, source: Snapshot | str | None = None) -> Branch:
        """Make a branch of that name.

        With a `source`, which is a branch, tag or commit of the model or a text such as `v1`,
        `tag/v1` or a commit, it starts there. Without one it is empty: it starts at the first
        commit of the model, which holds nothing.

        Raises AlreadyExistsError where the model has a branch of that name, NotFoundError for a
        source that is not there.
        """
        body = {"name": name}
        if source is not None:
            body["source"] = find_point(self, source).commit
        made = self._connection.create(self._route("branches"), json=body)
        inform(f"Creating branch {name} of {self._label}")
        return Branch(self, name, made["commit_id"])

    def get_branch(self, name: str) -> Branch:
        """The branch of that name; raises NotFoundError."""
        return find_branch(self, name)

    def list_evaluation(
        self, sort: str | None = None, limit: int | None = None
    ) -> list[EvaluationEntry]:
        """The evaluations of all its commits, newest first; see `Branch.list_evaluation`."""
        return list_evaluation(self._connection, self.path, sort, limit)

    def _snapshot(self) -> Branch:
        return self._main()


class Dataset(Asset, Writable):
    """A dataset: a repository of files with tags and commits on its one branch, `main`.

    Attributes: `id`, `folder`, `type` (also `kind`), `name`, `path` (with owner, type and folder),
    `labels`, `description`, `commit_id`, `alive`.
    """

    type = "dataset"

    @property
    def commit_id(self) -> str:
        """The commit that `main` points at now, asked of the server."""
        return self._main()._current_commit()

    def create_commit(
        self,
        msg: str,
        add: Additions | None = None,
        delete: str | Iterable[str] | None = None,
        metadata: Mapping[str, str] | None = None,
        force: bool = False,
    ) -> Commit | None:
        """Commit deletions, then additions, to `main`; see `Branch.create_commit`."""
        return self._main().create_commit(msg, delete, add, metadata, force)

    def _snapshot(self) -> Branch:
        return self._main()


def list_branch(asset: Asset) -> list[BranchEntry]:
    """The branches of an asset, as dicts; a dataset has but `main`."""
    answer = asset._connection.request("GET", asset._route("branches"))
    return Listing(answer["results"], "branch")

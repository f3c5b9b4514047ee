"""Models and datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._errors import DeletedError
from ._evaluations import list_evaluation
from ._messages import inform
from ._snapshots import MAIN, Branch, Commit, Snapshot, Tag, find_branch, find_commit, find_tag
from ._values import check_labels

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any, Literal, SupportsFloat

    from ._additions import Additions
    from ._connection import Connection
    from ._folders import Folder
    from ._records import (
        AssetRecord,
        BranchEntry,
        CommitEntry,
        DiffEntry,
        EvaluationEntry,
        ObjectEntry,
        TagEntry,
    )


class Asset:
    """What models and datasets have in common.

    Attributes: `id`, `folder`, `type` (model or dataset), `name`, `labels`.
    """

    type: ClassVar[str]

    def __init__(self, folder: Folder[Any], record: AssetRecord) -> None:
        self.folder = folder
        self.id = record["id"]
        self.name = record["name"]
        self.labels = list(record["labels"])
        self._deleted = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._full_name!r})"

    def update(self, name: str | None = None, labels: Iterable[str] | None = None) -> None:
        """Give it another name, or other labels in place of all it has; None leaves either.

        Raises AlreadyExistsError where the folder has an asset of that name.
        """
        wanted = check_labels(labels)
        current: AssetRecord = self._connection.request("GET", self._route())
        body = {
            "name": current["name"] if name is None else name,
            "labels": current["labels"] if wanted is None else wanted,
        }
        self._connection.request("PUT", self._route(), json=body)
        inform(f"Updating {self._label} in Folder {self.folder.name}")
        self.name = str(body["name"])
        self.labels = list(body["labels"])

    def delete(self) -> None:
        """Delete it with all its commits. This object refuses further calls afterwards."""
        self._connection.request("DELETE", self._route())
        inform(f"Deleting {self._label} in Folder {self.folder.name}")
        self._deleted = True

    def list_tag(self) -> list[TagEntry]:
        """The tags, as dicts."""
        results: list[TagEntry] = self._connection.request("GET", self._route("tags"))["results"]
        return results

    def get_tag(self, name: str) -> Tag:
        """The tag of that name; raises NotFoundError."""
        return find_tag(self, name)

    def get_commit(self, index: int | None = None, id_: str | None = None) -> Commit:
        """A commit by its place in `main`, 0 the newest and -1 the first, or by its id.

        The id may be any prefix of 4 digits or more that fits one commit, on whichever branch.
        Raises NotFoundError.
        """
        if id_ is not None and index is None:
            return find_commit(self, id_)
        return self._main().get_commit(index, id_)

    def create_tag(self, name: str) -> Tag:
        """Give the newest commit of `main` a name; raises AlreadyExistsError."""
        return self._main().create_tag(name)

    @property
    def _connection(self) -> Connection:
        if self._deleted:
            raise DeletedError(f"{self._label} was deleted")
        return self.folder._connection

    @property
    def _full_name(self) -> str:
        return f"{self.folder._full_name}/{self.name}"

    @property
    def _label(self) -> str:
        """How messages name it, such as `Model mnist-cnn-keras`."""
        return f"{self.type.title()} {self.name}"

    def _route(self, *parts: str) -> str:
        """The path of a route below the asset's own, with names as URLs want them."""
        from urllib.parse import quote

        return "/".join([f"/assets/{self.id}", *(quote(part, safe="") for part in parts)])

    def _main(self) -> Branch:
        return find_branch(self, MAIN)


class Model(Asset):
    """A model: a repository of files with branches, tags and commits, and evaluations of them."""

    type = "model"

    def list_branch(self) -> list[BranchEntry]:
        """The branches, as dicts."""
        results: list[BranchEntry] = self._connection.request("GET", self._route("branches"))[
            "results"
        ]
        return results

    def create_branch(self, name: str) -> Branch:
        """Make an empty branch: it starts at the first commit of the model, which holds nothing.

        Raises AlreadyExistsError where the model has a branch of that name.
        """
        made = self._connection.request("POST", self._route("branches"), json={"name": name})
        inform(f"Creating branch {name} of {self._label}")
        return Branch(self, name, made["commit_id"])

    def get_branch(self, name: str) -> Branch:
        """The branch of that name; raises NotFoundError."""
        return find_branch(self, name)

    def create_evaluation(
        self, metrics: Mapping[str, SupportsFloat], dataset: Dataset | Snapshot | str
    ) -> EvaluationEntry:
        """Record metrics of the commit that `main` points at; see `Branch.create_evaluation`."""
        return self._main().create_evaluation(metrics, dataset)

    def list_evaluation(
        self, sort: str | None = None, limit: int | None = None
    ) -> list[EvaluationEntry]:
        """The evaluations of all its commits, newest first; see `Branch.list_evaluation`."""
        return list_evaluation(self._connection, self._full_name, sort, limit)


class Dataset(Asset):
    """A dataset: a repository of files with tags and commits on its one branch, `main`."""

    type = "dataset"

    @property
    def commit_id(self) -> str:
        """The commit that `main` points at now, asked of the server."""
        return self._main().id

    def list_commit(self, limit: int | None = None) -> list[CommitEntry]:
        """The commits as dicts, newest first, down to the first, empty one, or `limit` of them."""
        return self._main().list_commit(limit)

    def list_object(self, prefix: str = "", limit: int | None = None) -> list[ObjectEntry]:
        """The files that `main` holds now, as dicts; see `Branch.list_object`."""
        return self._main().list_object(prefix, limit)

    def diff(self, other: Snapshot | Dataset | str, prefix: str = "") -> list[DiffEntry]:
        """How `other` differs from `main`; see `Branch.diff`."""
        return self._main().diff(other, prefix)

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

    def merge(
        self,
        source: Snapshot | str,
        message: str | None = None,
        strategy: Literal["ours", "theirs"] | None = None,
    ) -> Commit:
        """Merge a tag or commit into `main`; see `Branch.merge`."""
        return self._main().merge(source, message, strategy)

    def reset(self, ref: Snapshot | str) -> Commit:
        """Point `main` at another commit; see `Branch.reset`."""
        return self._main().reset(ref)

    def revert(self, ref: Snapshot | str, message: str | None = None) -> Commit:
        """Take back what one commit of the dataset changed; see `Branch.revert`."""
        return self._main().revert(ref, message)

    def download(
        self,
        paths: str | Iterable[str] | None = None,
        save_dir: str | os.PathLike[str] = ".",
        cache: bool = False,
    ) -> list[Path]:
        """Bring files of `main` to a local directory; see `Branch.download`."""
        return self._main().download(paths, save_dir, cache)

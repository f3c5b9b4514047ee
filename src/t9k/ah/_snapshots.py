"""Branches, tags and commits: the snapshots of an asset, and what can be done with each."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ._additions import Additions, plan_additions, tell_empty
from ._downloads import download, list_wanted
from ._errors import DeletedError, InvalidInputError, NotFoundError, WrongTypeError
from ._evaluations import create_evaluation, list_evaluation
from ._history import merge, reset, revert, walk_diff, walk_pages
from ._lookup import find_reference, look_up
from ._messages import inform
from ._operations import Change
from ._patterns import select
from ._references import ReferenceKind, is_commit, parse_reference
from ._values import check_metadata, check_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Literal, SupportsFloat

    from ._assets import Asset, Dataset
    from ._connection import Connection
    from ._records import CommitEntry, DiffEntry, EvaluationEntry, ObjectEntry

MAIN = "main"


class Snapshot:
    """What branches, tags and commits have in common: the files of one commit.

    Attributes: `asset`, `type` (branch, tag or commit), `name`, and `id`, the commit it pointed
    at when it was fetched or last changed from here.
    """

    type: ClassVar[ReferenceKind]

    def __init__(self, asset: Asset, name: str, id_: str) -> None:
        self.asset = asset
        self.name = name
        self.id = id_
        self._deleted = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._full_name!r}, id={self.id!r})"

    def list_object(self, prefix: str = "", limit: int | None = None) -> list[ObjectEntry]:
        """The files, as dicts, in byte order of their paths.

        With a `prefix` those whose paths start with it, with a `limit` no more than that many.
        """
        return self._list_object(self.id, prefix, limit)

    def diff(self, other: Snapshot | Dataset | str, prefix: str = "") -> list[DiffEntry]:
        """How `other` differs from this, as dicts in byte order of their paths.

        Of each path `type` says whether it is added, removed or changed in `other`; `old` is its
        size in bytes and its checksum here, `new` in `other`, None where it is absent. `other` is
        of the same asset, or a text such as `v1`, `tag/v1` or a commit. A `prefix` compares only
        paths that start with it.
        """
        return list(walk_diff(self.asset, self, other, prefix))

    def download(
        self,
        paths: str | Iterable[str] | None = None,
        save_dir: str | os.PathLike[str] = ".",
        cache: bool = False,
    ) -> list[Path]:
        """Bring files to a local directory, which is made if need be; returns where each is.

        `paths` are paths of objects, `dir/` for all below it, globs such as `*.csv` and
        `**/*.csv`, and None for all. Each file is checked against its SHA-256 and moved into place
        whole; those that are there and equal stay. With `cache` files come from the user's cache
        where that has them, and are kept there; where they are hard links they are read-only.

        Raises NotFoundError for a path that fits nothing, DownloadError where a file would land
        outside `save_dir`.
        """
        commit = self._current_commit()
        chosen = select(partial(list_wanted, self._connection, self.asset.id, commit), paths)
        what = f"{len(chosen)} object{'' if len(chosen) == 1 else 's'}"
        inform(f"Downloading {what} of {self.asset._label} to {os.fspath(save_dir)}")
        return download(self._connection, self.asset.id, commit, chosen, save_dir, cache)

    def create_tag(self, name: str) -> Tag:
        """Give the commit that this points at now a name that stays with it.

        Raises AlreadyExistsError where the asset has a tag of that name.
        """
        commit = self._current_commit()
        body = {"tag": name, "ref": commit}
        self._connection.request("POST", self.asset._route("tags"), json=body)
        inform(f"Creating tag {name} of {self.asset._label}")
        return Tag(self.asset, name, commit)

    def create_evaluation(
        self, metrics: Mapping[str, SupportsFloat], dataset: Dataset | Snapshot | str
    ) -> EvaluationEntry:
        """Record metrics of the model commit that this points at now; returns the evaluation.

        `metrics` maps names to numbers, NaN and infinities among them. `dataset` is what they
        were measured on: a dataset (meaning its branch `main`), a branch, tag or commit of one,
        or a reference such as `image-classification/mnist:tag/v1`.

        Raises WrongTypeError for a metric that is no number, InvalidInputError where `dataset`
        is a model or this is of a dataset, NotFoundError for a dataset that is not there.
        """
        self._check_model()
        return create_evaluation(
            self._connection, self._full_name, _dataset_name(self._connection, dataset), metrics
        )

    def list_evaluation(
        self, sort: str | None = None, limit: int | None = None
    ) -> list[EvaluationEntry]:
        """The evaluations of the commit that this points at now, newest first.

        `sort` is a metric's name (lowest first), or `-` and its name (highest first); NaN and
        evaluations without it come last. `limit` is the most to return.
        """
        self._check_model()
        return list_evaluation(self._connection, self._full_name, sort, limit)

    @property
    def _connection(self) -> Connection:
        if self._deleted:
            raise DeletedError(f"The {self.type} {self.name} of {self.asset._label} was deleted")
        return self.asset._connection

    @property
    def _full_name(self) -> str:
        ending = self.id if self.type == "commit" else f"{self.type}/{self.name}"
        return f"{self.asset._full_name}:{ending}"

    def _current_commit(self) -> str:
        return self.id

    def _list_object(
        self, ref: str, prefix: str = "", limit: int | None = None
    ) -> list[ObjectEntry]:
        path = self.asset._route("refs", ref, "objects", "ls")
        if prefix or limit is not None:
            return list(walk_pages(self._connection, path, {"prefix": prefix}, limit))
        results: list[ObjectEntry] = self._connection.request("GET", path)["results"]
        return results

    def _check_model(self) -> None:
        if self.asset.type != "model":
            raise InvalidInputError(
                f"Evaluations are of models, and {self.asset._full_name} is a dataset",
                code="not_a_model",
            )


class Branch(Snapshot):
    """A branch: it moves on with every commit made on it."""

    type = "branch"

    def list_object(self, prefix: str = "", limit: int | None = None) -> list[ObjectEntry]:
        """The files that the branch holds now, as dicts, in byte order of their paths.

        With a `prefix` those whose paths start with it, with a `limit` no more than that many.
        """
        # Pages are of one commit, however the branch moves on between them.
        ref = self._current_commit() if prefix or limit is not None else self.name
        return self._list_object(ref, prefix, limit)

    def list_commit(self, limit: int | None = None) -> list[CommitEntry]:
        """The commits of the branch as dicts, newest first, down to the first, empty one.

        With a `limit` no more than that many.
        """
        path = self.asset._route("branches", self.name, "commits")
        if limit is not None:
            return list(walk_pages(self._connection, path, {}, limit))
        results: list[CommitEntry] = self._connection.request("GET", path)["results"]
        return results

    def get_commit(self, index: int | None = None, id_: str | None = None) -> Commit:
        """A commit by its place in the branch, 0 the newest and -1 the first, or by its id.

        The id may be any prefix of 4 digits or more that fits one commit. Raises NotFoundError.
        """
        if (index is None) == (id_ is None):
            raise InvalidInputError("Give either the index or the id_ of the commit")
        if id_ is not None:
            return find_commit(self.asset, id_)
        if not isinstance(index, int):
            raise WrongTypeError(f"The index of a commit must be an int, not {index!r}")
        commits = self.list_commit()
        try:
            return Commit(self.asset, commits[index]["id"], commits[index]["id"])
        except IndexError as error:
            raise NotFoundError(
                f"Branch {self.name} of {self.asset._label} has {len(commits)} commits, "
                f"and none with index {index}",
                code="commit_not_found",
            ) from error

    def create_commit(
        self,
        msg: str,
        delete: str | Iterable[str] | None = None,
        add: Additions | None = None,
        metadata: Mapping[str, str] | None = None,
        force: bool = False,
    ) -> Commit | None:
        """Commit deletions, then additions; returns the commit, None where nothing changed.

        `delete` are paths of objects, `dir/` for all below it; what is not there is no error.
        `add` are local files and directories, or pairs or a mapping of each with where it lands:
        under its own name without a destination, in it where that ends with `/`, else as it.
        `metadata` are texts by name that the commit keeps.

        Raises InvalidInputError for a local file that cannot be read, before anything is sent,
        and ConflictError where another commit has changed one of the same paths meanwhile, unless
        `force` says to overwrite that.
        """
        if not isinstance(msg, str):
            raise WrongTypeError(f"The message of a commit must be text, not {msg!r:.60}")
        sources = plan_additions(add)
        deletions = check_paths(delete or (), "delete")
        noted = check_metadata(metadata)
        where = f"branch {self.name} of {self.asset._label}"
        inform(f"Committing to {where}")
        tell_empty(sources)
        change = Change(
            self._connection, self.asset.id, self.name, msg, deletions, sources, noted, bool(force)
        )
        commit = change.commit()
        if commit is None:
            inform(f"No changes to {where}: no commit is created")
            return None
        self.id = commit
        inform(f"Created commit {commit[:12]} on {where}")
        return Commit(self.asset, commit, commit)

    def merge(
        self,
        source: Snapshot | Dataset | str,
        message: str | None = None,
        strategy: Literal["ours", "theirs"] | None = None,
    ) -> Commit:
        """Merge a branch, tag or commit of the same asset; returns the commit it points at then.

        That is a new commit with two parents; where this branch has nothing of its own, the
        source's; where it has all of the source already, the one it pointed at before. `strategy`
        says whose file stands where both sides changed one: `ours` this branch's, `theirs` the
        source's. Without it such a merge raises ConflictError, whose `conflicts` list these paths.
        """
        self.id = merge(self, source, message, strategy)
        return Commit(self.asset, self.id, self.id)

    def reset(self, ref: Snapshot | Dataset | str) -> Commit:
        """Point the branch at another commit of the asset; returns that.

        Commits that only this branch led to stay reachable by their ids and tags.
        """
        self.id = reset(self, ref)
        return Commit(self.asset, self.id, self.id)

    def revert(self, ref: Snapshot | Dataset | str, message: str | None = None) -> Commit:
        """Take back what one commit changed, by a new commit, which is returned.

        A merge is taken back to its first parent. Raises InvalidInputError for the asset's first
        commit and where nothing of the change is left, ConflictError where its paths have changed
        since.
        """
        self.id = revert(self, ref, message)
        return Commit(self.asset, self.id, self.id)

    def delete(self) -> None:
        """Delete the branch; its commits stay reachable by their ids and tags.

        Raises ConflictError for `main`. This object refuses further calls afterwards.
        """
        self._connection.request("DELETE", self.asset._route("branches", self.name))
        inform(f"Deleting branch {self.name} of {self.asset._label}")
        self._deleted = True

    def _current_commit(self) -> str:
        answer = look_up(self._connection, self._full_name)
        self.id = answer["commit"]
        return self.id


class Tag(Snapshot):
    """A tag: a name that stays with one commit."""

    type = "tag"

    def delete(self) -> None:
        """Delete the tag; its commit stays. This object refuses further calls afterwards."""
        self._connection.request("DELETE", self.asset._route("tags", self.name))
        inform(f"Deleting tag {self.name} of {self.asset._label}")
        self._deleted = True


class Commit(Snapshot):
    """A commit: a snapshot that never changes. Its `name` is its `id`."""

    type = "commit"


def find_commit(asset: Asset, id_: str) -> Commit:
    """The commit of the asset with that id or prefix; raises NotFoundError."""
    if not isinstance(id_, str) or not is_commit(id_):
        raise InvalidInputError(
            f"{id_!r} is no commit: give at least 4 of its 64 hexadecimal digits",
            code="invalid_commit",
        )
    commit: str = look_up(asset._connection, f"{asset._full_name}:{id_.lower()}")["commit"]
    return Commit(asset, commit, commit)


def find_branch(asset: Asset, name: str) -> Branch:
    """The branch of the asset with that name; raises NotFoundError."""
    answer = look_up(asset._connection, f"{asset._full_name}:branch/{name}")
    return Branch(asset, name, answer["commit"])


def find_tag(asset: Asset, name: str) -> Tag:
    """The tag of the asset with that name; raises NotFoundError."""
    answer = look_up(asset._connection, f"{asset._full_name}:tag/{name}")
    return Tag(asset, name, answer["commit"])


def _dataset_name(connection: Connection, dataset: Any) -> str:
    """The full reference of what was given as a dataset."""
    from ._assets import Asset

    if isinstance(dataset, str):
        path = parse_reference(dataset, "dataset")
        found = find_reference(connection, path)
        if found.folder["type"] != "dataset":
            raise InvalidInputError(
                f"{found.full_name} is a {found.folder['type']}, and a dataset is needed here"
            )
        if path.value is None:
            return found.full_name
        ending = found.commit if found.kind == "commit" else f"{found.kind}/{found.name}"
        return f"{found.full_name}:{ending}"
    asset = dataset.asset if isinstance(dataset, Snapshot) else dataset
    if not isinstance(asset, Asset):
        raise WrongTypeError(
            "dataset must be a dataset, one of its branches, tags or commits, or a reference "
            f"such as 'FOLDER/NAME:tag/v1', not {dataset!r:.60}"
        )
    if asset.type != "dataset":
        raise InvalidInputError(f"{asset._full_name} is a model, and a dataset is needed here")
    return str(dataset._full_name)

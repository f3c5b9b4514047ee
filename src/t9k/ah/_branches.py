"""Branches, and what they have in common with datasets: commits to read and to make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._display import Listing
from ._errors import InvalidInputError, NotFoundError, WrongTypeError
from ._history import find_point, merge, reset, revert, walk_pages
from ._lookup import look_up
from ._messages import inform
from ._sharing import get_protection, protect_branch, unprotect_branch
from ._snapshots import Commit, Readable, Snapshot, find_commit
from ._values import check_message, check_metadata, check_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from ._additions import Additions
    from ._assets import Asset, Dataset
    from ._editing import Edit
    from ._gates import GateCheck, Rules
    from ._records import CommitEntry, GateRecord, ProtectionRecord

MAIN = "main"


class Writable(Readable):
    """The commits of a branch, or of a dataset's branch `main`."""

    def _snapshot(self) -> Branch:
        raise NotImplementedError

    def list_commit(self, limit: int | None = None) -> list[CommitEntry]:
        """The commits as dicts, newest first, down to the first, empty one, or `limit` of them."""
        branch = self._snapshot()
        route = branch.asset._route("branches", branch.name, "commits")
        if limit is not None:
            return Listing(walk_pages(branch._connection, route, {}, limit), "commit")
        return Listing(branch._connection.request("GET", route)["results"], "commit")

    def get_commit(self, index: int | None = None, id_: str | None = None) -> Commit:
        """A commit by its place in the branch, 0 the newest and -1 the first, or by its id.

        The id may be any prefix of 4 digits or more that fits one commit of the asset, on
        whichever branch. Raises NotFoundError.
        """
        branch = self._snapshot()
        if (index is None) == (id_ is None):
            raise InvalidInputError("Give either the index or the id_ of the commit")
        if id_ is not None:
            return find_commit(branch.asset, id_)
        if not isinstance(index, int):
            raise WrongTypeError(f"The index of a commit must be an int, not {index!r}")
        commits = self.list_commit()
        try:
            id_ = commits[index]["id"]
        except IndexError as error:
            raise NotFoundError(
                f"Branch {branch.name} of {branch.asset._label} has {len(commits)} commits, "
                f"and none with index {index}",
                code="commit_not_found",
            ) from error
        return Commit(branch.asset, id_, id_)

    def edit(
        self, msg: str, metadata: Mapping[str, str] | None = None, force: bool = False
    ) -> Edit:
        """Puts and deletes that become one commit, for a `with` statement.

            with branch.edit("new weights") as edit:
                edit.delete("old/")
                edit.put("model.pt", "weights/")
                edit.write("notes.txt", "trained for 10 epochs")
            edit.commit

        It is committed at the end of the block, where `edit.commit` is the `Commit`, or None
        where nothing changed; an exception, Ctrl-C too, drops all of it. `metadata` and `force`
        are those of `create_commit`.

        Raises ConflictError at the end where another commit has changed one of the same paths
        since the beginning of the block.
        """
        from ._editing import Edit

        return Edit(self._snapshot(), check_message(msg), check_metadata(metadata), bool(force))

    def merge(
        self,
        source: Snapshot | Dataset | str,
        message: str | None = None,
        strategy: Literal["ours", "theirs"] | None = None,
        *,
        override: str | None = None,
    ) -> Commit:
        """Merge a branch, tag or commit of the same asset; returns the commit it points at then.

        That is a new commit with two parents; where this branch has nothing of its own, the
        source's; where it has all of the source already, the one it pointed at before. `strategy`
        says whose file stands where both sides changed one: `ours` this branch's, `theirs` the
        source's. Without it such a merge raises ConflictError, whose `conflicts` list these paths.

        Where the branch's gate does not let the commit pass, ConflictError has its `rules`. The
        owner may move it all the same: `override` is their reason, which is recorded.
        """
        branch = self._snapshot()
        return branch._move(merge(branch, source, message, strategy, override))

    def reset(self, ref: Snapshot | Dataset | str, *, override: str | None = None) -> Commit:
        """Point the branch at another commit of the asset; returns that.

        Commits that only this branch led to stay reachable by their ids and tags. `override` is
        the owner's reason to pass the branch's gate.
        """
        return self._snapshot()._move(reset(self._snapshot(), ref, override))

    def protect(self, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Keep the branch from being moved or deleted by others than these users and groups.

        That holds for the folder's owner too, who alone may say it: nobody, if none is named.
        Raises NotFoundError for a user or group that is not there.
        """
        branch = self._snapshot()
        held = protect_branch(branch._connection, branch._route, users, groups)
        who = ", ".join([*held["users"], *(f"group {name}" for name in held["groups"])])
        inform(f"Protecting {branch._label}: {who or 'nobody'} may move it")

    def unprotect(self) -> None:
        """Let all who may change the asset move and delete the branch again."""
        branch = self._snapshot()
        unprotect_branch(branch._connection, branch._route)
        inform(f"Protecting {branch._label} no longer")

    @property
    def protection(self) -> ProtectionRecord | None:
        """Who may move and delete the branch, asked of the hub; None for all who may edit."""
        branch = self._snapshot()
        return get_protection(branch._connection, branch._route)

    def revert(
        self,
        ref: Snapshot | Dataset | str,
        message: str | None = None,
        *,
        override: str | None = None,
    ) -> Commit:
        """Take back what one commit changed, by a new commit, which is returned.

        A merge is taken back to its first parent. Raises InvalidInputError for the asset's first
        commit and where nothing of the change is left, ConflictError where its paths have changed
        since. `override` is the owner's reason to pass the branch's gate.
        """
        return self._snapshot()._move(revert(self._snapshot(), ref, message, override))


class Branch(Writable, Snapshot):
    """A branch: it moves on with every commit made on it.

    Attributes: `asset`, `type` (also `kind`), `name`, `path` (the full reference), `id` (also
    `commit_id`), the commit it pointed at when it was fetched or last changed from here, `alive`.
    """

    type = "branch"

    def create_commit(
        self,
        msg: str,
        delete: str | Iterable[str] | None = None,
        add: Additions | None = None,
        metadata: Mapping[str, str] | None = None,
        force: bool = False,
        *,
        override: str | None = None,
    ) -> Commit | None:
        """Commit deletions, then additions; returns the commit, None where nothing changed.

        `delete` are paths of objects, `dir/` for all below it; what is not there is no error.
        `add` are local files and directories, or pairs or a mapping of each with where it lands:
        under its own name without a destination, in it where that ends with `/`, else as it.
        `metadata` are texts by name that the commit keeps.

        Raises InvalidInputError for a local file that cannot be read, before anything is sent,
        and ConflictError where another commit has changed one of the same paths meanwhile, unless
        `force` says to overwrite that. `override` is the owner's reason to pass the branch's gate.
        """
        from ._additions import plan_additions, tell_empty
        from ._operations import Change

        check_message(msg)
        sources = plan_additions(add)
        deletions = check_paths(delete or (), "delete")
        noted = check_metadata(metadata)
        inform(f"Committing to {self._label}")
        tell_empty(sources)
        change = Change(
            self._connection,
            self.asset.id,
            self.name,
            msg,
            deletions,
            sources,
            noted,
            bool(force),
            override,
        )
        return self._committed(change.commit())

    @property
    def gate(self) -> GateRecord | None:
        """The rules that commits have to satisfy, asked of the hub; None where there are none."""
        from ._gates import get_gate

        return get_gate(self)

    def set_gate(self, rules: Rules, allow_new: bool = False) -> GateRecord:
        """Give the branch rules, in the place of those it had; returns them as they are then.

        `rules` is a list of mappings, as in
        `[{"metric": "accuracy", "dataset": "images/mnist", "min": 0.9}]`, a mapping with the list
        under `rules`, or the path of a YAML or JSON file with either. `allow_new` takes metrics
        that no evaluation of the model has yet. Only the owner may do that.

        Raises InvalidInputError that names the rule and the field that is wrong.
        """
        from ._gates import set_gate

        return set_gate(self, rules, allow_new)

    def delete_gate(self) -> None:
        """Take the rules of the branch away."""
        from ._gates import delete_gate

        delete_gate(self)

    def check_gate(self, source: Snapshot | str) -> GateCheck:
        """What the gate would say to merging a branch, tag or commit; nothing is moved."""
        from ._gates import check_gate

        point = find_point(self.asset, source)
        found = f"{self.asset.path}@{point.commit}"
        return check_gate(self._connection, found, f"{self.asset.path}:branch/{self.name}")

    def delete(self) -> None:
        """Delete the branch; its commits stay reachable by their ids and tags.

        Raises ConflictError for `main`. This object refuses further calls afterwards.
        """
        self._connection.delete(self.asset._route("branches", self.name))
        inform(f"Deleting {self._label}")
        self._deleted = True

    def _snapshot(self) -> Branch:
        return self

    @property
    def _label(self) -> str:
        """How messages name it, such as `branch v1 of Model mnist-cnn-keras`."""
        return f"branch {self.name} of {self.asset._label}"

    @property
    def _ref(self) -> str:
        return self.name

    @property
    def _route(self) -> str:
        return self.asset._route("branches", self.name)

    def _current_commit(self) -> str:
        self.id = look_up(self._connection, self.path)["commit"]
        return self.id

    def _move(self, commit: str) -> Commit:
        self.id = commit
        return Commit(self.asset, commit, commit)

    def _committed(self, commit: str | None) -> Commit | None:
        """The commit that a change became, told of."""
        if commit is None:
            inform(f"No changes to {self._label}: no commit is created")
            return None
        inform(f"Created commit {commit[:12]} on {self._label}")
        return self._move(commit)


def find_branch(asset: Asset, name: str) -> Branch:
    """The branch of the asset with that name; raises NotFoundError."""
    answer = look_up(asset._connection, f"{asset.path}:branch/{name}")
    return Branch(asset, name, answer["commit"])

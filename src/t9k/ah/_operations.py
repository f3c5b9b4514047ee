"""A change to a branch: staged on the server, then finished as one commit or dropped."""

from __future__ import annotations

import contextlib
from itertools import chain
from typing import TYPE_CHECKING, Any

from ._errors import AssetHubError, InvalidInputError
from ._index import Index
from ._patience import NO_PATIENCE
from ._pending import Selection
from ._progress import Progress
from ._uploads import Upload
from ._workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._additions import Source
    from ._connection import Connection
    from ._records import CommitEntry

_DROP_SECONDS = 5.0


class Operation:
    """A change that is being prepared on the server; `head` is the branch's commit it is based on.

    Whatever it becomes, one request ends it: `finish` or `drop`.
    """

    def __init__(self, connection: Connection, asset_id: str, branch: str) -> None:
        self._connection = connection
        query = {"asset": asset_id, "branch": branch}
        started = connection.create("/update", query=query)
        self._id: str = started["op_id"]
        self.head: str = started["commit"]
        self._workers = Workers()

    def delete(self, path: str) -> None:
        """Stage that a path goes, or all below `dir/`."""
        query = {"opID": self._id, "path": path}
        self._connection.request("DELETE", "/objects", query=query)

    def put(self, files: Sequence[Selection]) -> int:
        """Stage files, sending what the hub lacks; returns how many were not there already."""
        count, size = sum(each.count for each in files), sum(each.size for each in files)
        if not count:
            return 0
        with Progress("Uploading", count, size) as progress:
            upload = Upload(self._connection, self._id, self._workers, progress)
            upload.send(chain.from_iterable(files))
            return upload.staged

    def finish(
        self,
        message: str,
        metadata: Mapping[str, str],
        overwrite: bool,
        override: str | None = None,
    ) -> str | None:
        """Make it a commit, whose id is returned; None where there is nothing to commit."""
        body = {
            "message": message,
            "metadata": dict(metadata),
            "overwrite": overwrite,
            "override": override,
        }
        route, patience = f"/update/{self._id}", self._workers.patience
        try:
            answer: Any = self._connection.create(route, json=body, patience=patience)
        except InvalidInputError as error:
            if error.code == "no_changes":
                return None
            raise
        return str(answer["commit"])

    def drop(self) -> None:
        """Leave the branch as it is; what was sent need not be sent again for some days."""
        # The server drops what is left open after a while; this is to not leave it until then.
        with contextlib.suppress(AssetHubError):
            self._connection.request(
                "DELETE", f"/operation/{self._id}", patience=NO_PATIENCE, seconds=_DROP_SECONDS
            )


class Change:
    """Deletions and additions that become one commit of a branch."""

    def __init__(
        self,
        connection: Connection,
        asset_id: str,
        branch: str,
        message: str,
        delete: Sequence[str],
        sources: Sequence[Source],
        metadata: Mapping[str, str],
        overwrite: bool,
        override: str | None,
    ) -> None:
        self._connection = connection
        self._asset_id = asset_id
        self._branch = branch
        self._message = message
        self._delete = delete
        self._sources = sources
        self._metadata = metadata
        self._overwrite = overwrite
        self._override = override
        # Those that a deletion of the same change takes are to be put back, changed or not.
        self._deleted = frozenset(delete)
        self._deleted_below = tuple(path for path in delete if path.endswith("/"))

    def commit(self) -> str | None:
        """Delete, then add, and commit; returns the new commit's id, None where nothing changed.

        Whatever goes wrong on the way, Ctrl-C too, leaves the branch as it was and nothing staged.
        What was sent by then need not be sent again for some days.
        """
        operation = Operation(self._connection, self._asset_id, self._branch)
        indexes = self._open_indexes()
        made = None
        try:
            for path in self._delete:
                operation.delete(path)
            staged = operation.put(self._select(operation.head, indexes))
            if staged or self._delete:
                made = operation.finish(
                    self._message, self._metadata, self._overwrite, self._override
                )
                self._remember(indexes, operation.head, made)
        finally:
            if made is None:
                operation.drop()
            # What was read need not be read again, whatever came of it.
            for index in indexes:
                index.save()
        return made

    def _open_indexes(self) -> list[Index]:
        """The index of each source; one for those that are the same directory."""
        opened = {source.root: Index(source.root) for source in self._sources if source.is_lasting}
        return [opened.get(source.root) or Index() for source in self._sources]

    def _select(self, head: str, indexes: Sequence[Index]) -> list[Selection]:
        """What may differ from the head; all, where what others do meanwhile is overwritten."""
        is_deleted = self._is_deleted if self._delete else None
        return [
            Selection(
                source,
                index,
                0 if self._overwrite else index.held_since(self._target(source), head),
                is_deleted,
            )
            for source, index in zip(self._sources, indexes, strict=True)
        ]

    def _is_deleted(self, path: str) -> bool:
        return path in self._deleted or path.startswith(self._deleted_below)

    def _remember(self, indexes: Sequence[Index], head: str, made: str | None) -> None:
        """Note for the next time which commit holds all that was added.

        Not where the branch has moved on by another's commit: that may have changed a file that
        was left out here since the head had it.
        """
        (newest,) = self._list_commits(1)
        if newest["id"] != (made or head) or (made and newest["parents"][:1] != [head]):
            return
        for source, index in zip(self._sources, indexes, strict=True):
            index.remember(self._target(source), newest["id"])

    def _list_commits(self, amount: int) -> list[CommitEntry]:
        """The newest commits of the branch."""
        from urllib.parse import quote

        route = f"/assets/{self._asset_id}/branches/{quote(self._branch, safe='')}/commits"
        answer = self._connection.request("GET", route, query={"amount": str(amount)})
        found: list[CommitEntry] = answer["results"]
        return found

    def _target(self, source: Source) -> str:
        """By what a source's place on a branch is told from others."""
        return "\n".join((self._connection.host, self._asset_id, self._branch, source.landing))

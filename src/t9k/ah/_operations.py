"""A change to a branch: staged on the server, then finished as one commit or dropped."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from ._errors import AssetHubError, ConnectionFailedError, InvalidInputError, NotFoundError
from ._index import Index
from ._progress import Progress
from ._uploads import Pending, Upload
from ._workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._additions import Source
    from ._connection import Connection
    from ._records import CommitEntry

_MOST_SEARCHED = 100
_DROP_SECONDS = 5.0


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
    ) -> None:
        self._connection = connection
        self._asset_id = asset_id
        self._branch = branch
        self._message = message
        self._delete = delete
        self._sources = sources
        self._metadata = metadata
        self._overwrite = overwrite
        self._workers = Workers()
        # Those that a deletion of the same change takes are to be put back, changed or not.
        self._deleted = frozenset(delete)
        self._deleted_below = tuple(path for path in delete if path.endswith("/"))

    def commit(self) -> str | None:
        """Delete, then add, and commit; returns the new commit's id, None where nothing changed.

        Whatever goes wrong on the way, Ctrl-C too, leaves the branch as it was and nothing staged.
        What was sent by then need not be sent again for some days.
        """
        started = self._connection.request(
            "POST", "/update", query={"asset": self._asset_id, "branch": self._branch}
        )
        operation, head = started["op_id"], started["commit"]
        try:
            for path in self._delete:
                self._connection.request(
                    "DELETE", "/objects", query={"opID": operation, "path": path}
                )
            indexes = self._open_indexes()
            staged = self._stage(operation, head, indexes)
            made = self._finish(operation, head) if staged or self._delete else None
        except BaseException:
            self._drop(operation)
            raise
        if made is None:
            self._drop(operation)
        if staged or self._delete:
            self._remember(indexes, head, made)
        return made

    def _open_indexes(self) -> list[Index]:
        """The index of each source; one for those that are the same directory."""
        opened = {source.root: Index(source.root) for source in self._sources if source.is_lasting}
        return [opened.get(source.root) or Index() for source in self._sources]

    def _stage(self, operation: str, head: str, indexes: Sequence[Index]) -> int:
        """Stage what may differ from the head; returns how many files that were."""
        looked_at = time.time_ns()
        pending = []
        for source, index in zip(self._sources, indexes, strict=True):
            since = index.held_since(self._target(source), head)
            for addition in source.files:
                held_since = 0 if self._is_deleted(addition.path) else since
                if not index.is_unchanged(addition.inner, addition.stamp, held_since):
                    pending.append(Pending(addition, index, held_since, looked_at))
            index.keep_only(addition.inner for addition in source.files)
        size = sum(file.size for file in pending)
        try:
            with Progress("Uploading", len(pending), size) as progress:
                upload = Upload(self._connection, operation, self._workers, progress)
                upload.send(pending)
                return upload.staged
        finally:
            for index in indexes:
                index.save()

    def _is_deleted(self, path: str) -> bool:
        return path in self._deleted or path.startswith(self._deleted_below)

    def _finish(self, operation: str, head: str) -> str | None:
        """The commit that the operation became; None where there is nothing to commit."""
        route = f"/update/{operation}"
        body = {
            "message": self._message,
            "metadata": dict(self._metadata),
            "overwrite": self._overwrite,
        }
        try:
            commit: str = self._connection.request("POST", route, json=body)["commit"]
            return commit
        except InvalidInputError as error:
            if error.code == "no_changes":
                return None
            raise
        except ConnectionFailedError:
            # The commit may have been made and only the answer lost. Asked again, the operation
            # is either still open, or gone because it was finished.
            patience = self._workers.patience
            try:
                commit = self._connection.request("POST", route, json=body, patience=patience)[
                    "commit"
                ]
                return commit
            except NotFoundError:
                made = self._find_made(head)
                if made is None:
                    raise
                return made

    def _find_made(self, head: str) -> str | None:
        """The commit that this user has made with this message since the branch was at its head."""
        for entry in self._list_commits(_MOST_SEARCHED):
            if entry["id"] == head:
                break
            if (
                entry["message"] == self._message
                and entry["committer"] == self._connection.username
            ):
                return entry["id"]
        return None

    def _drop(self, operation: str) -> None:
        # The server drops what is left open after a while; this is to not leave it until then.
        with contextlib.suppress(AssetHubError):
            self._connection.request("DELETE", f"/operation/{operation}", seconds=_DROP_SECONDS)

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
            index.save()

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

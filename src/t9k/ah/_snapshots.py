"""Tags and commits, and what they have in common with branches and datasets: files to read."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, ClassVar, overload

from ._display import Listing, Shown
from ._errors import DeletedError, InvalidInputError
from ._history import walk_diff, walk_pages
from ._lookup import look_up
from ._measured import Measured
from ._messages import inform
from ._references import ReferenceKind, is_commit

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Literal

    from ._assets import Asset, Dataset
    from ._connection import Connection
    from ._records import DiffEntry, ObjectEntry


class Readable(Shown):
    """The files of a branch, a tag, a commit, or of a dataset's branch `main`."""

    def _snapshot(self) -> Snapshot:
        raise NotImplementedError

    def list_object(self, prefix: str = "", limit: int | None = None) -> list[ObjectEntry]:
        """The files that are there now, as dicts, in byte order of their paths.

        With a `prefix` those whose paths start with it, with a `limit` no more than that many.
        """
        snapshot = self._snapshot()
        connection = snapshot._connection
        if not prefix and limit is None:
            answer = connection.request("GET", snapshot._objects_route(snapshot._ref, "ls"))
            return Listing(answer["results"], "object")
        # Pages are of one commit, however a branch moves on between them.
        route = snapshot._objects_route(snapshot._current_commit(), "ls")
        return Listing(walk_pages(connection, route, {"prefix": prefix}, limit), "object")

    def diff(self, other: Snapshot | Dataset | str, prefix: str = "") -> list[DiffEntry]:
        """How `other` differs from this, as dicts in byte order of their paths.

        Of each path `type` says whether it is added, removed or changed in `other`; `old` is its
        size in bytes and its checksum here, `new` in `other`, None where it is absent. `other` is
        of the same asset, or a text such as `v1`, `tag/v1` or a commit. A `prefix` compares only
        paths that start with it.
        """
        snapshot = self._snapshot()
        return Listing(walk_diff(snapshot.asset, snapshot, other, prefix), "difference")

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
        from ._downloads import download, list_wanted
        from ._patterns import select

        snapshot = self._snapshot()
        connection, asset = snapshot._connection, snapshot.asset
        commit = snapshot._current_commit()
        chosen = select(partial(list_wanted, connection, asset.id, commit), paths)
        what = f"{len(chosen)} object{'' if len(chosen) == 1 else 's'}"
        inform(f"Downloading {what} of {asset._label} to {os.fspath(save_dir)}")
        return download(connection, asset.id, commit, chosen, save_dir, cache)

    @overload
    def open(self, path: str, mode: Literal["rb"] = "rb") -> io.BufferedReader: ...
    @overload
    def open(
        self,
        path: str,
        mode: Literal["r", "rt"],
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.TextIOWrapper: ...
    def open(
        self,
        path: str,
        mode: Literal["rb", "r", "rt"] = "rb",
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.BufferedReader | io.TextIOWrapper:
        """One file, opened to be read: of bytes, or of text with the mode `r`, UTF-8 by default.

        It can seek, and fetches what is read: ahead of one who reads on, first 64 KiB and then
        twice as much each time, up to 8 MiB; elsewhere hardly more than was asked for. It stays
        the file of the commit that it was opened at, however the branch moves on. The other
        arguments are those of Python's own `open`.

        Raises NotFoundError where there is no such file, ReadOnlyError for a mode that writes.
        """
        from ._files import open_object

        return open_object(self._snapshot(), path, mode, encoding, errors, newline)

    def read_bytes(self, path: str) -> bytes:
        """All bytes of one file, checked against its SHA-256.

        Raises NotFoundError where there is no such file, DownloadError where it came damaged.
        """
        from ._files import read_object

        return read_object(self._snapshot(), path)

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        """All of one file as text; see `read_bytes`."""
        return self.read_bytes(path).decode(encoding)


class Snapshot(Readable, Measured):
    """What branches, tags and commits have in common: the files of one commit.

    Attributes: `asset`, `type` (also `kind`: branch, tag or commit), `name`, and `id` (also
    `commit_id`), the commit it pointed at when it was fetched or last changed from here.
    """

    type: ClassVar[ReferenceKind]

    def __init__(self, asset: Asset, name: str, id_: str) -> None:
        self.asset = asset
        self.name = name
        self.id = id_
        self._deleted = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, id={self.id!r})"

    @property
    def kind(self) -> ReferenceKind:
        """The same as `type`."""
        return self.type

    @property
    def commit_id(self) -> str:
        """The same as `id`."""
        return self.id

    @property
    def path(self) -> str:
        """Its full reference, such as `alice/model/vision/cnn:branch/v1`."""
        ending = self.id if self.type == "commit" else f"{self.type}/{self.name}"
        return f"{self.asset.path}:{ending}"

    @property
    def alive(self) -> bool:
        """False once it, its asset or its folder was deleted from here."""
        return not self._deleted and self.asset.alive

    def create_tag(self, name: str) -> Tag:
        """Give the commit that this points at now a name that stays with it.

        Raises AlreadyExistsError where the asset has a tag of that name.
        """
        commit = self._current_commit()
        body = {"tag": name, "ref": commit}
        self._connection.create(self.asset._route("tags"), json=body)
        inform(f"Creating tag {name} of {self.asset._label}")
        return Tag(self.asset, name, commit)

    def _snapshot(self) -> Snapshot:
        return self

    def _facts(self) -> list[tuple[str, str]]:
        return [("path", self.path), ("commit", self.id)]

    @property
    def _connection(self) -> Connection:
        if self._deleted:
            raise DeletedError(f"The {self.type} {self.name} of {self.asset._label} was deleted")
        return self.asset._connection

    @property
    def _ref(self) -> str:
        """What the routes of its objects name it."""
        return self.id

    def _current_commit(self) -> str:
        return self.id

    def _objects_route(self, ref: str, *parts: str) -> str:
        return self.asset._route("refs", ref, "objects", *parts)


class Tag(Snapshot):
    """A tag: a name that stays with one commit.

    Attributes: as of a `Branch`.
    """

    type = "tag"

    def delete(self) -> None:
        """Delete the tag; its commit stays. This object refuses further calls afterwards."""
        self._connection.delete(self.asset._route("tags", self.name))
        inform(f"Deleting tag {self.name} of {self.asset._label}")
        self._deleted = True


class Commit(Snapshot):
    """A commit: a snapshot that never changes. Its `name` is its `id`.

    Attributes: as of a `Branch`.
    """

    type = "commit"


def find_commit(asset: Asset, id_: str) -> Commit:
    """The commit of the asset with that id or prefix; raises NotFoundError."""
    if not isinstance(id_, str) or not is_commit(id_):
        raise InvalidInputError(
            f"{id_!r} is no commit: give at least 4 of its 64 hexadecimal digits",
            code="invalid_commit",
        )
    commit: str = look_up(asset._connection, f"{asset.path}:{id_.lower()}")["commit"]
    return Commit(asset, commit, commit)


def find_tag(asset: Asset, name: str) -> Tag:
    """The tag of the asset with that name; raises NotFoundError."""
    answer = look_up(asset._connection, f"{asset.path}:tag/{name}")
    return Tag(asset, name, answer["commit"])

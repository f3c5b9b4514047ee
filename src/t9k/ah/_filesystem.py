"""The file system `ah://` for all that reads by fsspec: pandas, pyarrow, DuckDB and others."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from fsspec.spec import AbstractFileSystem

from ._client import Client
from ._errors import NotFoundError, ReadOnlyError, ReferenceSyntaxError
from ._folders import Folder, make_asset
from ._history import walk_pages
from ._hub import default_connection
from ._lookup import look_up, name_asset
from ._references import TYPES, parse_asset
from ._snapshots import Commit

if TYPE_CHECKING:
    from datetime import datetime

    from ._connection import Connection

_READ_ONLY = (
    "ah:// is there to be read: change a branch with its create_commit() or edit(), or `ah commit`"
)


class _Place(NamedTuple):
    """A path taken apart: `head` is what stands for the asset and its commit, as it was written."""

    head: str
    asset: str
    ref: str
    inner: str


class _Reader(io.BufferedReader):
    """A file with its `size` in bytes, which fsspec's own files have too."""

    def __init__(self, raw: Any) -> None:
        super().__init__(raw)
        self.size: int = raw.size


class AssetHubFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The objects of a hub as files to read.

    `ah://[[OWNER/]TYPE/]FOLDER/NAME[@REF]/PATH`, where REF is a branch, else a tag, else a commit,
    and `main` where there is none. Each call asks for the commit that REF points at then; an open
    file stays with it.

    `host` and `api_key` are as of `Client`; without both it is the hub that the process is logged
    in to. What is not there raises NotFoundError, a FileNotFoundError; all that would write raises
    ReadOnlyError.
    """

    protocol = "ah"

    def __init__(self, host: str | None = None, api_key: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._client = Client(host, api_key) if host or api_key else None

    def ls(self, path: str, detail: bool = True, **_options: Any) -> list[Any]:
        """What is directly in a directory, or the file of that path, by name."""
        place = _take_apart(self._strip_protocol(path))
        commit = self._commit(place)
        below = f"{place.inner}/" if place.inner else ""
        query = {"prefix": below, "delimiter": "/"}
        entries = [_entry(place, each) for each in _walk(commit, query)]
        if not entries and place.inner:
            entries = [self._info(place, commit)]
        return entries if detail else [entry["name"] for entry in entries]

    def info(self, path: str, **_options: Any) -> dict[str, Any]:
        """What is known of a file: `size` in bytes, `checksum`, its SHA-256, `mtime` in seconds.

        Of a directory it is its name.
        """
        place = _take_apart(self._strip_protocol(path))
        return self._info(place, self._commit(place))

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        **options: Any,
    ) -> Any:
        """All files below a directory, by name; see `AbstractFileSystem.find`."""
        if maxdepth is not None or withdirs:
            return super().find(path, maxdepth, withdirs, detail, **options)
        place = _take_apart(self._strip_protocol(path))
        commit = self._commit(place)
        below = f"{place.inner}/" if place.inner else ""
        found = [_entry(place, each) for each in _walk(commit, {"prefix": below})]
        if not found and place.inner and (file := _find_file(commit, place.inner)):
            found = [_entry(place, file)]
        by_name = {entry["name"]: entry for entry in found}
        return by_name if detail else list(by_name)

    def modified(self, path: str) -> datetime:
        """When a file was committed, in UTC."""
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self.info(path).get("mtime", 0), UTC)

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **options: Any
    ) -> bytes:
        """The bytes of a file, or some of them; all of them are checked against its SHA-256."""
        if start is not None or end is not None:
            content: bytes = super().cat_file(path, start, end, **options)
            return content
        place = _take_apart(self._strip_protocol(path))
        return self._commit(place).read_bytes(place.inner)

    def _open(self, path: str, mode: str = "rb", *_args: Any, **_options: Any) -> io.BufferedReader:
        if mode != "rb":
            self._refuse()
        place = _take_apart(path)
        return _Reader(self._commit(place).open(place.inner).detach())

    def _refuse(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse to write."""
        raise ReadOnlyError(_READ_ONLY)

    mkdir = makedirs = rmdir = rm = rm_file = _rm = cp_file = mv = touch = put_file = _refuse

    def _info(self, place: _Place, commit: Commit) -> dict[str, Any]:
        if not place.inner:
            return _directory(place, "")
        if file := _find_file(commit, place.inner):
            return _entry(place, file)
        for _ in _walk(commit, {"prefix": f"{place.inner}/"}, 1):
            return _directory(place, place.inner)
        raise NotFoundError(
            f"There is no object {place.inner} in {commit.path}", code="object_not_found"
        )

    def _commit(self, place: _Place) -> Commit:
        """The commit that is pointed at now."""
        connection = self._connection()
        name = name_asset(connection, parse_asset(place.asset))
        found = look_up(connection, f"{name}:{place.ref}" if place.ref else name)
        asset = make_asset(Folder(connection, found["folder"]), found["asset"])
        return Commit(asset, found["commit"], found["commit"])

    def _connection(self) -> Connection:
        return self._client._connection if self._client else default_connection()


def _take_apart(path: str) -> _Place:
    segments = path.split("/")
    at = 2 if segments[0] in TYPES else 3 if segments[1:2] and segments[1] in TYPES else 1
    if len(segments) <= at:
        raise ReferenceSyntaxError(
            f"ah://{path} names no file of a model or a dataset: give "
            "ah://[[OWNER/]TYPE/]FOLDER/NAME[@REF]/PATH"
        )
    name, sign, ref = segments[at].partition("@")
    if sign and not ref:
        raise ReferenceSyntaxError(f"ah://{path}: a branch, a tag or a commit is needed after @")
    head = "/".join(segments[: at + 1])
    asset = "/".join([*segments[:at], name])
    return _Place(head, asset, ref, "/".join(segments[at + 1 :]))


def _walk(commit: Commit, query: dict[str, str], limit: int | None = None) -> Any:
    return walk_pages(commit._connection, commit._objects_route(commit.id, "ls"), query, limit)


def _find_file(commit: Commit, path: str) -> Any:
    """The object of that path; in byte order it comes before all that begin with it."""
    return next((each for each in _walk(commit, {"prefix": path}, 1) if each["path"] == path), None)


def _entry(place: _Place, listed: dict[str, Any]) -> dict[str, Any]:
    if listed["path_type"] != "object":
        return _directory(place, listed["path"].rstrip("/"))
    return {
        "name": f"{place.head}/{listed['path']}",
        "type": "file",
        "size": listed["size_bytes"],
        "checksum": listed["checksum"],
        "mtime": listed["mtime"],
    }


def _directory(place: _Place, inner: str) -> dict[str, Any]:
    name = f"{place.head}/{inner}" if inner else place.head
    return {"name": name, "type": "directory", "size": 0}

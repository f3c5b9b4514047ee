"""Files of a snapshot brought to a local directory, whole and verified or not at all."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from . import _contents
from ._fetches import SMALL_BYTES, Fetch, temporary_name
from ._index import Index
from ._packs import split_batches
from ._progress import Progress
from ._reading import hash_path
from ._stamps import stamp_of
from ._targets import Targets
from ._workers import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._connection import Connection

_PER_PAGE = 1_000
_PACK_BYTES, _PACK_FILES = 8 << 20, 2_000
_THREADS = 4


class Wanted(NamedTuple):
    """An object to bring."""

    path: str
    size: int
    sha256: str


def list_wanted(
    connection: Connection, asset_id: str, commit: str, prefix: str, most: int | None = None
) -> list[Wanted]:
    """The objects of a commit whose paths begin with a text, by path, or the first of them."""
    route = f"/assets/{asset_id}/refs/{commit}/objects/ls"
    query = {"prefix": prefix, "amount": str(most or _PER_PAGE)}
    found: list[Wanted] = []
    while True:
        answer = connection.request("GET", route, query=query)
        found += [
            Wanted(entry["path"], entry["size_bytes"], entry["checksum"])
            for entry in answer["results"]
        ]
        if most is not None or not answer["pagination"]["has_more"]:
            return found
        query["after"] = answer["pagination"]["next_offset"]


def download(
    connection: Connection,
    asset_id: str,
    commit: str,
    objects: Sequence[Wanted],
    save_dir: str | os.PathLike[str],
    cache: bool = False,
) -> list[Path]:
    """Bring the objects below `save_dir` and return where each is.

    Those that are there and equal stay. Each other is written aside, checked against its SHA-256,
    and moved into place. With `cache` they come from the user's cache where that has them, and
    are kept there. Raises DownloadError, before anything is fetched, for a path that leads out of
    `save_dir` or through a link, or that cannot be a file here.
    """
    targets = Targets(os.fspath(save_dir), [wanted.path for wanted in objects])
    targets.make_directories()
    index = Index(os.path.realpath(save_dir))
    index.reserve(wanted.path for wanted in objects)
    try:
        with Progress("Downloading", len(objects), sum(each.size for each in objects)) as progress:
            _Download(connection, asset_id, commit, targets, index, progress, cache).bring(objects)
    finally:
        index.save()
    return [Path(targets.places[wanted.path]) for wanted in objects]


class _Download:
    """One download: what is there is looked at first, then what is missing is fetched."""

    def __init__(
        self,
        connection: Connection,
        asset_id: str,
        commit: str,
        targets: Targets,
        index: Index,
        progress: Progress,
        cache: bool,
    ) -> None:
        self._targets = targets
        self._index = index
        self._progress = progress
        self._cache = cache
        self._workers = Workers()
        self._began = time.time_ns()
        route = f"/assets/{asset_id}/refs/{commit}/objects"
        self._fetch = Fetch(connection, route, self._workers, progress, targets.places, self._place)

    def bring(self, objects: Sequence[Wanted]) -> None:
        """Bring all objects to their places."""
        missing = [wanted for wanted in objects if not self._is_known(wanted)]
        if self._cache or self._targets.there:
            missing = self._find_local(missing)
        small = [wanted for wanted in missing if wanted.size < SMALL_BYTES]
        large = [wanted for wanted in missing if wanted.size >= SMALL_BYTES]
        tasks = [
            partial(self._fetch.fetch_pack, batch)
            for batch in split_batches(small, _PACK_BYTES, _PACK_FILES)
        ]
        tasks += [partial(self._fetch.fetch_file, wanted) for wanted in large]
        self._workers.run(tasks, _THREADS)

    def _is_known(self, wanted: Wanted) -> bool:
        """Whether the index says that what is there is equal."""
        status = self._targets.there.get(wanted.path)
        if status is None or status.st_size != wanted.size:
            return False
        if self._index.find(wanted.path, stamp_of(status)) != wanted.sha256:
            return False
        self._progress.advance(wanted.size, 1)
        return True

    def _find_local(self, objects: list[Wanted]) -> list[Wanted]:
        """The objects that are neither there nor in the cache; those that are there are noted."""
        missing: list[Wanted] = []

        def find(some: list[Wanted]) -> None:
            for wanted in some:
                self._workers.check()
                if not self._is_equal(wanted) and not (self._cache and self._take(wanted)):
                    missing.append(wanted)

        step = _PACK_FILES if len(objects) > _PACK_FILES else 1
        parts = [objects[at : at + step] for at in range(0, len(objects), step)]
        self._workers.run([partial(find, part) for part in parts], os.cpu_count() or 1)
        missing.sort()
        return missing

    def _is_equal(self, wanted: Wanted) -> bool:
        status = self._targets.there.get(wanted.path)
        if status is None or status.st_size != wanted.size:
            return False
        try:
            if hash_path(self._targets.places[wanted.path], self._workers.check) != wanted.sha256:
                return False
        except OSError:
            return False
        self._index.note_path(wanted.path, stamp_of(status), wanted.sha256, self._began)
        self._progress.advance(wanted.size, 1)
        return True

    def _take(self, wanted: Wanted) -> bool:
        place = self._targets.places[wanted.path]
        temporary = temporary_name(place)
        if not _contents.take(wanted.sha256, temporary):
            return False
        os.replace(temporary, place)
        self._note(wanted, place)
        self._progress.advance(wanted.size, 1)
        return True

    def _place(self, wanted: Wanted, temporary: str) -> None:
        """Move a file that was fetched and verified to its place."""
        place = self._targets.places[wanted.path]
        if self._cache:
            _contents.keep(wanted.sha256, temporary)
        os.replace(temporary, place)
        self._note(wanted, place)

    def _note(self, wanted: Wanted, place: str) -> None:
        self._index.note_path(wanted.path, stamp_of(os.stat(place)), wanted.sha256, self._began)

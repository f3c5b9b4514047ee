"""Where backups are kept: a directory or an object store, in which they share their blobs.

blobs/       the bytes of all backups under the addresses that they have in the hub, and the
             rows of each
backups/     a manifest for each backup, written last: what has none is no backup
dropped/     manifests of backups that were dropped, whose blobs go a week later
damaged/     what is wrong with blobs that were copied as they are, by their addresses
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from assethub.core.backups.copying import BlobDamaged
from assethub.core.backups.dumps import BackupDamaged, Dump
from assethub.errors import HubError, InvalidInput, NotFound
from assethub.store.blobs import BlobStore, local_directory, open_store
from assethub.store.schema import check_known
from assethub.store.shelves import Shelf, open_shelf

_KIND = "assethub backup"
_VERSION = 1
_SUFFIX = ".json"


class Manifest(NamedTuple):
    """What a backup holds. `format` is that of the database when it was made.

    `blobs` and `size` count the blobs that its contents lie in, and their bytes that are in use.
    `damaged` are blobs that were damaged or missing in the hub already.
    """

    made: str
    program: str
    format: str
    dumps: tuple[Dump, ...]
    blobs: int
    size: int
    damaged: tuple[str, ...]

    @property
    def contents(self) -> Dump:
        """Where each content lies."""
        return next(dump for dump in self.dumps if dump.table == "contents")


@dataclass(frozen=True)
class Depot:
    """A place of backups; `url` is how people call it."""

    url: str
    blobs: BlobStore
    manifests: Shelf
    dropped: Shelf
    damaged: Shelf

    def list(self) -> list[str]:
        """The names of all backups, the newest last."""
        return sorted(_strip(name) for name in self.manifests.list())

    def load(self, name: str | None = None) -> tuple[str, Manifest]:
        """A backup's name and manifest; without a name the newest.

        Raises NotFound, and BackupDamaged where the manifest is not what was written.
        """
        there = self.list()
        if not there:
            raise NotFound(f"there is no backup in {self.url}", code="no_backup")
        if name is None:
            name = there[-1]
        if name not in there:
            raise NotFound(
                f"there is no backup {name} in {self.url}, but there are {', '.join(there[-10:])}",
                code="no_backup",
            )
        return name, read_manifest(self.manifests, name)

    def save(self, manifest: Manifest) -> str:
        """Makes it a backup; returns its name, which carries the beginning of its own hash."""
        data = _encode(manifest)
        name = f"{manifest.made}-{_mark(data)}"
        self.manifests.put(name + _SUFFIX, data)
        return name

    def note_damage(self, error: BlobDamaged) -> None:
        """Keeps in mind that a blob, which may follow, is not what it should be."""
        self.damaged.put(_flat(error.address), error.text.encode())

    def forget_damage(self, address: str) -> None:
        """The blob is sound now."""
        self.damaged.delete(_flat(address))

    def list_damaged(self) -> set[str]:
        """The addresses of the blobs that are not what they should be."""
        return {f"{name[:2]}/{name[2:]}" for name in self.damaged.list()}

    def drop(self, name: str) -> None:
        """Makes it a backup no more; its blobs stay for now."""
        data = self.manifests.get(name + _SUFFIX)
        if data is not None:
            self.dropped.put(name + _SUFFIX, data)
            self.manifests.delete(name + _SUFFIX)

    def list_dropped(self) -> dict[str, float]:
        """The names of the backups that were dropped, and when: seconds since the epoch."""
        return {_strip(name): moment for name, moment in self.dropped.list().items()}

    def forget(self, name: str) -> None:
        """Nothing keeps the blobs of a dropped backup any more."""
        self.dropped.delete(name + _SUFFIX)


def open_depot(url: str) -> Depot:
    """The depot at a directory or the URL of an object store. Nothing is read or written yet."""
    return Depot(
        url,
        open_store(_below(url, "blobs")),
        open_shelf(_below(url, "backups")),
        open_shelf(_below(url, "dropped")),
        open_shelf(_below(url, "damaged")),
    )


def check_apart(url: str, store_url: str) -> None:
    """Raises InvalidInput where the backup would be the hub's own store."""
    inner, store = local_directory(_below(url, "blobs")), local_directory(store_url)
    if inner is not None and store is not None:
        same = inner.resolve() == store.resolve()
    else:
        same = _below(url, "blobs") == store_url.rstrip("/")
    if same:
        raise InvalidInput(
            f"{url} is where the hub itself keeps its bytes: name another place for its backups",
            code="same_place",
        )


def read_manifest(shelf: Shelf, name: str) -> Manifest:
    """What a manifest says; raises BackupDamaged, and HubError for one of a newer program."""
    data = shelf.get(name + _SUFFIX)
    if data is None or not name.endswith(f"-{_mark(data)}"):
        raise BackupDamaged(f"the backup {name} is damaged: its manifest is not what was written")
    found: Mapping[str, Any] = json.loads(data)
    if found["version"] > _VERSION:
        raise HubError(
            f"the backup {name} was written in a newer way than this program reads; restore it "
            f"with assethub {found['program']}",
            code="format_too_new",
        )
    check_known(found["format"], f"the backup {name}")
    dumps = tuple(Dump(**each) for each in found["dumps"])
    fields = {field: found[field] for field in Manifest._fields}
    return Manifest(**fields | {"dumps": dumps, "damaged": tuple(found["damaged"])})


def timestamp() -> str:
    """Now, as it begins the names of backups: they sort by it."""
    moment = datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03}Z"


def _encode(manifest: Manifest) -> bytes:
    said = {"kind": _KIND, "version": _VERSION, **manifest._asdict()}
    said["dumps"] = [dump._asdict() for dump in manifest.dumps]
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def _mark(data: bytes) -> str:
    return sha256(data).hexdigest()[:8]


def _flat(address: str) -> str:
    return address.replace("/", "")


def _strip(name: str) -> str:
    return name.removesuffix(_SUFFIX)


def _below(url: str, name: str) -> str:
    return f"{url.rstrip('/')}/{name}"

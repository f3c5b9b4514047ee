"""Small files under names, in a directory or an object store: whole and durable, or not there."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from assethub.store import _files
from assethub.store.blobs import local_directory, open_store


class Shelf(Protocol):
    """Where small files lie. All methods raise StoreError when the place cannot be used."""

    def put(self, name: str, data: bytes) -> None:
        """Writes a file, in the place of one of that name."""
        ...

    def get(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        ...

    def delete(self, name: str) -> None:
        """Deletes a file; one that is not there is no error."""
        ...

    def list(self) -> Mapping[str, float]:
        """The names of all files, with the seconds since the epoch when each was written."""
        ...


def open_shelf(url_or_path: str) -> Shelf:
    """The shelf in a directory (a path or file:// URL) or an object store, as `open_store` takes.

    A name has no slash. Nothing is read or written yet.
    """
    directory = local_directory(url_or_path)
    if directory is not None:
        return _LocalShelf(directory)
    # Says which kinds of URL there are.
    open_store(url_or_path)
    return _ObjectShelf(url_or_path)


class _LocalShelf:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        aside = self._root / f".{uuid4().hex}"
        with _files.translated(f"write {self._root / name}"):
            _files.make_directory(self._root)
            try:
                with aside.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                aside.rename(self._root / name)
            finally:
                aside.unlink(missing_ok=True)
            _files.sync_directory(self._root)

    def get(self, name: str) -> bytes | None:
        with _files.translated(f"read {self._root / name}"), suppress(FileNotFoundError):
            return (self._root / name).read_bytes()
        return None

    def delete(self, name: str) -> None:
        with _files.translated(f"delete {self._root / name}"):
            (self._root / name).unlink(missing_ok=True)

    def list(self) -> Mapping[str, float]:
        with _files.translated(f"list {self._root}"):
            return {
                entry.name: entry.stat().st_mtime
                for entry in _files.scan(self._root)
                if entry.is_file() and not entry.name.startswith(".")
            }


class _ObjectShelf:
    def __init__(self, url: str) -> None:
        import obstore.store

        from assethub.store import _obstore

        self._url = url
        self._translated = _obstore.translated
        with self._translated(f"open the store {url}"):
            self._store = obstore.store.from_url(url)

    def put(self, name: str, data: bytes) -> None:
        with self._translated(f"write {name} to the store {self._url}"):
            self._store.put(name, data, use_multipart=False)

    def get(self, name: str) -> bytes | None:
        with self._translated(f"read {name} in the store {self._url}"):
            try:
                return bytes(self._store.get(name).bytes())
            except FileNotFoundError:
                return None

    def delete(self, name: str) -> None:
        with (
            self._translated(f"delete {name} in the store {self._url}"),
            suppress(FileNotFoundError),
        ):
            self._store.delete(name)

    def list(self) -> Mapping[str, float]:
        with self._translated(f"list the store {self._url}"):
            found = self._store.list_with_delimiter()["objects"]
            return {meta["path"]: meta["last_modified"].timestamp() for meta in found}

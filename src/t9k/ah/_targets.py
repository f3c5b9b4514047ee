"""Where downloaded objects go, after every check that each goes below the directory asked for."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ._errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_NAME = 255
_FORBIDDEN_ON_WINDOWS = frozenset('<>:"|?*\\')
_DEVICES_OF_WINDOWS = frozenset(
    {"CON", "PRN", "AUX", "NUL"}
    | {f"{device}{number}" for device in ("COM", "LPT") for number in range(1, 10)}
)


class Targets:
    """The places of objects below one directory, which need not exist."""

    def __init__(self, save_dir: str, paths: Iterable[str]) -> None:
        """Work out where each of the objects goes.

        Raises DownloadError for a path that leads out of the directory or through a link, for a
        name that the platform cannot hold, for an object that would be a file where another needs
        a directory, and for one where a directory is.
        """
        self._save_dir = save_dir
        self._directories = {"": save_dir}
        listed = list(paths)
        self._files = frozenset(listed)
        self.there: dict[str, os.stat_result] = {}
        self.places = {path: self._place(path) for path in listed}

    def make_directories(self) -> None:
        """Make the directories that the objects go to."""
        for directory in self._directories.values():
            os.makedirs(directory, exist_ok=True)

    def _place(self, path: str) -> str:
        directory, slash, name = path.rpartition("/")
        if slash and not directory:
            raise self._outside(path)
        place = self._check_name(path, self._directory(directory, path), name)
        status = _status(place)
        if status is None:
            return place
        if stat.S_ISDIR(status.st_mode):
            raise DownloadError(
                f"{place} is a directory, and the object {path} a file of that name"
            )
        self._check_link(path, place, status)
        self.there[path] = status
        return place

    def _directory(self, directory: str, path: str) -> str:
        """The place of a directory, looked at once."""
        known = self._directories.get(directory)
        if known is not None:
            return known
        if directory in self._files:
            raise DownloadError(
                f"The objects {directory} and {path} cannot both be files here: choose with -p "
                "which of them to download",
                code="file_and_directory",
            )
        above, slash, name = directory.rpartition("/")
        if slash and not above:
            raise self._outside(path)
        place = self._check_name(path, self._directory(above, path), name)
        status = _status(place)
        if status is not None:
            self._check_link(path, place, status)
        self._directories[directory] = place
        return place

    def _check_name(self, path: str, directory: str, name: str) -> str:
        unsafe = name in ("", ".", "..") or "\0" in name or os.path.basename(name) != name
        if unsafe or os.path.splitdrive(name)[0]:
            raise self._outside(path)
        if not _is_possible(name):
            raise DownloadError(
                f"The object {path!r} cannot be a file here: this system has no such names",
                code="impossible_name",
            )
        return os.path.join(directory, name)

    def _check_link(self, path: str, place: str, status: os.stat_result) -> None:
        if stat.S_ISLNK(status.st_mode):
            raise DownloadError(
                f"The object {path} would be written through the link {place}: remove the link "
                "or choose another directory",
                code="unsafe_path",
            )

    def _outside(self, path: str) -> DownloadError:
        return DownloadError(
            f"The object {path!r} would land outside {self._save_dir}: it is not downloaded",
            code="unsafe_path",
        )


def _status(place: str) -> os.stat_result | None:
    try:
        return os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_possible(name: str) -> bool:
    if os.name == "nt":
        device = name.partition(".")[0].rstrip().upper() in _DEVICES_OF_WINDOWS
        if device or name[-1] in " ." or _FORBIDDEN_ON_WINDOWS.intersection(name):
            return False
    try:
        return len(os.fsencode(name)) <= _LONGEST_NAME
    except UnicodeEncodeError:
        return False

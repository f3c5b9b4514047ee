"""The files below a local directory that is added: links, ignored names, and what is unfit."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from ._errors import InvalidInputError
from ._stamps import Listed, Stamp, pack_status

if TYPE_CHECKING:
    from pathlib import Path

    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".ahignore"


class Addition(NamedTuple):
    """A local file, the path it gets in the snapshot, its path in its source, and its stamp."""

    source: str
    path: str
    inner: str
    stamp: Stamp


class Tree:
    """A walk through a directory, which gives the files it has `listed`, and `empty` directories.

    Files that a `.ahignore` names in gitignore's syntax are left out, each `.ahignore` counting
    for its own directory and below. Links are followed where they lead to what the directory
    itself holds.
    """

    def __init__(self, directory: str) -> None:
        """Walk through the directory.

        Raises InvalidInputError naming what cannot be read, is no file, has a name that is not
        UTF-8, or is a link that leads out of the directory or back to where it came from.
        """
        self.root = os.path.realpath(directory)
        self.listed: list[Listed] = []
        self.empty: list[str] = []
        self._rules: list[tuple[int, GitIgnoreSpec]] = []
        self._walk(directory, "", (self.root,))

    def _walk(self, directory: str, inner: str, chain: tuple[str, ...]) -> None:
        try:
            entries = sorted(os.scandir(directory), key=_name_of)
        except OSError as error:
            raise unfit(directory, reason(error)) from error
        if not entries:
            self.empty.append(directory)
        ruled = any(entry.name == IGNORE_FILE for entry in entries)
        if ruled:
            self._rules.append((len(inner), _read_rules(os.path.join(directory, IGNORE_FILE))))
        below = self._list(entries, inner, chain)
        del entries
        for path, name, chain_below in below:
            self._walk(path, f"{inner}{name}/", chain_below)
        if ruled:
            self._rules.pop()

    def _list(
        self, entries: list[os.DirEntry[str]], inner: str, chain: tuple[str, ...]
    ) -> list[tuple[str, str, tuple[str, ...]]]:
        """Note the files of a directory; returns the directories in it with what leads there."""
        names, stamps, below = [], [], []
        for entry in entries:
            try:
                is_directory = entry.is_dir()
                if self._rules and self._is_ignored(inner + entry.name + "/" * is_directory):
                    continue
                target = self._check_link(entry.path, chain) if entry.is_symlink() else ""
                if is_directory:
                    leads = (*chain, target or os.path.join(chain[-1], entry.name))
                    below.append((entry.path, entry.name, leads))
                else:
                    stamps.append(pack_status(check_file(entry, inner + entry.name)))
                    names.append(entry.name)
            except OSError as error:
                raise unfit(entry.path, reason(error)) from error
        if names:
            self.listed.append(Listed(inner, "\0".join(names).encode(), b"".join(stamps)))
        return below

    def _check_link(self, link: str, chain: tuple[str, ...]) -> str:
        """Where a link leads, unless that is outside of the directory or never ends."""
        target = os.path.realpath(link)
        if not target.startswith(self.root.rstrip(os.sep) + os.sep) and target != self.root:
            raise unfit(link, f"it is a link that leads out of {self.root}, to {target}")
        if target in chain:
            raise unfit(link, f"it is a link to {target}, which it is in itself")
        if not os.path.exists(target):
            raise unfit(link, f"it is a link to {target}, which is not there")
        return target

    def _is_ignored(self, inner: str) -> bool:
        """Whether the innermost rule that says anything of a path says to leave it out."""
        for start, rules in reversed(self._rules):
            included = rules.check_file(inner[start:]).include
            if included is not None:
                return included
        return False


def check_file(found: os.DirEntry[str] | Path, path: str) -> os.stat_result:
    """The status of what is to become the object at a path.

    Raises InvalidInputError for what is no file, may not be read, or has a name that is not UTF-8.
    """
    status = found.stat()
    source = os.fspath(found)
    if not stat.S_ISREG(status.st_mode):
        raise unfit(source, "it is neither a file nor a directory")
    # What everyone may read need not be asked for one by one.
    if not status.st_mode & stat.S_IROTH and not os.access(source, os.R_OK):
        raise unfit(source, "permission denied")
    if not path.isascii():
        try:
            path.encode("utf-8")
        except UnicodeEncodeError as error:
            raise unfit(source, "its name is not UTF-8") from error
    return status


def reason(error: Exception) -> str:
    """What went wrong with a file, in the system's words."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def unfit(source: str, why: str) -> InvalidInputError:
    """The error for a source that cannot be added."""
    shown = source.encode("utf-8", "backslashreplace").decode()
    return InvalidInputError(f"Cannot add {shown}: {why}", code="unreadable_source")


def _name_of(entry: os.DirEntry[str]) -> str:
    return entry.name


def _read_rules(path: str) -> GitIgnoreSpec:
    import pathspec  # lazy: few directories have such a file

    try:
        with open(path, encoding="utf-8") as file:
            return pathspec.GitIgnoreSpec.from_lines(file)
    except OSError as error:
        raise unfit(path, reason(error)) from error
    except ValueError as error:
        raise unfit(path, f"it is no list of patterns: {error}") from error

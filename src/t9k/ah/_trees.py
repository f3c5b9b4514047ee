"""The files below a local directory that is added: links, ignored names, and what is unfit."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from ._errors import InvalidInputError
from ._index import Stamp, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".ahignore"


class FoundFile(NamedTuple):
    """A local file, its path from the directory that is added, and its stamp."""

    source: str
    inner: str
    stamp: Stamp


class Tree:
    """A walk through a directory; afterwards `empty` are the directories that hold nothing.

    Files that a `.ahignore` names in gitignore's syntax are left out, each `.ahignore` counting
    for its own directory and below. Links are followed where they lead to what the directory
    itself holds.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.root = os.path.realpath(directory)
        self.empty: list[str] = []
        self._rules: list[tuple[int, GitIgnoreSpec]] = []

    def walk(self) -> Iterator[FoundFile]:
        """Each file, sorted within each directory.

        Raises InvalidInputError naming what cannot be read, is no file, or is a link that leads
        out of the directory or back to where it came from.
        """
        return self._walk(self.directory, "", (self.root,))

    def _walk(self, directory: str, inner: str, chain: tuple[str, ...]) -> Iterator[FoundFile]:
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError as error:
            raise unfit(directory, reason(error)) from error
        if not entries:
            self.empty.append(directory)
        ruled = any(entry.name == IGNORE_FILE for entry in entries)
        if ruled:
            self._rules.append((len(inner), _read_rules(os.path.join(directory, IGNORE_FILE))))
        for entry in entries:
            yield from self._enter(entry, inner + entry.name, chain)
        if ruled:
            self._rules.pop()

    def _enter(
        self, entry: os.DirEntry[str], inner: str, chain: tuple[str, ...]
    ) -> Iterator[FoundFile]:
        linked = entry.is_symlink()
        try:
            is_directory = entry.is_dir()
            if self._rules and self._is_ignored(inner + "/" * is_directory):
                return
            target = self._check_link(entry.path, chain) if linked else ""
            status = entry.stat()
        except OSError as error:
            raise unfit(entry.path, reason(error)) from error
        if is_directory:
            below = (*chain, target or os.path.join(chain[-1], entry.name))
            yield from self._walk(entry.path, inner + "/", below)
        elif stat.S_ISREG(status.st_mode):
            check_readable(entry.path)
            yield FoundFile(entry.path, inner, stamp_of(status))
        else:
            raise unfit(entry.path, "it is neither a file nor a directory")

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


def check_readable(path: str) -> None:
    """Raise InvalidInputError for a file that may not be read."""
    if not os.access(path, os.R_OK):
        raise unfit(path, "permission denied")


def reason(error: Exception) -> str:
    """What went wrong with a file, in the system's words."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def unfit(source: str, why: str) -> InvalidInputError:
    """The error for a source that cannot be added."""
    shown = source.encode("utf-8", "backslashreplace").decode()
    return InvalidInputError(f"Cannot add {shown}: {why}", code="unreadable_source")


def _read_rules(path: str) -> GitIgnoreSpec:
    import pathspec  # lazy: few directories have such a file

    try:
        with open(path, encoding="utf-8") as file:
            return pathspec.GitIgnoreSpec.from_lines(file)
    except OSError as error:
        raise unfit(path, reason(error)) from error
    except ValueError as error:
        raise unfit(path, f"it is no list of patterns: {error}") from error

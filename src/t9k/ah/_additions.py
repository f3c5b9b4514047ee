"""Which local files a commit adds, and where each lands. Nothing is sent from here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ._errors import InvalidInputError, WrongTypeError
from ._messages import inform
from ._stamps import Listed, pack_status
from ._trees import Addition, Tree, check_file, reason, unfit

_MOST_SHOWN = 10
_REMEMBERED_BYTES = 1 << 20
# So are temporary files named that will not be there a second time.
SPOOL_PREFIX = "ah-stdin-"

LocalPath = str | os.PathLike[str]
Additions = (
    LocalPath | Iterable[LocalPath | tuple[LocalPath, str | None]] | Mapping[LocalPath, str | None]
)


class Source(NamedTuple):
    """One thing that is added: a directory or a file.

    `root` is its real path, `base` what was given for it, with a slash where that is a directory,
    and `landing` what stands before the paths that its files get. A file is the one that has no
    name and no directory in its list.
    """

    root: str
    base: str
    landing: str
    listed: list[Listed]
    empty: list[str]

    @property
    def is_lasting(self) -> bool:
        """Whether it is worth remembering what its files hold."""
        if os.path.basename(self.root).startswith(SPOOL_PREFIX):
            return False
        sizes = [each.sizes() for each in self.listed]
        return sum(map(len, sizes)) > 1 or sum(map(sum, sizes)) >= _REMEMBERED_BYTES

    @property
    def files(self) -> Iterator[Addition]:
        """Each file on its own, made as it is asked for."""
        for listed in self.listed:
            yield from self.select(listed, range(len(listed.sizes())))

    def select(self, listed: Listed, places: Iterable[int]) -> Iterator[Addition]:
        """The files at these places of one of the directories."""
        names = listed.names.decode().split("\0")
        for at in places:
            inner = listed.inner + names[at]
            yield Addition(self.base + inner, self.landing + inner, inner, listed.stamp(at))


def plan_additions(add: Additions | None) -> list[Source]:
    """What to send, with the path that each file gets.

    `add` is a path, several, pairs of a path and its destination, or a mapping of these.
    A file lands under its own name, or at the destination, or in it where that ends with `/`.
    A directory lands under its own name, in a destination that ends with `/`, or as one that
    does not; its content lands at the root where the local path ends with `/.` or the
    destination is `.`. A leading `/` of a destination is dropped.

    Raises InvalidInputError naming a source that is missing or unreadable, is no file, has a name
    that is not UTF-8, is a link that leads out of the directory added, or lands where another
    one does.
    """
    sources = [_expand(source, destination) for source, destination in _pairs(add)]
    if len(sources) < 2:
        return sources
    planned: dict[str, str] = {}
    for source in sources:
        for addition in source.files:
            other = planned.setdefault(addition.path, addition.source)
            if other != addition.source:
                raise InvalidInputError(
                    f"{other} and {addition.source} would both become {addition.path}",
                    code="path_clash",
                )
    return sources


def tell_empty(sources: Iterable[Source]) -> None:
    """Say which directories are left out, since a snapshot holds files alone."""
    empty = [directory for source in sources for directory in source.empty]
    if empty:
        shown = ", ".join(empty[:_MOST_SHOWN]) + (", …" if len(empty) > _MOST_SHOWN else "")
        inform(f"Empty directories are not kept: {shown}")


def _pairs(add: Additions | None) -> list[tuple[str, str | None]]:
    if add is None:
        return []
    if isinstance(add, (str, os.PathLike)):
        return [(os.fspath(add), None)]
    if isinstance(add, Mapping):
        return [(_as_text(source), destination) for source, destination in add.items()]
    if not isinstance(add, Iterable):
        raise WrongTypeError(f"Local paths to add are needed, not {add!r:.60}")
    return [_pair(item) for item in add]


def _pair(item: object) -> tuple[str, str | None]:
    match item:
        case (source, None | str() as destination):
            return _as_text(source), destination
    return _as_text(item), None


def _as_text(source: object) -> str:
    if not isinstance(source, (str, os.PathLike)):
        raise WrongTypeError(f"A local path to add must be text or a path, not {source!r:.60}")
    text = os.fspath(source)
    if not isinstance(text, str):
        raise WrongTypeError(f"A local path to add must be text, not {text!r:.60}")
    return text


def _expand(source: str, destination: str | None) -> Source:
    destination = _check_destination(source, destination)
    try:
        if os.path.isdir(source):
            landing = _directory_prefix(source, destination)
            tree = Tree(source)
            return Source(tree.root, os.path.join(source, ""), landing, tree.listed, tree.empty)
        path = destination or ""
        if not path or path.endswith("/"):
            path += os.path.basename(os.path.normpath(source))
        found = Listed("", b"", pack_status(check_file(Path(source), path)))
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise unfit(source, reason(error)) from error
    return Source(os.path.realpath(source), source, path, [found], [])


def _directory_prefix(source: str, destination: str | None) -> str:
    """What stands before the paths of a directory's files: empty, or ending with a slash."""
    bare = os.path.basename(source.rstrip("/" + os.sep)) == "."
    if destination == "":
        return ""
    if destination is not None and not destination.endswith("/"):
        return destination + "/"
    if bare:
        return destination or ""
    return f"{destination or ''}{os.path.basename(os.path.abspath(source))}/"


def _check_destination(source: str, destination: str | None) -> str | None:
    """The destination without what stands for the root; "" is the root itself."""
    if destination is None:
        return None
    if not isinstance(destination, str):
        raise WrongTypeError(f"The destination of {source} must be text, not {destination!r:.60}")
    path = destination.lstrip("/").removeprefix("./")
    if path in ("", "."):
        return ""
    if any(segment in ("", ".", "..") for segment in path.removesuffix("/").split("/")):
        raise InvalidInputError(
            f"The destination {destination!r} of {source} must not have a segment that is empty, "
            "'.' or '..'",
            code="invalid_path",
        )
    return path

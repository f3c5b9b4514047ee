"""Which local files a commit adds, and where each lands. Nothing is sent from here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ._errors import InvalidInputError, WrongTypeError

LocalPath = str | os.PathLike[str]
Additions = (
    LocalPath | Iterable[LocalPath | tuple[LocalPath, str | None]] | Mapping[LocalPath, str | None]
)


class Addition(NamedTuple):
    """A local file, its size in bytes, and the path it gets in the snapshot."""

    source: str
    size: int
    path: str


def plan_additions(add: Additions | None) -> list[Addition]:
    """Every file to send, by the path it gets, in byte order of those paths.

    `add` is a path, several, pairs of a path and its destination, or a mapping of these.
    A file lands under its own name, or at the destination, or in it where that ends with `/`.
    A directory lands under its own name, in a destination that ends with `/`, or as one that
    does not; its content lands at the root where the local path ends with `/.` or the
    destination is `.`. A leading `/` of a destination is dropped.

    Raises InvalidInputError naming a source that is missing or unreadable, is no file, is a link
    that leads out of the directory added, or lands where another one does.
    """
    planned: dict[str, Addition] = {}
    for source, destination in _pairs(add):
        for addition in _expand(source, destination):
            other = planned.setdefault(addition.path, addition)
            if other != addition:
                raise InvalidInputError(
                    f"{other.source} and {addition.source} would both become {addition.path}",
                    code="path_clash",
                )
    return [planned[path] for path in sorted(planned, key=os.fsencode)]


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


def _expand(source: str, destination: str | None) -> list[Addition]:
    destination = _check_destination(source, destination)
    status = _stat(source)
    if stat.S_ISREG(status.st_mode):
        own_name = os.path.basename(os.path.normpath(source))
        path = (
            destination
            if destination and not destination.endswith("/")
            else ((destination or "") + own_name)
        )
        return [_addition(source, status, path)]
    if not stat.S_ISDIR(status.st_mode):
        raise _unfit(source, "it is neither a file nor a directory")
    prefix = _directory_prefix(source, destination)
    root = os.path.realpath(source)
    return [_addition(file, _stat(file), prefix + inner) for file, inner in _walk(source, "", root)]


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


def _walk(directory: str, inner: str, root: str) -> Iterable[tuple[str, str]]:
    """Each file below the directory, with its path from there."""
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError as error:
        raise _unfit(directory, _reason(error)) from error
    for entry in entries:
        path = f"{inner}{entry.name}"
        if entry.is_symlink():
            _check_link(entry.path, root)
            yield entry.path, path
        elif entry.is_dir():
            yield from _walk(entry.path, path + "/", root)
        elif entry.is_file():
            yield entry.path, path
        else:
            raise _unfit(entry.path, "it is neither a file nor a directory")


def _check_link(link: str, root: str) -> None:
    """Refuse a link that would bring in what the directory does not hold, or never end."""
    target = os.path.realpath(link)
    if not target.startswith(root.rstrip(os.sep) + os.sep):
        raise _unfit(link, f"it is a link that leads out of {root}, to {target}")
    if not os.path.isfile(target):
        raise _unfit(link, f"it is a link to {target}, which is not a file")


def _addition(source: str, status: os.stat_result, path: str) -> Addition:
    if not os.access(source, os.R_OK):
        raise _unfit(source, "permission denied")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _unfit(repr(source), "its name is not UTF-8") from error
    return Addition(source, status.st_size, path)


def _stat(source: str) -> os.stat_result:
    try:
        return os.stat(source)
    except (OSError, ValueError) as error:
        raise _unfit(source, _reason(error)) from error


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _unfit(source: str, reason: str) -> InvalidInputError:
    return InvalidInputError(f"Cannot add {source}: {reason}", code="unreadable_source")

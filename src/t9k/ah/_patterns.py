"""Which objects a download is for: those of paths, of directories and of globs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._errors import InvalidInputError, NotFoundError
from ._values import check_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ._downloads import Wanted

_SPECIAL = re.compile(r"[*?\[]")


def select(
    list_objects: Callable[[str, int | None], list[Wanted]], paths: str | Iterable[str] | None
) -> list[Wanted]:
    """The objects that were asked for, in byte order of their paths; all where `paths` is None.

    A path stands for itself, `dir/` for all below it, and where there is neither, `*`, `?` and
    `[…]` for characters within a name and `**` for any directories. `list_objects` gives those
    whose paths begin with a text, or so many of them.

    Raises NotFoundError naming a path that fits nothing.
    """
    if paths is None:
        return list_objects("", None)
    chosen: dict[str, Wanted] = {}
    for path in check_paths(paths, "download"):
        fitting = _fitting(list_objects, path)
        if not fitting:
            raise NotFoundError(f"There is no object {path}", code="object_not_found")
        chosen.update((wanted.path, wanted) for wanted in fitting)
    return [chosen[path] for path in sorted(chosen)]


def _fitting(list_objects: Callable[[str, int | None], list[Wanted]], path: str) -> list[Wanted]:
    if path.endswith("/"):
        exact = list_objects(path, None)
    else:
        # In byte order the path itself comes before all that begin with it.
        exact = [wanted for wanted in list_objects(path, 1) if wanted.path == path]
    special = _SPECIAL.search(path)
    if exact or not special:
        return exact
    pattern = _compile(path)
    listed = list_objects(path[: special.start()], None)
    return [wanted for wanted in listed if pattern.fullmatch(wanted.path)]


def _compile(glob: str) -> re.Pattern[str]:
    try:
        return re.compile(glob_pattern(glob))
    except re.error as error:
        raise InvalidInputError(
            f"{glob!r} is no pattern of paths: {error}", code="invalid_pattern"
        ) from error


def glob_pattern(glob: str) -> str:
    """The regular expression of a glob; one that ends with `/` is for all below."""
    if glob.endswith("/"):
        glob += "**"
    segments = glob.split("/")
    parts = []
    for at, segment in enumerate(segments):
        last = at == len(segments) - 1
        if segment == "**":
            parts.append(".+" if last else "(?:[^/]+/)*")
        else:
            parts.append(_segment_pattern(segment) + ("" if last else "/"))
    return "(?s:" + "".join(parts) + ")"


def _segment_pattern(segment: str) -> str:
    pieces = re.split(r"(\[!?\]?[^\]]*\]|\*+|\?)", segment)
    return "".join(map(_piece_pattern, pieces))


def _piece_pattern(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("[") and piece.endswith("]") and len(piece) > 2:
        inner = piece[1:-1]
        negated = inner.startswith("!")
        content = re.sub(r"([\\^\[\]&~|])", r"\\\1", inner.removeprefix("!"))
        return f"(?!/)[{'^' if negated else ''}{content}]"
    return re.escape(piece)

"""The page of what differs between two points of an asset's history, and of one file of it."""

from typing import NamedTuple

from starlette.responses import Response

from assethub.console.assets.frame import render_asset
from assethub.console.commits.changes import Changes, find_changes
from assethub.console.commits.text_diffs import (
    Line,
    Sides,
    compare_lines,
    pair_sides,
    read_text,
)
from assethub.console.files.points import find_points
from assethub.console.files.previews.stored import Unreadable
from assethub.console.places import Point, find_point
from assethub.console.visits import Visit
from assethub.core.repository.objects import Content, find_object
from assethub.errors import HubError, NotFound
from assethub.tree import Difference

# Of a short diff the texts are shown at once, of a long one when asked for.
_SHOWN_AT_ONCE = 10
_SMALL = 32 * 1024


class FileDiff(NamedTuple):
    """A file that differs. `lines` is None where it is no small text; `sides` the same lines."""

    difference: Difference
    lines: list[Line] | None
    sides: list[Sides]


def show_diff(visit: Visit) -> Response:
    """How the point `to` differs from the point `from`: all paths, or the text of one file."""
    old, new = find_point(visit, "from"), find_point(visit, "to")
    path = visit.query.get("path", "")
    if path:
        return _show_file(visit, old, new, path)
    changes = find_changes(
        visit,
        old.asset,
        old.commit,
        new.commit,
        prefix=visit.query.get("prefix", ""),
        after=visit.query.get("after", ""),
    )
    return _show(visit, old, new, changes=changes, files=_show_small(visit, old, changes), path="")


def _show_file(visit: Visit, old: Point, new: Point, path: str) -> Response:
    before, after = (_find(visit, point.asset.id, point.commit, path) for point in (old, new))
    if before is None and after is None:
        raise NotFound("object not found", code="object_not_found")
    difference = Difference(path, before and before.entry, after and after.entry)
    files = [_compare(visit, difference, before, after)]
    return _show(visit, old, new, changes=None, files=files, path=path)


def _show(
    visit: Visit,
    old: Point,
    new: Point,
    *,
    changes: Changes | None,
    files: list[FileDiff],
    path: str,
) -> Response:
    return render_asset(
        visit,
        "commits/diff.html",
        old.asset,
        old=old,
        new=new,
        changes=changes,
        files=files,
        path=path,
        points=find_points(visit, old),
        split=visit.query.get("view") == "split",
    )


def _show_small(visit: Visit, old: Point, changes: Changes) -> list[FileDiff]:
    if changes.after or len(changes.rows) > _SHOWN_AT_ONCE:
        return []
    shown = []
    for each in changes.rows:
        if max(entry.size for entry in (each.old, each.new) if entry) > _SMALL:
            continue
        before = each.old and _find(visit, old.asset.id, changes.old, each.path)
        after = each.new and _find(visit, old.asset.id, changes.new, each.path)
        found = _compare(visit, each, before, after)
        if found.lines is not None:
            shown.append(found)
    return shown


def _find(visit: Visit, asset_id: str, commit: str, path: str) -> Content | None:
    try:
        return find_object(visit.hub, visit.user, asset_id, commit, path, kind="commit")
    except NotFound:
        return None


def _compare(
    visit: Visit, difference: Difference, before: Content | None, after: Content | None
) -> FileDiff:
    try:
        old, new = (read_text(visit.hub.blobs, each) for each in (before, after))
    except (HubError, Unreadable):
        old = new = None
    if old is None or new is None:
        return FileDiff(difference, None, [])
    lines = compare_lines(old, new)
    return FileDiff(difference, lines, list(pair_sides(lines)))

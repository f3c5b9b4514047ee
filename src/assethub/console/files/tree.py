"""The files at a reference as a tree: one folder of it, or one file."""

import posixpath
from typing import NamedTuple

from starlette.responses import Response

from assethub.console.addresses import file_url, files_url
from assethub.console.assets.frame import render_asset
from assethub.console.files.points import find_points
from assethub.console.files.previews import Links, make_preview
from assethub.console.places import Point, find_point
from assethub.console.visits import Visit
from assethub.core.pages import MOST_PER_PAGE
from assethub.core.repository import logs, objects
from assethub.core.repository.objects import Content
from assethub.errors import HubError, NotFound
from assethub.tree import CommonPrefix, Entry

ROWS = 200


class Listing(NamedTuple):
    """A page of a folder. `after` is where the next page begins, empty on the last.

    `whole` is how many folders and files there are, None where they are too many to be sorted:
    then folders stand first on each page only.
    """

    rows: list[Entry | CommonPrefix]
    after: str
    whole: int | None


def show_files(visit: Visit) -> Response:
    """A folder or a file at a reference."""
    point = find_point(visit)
    path = visit.query.get("path", "").lstrip("/")
    if path and not path.endswith("/"):
        try:
            content = objects.find_object(
                visit.hub, visit.user, point.asset.id, point.commit, path, kind="commit"
            )
        except NotFound as error:
            if error.code != "object_not_found":
                raise
            path += "/"
        else:
            return _show_file(visit, point, content)
    return show_folder(visit, point, path)


def show_folder(
    visit: Visit,
    point: Point,
    path: str,
    *,
    http_status: int = 200,
    problem: HubError | None = None,
) -> Response:
    """The page of a folder; `path` ends with `/`, or is empty for the root. Raises NotFound."""
    begins = visit.query.get("q", "")
    after = visit.query.get("after", "")
    listing = list_folder(visit, point, path + begins, after)
    if not listing.rows and path and not begins and not after:
        raise NotFound("folder not found", code="object_not_found")
    return render_asset(
        visit,
        "files/folder.html",
        point.asset,
        http_status=http_status,
        point=point,
        points=find_points(visit, point),
        commit=logs.get_commit(visit.hub, visit.user, point.asset.id, point.commit),
        path=path,
        begins=begins,
        listing=listing,
        first=not after,
        problem=problem,
        done=visit.query.get("done", ""),
        typed=visit.form,
    )


def list_folder(visit: Visit, point: Point, prefix: str, after: str) -> Listing:
    """What stands directly in a folder and begins with `prefix`, folders first."""
    of = (visit.hub, visit.user, point.asset.id, point.commit)
    found = objects.page_objects(
        *of, kind="commit", prefix=prefix, delimiter="/", amount=MOST_PER_PAGE
    )
    if not found.more:
        items = sorted(found.items, key=_folders_first)
        start = _position(items, after)
        rows = items[start : start + ROWS]
        more = start + ROWS < len(items)
        return Listing(rows, rows[-1].path if more else "", len(items))
    page = objects.page_objects(
        *of, kind="commit", prefix=prefix, delimiter="/", after=after, amount=ROWS
    )
    last = page.items[-1].path if page.more else ""
    return Listing(sorted(page.items, key=_folders_first), last, None)


def _position(items: list[Entry | CommonPrefix], after: str) -> int:
    """Behind the item of that path."""
    if not after:
        return 0
    key = (not after.endswith("/"), after)
    return sum(_folders_first(each) <= key for each in items)


def _folders_first(item: Entry | CommonPrefix) -> tuple[bool, str]:
    return isinstance(item, Entry), item.path


def _show_file(visit: Visit, point: Point, content: Content) -> Response:
    source = visit.query.get("view") == "source"
    links = links_beside(point, content.entry.path)
    return render_asset(
        visit,
        "files/file.html",
        point.asset,
        point=point,
        points=find_points(visit, point),
        path=content.entry.path,
        entry=content.entry,
        preview=make_preview(visit.hub.blobs, content, links, source=source),
        source=source,
    )


def links_beside(point: Point, path: str) -> Links:
    """Where links and images of a Markdown file lead: to files of the same commit."""
    place = posixpath.dirname(path)

    def resolve(target: str) -> str:
        joined = posixpath.normpath(posixpath.join("/", place, target)).lstrip("/")
        return joined + "/" if target.endswith("/") and joined else joined

    return Links(
        lambda target: files_url(point.asset, point.ref, resolve(target)),
        lambda target: file_url(point.asset, point.commit, resolve(target)),
    )

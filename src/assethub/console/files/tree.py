"""The files at a reference as a tree: one folder of it, or one file."""

import posixpath
from typing import NamedTuple

from starlette.responses import Response

from assethub.console.addresses import file_url, files_url
from assethub.console.assets.frame import render_asset
from assethub.console.files.points import find_points
from assethub.console.files.previews import Links, make_preview
from assethub.console.pages import redirect
from assethub.console.places import Point, find_point
from assethub.console.visits import Visit
from assethub.core.pages import MOST_PER_PAGE, Page
from assethub.core.repository import logs, objects
from assethub.core.repository.commits import Commit
from assethub.core.repository.objects import Content
from assethub.errors import HubError, NotFound
from assethub.tree import CommonPrefix, Entry

ROWS = 200
# Of a larger tree folders may lie so far apart that a thousand of them take too long to find.
_MOST_SORTED = 50_000


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
    """The page of a folder; `path` ends with `/`, or is empty for the root.

    Where there is no such folder, which is often so of one branch and not of another, it is the
    root, and says so.
    """
    begins = visit.query.get("q", "")
    after = visit.query.get("after", "")
    commit = logs.get_commit(visit.hub, visit.user, point.asset.id, point.commit)
    listing = list_folder(visit, commit, path + begins, after)
    if not listing.rows and path and not begins and not after:
        return redirect(files_url(point.asset, point.ref, missing=path.rstrip("/")))
    return render_asset(
        visit,
        "files/folder.html",
        point.asset,
        http_status=http_status,
        point=point,
        points=find_points(visit, point),
        commit=commit,
        path=path,
        begins=begins,
        listing=listing,
        first=not after,
        problem=problem,
        done=visit.query.get("done", ""),
        typed=visit.form,
    )


def list_folder(visit: Visit, commit: Commit, prefix: str, after: str) -> Listing:
    """What stands directly in a folder and begins with `prefix`, folders first."""

    def read(after: str, amount: int) -> Page[Entry | CommonPrefix]:
        return objects.page_objects(
            visit.hub,
            visit.user,
            commit.asset_id,
            commit.id,
            kind="commit",
            prefix=prefix,
            delimiter="/",
            after=after,
            amount=amount,
        )

    if commit.objects <= _MOST_SORTED:
        found = read("", MOST_PER_PAGE)
        if not found.more:
            return _cut(sorted(found.items, key=_folders_first), after)
    page = read(after, ROWS)
    last = page.items[-1].path if page.more else ""
    whole = None if page.more or after else len(page.items)
    return Listing(sorted(page.items, key=_folders_first), last, whole)


def _cut(items: list[Entry | CommonPrefix], after: str) -> Listing:
    """The page of a sorted folder that begins behind a path."""
    key = (not after.endswith("/"), after)
    start = sum(_folders_first(each) <= key for each in items) if after else 0
    rows = items[start : start + ROWS]
    more = start + ROWS < len(items)
    return Listing(rows, rows[-1].path if more else "", len(items))


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

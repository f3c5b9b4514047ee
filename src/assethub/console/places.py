"""What the address of a page names: a folder, an asset, a point of its history."""

from typing import NamedTuple, cast

from assethub.console.visits import Visit
from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.folders import TYPES
from assethub.core.permissions import Folder
from assethub.core.references import Found, look_up
from assethub.core.repository import logs
from assethub.core.repository.commits import Commit
from assethub.core.repository.targets import Target
from assethub.errors import NotFound

FOLDER = "/o/{owner}/{type}/{folder}"
ASSET = FOLDER + "/{name}"


class Point(NamedTuple):
    """A point of an asset's history, as a page's address names it.

    `ref` is `branch/B`, `tag/T` or a whole commit id; `commit` the id that it stands for now.
    """

    asset: Asset
    ref: str
    commit: str

    @property
    def kind(self) -> str:
        """`branch`, `tag` or `commit`."""
        kind, mark, _ = self.ref.partition("/")
        return kind if mark else "commit"

    @property
    def name(self) -> str:
        """The name of the branch or the tag; the first eight digits of a commit."""
        return self.ref.partition("/")[2] or self.ref[:8]


def find_folder(visit: Visit) -> Folder:
    """The folder that the page is about; raises NotFound."""
    return _look_up(visit, "owner", "type", "folder").folder


def find_asset(visit: Visit) -> Asset:
    """The asset that the page is about; raises NotFound."""
    return cast(Asset, _look_up(visit, "owner", "type", "folder", "name").asset)


def find_commit(visit: Visit) -> tuple[Asset, Commit]:
    """The asset and the commit of it that the page is about; raises NotFound."""
    asset = find_asset(visit)
    id_ = visit.request.path_params["commit"]
    return asset, logs.get_commit(visit.hub, visit.user, asset.id, id_)


def find_point_of(visit: Visit, type_: str) -> Point:
    """`find_point` for a page that only models or only datasets have; raises NotFound."""
    point = find_point(visit)
    if point.asset.folder.type != type_:
        raise NotFound("page not found")
    return point


def find_point(visit: Visit, parameter: str = "ref") -> Point:
    """The point that a parameter of the query names; branch main without it. Raises NotFound.

    It may be anything that may follow `ASSET:` in a reference.
    """
    return point_at(visit, visit.query.get(parameter) or f"branch/{DEFAULT_BRANCH}")


def point_at(visit: Visit, asked: str) -> Point:
    """The point of the page's asset that is named so: by what may follow `ASSET:` in a reference.

    Raises NotFound.
    """
    found = _look_up(visit, "owner", "type", "folder", "name", point=f":{asked}")
    target = cast(Target, found.target)
    ref = f"branch/{target.branch}" if target.branch else f"tag/{target.tag}"
    named = target.branch or target.tag
    return Point(cast(Asset, found.asset), ref if named else target.commit_id, target.commit_id)


def name_for_core(visit: Visit, asked: str) -> str:
    """The point named so, as core takes one: a bare name, or a commit's id where a branch has the
    name of the tag that is meant. Raises NotFound.
    """
    point = point_at(visit, asked)
    if point.kind == "tag" and point_at(visit, point.name).commit != point.commit:
        return point.commit
    return point.commit if point.kind == "commit" else point.name


def _look_up(visit: Visit, *parts: str, point: str = "") -> Found:
    names = [visit.request.path_params[part] for part in parts]
    if names[1] not in TYPES or any(mark in "".join(names) for mark in ":@"):
        raise NotFound("page not found")
    return look_up(visit.hub, visit.user, "/".join(names) + point)

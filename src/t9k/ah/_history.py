"""How snapshots of an asset differ, and how its branches move through its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._errors import InvalidInputError, WrongTypeError
from ._lookup import look_up
from ._messages import inform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._assets import Asset, Dataset
    from ._branches import Branch
    from ._connection import Connection
    from ._records import DiffEntry
    from ._snapshots import Snapshot

_PER_PAGE = 1000


class Point(NamedTuple):
    """A commit of an asset, and how messages name what it was given as."""

    commit: str
    label: str


def find_point(asset: Asset, ref: Snapshot | Dataset | str) -> Point:
    """The commit that a branch, tag or commit of this very asset points at now.

    A text is taken as what follows the colon of a reference. Raises InvalidInputError for what
    is of another asset, NotFoundError for what is not there.
    """
    from ._assets import Asset
    from ._snapshots import Snapshot

    if isinstance(ref, str):
        if not ref:
            raise InvalidInputError("A branch, tag or commit is needed, not an empty text")
        answer = look_up(asset._connection, f"{asset.path}:{ref}")
        kind = "branch" if answer["branch"] else "tag" if answer["tag"] else "commit"
        name = answer["branch"] or answer["tag"] or answer["commit"][:12]
        return Point(answer["commit"], f"{kind} {name}")
    snapshot = ref._main() if isinstance(ref, Asset) else ref
    if not isinstance(snapshot, Snapshot):
        raise WrongTypeError(
            f"A branch, tag or commit of {asset._label} is needed, not {ref!r:.60}"
        )
    if snapshot.asset.id != asset.id:
        raise InvalidInputError(
            f"{snapshot.path} is of another asset than {asset.path}",
            code="other_asset",
        )
    name = snapshot.name[:12] if snapshot.type == "commit" else snapshot.name
    return Point(snapshot._current_commit(), f"{snapshot.type} {name}")


def walk_pages(
    connection: Connection, path: str, query: Mapping[str, str], limit: int | None = None
) -> Iterator[Any]:
    """The items of a listing, up to `limit`, fetched a thousand at a time as the caller goes on."""
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise WrongTypeError(f"The limit of a listing must be a number of 0 or more, not {limit!r}")
    left, after = limit, ""
    while left is None or left > 0:
        amount = _PER_PAGE if left is None else min(left, _PER_PAGE)
        page = {"amount": str(amount)} | ({"after": after} if after else {})
        answer = connection.request("GET", path, query={**query, **page})
        yield from answer["results"]
        if not answer["pagination"]["has_more"]:
            return
        after = answer["pagination"]["next_offset"]
        left = None if left is None else left - amount


def walk_diff(
    asset: Asset,
    old: Snapshot | Dataset | str,
    new: Snapshot | Dataset | str,
    prefix: str = "",
) -> Iterator[DiffEntry]:
    """How `new` differs from `old`, by path. Both are the commits they point at when it begins."""
    commits = {"from": find_point(asset, old).commit, "to": find_point(asset, new).commit}
    query = commits | ({"prefix": prefix} if prefix else {})
    return walk_pages(asset._connection, asset._route("diff"), query)


def merge(
    branch: Branch,
    source: Snapshot | Dataset | str,
    message: str | None,
    strategy: str | None,
    override: str | None,
) -> str:
    """Merge into a branch; returns the commit that it points at then."""
    if strategy not in (None, "ours", "theirs"):
        raise InvalidInputError(f"The strategy must be 'ours' or 'theirs', not {strategy!r}")
    point = find_point(branch.asset, source)
    text = f"Merge {point.label} into {branch.name}" if message is None else message
    inform(f"Merging {point.label} into {_where(branch)}")
    body = {
        "source": point.commit,
        "message": text,
        "strategy": strategy,
        "override": override,
    }
    answer = branch._connection.create(_route(branch, "merge"), json=body)
    commit: str = answer["commit"]
    if answer["result"] == "up_to_date":
        inform(f"Nothing to merge: {_where(branch)} has all of it")
    elif answer["result"] == "fast_forward":
        inform(f"Moved {_where(branch)} on to commit {commit[:12]}")
    else:
        inform(f"Created commit {commit[:12]} on {_where(branch)}")
    return commit


def reset(branch: Branch, ref: Snapshot | Dataset | str, override: str | None) -> str:
    """Point a branch at another commit; returns it."""
    point = find_point(branch.asset, ref)
    body = {"ref": point.commit, "override": override}
    branch._connection.create(_route(branch, "reset"), json=body)
    inform(f"Reset {_where(branch)} to commit {point.commit[:12]}")
    return point.commit


def revert(
    branch: Branch, ref: Snapshot | Dataset | str, message: str | None, override: str | None
) -> str:
    """Take one commit's change back by a new commit; returns that."""
    point = find_point(branch.asset, ref)
    body = {"ref": point.commit, "message": message, "override": override}
    answer = branch._connection.create(_route(branch, "revert"), json=body)
    commit: str = answer["commit"]
    inform(f"Reverted commit {point.commit[:12]}")
    inform(f"Created commit {commit[:12]} on {_where(branch)}")
    return commit


def _where(branch: Branch) -> str:
    return f"branch {branch.name} of {branch.asset._label}"


def _route(branch: Branch, action: str) -> str:
    return branch.asset._route("branches", branch.name, action)

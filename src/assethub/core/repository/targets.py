"""What a branch's name, a tag's name or the start of a commit's id points at, within an asset."""

import re
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.errors import InvalidInput, NotFound
from assethub.store.statements import Prepared
from assethub.store.tables import branches, commits, tags

_HEX = re.compile(r"[0-9a-f]{4,64}")
_MOST_SHOWN = 10


class Target(NamedTuple):
    """The commit that a reference points at now, and by which branch or tag it was named."""

    commit_id: str
    branch: str = ""
    tag: str = ""


def find_target(connection: sa.Connection, asset_id: str, kind: str, value: str) -> Target:
    """The commit that a branch, a tag, a commit prefix, or `any` of them in this order names."""
    row = connection.execute(_pointers, {"asset_id": asset_id, "value": value}).one()
    return choose_target(connection, asset_id, kind, value, *row)


def choose_target(
    connection: sa.Connection,
    asset_id: str,
    kind: str,
    value: str,
    head: str | None,
    tagged: str | None,
) -> Target:
    """`find_target` for one who has read already what a branch and a tag of that name point at."""
    if kind in ("branch", "any") and head is not None:
        return Target(head, branch=value)
    if kind in ("tag", "any") and tagged is not None:
        return Target(tagged, tag=value)
    if kind in ("commit", "any"):
        return Target(_complete_commit(connection, asset_id, value, strict=kind == "commit"))
    raise NotFound(
        f"{kind} not found", code=f"{kind}_not_found", detail=f"{kind} {value} not found"
    )


def pointer_columns(
    asset_id: "sa.ColumnElement[str]", name: "sa.ColumnElement[str]"
) -> "tuple[sa.ScalarSelect[Any], sa.ScalarSelect[Any]]":
    """Two columns: the commits that the branch and the tag of a name point at, NULL for none."""
    head = sa.select(branches.c.commit_id).where(
        branches.c.asset_id == asset_id, branches.c.name == name
    )
    tagged = sa.select(tags.c.commit_id).where(tags.c.asset_id == asset_id, tags.c.name == name)
    return head.scalar_subquery(), tagged.scalar_subquery()


_pointers = sa.select(*pointer_columns(sa.bindparam("asset_id"), sa.bindparam("value")))
_between = (
    sa.select(commits.c.id)
    .where(
        commits.c.asset_id == sa.bindparam("asset_id"),
        commits.c.id >= sa.bindparam("first"),
        commits.c.id < sa.bindparam("last"),
    )
    .order_by(commits.c.id)
    .limit(_MOST_SHOWN + 1)
)


def _complete_commit(connection: sa.Connection, asset_id: str, prefix: str, *, strict: bool) -> str:
    if not _HEX.fullmatch(prefix):
        if strict:
            raise NotFound(
                "commit not found",
                code="commit_not_found",
                detail=f"commit {prefix!r} not found: give 4 to 64 of its hex digits",
            )
        raise NotFound(
            "commit not found",
            code="reference_not_found",
            detail=f"no branch, tag or commit {prefix!r} found",
        )
    # 'g' follows every hex digit, so this range holds just the ids that start with the prefix.
    query = {"asset_id": asset_id, "first": prefix, "last": prefix + "g"}
    matches = connection.execute(_between, query).scalars().all()
    if not matches:
        raise NotFound(
            "commit not found", code="commit_not_found", detail=f"commit {prefix} not found"
        )
    if len(matches) > 1:
        shown = ", ".join(match[:12] for match in matches[:_MOST_SHOWN])
        more = ", …" if len(matches) > _MOST_SHOWN else ""
        raise InvalidInput(
            f"commit prefix {prefix} is ambiguous, it matches {shown}{more}",
            code="commit_ambiguous",
        )
    return str(matches[0])


def tags_of(connection: sa.Connection, asset_id: str, commit_id: str) -> list[str]:
    """The names of the tags that point at a commit, in order."""
    query = {"asset_id": asset_id, "commit_id": commit_id}
    return [name for (name,) in _tags_of.all(connection, query)]


_tags_of = Prepared(
    sa.select(tags.c.name)
    .where(
        tags.c.asset_id == sa.bindparam("asset_id"), tags.c.commit_id == sa.bindparam("commit_id")
    )
    .order_by(tags.c.name)
)

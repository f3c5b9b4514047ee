"""References: a folder, an asset, or one commit of it, named by people."""

import re
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.assets import DEFAULT_BRANCH, Asset, find_asset
from assethub.core.folders import check_type, find_folder
from assethub.core.hub import Hub
from assethub.core.permissions import Folder, Level
from assethub.core.users import User
from assethub.errors import InvalidInput, NotFound
from assethub.store.tables import branches, commits, tags

_HEX = re.compile(r"[0-9a-f]{4,64}")
_MOST_SHOWN = 10


class Reference(NamedTuple):
    """`OWNER/TYPE/FOLDER/NAME` and what follows it: `:branch/B`, `:tag/T`, `:X` or `@COMMIT`.

    `kind` is `branch`, `tag`, `commit`, or `any` for a bare `:X`; `main` where nothing follows.
    `name` is empty for a folder.
    """

    owner: str
    type: str
    folder: str
    name: str
    kind: str
    value: str


class Target(NamedTuple):
    """The commit that a reference points at now, and by which branch or tag it was named."""

    commit_id: str
    branch: str = ""
    tag: str = ""


class Found(NamedTuple):
    """What a reference names: always a folder, an asset and its commit where they were named."""

    folder: Folder
    asset: Asset | None
    target: Target | None


def parse_reference(text: str) -> Reference:
    """Takes a reference apart; raises InvalidInput with the forms it may have."""
    place, mark, rest = _split_mark(text)
    parts = place.split("/")
    if len(parts) not in (3, 4) or not all(parts) or (len(parts) == 3 and mark):
        raise InvalidInput(
            f"reference {text!r} is not of the form OWNER/TYPE/FOLDER/NAME, optionally followed by "
            ":branch/B, :tag/T, :COMMIT or @COMMIT",
            code="invalid_reference",
        )
    check_type(parts[1])
    kind, value = _parse_point(mark, rest)
    if not value:
        raise InvalidInput(f"reference {text!r} ends too early", code="invalid_reference")
    return Reference(parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else "", kind, value)


def _split_mark(text: str) -> tuple[str, str, str]:
    places = [at for at in (text.find(":"), text.find("@")) if at >= 0]
    if not places:
        return text, "", ""
    at = min(places)
    return text[:at], text[at], text[at + 1 :]


def _parse_point(mark: str, rest: str) -> tuple[str, str]:
    if not mark:
        return "branch", DEFAULT_BRANCH
    if mark == "@":
        return "commit", rest
    for kind in ("branch", "tag"):
        if rest.startswith(kind + "/"):
            return kind, rest.removeprefix(kind + "/")
    return "any", rest


def look_up(hub: Hub, user: User, text: str) -> Found:
    """What a reference names, for one who may view it; NotFound says which part is not there."""
    reference = parse_reference(text)
    with hub.database.read() as connection:
        if not reference.name:
            folder = find_folder(connection, user, *reference[:3])
            return Found(folder, None, None)
        asset, target = resolve(connection, user, reference)
    return Found(asset.folder, asset, target)


def resolve(
    connection: sa.Connection, user: User, reference: Reference, level: Level = Level.VIEW
) -> tuple[Asset, Target]:
    """The asset that a reference names and the commit it points at now."""
    if not reference.name:
        raise InvalidInput(
            f"{reference.owner}/{reference.type}/{reference.folder} is a folder; name an asset in "
            "it: OWNER/TYPE/FOLDER/NAME",
            code="invalid_reference",
        )
    asset = find_asset(connection, user, *reference[:4], level)
    return asset, find_target(connection, asset.id, reference.kind, reference.value)


def find_target(connection: sa.Connection, asset_id: str, kind: str, value: str) -> Target:
    """The commit that a branch, a tag, a commit prefix, or `any` of them in this order names."""
    if kind in ("branch", "any"):
        commit_id = _branch_head(connection, asset_id, value)
        if commit_id is not None:
            return Target(commit_id, branch=value)
    if kind in ("tag", "any"):
        commit_id = _tagged_commit(connection, asset_id, value)
        if commit_id is not None:
            return Target(commit_id, tag=value)
    if kind in ("commit", "any"):
        return Target(_complete_commit(connection, asset_id, value, strict=kind == "commit"))
    raise NotFound(
        f"{kind} not found", code=f"{kind}_not_found", detail=f"{kind} {value} not found"
    )


_head = sa.select(branches.c.commit_id).where(
    branches.c.asset_id == sa.bindparam("asset_id"), branches.c.name == sa.bindparam("name")
)
_tag = sa.select(tags.c.commit_id).where(
    tags.c.asset_id == sa.bindparam("asset_id"), tags.c.name == sa.bindparam("name")
)
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
_tags_of = (
    sa.select(tags.c.name)
    .where(tags.c.asset_id == sa.bindparam("asset_id"), tags.c.commit_id == sa.bindparam("id"))
    .order_by(tags.c.name)
)


def _branch_head(connection: sa.Connection, asset_id: str, name: str) -> str | None:
    return connection.execute(_head, {"asset_id": asset_id, "name": name}).scalar()


def _tagged_commit(connection: sa.Connection, asset_id: str, name: str) -> str | None:
    return connection.execute(_tag, {"asset_id": asset_id, "name": name}).scalar()


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
    query = {"asset_id": asset_id, "id": commit_id}
    return list(connection.execute(_tags_of, query).scalars())

"""References: a folder, an asset, or one commit of it, named by people."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core import assets
from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.folders import check_type, find_folder
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Folder, Level
from assethub.core.repository.targets import Target, choose_target, pointer_columns
from assethub.errors import InvalidInput
from assethub.store import tables
from assethub.store.statements import Prepared, Row


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
    _check_named(reference)
    row = _located.first(connection, {**_bind(reference), "asker": user.id})
    asset, target, _ = _allow(connection, user, reference, level, row)
    return asset, target


def resolve_two(
    connection: sa.Connection,
    user: User,
    first: tuple[Reference, Level],
    second: tuple[Reference, Level],
) -> "tuple[Resolved, Resolved]":
    """`resolve` for two references at once."""
    for reference, _ in (first, second):
        _check_named(reference)
    query = {**_bind(first[0], "a_"), **_bind(second[0], "b_"), "asker": user.id}
    rows = {row[-1]: row[:-1] for row in _two_located.all(connection, query)}
    return (
        _allow(connection, user, *first, rows.get(0)),
        _allow(connection, user, *second, rows.get(1)),
    )


class Resolved(NamedTuple):
    """What a reference names; `tagged` is False where it is known that no tag points at it."""

    asset: Asset
    target: Target
    tagged: bool


def _check_named(reference: Reference) -> None:
    if not reference.name:
        raise InvalidInput(
            f"reference {reference.owner}/{reference.type}/{reference.folder} is a folder; name an "
            "asset in it: OWNER/TYPE/FOLDER/NAME",
            code="invalid_reference",
        )


def _allow(
    connection: sa.Connection, user: User, reference: Reference, level: Level, row: Row | None
) -> Resolved:
    """What a row of `_locate` tells, where the user holds the level."""
    asset = assets.allow(None if row is None else row[:-3], user, level)
    head, tag, tagged = (None, None, True) if row is None else row[-3:]
    kind, value = reference.kind, reference.value
    target = choose_target(connection, asset.id, kind, value, head, tag)
    return Resolved(asset, target, bool(tagged) or target.commit_id != head)


_NAMES = ("owner", "type", "folder", "name")


def _bind(reference: Reference, prefix: str = "") -> dict[str, str]:
    bound = {f"{prefix}{key}": value for key, value in zip(_NAMES, reference, strict=False)}
    bound[f"{prefix}value"] = reference.value
    return bound


def _locate(prefix: str = "") -> "sa.Select[Any]":
    asset_id = tables.assets.c.id
    value: sa.ColumnElement[str] = sa.bindparam(f"{prefix}value")
    head, tag = pointer_columns(asset_id, value)
    branches, tags = tables.branches.c, tables.tags.c
    tagged = (
        sa.exists()
        .where(tags.asset_id == asset_id, tags.commit_id == branches.commit_id)
        .where(branches.asset_id == asset_id, branches.name == value)
        .correlate(tables.assets)
    )
    return assets.select_by_name(prefix).add_columns(head, tag, tagged)


_located = Prepared(_locate())
_two_located = Prepared(
    sa.union_all(
        _locate("a_").add_columns(sa.literal_column("0")),
        _locate("b_").add_columns(sa.literal_column("1")),
    )
)

"""References: a folder, an asset, or one commit of it, named by people."""

from typing import NamedTuple

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
from assethub.store.statements import Prepared


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
    if not reference.name:
        raise InvalidInput(
            f"reference {reference.owner}/{reference.type}/{reference.folder} is a folder; name an "
            "asset in it: OWNER/TYPE/FOLDER/NAME",
            code="invalid_reference",
        )
    names = dict(zip(_NAMES, reference, strict=False))
    query = {**names, "value": reference.value, "asker": user.id}
    row = _located.first(connection, query)
    asset = assets.allow(None if row is None else row[:-2], user, level)
    pointers = (None, None) if row is None else row[-2:]
    return asset, choose_target(connection, asset.id, reference.kind, reference.value, *pointers)


_NAMES = ("owner", "type", "folder", "name")
_located = Prepared(
    assets.select_by_name.add_columns(*pointer_columns(tables.assets.c.id, sa.bindparam("value")))
)

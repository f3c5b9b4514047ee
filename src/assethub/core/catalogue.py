"""Folders and assets across a hub: found by words, and those that changed last."""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import Asset, load_viewable
from assethub.core.evaluations.visibility import viewable_folders
from assethub.core.folders import columns as folder_columns
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.users import User
from assethub.core.permissions import Folder
from assethub.errors import InvalidInput
from assethub.store.tables import assets, audit, evaluations, folders, users

Kind = Literal["", "model", "dataset", "folder"]
KINDS: tuple[Kind, ...] = ("", "model", "dataset", "folder")
_e = evaluations.c
_MOST_WORDS = 10
_LONGEST_QUERY = 200
# As many of a hub's newest evaluations are asked whose models they are of.
_NEWEST_EVALUATIONS = 500
# Pages behind this many lines say nothing that another word would not say sooner.
_DEEPEST = 10_000


class Hit(NamedTuple):
    """A folder, or an asset in it, that has all the words."""

    folder: Folder
    asset: Asset | None


class Recent(NamedTuple):
    """An asset with what was last done in it, by whom and when (microseconds).

    `action` is that of the audit log, empty where the log has nothing of it.
    """

    asset: Asset
    action: str
    by: str
    moment: int


def search_catalogue(
    hub: Hub, user: User, text: str, kind: Kind = "", *, after: int = 0, amount: int | None = None
) -> Page[Hit]:
    """Up to `amount` folders and assets that have all words of a text, from behind the first
    `after`: in owner, name, labels or description, in upper or lower case.

    Those whose name begins with the first word come first, then those whose name has it. Raises
    InvalidInput for a text that is too long.
    """
    most, words = check_amount(amount), text.split()
    if len(text) > _LONGEST_QUERY or len(words) > _MOST_WORDS or not 0 <= after <= _DEEPEST:
        raise InvalidInput(
            f"search for at most {_MOST_WORDS} words of {_LONGEST_QUERY} characters in all",
            code="search_too_long",
        )
    if not words:
        return Page([], False)
    parts = [_folders_with(user, words)] if kind in ("", "folder") else []
    parts += [_assets_with(user, words, kind)] if kind != "folder" else []
    found = sa.union_all(*parts).subquery()
    order = (found.c.rank, found.c.name, found.c.owner, found.c.kind, found.c.id)
    query = sa.select(found.c.kind, found.c.id).order_by(*order).offset(after).limit(most + 1)
    with hub.database.read() as connection:
        rows = connection.execute(query, {"asker": user.id}).all()
        models = load_viewable(connection, user, [row.id for row in rows if row.kind != "folder"])
        places = _load_folders(connection, user, [row.id for row in rows if row.kind == "folder"])
    hits = [
        Hit(places[row.id], None)
        if row.kind == "folder"
        else Hit(models[row.id].folder, models[row.id])
        for row in rows
    ]
    return cut_page(hits, most)


def list_recent(hub: Hub, user: User, amount: int) -> list[Recent]:
    """The assets that the user may view and that changed last, the last one first.

    A model that was evaluated has changed, too, where its evaluation is among the hub's newest.
    """
    changed = (
        sa.select(assets.c.id)
        .where(assets.c.folder_id.in_(_seen(user)))
        .order_by(assets.c.modified.desc(), assets.c.id)
        .limit(amount)
    )
    newest = sa.select(_e.seq, _e.model_id, _e.model_folder_id).order_by(_e.seq.desc())
    latest = newest.limit(_NEWEST_EVALUATIONS).subquery()
    evaluated = (
        sa.select(latest.c.model_id)
        .where(latest.c.model_folder_id.in_(_seen(user)))
        .group_by(latest.c.model_id)
        .order_by(sa.func.max(latest.c.seq).desc())
        .limit(amount)
    )
    with hub.database.read() as connection:
        values = {"asker": user.id}
        ids = list(connection.execute(changed, values).scalars())
        ids = list(dict.fromkeys(ids + list(connection.execute(evaluated, values).scalars())))
        found = load_viewable(connection, user, ids)
        done = _last_done(connection, ids)
    recent = []
    for asset in (found[id_] for id_ in ids if id_ in found):
        action, by, moment = done.get(asset.id, ("", "", asset.modified))
        recent.append(Recent(asset, action, by, moment))
    return sorted(recent, key=lambda each: -each.moment)[:amount]


def _last_done(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[str, str, int]]:
    """By asset what was last done in it: one step in an index for each."""
    last = (
        sa.select(sa.func.max(audit.c.seq))
        .where(audit.c.asset_id == assets.c.id, audit.c.result == "done")
        .scalar_subquery()
    )
    seqs = sa.select(last).select_from(assets).where(assets.c.id.in_(ids))
    numbers = [seq for seq in connection.execute(seqs).scalars() if seq is not None]
    rows = connection.execute(
        sa.select(audit.c.asset_id, audit.c.action, audit.c.user_name, audit.c.time).where(
            audit.c.seq.in_(numbers)
        )
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _folders_with(user: User, words: Sequence[str]) -> "sa.Select[Any]":
    owned = users.alias("owners")
    texts = (folders.c.name, owned.c.name, _plain(folders.c.labels), folders.c.description)
    query = (
        sa.select(
            sa.literal("folder").label("kind"),
            folders.c.id.label("id"),
            _rank(folders.c.name, words[0]).label("rank"),
            folders.c.name.label("name"),
            owned.c.name.label("owner"),
        )
        .join(owned, owned.c.id == folders.c.owner_id)
        .where(folders.c.id.in_(_seen(user)), *(_has(texts, word) for word in words))
    )
    if user.key is not None and user.key.asset_id is not None:
        query = query.where(sa.false())
    return query


def _assets_with(user: User, words: Sequence[str], kind: Kind) -> "sa.Select[Any]":
    owned = users.alias("owners")
    texts = (
        assets.c.name,
        folders.c.name,
        owned.c.name,
        _plain(assets.c.labels),
        assets.c.description,
    )
    query = (
        sa.select(
            sa.literal("asset").label("kind"),
            assets.c.id.label("id"),
            _rank(assets.c.name, words[0]).label("rank"),
            assets.c.name.label("name"),
            owned.c.name.label("owner"),
        )
        .join(folders, folders.c.id == assets.c.folder_id)
        .join(owned, owned.c.id == folders.c.owner_id)
        .where(folders.c.id.in_(_seen(user)), *(_has(texts, word) for word in words))
    )
    if kind:
        query = query.where(folders.c.type == kind)
    if user.key is not None and user.key.asset_id is not None:
        query = query.where(assets.c.id == user.key.asset_id)
    return query


def _seen(user: User) -> Any:
    """The ids of the folders that the user may view with the key that is used."""
    if user.key is None or user.key.whole_account:
        return viewable_folders
    seen = sa.select(folders.c.id).where(folders.c.id.in_(viewable_folders))
    return seen.where(folders.c.id == user.key.folder_id)


def _plain(labels: "sa.ColumnElement[Any]") -> "sa.ColumnElement[str]":
    return sa.cast(labels, sa.Text)


def _rank(name: "sa.ColumnElement[str]", word: str) -> "sa.ColumnElement[int]":
    begins = sa.or_(*(name.istartswith(form, autoescape=True) for form in _forms(word)))
    holds = sa.or_(*(name.icontains(form, autoescape=True) for form in _forms(word)))
    return sa.case((begins, sa.literal_column("0")), (holds, sa.literal_column("1")), else_=2)


def _has(texts: Sequence["sa.ColumnElement[str]"], word: str) -> "sa.ColumnElement[bool]":
    found: list[sa.ColumnElement[bool]] = []
    for form in _forms(word):
        found += [text.icontains(form, autoescape=True) for text in texts]
        # Labels are kept as JSON, in which letters beyond ASCII are written by their numbers.
        written = json.dumps(form)[1:-1]
        if written != form:
            found += [
                text.icontains(written, autoescape=True)
                for text in texts
                if isinstance(text, sa.Cast)
            ]
    return sa.or_(*found)


def _forms(word: str) -> list[str]:
    """A word as it may be written: databases fold the case of ASCII letters only."""
    if word.isascii():
        return [word]
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.title())))


def _load_folders(connection: sa.Connection, user: User, ids: Sequence[str]) -> dict[str, Folder]:
    query = sa.select(*folder_columns).join(users, users.c.id == folders.c.owner_id)
    rows = connection.execute(query.where(folders.c.id.in_(ids)), {"asker": user.id})
    return {row[0]: Folder(*row) for row in rows}

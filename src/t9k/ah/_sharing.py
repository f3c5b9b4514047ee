"""Sharing folders, giving them away, protecting branches, and one's API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._display import Listing
from ._errors import InvalidInputError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._connection import Connection
    from ._records import KeyEntry, ProtectionRecord, ShareEntry
    from ._references import FolderPath

LEVELS = ("view", "run", "edit")


def share_folder(
    connection: Connection,
    folder_id: str,
    user: str | None,
    group: str | None,
    public: bool,
    level: str,
) -> str:
    """Let a user, a group or everyone into a folder; returns how messages name them."""
    if level not in LEVELS:
        raise InvalidInputError(f"The level must be view, run or edit, not {level!r}")
    grantee = _check_grantee(user, group, public)
    body = {**grantee, "level": level}
    connection.request("PUT", f"/folders/{folder_id}/shares", json=body)
    return _name(grantee)


def unshare_folder(
    connection: Connection, folder_id: str, user: str | None, group: str | None, public: bool
) -> str:
    """Take back what was shared; returns how messages name whom it was shared with."""
    grantee = _check_grantee(user, group, public)
    query = {kind: "true" if name is True else name for kind, name in grantee.items()}
    try:
        connection.request("DELETE", f"/folders/{folder_id}/shares", query=query)
    except NotFoundError as error:
        if not error.may_be_done:
            raise
    return _name(grantee)


def list_share(connection: Connection, folder_id: str) -> list[ShareEntry]:
    """With whom a folder is shared."""
    found = connection.request("GET", f"/folders/{folder_id}/shares")["results"]
    return Listing(found, "share")


def transfer_folder(connection: Connection, folder_id: str, owner: str) -> None:
    """Give a folder to another user."""
    connection.request("PUT", f"/folders/{folder_id}/owner", json={"owner": owner})


def find_owned(connection: Connection, path: FolderPath) -> str | None:
    """The id of another user's folder, for an admin, who may give away what they cannot view."""
    try:
        found = connection.request("GET", f"/admin/users/{_quote(path.owner or '')}/folders")
    except (PermissionDeniedError, NotFoundError):
        return None
    wanted = (path.type, path.name)
    ids = [each["id"] for each in found["results"] if (each["type"], each["name"]) == wanted]
    return ids[0] if ids else None


def protect_branch(
    connection: Connection, route: str, users: Iterable[str], groups: Iterable[str]
) -> ProtectionRecord:
    """Protect the branch at a route; returns who may still move it."""
    body = {"users": _names(users, "users"), "groups": _names(groups, "groups")}
    return _protection(connection.request("PUT", f"{route}/protection", json=body))


def unprotect_branch(connection: Connection, route: str) -> None:
    """Let all who may change the asset move the branch at a route again."""
    connection.request("DELETE", f"{route}/protection")


def get_protection(connection: Connection, route: str) -> ProtectionRecord | None:
    """Who may move the branch at a route; None where it is not protected."""
    answer = connection.request("GET", f"{route}/protection")
    return _protection(answer) if answer["protected"] else None


def list_key(connection: Connection) -> list[KeyEntry]:
    """One's API keys, also those that have ended, oldest first."""
    return Listing(connection.request("GET", "/keys")["results"], "key")


def create_key(connection: Connection, name: str, limits: dict[str, str]) -> str:
    """Make an API key and return it, for the only time."""
    return str(connection.request("POST", "/keys", json={"name": name, **limits})["key"])


def revoke_key(connection: Connection, key: str) -> None:
    """End one of one's API keys, named by its id or its first 8 characters."""
    connection.delete(f"/keys/{_quote(key)}")


def _quote(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _check_grantee(user: str | None, group: str | None, public: bool) -> dict[str, Any]:
    given = {"user": user, "group": group, "public": public or None}
    said = {kind: name for kind, name in given.items() if name is not None}
    if len(said) != 1:
        raise InvalidInputError("Say with whom: one of user, group and public")
    return said


def _name(grantee: dict[str, Any]) -> str:
    [(kind, name)] = grantee.items()
    return "everyone" if kind == "public" else f"{kind} {name}"


def _names(names: Iterable[str], what: str) -> list[str]:
    if isinstance(names, str):
        raise InvalidInputError(f"{what} must be a list of names, not one text")
    return list(names)


def _protection(answer: Any) -> ProtectionRecord:
    return {"users": answer["users"], "groups": answer["groups"]}

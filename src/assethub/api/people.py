"""Routes of users: their names for who shares with them, and what admins do."""

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool, StrictStr

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_time
from assethub.core import sharing
from assethub.core.people import keys, users
from assethub.core.people.users import Account
from assethub.core.permissions import require_account, require_admin

router = APIRouter(tags=["users"])


class NewUser(BaseModel):
    name: StrictStr


class UserChange(BaseModel):
    """What is left out stays as it is."""

    admin: StrictBool | None = None
    disabled: StrictBool | None = None


@router.get("/users")
def list_names(hub: CurrentHub, caller: Caller, prefix: str = "") -> Json:
    """The first hundred users whose names start with a prefix."""
    require_account(caller)
    return {"results": [{"name": name} for name in users.list_names(hub, prefix)]}


@router.get("/admin/users")
def list_users(hub: CurrentHub, caller: Caller) -> Json:
    require_admin(caller)
    return {"results": [render_account(account) for account in users.list_users(hub)]}


@router.post("/admin/users")
def add_user(hub: CurrentHub, caller: Caller, body: NewUser) -> Json:
    """A new user, and their first key, for the only time."""
    user = users.add_user(hub, body.name, by=caller)
    return {
        "id": user.id,
        "name": user.name,
        "key": keys.add_key(hub, user, "first key", by=caller),
    }


@router.put("/admin/users/{name}")
def change_user(hub: CurrentHub, caller: Caller, name: str, body: UserChange) -> Json:
    account = users.change_user(hub, name, admin=body.admin, disabled=body.disabled, by=caller)
    return render_account(account)


@router.get("/admin/users/{name}/folders")
def list_owned(hub: CurrentHub, caller: Caller, name: str) -> Json:
    """All folders of a user, for an admin who is to give them to another."""
    found = sharing.list_owned(hub, caller, name)
    return {"results": [{"id": id_, "type": type_, "name": each} for id_, type_, each in found]}


def render_account(account: Account) -> Json:
    return {
        "id": account.id,
        "name": account.name,
        "admin": account.admin,
        "disabledTimestamp": None if account.disabled is None else render_time(account.disabled),
        "createdTimestamp": render_time(account.created),
    }

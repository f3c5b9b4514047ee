"""Routes of groups: all may name them, admins look after them."""

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import Json, render_time
from assethub.core.people import groups
from assethub.core.people.groups import Group

router = APIRouter(prefix="/groups", tags=["groups"])


class NewGroup(BaseModel):
    name: StrictStr


@router.get("")
def list_groups(hub: CurrentHub, caller: Caller) -> Json:
    listed = groups.list_groups(hub, caller)
    return {"results": [render_group(each.group) | {"member": each.member} for each in listed]}


@router.post("")
def create_group(once: CalledOnce, caller: Caller, body: NewGroup) -> Response:
    return once.answer(lambda hub: groups.create_group(hub, body.name, by=caller), render_group)


@router.delete("/{name}")
def delete_group(hub: CurrentHub, caller: Caller, name: str) -> Response:
    groups.delete_group(hub, name, by=caller)
    return Response()


@router.get("/{name}/members")
def list_members(hub: CurrentHub, caller: Caller, name: str) -> Json:
    found = groups.list_members(hub, name, caller)
    return {"results": [{"name": member} for member in found]}


@router.put("/{name}/members/{user}")
def add_member(hub: CurrentHub, caller: Caller, name: str, user: str) -> Response:
    groups.add_member(hub, name, user, by=caller)
    return Response()


@router.delete("/{name}/members/{user}")
def remove_member(hub: CurrentHub, caller: Caller, name: str, user: str) -> Response:
    groups.remove_member(hub, name, user, by=caller)
    return Response()


def render_group(group: Group) -> Json:
    return {
        "id": group.id,
        "name": group.name,
        "source": group.source,
        "createdTimestamp": render_time(group.created),
    }

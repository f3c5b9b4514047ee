"""Routes of the caller's own account: who they are, their password, their sessions."""

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_time
from assethub.core.people import accounts, sessions
from assethub.core.people.accounts import Proof
from assethub.core.people.sessions import Session

router = APIRouter(prefix="/account", tags=["account"])


class NewPassword(BaseModel):
    """With the current password, or the token of an unused sign-in link of the caller's."""

    new: StrictStr
    current: StrictStr | None = None
    link: StrictStr | None = None


@router.get("")
def get_account(hub: CurrentHub, caller: Caller) -> Json:
    account = accounts.get_account(hub, caller)
    return {
        "id": account.id,
        "name": account.name,
        "admin": account.admin,
        "email": account.email,
        "hasPassword": account.has_password,
        "openIdConnect": account.by_provider,
        "groups": account.groups,
        "createdTimestamp": render_time(account.created),
    }


@router.put("/password")
def change_password(hub: CurrentHub, caller: Caller, body: NewPassword) -> Response:
    """Sets the caller's password; their sessions and unused sign-in links end."""
    accounts.change_password(hub, caller, body.new, Proof(body.current, body.link))
    return Response()


@router.get("/sessions")
def list_sessions(hub: CurrentHub, caller: Caller) -> Json:
    """The caller's sessions in the console, the newest first."""
    return {"results": [render_session(each) for each in sessions.list_sessions(hub, caller)]}


@router.delete("/sessions/{session_id}")
def end_session(hub: CurrentHub, caller: Caller, session_id: str) -> Response:
    """Ends a session of the caller's at once."""
    sessions.end_session(hub, caller, session_id)
    return Response()


def render_session(session: Session) -> Json:
    used = session.last_used
    return {
        "id": session.id,
        "method": session.method,
        "address": session.peer,
        "agent": session.agent,
        "createdTimestamp": render_time(session.created),
        "expiresTimestamp": render_time(session.expires),
        "lastUsedTimestamp": None if used is None else render_time(used),
    }

"""Who calls, and on which hub: what every route depends on."""

from typing import Annotated, cast

from fastapi import Depends, Request

from assethub.core.hub import Hub
from assethub.core.people.keys import authenticate_key, note_refused_key, note_use
from assethub.core.people.sessions import find_session
from assethub.core.people.users import User
from assethub.errors import Unauthenticated
from assethub.http.access import USER
from assethub.http.cookies import SESSION, read_cookie
from assethub.http.form_tokens import HEADER, check_form_token
from assethub.http.proxies import find_peer


def find_hub(request: Request) -> Hub:
    """The hub that the app serves."""
    return cast(Hub, request.app.state.hub)


def find_caller(request: Request) -> User:
    """The user whose API key the request carries, or whose session's pages sent it.

    Raises Unauthenticated, and PermissionDenied where a page is not of the session that it sends.
    """
    if HEADER in request.headers:
        return _find_visitor(request)
    hub, key = find_hub(request), find_key(request)
    try:
        with hub.database.read() as connection:
            caller = authenticate_key(connection, key)
    except Unauthenticated as error:
        note_refused_key(hub, key, find_peer(request), "key.use", error)
        raise
    caller = caller._replace(peer=find_peer(request))
    note_use(hub, caller)
    request.scope[USER] = caller.name
    return caller


def _find_visitor(request: Request) -> User:
    secret = read_cookie(request, SESSION)
    found = find_session(find_hub(request), secret) if secret else None
    if secret is None or found is None:
        raise Unauthenticated("sign in first", code="signin_needed")
    check_form_token(secret, request.headers[HEADER])
    caller = found[0]._replace(peer=find_peer(request))
    request.scope[USER] = caller.name
    return caller


def find_key(request: Request) -> str:
    """The API key of a request: the Bearer header's, else the query's `apikey`.

    Raises Unauthenticated, with the released client's exact text, where there is none.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    bearer = scheme.lower() == "bearer"
    key = credentials.strip() if bearer else request.query_params.get("apikey")
    if not key:
        raise Unauthenticated(
            "query is needed: apikey",
            code="key_missing",
            detail="an API key is needed: send it as `Authorization: Bearer KEY`",
        )
    return key


CurrentHub = Annotated[Hub, Depends(find_hub)]
Caller = Annotated[User, Depends(find_caller)]

"""The stream of events that an open page listens to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from assethub.console.live.watch import Listener, Watch, write_event
from assethub.console.pages import add_wait
from assethub.console.security import protect
from assethub.console.visits import find_hub, find_signed_in
from assethub.core.changes import Change, find_newest, find_viewable_changes, list_changes
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.references import look_up
from assethub.errors import HubError

HEARTBEAT_SECONDS = 15.0
_TYPE = "text/event-stream"
# Who has been away for more than these looks at everything anew.
_MOST_MISSED = 200
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _Events(StreamingResponse):
    """A stream that its listener leaves when it ends, however that is."""

    def __init__(self, listener: Listener, watch: Watch, first: str) -> None:
        super().__init__(_read(listener, first), media_type=_TYPE, headers=_HEADERS)
        self._listener, self._watch = listener, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._watch.remove(self._listener)


async def follow(request: Request) -> Response:
    """Events of what changes in a folder or an asset, or in all that the visitor may see."""
    if _TYPE not in request.headers.get("accept", ""):
        return protect(PlainTextResponse(f"this is a stream of {_TYPE}", 406))
    signed_in = await run_in_threadpool(find_signed_in, request)
    if signed_in is None:
        return protect(PlainTextResponse("sign in first", 401))
    hub = find_hub(request)
    about = request.query_params.get("about", "")
    try:
        wants = await run_in_threadpool(_find_wants, hub, signed_in.user, about)
        newest = await run_in_threadpool(find_newest, hub)
        listener = Listener(signed_in.secret, signed_in.user, wants, newest)
        watch = cast(Watch, request.app.state.watch)
        await watch.add(hub, request.app.state.stopping, listener)
    except HubError as error:
        return add_wait(protect(PlainTextResponse(error.text, error.status)), error)
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    missed = await run_in_threadpool(_find_missed, hub, listener, since)
    return protect(_Events(listener, watch, missed))


def _find_wants(hub: Hub, user: User, about: str) -> Callable[[Change], bool]:
    """Which changes are about a folder or an asset, by its path; raises NotFound."""
    if not about:
        return lambda change: change.folder_id is not None
    found = look_up(hub, user, about)
    if found.asset is None:
        folder = found.folder.id
        return lambda change: change.folder_id == folder
    asset = found.asset.id

    def wants(change: Change) -> bool:
        if asset in (change.asset_id, change.dataset_id):
            return True
        # Of many at once, and of what is said of one later, the dataset is not in the log.
        evaluated = change.action.startswith("evaluation.") and change.dataset_id is None
        return evaluated and found.folder.type == "dataset"

    return wants


def _find_missed(hub: Hub, listener: Listener, since: str) -> str:
    """The events behind the last that the page knows of, if it says which that is."""
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        return ""
    listed = list_changes(hub, int(since), _MOST_MISSED + 1)
    changes = [each for each in listed if each.seq <= listener.after]
    if len(changes) > _MOST_MISSED:
        return write_event(changes[-1]._replace(place="", action="many"))
    wanted = find_viewable_changes(hub, listener.user, filter(listener.wants, changes))
    return "".join({(each.place, each.action): write_event(each) for each in wanted}.values())


async def _read(listener: Listener, first: str) -> AsyncIterator[str]:
    yield f"retry: 3000\n: listening\n\n{first}"
    while True:
        event: Any = ": \n\n"
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                event = await listener.queue.get()
        except TimeoutError:
            pass
        if event is None:
            return
        yield event

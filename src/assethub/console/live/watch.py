"""Follows what changes in the hub, for all open pages of this process, while there are any."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import structlog
from starlette.concurrency import run_in_threadpool

from assethub.core.changes import Change, find_newest, find_viewable_changes, list_changes
from assethub.core.hub import Hub
from assethub.core.people.sessions import find_session
from assethub.core.people.users import User
from assethub.errors import HubError, TooManyRequests

MOST = 1000
MOST_OF_A_SESSION = 24
PERIOD_SECONDS = 1.0
CHECK_SECONDS = 15.0
_MOST_CHANGES = 500
_MOST_WAITING = 100
# So long a transaction on PostgreSQL may take from its number to its end.
_GAP_SECONDS = 60.0
_MOST_GAPS = 2000
_log = structlog.get_logger()


@dataclass(eq=False)
class Listener:
    """An open page. `wants` tells which changes are about what it shows; those up to `after` it
    knows.

    Its queue gets events as text, and None where there will be no more.
    """

    secret: str
    user: User
    wants: Callable[[Change], bool]
    after: int
    queue: "asyncio.Queue[str | None]" = field(
        default_factory=lambda: asyncio.Queue(_MOST_WAITING + 1)
    )

    def tell(self, changes: Iterable[Change]) -> None:
        """Sends what it wants of these, the same thing only once."""
        wanted = {(each.place, each.action): each for each in changes if self.wants(each)}
        for change in wanted.values():
            if self.queue.qsize() >= _MOST_WAITING:
                # Who does not read any more comes again from the last that came through.
                self.end()
                return
            self.queue.put_nowait(write_event(change))

    def end(self) -> None:
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


def write_event(change: Change) -> str:
    data = json.dumps({"about": change.place, "action": change.action}, ensure_ascii=False)
    return f"id: {change.seq}\nevent: change\ndata: {data}\n\n"


class Watch:
    """Asks the audit log each second what is new, as long as someone listens.

    The log is in the database, so that changes of all processes of a hub are in it.
    """

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._began = asyncio.Event()
        self._newest = 0
        self._gaps: dict[int, float] = {}

    async def add(self, hub: Hub, stopping: asyncio.Event, listener: Listener) -> None:
        """Begins to tell a listener of all that is new from now on.

        Raises TooManyRequests where there are too many.
        """
        own = Counter(each.secret for each in self._listeners)[listener.secret]
        if len(self._listeners) >= MOST or own >= MOST_OF_A_SESSION:
            raise TooManyRequests("too many pages are open", retry_after=60)
        self._listeners.add(listener)
        if self._task is None:
            self._task = asyncio.create_task(self._follow(hub, stopping))
        await self._began.wait()

    def remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def _follow(self, hub: Hub, stopping: asyncio.Event) -> None:
        checked = monotonic()
        try:
            while self._listeners and not stopping.is_set():
                try:
                    if not self._began.is_set():
                        self._newest = await run_in_threadpool(find_newest, hub)
                        self._gaps.clear()
                        self._began.set()
                    due = monotonic() - checked > CHECK_SECONDS
                    checked = monotonic() if due else checked
                    await self._look(hub, check_all=due)
                except HubError as error:
                    _log.warning("changes could not be read", reason=str(error))
                await _pause(stopping, PERIOD_SECONDS)
        finally:
            self._began, ended = asyncio.Event(), self._began
            ended.set()
            self._task = None
            for listener in self._listeners:
                listener.end()

    async def _look(self, hub: Hub, *, check_all: bool) -> None:
        missed, before = list(self._gaps), self._newest
        changes = await run_in_threadpool(list_changes, hub, self._newest, _MOST_CHANGES, missed)
        self._note(changes)
        listeners = list(self._listeners)
        # Whatever happens to a user or a session may have ended theirs.
        changed = {each.place for each in changes if each.folder_id is None}
        doubtful = [each for each in listeners if check_all or each.user.name in changed]
        ended = await run_in_threadpool(_find_ended, hub, doubtful) if doubtful else set()
        for listener in ended:
            listener.end()
        wanting = [each for each in listeners if any(map(each.wants, changes))]
        if wanting:
            seen = await run_in_threadpool(_sort_by_user, hub, wanting, changes)
            for listener in wanting:
                if listener not in ended:
                    # What fills a gap is new to all.
                    known = range(before + 1, listener.after + 1)
                    listener.tell(each for each in seen[listener.user.id] if each.seq not in known)

    def _note(self, changes: Sequence[Change]) -> None:
        """Keeps which numbers are missing below the newest: they may come yet."""
        moment = monotonic()
        for change in changes:
            if change.seq > self._newest:
                first = max(self._newest + 1, change.seq - _MOST_GAPS)
                self._gaps.update(dict.fromkeys(range(first, change.seq), moment))
                self._newest = change.seq
            else:
                self._gaps.pop(change.seq, None)
        kept = [(seq, since) for seq, since in self._gaps.items() if moment - since < _GAP_SECONDS]
        self._gaps = dict(kept[-_MOST_GAPS:])


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        pass


def _find_ended(hub: Hub, listeners: Sequence[Listener]) -> set[Listener]:
    """Those whose session lasts no longer."""
    lasting = {each.secret for each in listeners if find_session(hub, each.secret) is not None}
    return {each for each in listeners if each.secret not in lasting}


def _sort_by_user(
    hub: Hub, listeners: Sequence[Listener], changes: Sequence[Change]
) -> dict[str, list[Change]]:
    users = {each.user.id: each.user for each in listeners}
    return {id_: find_viewable_changes(hub, user, changes) for id_, user in users.items()}

"""Answers kept for requests that may come again, so that a repeat neither changes twice nor fails.

Who asks with a key of their own choosing, and again with the same key, gets the first answer. It is
kept for a day, in the transaction of the change that it tells of.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.values import now
from assethub.errors import HubError, InvalidInput
from assethub.store.database import Database, Job, insert_or_replace
from assethub.store.statements import Prepared
from assethub.store.tables import answers

T = TypeVar("T")
_KEY = re.compile(r"[!-~]{1,64}")
_LIFE = 24 * 3600 * 1_000_000


class KeyReused(HubError):
    """The key came before with another request, or with an API key that opens something else."""

    status = 422
    code = "idempotency_key_reused"


class Repeatable(NamedTuple):
    """A request with a key; `request` is the SHA-256 of all that it asks."""

    key: str
    request: str


class Answer(NamedTuple):
    """A successful answer, and whether it is that of an earlier request."""

    body: bytes
    status: int = 200
    replayed: bool = False


def read_key(text: str) -> str:
    """A key as a request may carry it: up to 64 visible ASCII characters."""
    if not _KEY.fullmatch(text):
        raise InvalidInput(
            "an Idempotency-Key has 1 to 64 visible ASCII characters",
            code="invalid_idempotency_key",
        )
    return text


def answer_once(
    connection: sa.Connection,
    user: User,
    asked: Repeatable,
    job: Job[T],
    render: Callable[[T], bytes],
) -> Answer:
    """The kept answer, or else that of the job, which is kept. Raises KeyReused."""
    asked = _bind(asked, user)
    kept = _take_turn(connection, user.id, asked)
    if kept is not None:
        return kept
    answer = Answer(render(job(connection)))
    _keep(connection, user.id, asked, answer)
    return answer


def change_once(
    hub: Hub,
    user: User,
    asked: Repeatable,
    change: Callable[[Hub], T],
    render: Callable[[T], bytes],
) -> Answer:
    """The kept answer, or else that of a use case that writes what it returns. Raises KeyReused."""
    asked = _bind(asked, user)

    def look() -> Answer | None:
        with hub.database.read() as connection:
            return _find_answer(connection, user.id, asked)

    kept = look()
    if kept is not None:
        return kept
    recorder = _Recorder(hub.database, user.id, asked, render)
    try:
        return Answer(render(change(replace(hub, database=recorder))))
    except _Replay as replay:
        return replay.answer
    except HubError:
        # What the first request has done meanwhile may be why the second cannot do it.
        kept = look()
        if kept is None:
            raise
        return kept


def _bind(asked: Repeatable, user: User) -> Repeatable:
    """The request as one that is repeated only by a key with the same limits.

    Else an answer would be shown to a key that does not open what it tells of.
    """
    key = user.key
    if key is None or (key.whole_account and not key.read_only):
        return asked
    said = f"{asked.request} {key.read_only} {key.folder_id} {key.asset_id}"
    return asked._replace(request=hashlib.sha256(said.encode()).hexdigest())


def _find_answer(connection: sa.Connection, user_id: str, asked: Repeatable) -> Answer | None:
    """The answer that is kept for a request. Raises KeyReused."""
    row = _find.first(connection, {"user_id": user_id, "key": asked.key, "moment": now()})
    if row is None:
        return None
    request, status, body = row
    if request != asked.request:
        raise KeyReused(
            f"Idempotency-Key {asked.key} came before with another request, or from another "
            "API key; use a new one"
        )
    return Answer(bytes(body), status, replayed=True)


_find = Prepared(
    sa.select(answers.c.request, answers.c.status, answers.c.body).where(
        answers.c.user_id == sa.bindparam("user_id"),
        answers.c.key == sa.bindparam("key"),
        answers.c.expires > sa.bindparam("moment"),
    )
)


class _Replay(Exception):
    """Ends a use case whose answer is kept already."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class _Recorder(Database):
    """A database that keeps the answer in the transaction in which a use case does its change."""

    def __init__(
        self,
        database: Database,
        user_id: str,
        asked: Repeatable,
        render: Callable[[Any], bytes],
    ) -> None:
        self.engine = database.engine
        self._database = database
        self._user_id = user_id
        self._asked = asked
        self._render = render

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._database.read() as connection:
            yield connection

    def write(self, job: Job[T]) -> T:
        def recorded(connection: sa.Connection) -> T:
            kept = _take_turn(connection, self._user_id, self._asked)
            if kept is not None:
                raise _Replay(kept)
            result = job(connection)
            # None: nothing was done yet, since a branch has moved. The use case tries again.
            if result is not None:
                _keep(connection, self._user_id, self._asked, Answer(self._render(result)))
            return result

        return self._database.write(recorded)

    def submit(self, job: Job[T]) -> "Future[T]":
        return self._database.submit(job)


def _take_turn(connection: sa.Connection, user_id: str, asked: Repeatable) -> Answer | None:
    """The kept answer, once no other request with the same key is under way."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(f"{user_id} {asked.key}".encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
    return _find_answer(connection, user_id, asked)


def _keep(connection: sa.Connection, user_id: str, asked: Repeatable, answer: Answer) -> None:
    moment = now()
    row = {
        "user_id": user_id,
        **asked._asdict(),
        "status": answer.status,
        "body": answer.body,
        "expires": moment + _LIFE,
    }
    # A few each time, so that the table does not grow where nobody collects garbage.
    _drop_expired.each(connection, [{"moment": moment}])
    insert_or_replace(connection, answers, [row])


_expired = (
    sa.select(answers.c.user_id, answers.c.key)
    .where(answers.c.expires <= sa.bindparam("moment"))
    .order_by(answers.c.expires)
    .limit(sa.literal_column("4"))
    .offset(sa.literal_column("0"))
    .with_for_update(skip_locked=True)
)
_drop_expired = Prepared(
    answers.delete().where(sa.tuple_(answers.c.user_id, answers.c.key).in_(_expired))
)

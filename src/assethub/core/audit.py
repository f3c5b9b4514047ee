"""The audit log: each change and each sign-in, who did it, from where, and how it ended.

`record` is called where a change is made, and its row becomes durable with the change or not at
all. A change that is refused, and a sign-in that fails, has a row of its own by `audited` and
`note_refusal`, of which `hub.refusals` lets so many pass. No secret goes into it, and of what a
refused request says only what the hub knows already: the rest may be a password in the wrong field.
"""

import inspect
from collections.abc import Callable
from concurrent.futures import Future
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DataError

from assethub.core.values import now
from assethub.errors import (
    HubError,
    NotFound,
    PermissionDenied,
    TooManyRequests,
    Unauthenticated,
)
from assethub.store.chains import Entry, add_entry
from assethub.store.tables import assets, evaluations, folders, operations, users

if TYPE_CHECKING:
    from assethub.core.hub import Hub
    from assethub.core.people.users import User

P = ParamSpec("P")
T = TypeVar("T")
_LONGEST_PEER = 64
_DENIALS = (PermissionDenied, Unauthenticated, TooManyRequests)
# Of what is there and not for the asker's eyes.
_HIDDEN = ("asset_not_found", "folder_not_found", "evaluation_not_found", "model_not_found")
_log = structlog.get_logger()


class About(NamedTuple):
    """What a row is about: its name as people know it, and the ids of its folder and asset."""

    target: str = ""
    folder_id: str | None = None
    asset_id: str | None = None

    def at(self, point: str) -> "About":
        """The same with a point in it: `:branch/B`, `:tag/T`, `@COMMIT`."""
        return self._replace(target=self.target + point)


NOTHING = About()
Find = Callable[[sa.Connection], About | None]
Identify = Callable[[sa.Connection], "User | None"]


def record(
    connection: sa.Connection, user: "User", action: str, about: About, /, **detail: Any
) -> None:
    """Records that the user did something, in the transaction that does it.

    `action` is NOUN.VERB; `detail` holds ids and names, as JSON has them, and never a secret.
    """
    add_entry(connection, _make_entry(user, action, about, "done", detail))


def note_refusal(
    hub: "Hub",
    user: "User",
    action: str,
    error: HubError,
    /,
    find: Find | None = None,
    identify: Identify | None = None,
    what: str = "",
    **detail: Any,
) -> None:
    """Records that something was refused, in a while: nobody waits for it.

    `find` tells what it was about, where the hub has it, and `identify` who it was, where the
    refusal itself is that nobody knows. Refusals of the same `what` count as the same. Failures of
    the hub itself are not recorded.
    """
    if error.status >= 500:
        return
    passed = hub.refusals.take(user.id or user.peer, (action, error.code, what))
    if passed is None:
        return
    moment = now()

    def job(connection: sa.Connection) -> None:
        about = _look_up(connection, find) if find else None
        known = identify(connection) if identify else None
        denied = isinstance(error, _DENIALS) or (
            isinstance(error, NotFound) and about is not None and error.code in _HIDDEN
        )
        result = "denied" if denied else "failed"
        said = {"code": error.code, **detail, **passed}
        entry = _make_entry(known or user, action, about or NOTHING, result, said)
        add_entry(connection, entry._replace(time=moment))

    hub.database.submit(job).add_done_callback(_report)


def _look_up(connection: sa.Connection, find: Find) -> About | None:
    """What a refusal was about; nothing where it was named by what no database can hold."""
    try:
        with connection.begin_nested():
            return find(connection)
    except (DataError, UnicodeEncodeError):
        return None


def audited(
    action: str,
    *,
    folder: str = "",
    asset: str = "",
    operation: str = "",
    evaluation: str = "",
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Records what a use case refuses. One of the four names the parameter that is the id of
    what it is about; `by` or else `user` is the parameter that tells who asks.
    """
    find, parameter = next(
        (each, name)
        for each, name in (
            (find_folder, folder),
            (find_asset, asset),
            (_find_operation, operation),
            (_find_evaluation, evaluation),
            (_find_nothing, "hub"),
        )
        if name
    )

    def decorate(change: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(change)
        who = "by" if "by" in signature.parameters else "user"

        @wraps(change)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return change(*args, **kwargs)
            except HubError as error:
                # That module records, so this one cannot import it.
                from assethub.core.people.users import machine_user

                given = signature.bind(*args, **kwargs).arguments
                id_ = given[parameter]
                note_refusal(
                    given["hub"],
                    given.get(who) or machine_user(),
                    action,
                    error,
                    find=lambda connection: find(connection, id_),
                    what=id_ if isinstance(id_, str) else "",
                )
                raise

        return run

    return decorate


def find_asset(connection: sa.Connection, id_: str) -> About | None:
    """What the asset of an id is called, whoever may view it."""
    return _find(connection, _assets.where(assets.c.id == id_))


def find_branch(connection: sa.Connection, asset_id: str, name: str) -> About:
    """What a branch of an asset is called."""
    return (find_asset(connection, asset_id) or NOTHING).at(f":branch/{name}")


def find_folder(connection: sa.Connection, id_: str) -> About | None:
    """What the folder of an id is called, whoever may view it."""
    return _find(connection, _folders.where(folders.c.id == id_))


def find_asset_named(connection: sa.Connection, path: str) -> About | None:
    """`find_asset` for OWNER/TYPE/FOLDER/NAME."""
    return _find(connection, _assets.where(asset_path == path))


folder_path = users.c.name + "/" + folders.c.type + "/" + folders.c.name
asset_path = folder_path + "/" + assets.c.name
_folders = sa.select(folder_path, folders.c.id, sa.null()).join(
    users, users.c.id == folders.c.owner_id
)
_assets = (
    sa.select(asset_path, folders.c.id, assets.c.id)
    .join(folders, folders.c.id == assets.c.folder_id)
    .join(users, users.c.id == folders.c.owner_id)
)


def _find_operation(connection: sa.Connection, id_: str) -> About | None:
    query = _assets.join(operations, operations.c.asset_id == assets.c.id)
    return _find(connection, query.where(operations.c.id == id_))


def _find_evaluation(connection: sa.Connection, id_: str) -> About | None:
    query = _assets.join(evaluations, evaluations.c.model_id == assets.c.id)
    return _find(connection, query.where(evaluations.c.id == id_))


def _find_nothing(_connection: sa.Connection, _id: Any) -> About | None:
    return None


def _find(connection: sa.Connection, query: "sa.Select[Any]") -> About | None:
    row = connection.execute(query).first()
    return None if row is None else About(*row)


def _make_entry(
    user: "User", action: str, about: About, result: str, detail: dict[str, Any]
) -> Entry:
    return Entry(
        now(),
        user.id or None,
        user.name,
        "" if user.key is None else user.key.prefix,
        user.peer[:_LONGEST_PEER],
        action,
        about.target,
        about.asset_id,
        about.folder_id,
        result,
        detail,
    )


def _report(done: "Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.error("a refusal could not be recorded", reason=str(error))

"""What one may not view takes as many statements to refuse as what is not there."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from api.scenes import Cast, Scene
from assethub.core import assets, folders, sharing
from assethub.core.evaluations import recording
from assethub.core.evaluations import records as evaluations
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.references import look_up
from assethub.core.refusals import Refusals
from assethub.core.repository import branches, diffs, objects, operations, tags
from assethub.core.sharing import Grantee
from assethub.errors import HubError
from assethub.store import statements
from hubs import RunningHub


@pytest.fixture(scope="module")
def scene(hub: RunningHub) -> Scene:
    return Scene(Cast(hub))


USE_CASES: dict[str, Callable[[Any, User, dict[str, str]], object]] = {
    "get_folder": lambda hub, user, at: folders.get_folder(hub, user, at["folder"]),
    "update_folder": lambda hub, user, at: folders.update_folder(hub, user, at["folder"], "x", []),
    "list_shares": lambda hub, user, at: sharing.list_shares(hub, user, at["folder"]),
    "share_folder": lambda hub, user, at: sharing.share_folder(
        hub, user, at["folder"], Grantee("public"), Level.VIEW
    ),
    "create_asset": lambda hub, user, at: assets.create_asset(hub, user, at["folder"], "x", []),
    "list_assets": lambda hub, user, at: assets.list_assets(hub, user, at["folder"]),
    "get_asset": lambda hub, user, at: assets.get_asset(hub, user, at["asset"]),
    "delete_asset": lambda hub, user, at: assets.delete_asset(hub, user, at["asset"]),
    "look_up": lambda hub, user, at: look_up(hub, user, at["model"]),
    "list_branches": lambda hub, user, at: branches.list_branches(hub, user, at["asset"]),
    "create_tag": lambda hub, user, at: tags.create_tag(hub, user, at["asset"], "x", "main"),
    "list_objects": lambda hub, user, at: objects.list_objects(hub, user, at["asset"], "main"),
    "diff": lambda hub, user, at: diffs.page_diff(hub, user, at["asset"], "v1", "main"),
    "start": lambda hub, user, at: operations.start_operation(hub, user, at["asset"], "main"),
    "protection": lambda hub, user, at: branches.get_protection(hub, user, at["asset"], "main"),
    "record": lambda hub, user, at: recording.create_evaluation(
        hub, user, at["model"], at["dataset"], {"a": 1}
    ),
    "list_evaluations": lambda hub, user, at: evaluations.list_evaluations(hub, user, at["model"]),
    "get_evaluation": lambda hub, user, at: evaluations.get_evaluation(hub, user, at["evaluation"]),
    "delete_evaluation": lambda hub, user, at: evaluations.delete_evaluation(
        hub, user, at["evaluation"]
    ),
}


@pytest.mark.parametrize("use_case", USE_CASES)
def test_what_is_hidden_costs_as_many_statements_as_what_is_not_there(
    scene: Scene, use_case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, outsider = scene.hub.inside, scene.cast.users["outsider"]
    hidden = {
        "folder": scene.folder,
        "asset": scene.asset,
        "evaluation": scene.evaluation,
        "model": scene.reference("model"),
        "dataset": scene.reference("dataset"),
    }
    missing = {name: str(uuid.uuid4()) for name in ("folder", "asset", "evaluation")}
    missing |= {name: hidden[name][:-1] + "!" for name in ("model", "dataset")}
    counts = []
    for at in (hidden, missing):
        with counted(hub, monkeypatch) as ran, pytest.raises(HubError):
            USE_CASES[use_case](hub, outsider, at)
        counts.append(len(ran))
    assert counts[0] == counts[1] > 0


@contextmanager
def counted(hub: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that run meanwhile, by SQLAlchemy or by the driver.

    But for those by which a refusal is recorded: they run later, and no answer waits for them.
    """
    ran: list[str] = []
    run = statements._run

    def record(connection: Any, sql: str, values: Any, take: Any) -> Any:
        ran.append(sql)
        return run(connection, sql, values, take)

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    engines = {hub.database.engine, hub.database.writer}
    with monkeypatch.context() as patch:
        patch.setattr(statements, "_run", record)
        patch.setattr(Refusals, "take", lambda *_: None)
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", listen)
        yield ran
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", listen)

"""What happens to evaluations at the same time as a merge: the gate sees it, or it comes after."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from api.gated import Gated
from assethub.core.evaluations.recording import plan_evaluation, read_new
from assethub.core.people.users import find_user
from assethub.store.tables import evaluations
from hubs import RunningHub

RULE = {"metric": "accuracy", "dataset": "images/mnist", "min": 0.9}
Change = Callable[[sa.Connection], Any]


@pytest.fixture
def gated(hub: RunningHub) -> Gated:
    made = Gated(hub)
    made.set_gate(RULE)
    return made


def mark(gated: Gated, evaluation: str, moment: int | None) -> Change:
    statement = evaluations.update().where(evaluations.c.id == evaluation)
    statement = statement.values(invalid=moment, invalid_by=gated.name)
    return lambda connection: connection.execute(statement)


def test_a_merge_sees_that_its_evaluation_was_marked_invalid_meanwhile(gated: Gated) -> None:
    evaluation = gated.evaluate({"accuracy": 1})
    answer = merge_during(gated, mark(gated, evaluation, 1))
    assert "marked as invalid" in gated.reasons(answer)[0]


def test_a_merge_sees_a_bad_evaluation_that_counts_again(gated: Gated) -> None:
    gated.evaluate({"accuracy": 1})
    bad = gated.evaluate({"accuracy": 0})
    gated.hub.inside.database.write(mark(gated, bad, 1))
    assert bad[:8] in gated.reasons(merge_during(gated, mark(gated, bad, None)))[0]


def test_a_merge_sees_a_bad_evaluation_that_is_recorded_meanwhile(gated: Gated) -> None:
    gated.evaluate({"accuracy": 1})
    body = {
        "model": f"{gated.path}@{gated.candidate}",
        "dataset": f"{gated.name}/dataset/images/mnist",
        "metrics": {"accuracy": 0.1},
    }
    owner = find_user(gated.hub.inside, gated.name)
    record = plan_evaluation(read_new(body), lambda _: owner)
    assert "is 0.1" in gated.reasons(merge_during(gated, record))[0]


def merge_during(gated: Gated, change: Change) -> Any:
    """The answer to a merge that is asked for while another transaction is about to commit."""
    database = gated.hub.inside.database
    asked: list[Future[Any]] = []
    with ThreadPoolExecutor(1) as threads:

        def job(connection: sa.Connection) -> None:
            change(connection)
            asked.append(threads.submit(gated.merge))
            # Until the merge waits for this transaction, or did not wait. On SQLite it has to.
            while connection.dialect.name == "postgresql" and not asked[0].done():
                if connection.execute(_waiting).scalar():
                    break

        database.write(job)
        return asked[0].result()


_waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")

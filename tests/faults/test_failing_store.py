"""An object store that fails, is slow, or tells half of what it has loses nothing."""

import uuid
from collections.abc import Iterator
from typing import get_args

import pytest
from torture_hub import Broken

from assethub.settings import Settings
from faults.crowds import Count, check_facts, gather, reach, serve_user
from faults.stores import FailingStore, Fault, run_failing_store
from hubs import RunningHub, run_hub

MIB = 1024 * 1024
CHANGES = 8


@pytest.fixture(scope="module")
def store(s3_endpoint: str) -> Iterator[FailingStore]:
    with run_failing_store(s3_endpoint) as failing:
        yield failing


@pytest.fixture(scope="module")
def hub(
    store: FailingStore, s3_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    """A hub that has its bytes in the failing store."""
    place = tmp_path_factory.mktemp("failing")
    settings = Settings(data=place / "data", store_url=f"{s3_url}/{uuid.uuid4().hex}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", store.url)
        with run_hub(settings, place / "log") as running:
            yield running


@pytest.fixture
def fault(request: pytest.FixtureRequest, store: FailingStore) -> Iterator[Fault]:
    yield request.param
    store.fault = None


@pytest.mark.parametrize("fault", get_args(Fault), indirect=True)
def test_what_was_acknowledged_is_whole_after_a_store_has_failed(
    hub: RunningHub, store: FailingStore, fault: Fault, count: Count
) -> None:
    with gather(hub) as crowd:
        before = store.met
        store.fault = fault
        crowd.work(reach(crowd, CHANGES))()
        store.fault = None
        assert store.met > before, "no request has met the fault"
        count(f"{CHANGES} changes", check_facts(hub, crowd))
    assert "Traceback" not in hub.log.read_text()


@pytest.mark.parametrize("fault", ["cut", "short"], indirect=True)
def test_half_of_an_object_is_never_given_as_the_whole(
    hub: RunningHub, store: FailingStore, fault: Fault, count: Count
) -> None:
    """A client that is told the size of an object sees that it has not come whole."""
    service = serve_user(hub)
    asset = service.make_asset("model", f"half-{uuid.uuid4().hex[:8]}").id
    operation = service.start(asset)
    data = bytes(range(256)) * (3 * MIB // 256)
    service.put(operation, "w.bin", data)
    service.finish(operation, "")
    store.fault = fault
    outcomes = []
    for _ in range(10):
        try:
            outcomes.append(service.read(asset, "main", "w.bin") == data)
        except Broken:
            outcomes.append(None)
    assert False not in outcomes
    store.fault = None
    assert service.read(asset, "main", "w.bin") == data
    count("10 reads", len(outcomes) + 1)


@pytest.mark.parametrize("fault", ["error"], indirect=True)
def test_what_needs_no_bytes_goes_on_while_the_store_fails(
    hub: RunningHub, store: FailingStore, fault: Fault
) -> None:
    with gather(hub, writers=1) as crowd:
        _, evaluator, _ = crowd.clients
        store.fault = fault
        for _ in range(20):
            evaluator.step()
        evaluator.check_all()

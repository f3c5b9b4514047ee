"""Requests made up from the schema of the API never fail the hub, whoever sends them.

What is in a request has any form that the schema allows; half of the ids and names are those of
things that are there.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from api.scenes import Cast, Scene
from assethub.app import create_app
from assethub.settings import Settings
from hubs import RunningHub

# More of them, other ones each time, where a person wants to search for longer.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "0"))
ROLES = ("anonymous", "outsider", "view", "owner", "admin", "read")
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(access_log=False)).openapi())
# These are as many as the schema has corners; the made-up ones are bounded.
SCHEMA.config.phases.coverage.enabled = False


class Stage:
    """What there is for requests to meet: anew for each operation that may change it."""

    def __init__(self, hub: RunningHub) -> None:
        self.cast = Cast(hub)
        self.scene = self._reading = Scene(self.cast)
        self._operation = ""
        self._there: dict[str, str] = {}

    def set_for(self, case: Case) -> dict[str, str]:
        """The ids and names of what is there, by the parameters that take them."""
        if self._operation != case.operation.label:
            self._operation = case.operation.label
            self.scene = self._reading if case.method == "GET" else Scene(self.cast)
            self._there = _names_there(self.scene)
        in_assets = case.path.startswith("/apis/v1/assets/")
        return self._there | ({"name": "dev"} if in_assets else {})


@pytest.fixture(scope="module")
def stage(hub: RunningHub) -> Stage:
    return Stage(hub)


def _names_there(scene: Scene) -> dict[str, str]:
    operation = scene.operation("owner")
    return {
        "folder_id": scene.folder,
        "fid": scene.folder,
        "asset_id": scene.asset,
        "asset": scene.asset,
        "branch": "main",
        "ref": "main",
        "from": scene.commit,
        "to": "v1",
        "path": "w.bin",
        "operation_id": operation,
        "opID": operation,
        "upload_id": scene.upload("owner"),
        "evaluation_id": scene.evaluation,
        "model": scene.reference("model"),
        "asset_ref": scene.reference("dataset"),
    }


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES or 5,
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_fails_the_hub(case: Case, stage: Stage) -> None:
    there = stage.set_for(case)
    for parameters in (case.path_parameters, case.query):
        for name, value in list((parameters or {}).items()):
            # By the value itself, so that a request that fails can be made again.
            if name in there and len(str(value)) % 2:
                parameters[name] = there[name]
    for role in ROLES:
        headers = {"Accept": "application/json"}
        if role != "anonymous":
            headers["Authorization"] = f"Bearer {stage.scene.keys[role]}"
        answer = case.call(base_url=stage.cast.hub.url, headers=headers)
        assert answer.status_code < 500, (role, answer.status_code, answer.content[:300])
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], role
            assert answer.json()["code"], role

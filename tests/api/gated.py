"""A model whose `main` has a gate, a dataset, and people who come to them."""

from typing import Any

import urllib3

from api.raw import JSON, Raw
from hubs import RunningHub


class Gated:
    """A model and a dataset of `owner`; an `editor` and a `runner` with whom both are shared.

    The model has the branches main and dev, each with a commit of its own.
    """

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        owner, editor, runner = (hub.new_user() for _ in range(3))
        self.name = owner.name
        self.owner, self.editor, self.runner = (
            Raw(hub.url, each.key) for each in (owner, editor, runner)
        )
        self.model = self.owner.asset("model", "nets", "digits")
        self.dataset = self.owner.asset("dataset", "images", "mnist")
        for asset, shares in (
            (self.model, {editor.name: "edit", runner.name: "run"}),
            (self.dataset, {editor.name: "view", runner.name: "view"}),
        ):
            folder = self.owner.ok("GET", f"/assets/{asset}")["folder"]
            for user, level in shares.items():
                body = {"user": user, "level": level}
                self.owner.ok("PUT", f"/folders/{folder}/shares", body)
        self.first_data = self.owner.commit(self.dataset, {"1.png": b"1"})
        self.head = self.owner.commit(self.model, {"w": b"one"})
        body = {"name": "dev", "source": "main"}
        self.owner.ok("POST", f"/assets/{self.model}/branches", body)
        self.candidate = self.owner.commit(self.model, {"w": b"two"}, "dev")

    @property
    def path(self) -> str:
        return f"{self.name}/model/nets/digits"

    @property
    def branch(self) -> str:
        return f"/assets/{self.model}/branches/main"

    def set_gate(self, *rules: dict[str, Any], allow_new: bool = True) -> Any:
        body = {"rules": list(rules), "allow_new": allow_new}
        return self.owner.ok("PUT", f"{self.branch}/gate", body)

    def evaluate(
        self, metrics: dict[str, Any], commit: str | None = None, *, by: Raw | None = None
    ) -> str:
        """The id of an evaluation of the candidate, or another commit, on the dataset's main."""
        body = {
            "model": f"{self.path}@{commit or self.candidate}",
            "dataset": f"{self.name}/dataset/images/mnist",
            "metrics": metrics,
        }
        return str((by or self.owner).ok("POST", "/evaluations", body)["id"])

    def merge(self, *, by: Raw | None = None, **body: Any) -> urllib3.BaseHTTPResponse:
        """The answer to merging dev into main."""
        asked = {"source": "dev"} | body
        return (by or self.owner).call("POST", f"{self.branch}/merge", asked, JSON)

    def reasons(self, answer: urllib3.BaseHTTPResponse) -> list[str]:
        """Why each rule refused, empty where it did not; main has not moved."""
        assert (answer.status, answer.json()["code"]) == (409, "gate_failed"), answer.data
        assert self.main() == self.head
        return [rule["reason"] for rule in answer.json()["rules"]]

    def main(self) -> str:
        listed = self.owner.ok("GET", f"/assets/{self.model}/branches")["results"]
        return str(next(each["commit_id"] for each in listed if each["id"] == "main"))

"""A user with models and datasets to evaluate, speaking raw HTTP."""

import json
from typing import Any

from api.raw import JSON, Raw
from hubs import RunningHub


class Lab:
    """Models `images/cnn` and `images/rnn`, and the dataset `images/mnist`, each with a commit."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        self.user = hub.new_user()
        self.raw = Raw(hub.url, self.user.key)
        folder = self.raw.folder("model", "images")
        self.models = {name: self._add(folder, name) for name in ("cnn", "rnn")}
        self.dataset_folder = self.raw.folder("dataset", "images")
        self.dataset_id = self._add(self.dataset_folder, "mnist")
        self.model_id = self.models["cnn"]
        self.model = f"{self.user.name}/model/images/cnn"
        self.dataset = f"{self.user.name}/dataset/images/mnist"
        self.model_commit = self.raw.commit(self.model_id, {"w": b"1"})
        self.dataset_commit = self.raw.commit(self.dataset_id, {"x": b"1"})

    def _add(self, folder: str, name: str) -> str:
        body = {"name": name, "folder": folder, "labels": []}
        return str(self.raw.ok("POST", "/assets", body)["id"])

    def body(self, metrics: Any = None, **more: Any) -> dict[str, Any]:
        """A request for an evaluation of `cnn` on `mnist`."""
        measured = {"accuracy": 0.5} if metrics is None else metrics
        return {"model": self.model, "dataset": self.dataset, "metrics": measured, **more}

    def create(self, metrics: Any = None, **more: Any) -> dict[str, Any]:
        return dict(self.raw.ok("POST", "/evaluations", self.body(metrics, **more)))

    def refuse(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """The problem of a request that is refused."""
        answer = self.raw.call(method, path, body, JSON, **query)
        assert answer.headers["Content-Type"] == "application/problem+json", answer.data
        return dict(answer.json())

    def search(self, query: str = "", **more: str) -> list[dict[str, Any]]:
        found = self.raw.ok("GET", "/evaluations", query=query, **more)
        return list(found["results"])

    def list(self) -> list[dict[str, Any]]:
        return list(self.raw.ok("GET", "/evaluations", model=self.model)["results"])

    def send(self, rows: Any) -> str:
        """The id of samples: rows as JSON lines, or bytes as they are."""
        sent = rows if isinstance(rows, bytes) else lines(rows)
        answer = self.raw.call("POST", "/evaluations/samples", sent)
        assert answer.status == 200, answer.data
        return str(answer.json()["samplesId"])


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

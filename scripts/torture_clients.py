"""Those who use a hub that is tortured, and what they know it has to hold.

A fact is one thing that the hub has acknowledged, or one that it may hold whole or not at all.
"""

import hashlib
import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from torture_hub import Broken, Files, Loss, Service


class Client(ABC):
    """Changes assets of its own, one change after another, and knows what came of each."""

    def __init__(self, hub: Service, name: str) -> None:
        self.hub = hub
        self.name = name
        self.begun = 0

    @abstractmethod
    def step(self) -> None:
        """Makes one change, first looking what came of the last one; raises Broken, Loss."""

    @abstractmethod
    def check(self) -> int:
        """Looks at what was acknowledged since the last time; returns how many facts hold.

        Raises Loss unless all of it is there, and the rest whole or not at all.
        """

    @abstractmethod
    def check_all(self) -> int:
        """Looks at all that was ever acknowledged; returns how many facts hold."""


class Writer(Client):
    """Commits to a dataset, and reads back what it has committed before."""

    def __init__(self, hub: Service, name: str) -> None:
        super().__init__(hub, name)
        self._dataset = hub.make_asset("dataset", name).id
        self._kept: Files = {}
        self._doing: Files | None = None
        self._commits: dict[str, Files] = {}
        self._fresh: list[str] = []

    def step(self) -> None:
        self._settle()
        operation = self.hub.start(self._dataset)
        number = self.begun
        self.begun += 1
        files = {f"{number % 5}/{part}": f"{self.name} {number} {part}" * 50 for part in range(3)}
        for path, text in files.items():
            self.hub.put(operation, path, text.encode())
        hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
        self._doing = self._kept | hashes
        commit = self.hub.finish(operation, f"{number}")
        self._kept, self._doing = self._doing, None
        self._commits[commit] = self._kept
        self._fresh.append(commit)
        self._read_one(random.choice(list(self._commits)))

    def check(self) -> int:
        fresh, self._fresh = self._fresh, []
        for commit in fresh:
            self.hub.check_files(self._dataset, commit, self._commits[commit])
            self._read_one(commit)
        self._settle()
        self.hub.check_files(self._dataset, "main", self._kept)
        return 2 * len(fresh) + 1

    def check_all(self) -> int:
        self._fresh = list(self._commits)
        return self.check()

    def _settle(self) -> None:
        """Finds out whether the commit whose answer was lost was made."""
        if self._doing is None:
            return
        found = self.hub.list_files(self._dataset, "main")
        if found not in (self._kept, self._doing):
            raise Loss(f"{self.name}: its branch is neither at the last commit nor at the next")
        self._kept, self._doing = found, None

    def _read_one(self, commit: str) -> None:
        files = self._commits[commit]
        path = random.choice(list(files))
        self.hub.check_bytes(self._dataset, commit, path, files[path])


class Evaluator(Client):
    """Records evaluations, each of which has to be there once, to the last bit."""

    def __init__(self, hub: Service, name: str) -> None:
        super().__init__(hub, name)
        owner = hub.call("GET", "/account")["name"]
        self._sides = {
            type_: f"{owner}/{hub.make_asset(type_, name).path}" for type_ in ("model", "dataset")
        }
        self._known: dict[str, Any] = {}
        self._fresh: list[str] = []
        # A request whose answer was lost is sent again, with its key, until it is answered.
        self._asked: tuple[str, dict[str, Any]] | None = None

    def step(self) -> None:
        if self._asked is None:
            number = self.begun
            self.begun += 1
            metrics = {"loss": random.random() * 1e-9, "step": number, "far": 1e308 / (number + 1)}
            self._asked = uuid.uuid4().hex, self._sides | {"metrics": metrics}
        once, body = self._asked
        made = self.hub.call("POST", "/evaluations", body, once)
        self._asked = None
        self._known[made["id"]] = made
        self._fresh.append(made["id"])

    def check(self) -> int:
        if self._asked is not None:
            self.step()
        fresh, self._fresh = self._fresh, []
        for id_ in fresh:
            if self.hub.call("GET", f"/evaluations/{id_}") != self._known[id_]:
                raise Loss(f"evaluation {id_} is not what was recorded")
        listed = self.hub.call("GET", "/evaluations", model=self._sides["model"])["results"]
        found = [each["id"] for each in listed]
        if sorted(found) != sorted(self._known):
            odd = sorted(set(found) ^ set(self._known))
            raise Loss(
                f"{self.name}: {len(found)} evaluations instead of {len(self._known)}; {odd[:5]}"
            )
        return len(fresh) + 1

    def check_all(self) -> int:
        self._fresh = list(self._known)
        return self.check()


class Merger(Client):
    """Branches off, commits there, merges into `main`, tags that, and drops the branch."""

    def __init__(self, hub: Service, name: str) -> None:
        super().__init__(hub, name)
        self._model = hub.make_asset("model", name).id
        self._tags: dict[str, tuple[str, Files]] = {}
        self._kept: Files = {}
        self._doing: Files | None = None
        self._fresh: list[str] = []

    def step(self) -> None:
        self._settle()
        number = self.begun
        self.begun += 1
        at, branch, tag = f"/assets/{self._model}", f"b{number}", f"t{number}"
        self.hub.call("POST", f"{at}/branches", {"name": branch, "source": "main"})
        operation = self.hub.start(self._model, branch)
        data = f"{self.name} {number}".encode()
        self.hub.put(operation, f"{number % 50}", data)
        self.hub.finish(operation, f"{number}")
        # Before anything of it is asked for, since the merge may be made and its answer lost.
        self._doing = self._kept | {f"{number % 50}": hashlib.sha256(data).hexdigest()}
        merged = self.hub.call("POST", f"{at}/branches/main/merge", {"source": branch})["commit"]
        self._kept, self._doing = self._doing, None
        self.hub.call("POST", f"{at}/tags", {"tag": tag, "ref": merged})
        self._tags[tag] = merged, self._kept
        self._fresh.append(tag)
        self.hub.call("DELETE", f"{at}/branches/{branch}")

    def check(self) -> int:
        fresh, self._fresh = self._fresh, []
        listed = self.hub.call("GET", f"/assets/{self._model}/tags")["results"]
        found = {each["id"]: each["commit_id"] for each in listed}
        for tag, (commit, _) in self._tags.items():
            if found.get(tag) != commit:
                raise Loss(f"{self.name}: tag {tag} is at {found.get(tag)}, not at {commit}")
        for tag in fresh:
            commit, files = self._tags[tag]
            self.hub.check_files(self._model, commit, files)
        self._settle()
        self.hub.check_files(self._model, "main", self._kept)
        return 2 * len(fresh) + 1

    def check_all(self) -> int:
        self._fresh = list(self._tags)
        return self.check()

    def _settle(self) -> None:
        if self._doing is None:
            return
        found = self.hub.list_files(self._model, "main")
        if found not in (self._kept, self._doing):
            raise Loss(f"{self.name}: main is neither before nor after the last merge")
        self._kept, self._doing = found, None


class Crowd:
    """Clients of each kind, at work at once: each in a thread of its own."""

    def __init__(self, hub: Service, mark: str = "", *, each: int = 1, writers: int = 1) -> None:
        kinds = [Writer] * writers + [Evaluator, Merger] * each
        self.clients: list[Client] = [
            kind(hub, f"{kind.__name__.lower()}{mark}{number}") for number, kind in enumerate(kinds)
        ]
        self._pool = ThreadPoolExecutor(len(self.clients))

    @property
    def begun(self) -> int:
        """How many changes were asked for so far."""
        return sum(client.begun for client in self.clients)

    def work(self, done: Callable[[], bool]) -> Callable[[], None]:
        """Sets all to work until `done`; returns what waits for them, and raises their Loss."""
        working = [self._pool.submit(_work, client, done) for client in self.clients]

        def wait() -> None:
            for future in working:
                future.result()

        return wait

    def check(self) -> int:
        """How many facts hold, of what was acknowledged since the last time; raises Loss."""
        return sum(client.check() for client in self.clients)

    def check_all(self) -> int:
        """How many facts hold, of all that was ever acknowledged; raises Loss."""
        return sum(client.check_all() for client in self.clients)

    def close(self) -> None:
        self._pool.shutdown()


def _work(client: Client, done: Callable[[], bool]) -> None:
    while not done():
        try:
            client.step()
        except Broken:
            continue

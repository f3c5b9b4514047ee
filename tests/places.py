"""New places for hubs and their backups, and the command that fills them."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from assethub.cli import cli
from assethub.errors import HubError
from assethub.settings import Settings
from benches import new_database
from hubs import hub_environment

PAIRS = ("sqlite+files", "postgresql+s3")


class Places:
    """Makes places that are all new and empty."""

    def __init__(self, request: pytest.FixtureRequest, stack: ExitStack, root: Path) -> None:
        self._request, self._stack, self._root = request, stack, root
        root.mkdir()

    def settings(self, kind: str) -> Settings:
        """Those of a hub on one of the PAIRS of database and store."""
        data = self._root / uuid4().hex
        if kind == "sqlite+files":
            return Settings(data=data, database_url="", store_url="")
        postgres = self._request.getfixturevalue("postgres_url")
        return Settings(
            data=data,
            database_url=self._stack.enter_context(new_database(postgres)),
            store_url=self.depot("s3"),
        )

    def depot(self, kind: str) -> str:
        """A directory ("files") or an object store's URL ("s3")."""
        if kind == "s3":
            return f"{self._request.getfixturevalue('s3_url')}/{uuid4().hex}"
        return str(self._root / uuid4().hex)

    def log(self) -> Path:
        return self._root / f"{uuid4().hex}.log"


class Watched:
    """Calls a function at the beginning of each part of a work."""

    def __init__(self, begun: Callable[[str], None]) -> None:
        self._begun = begun

    def begin(self, what: str, total: int | None, unit: str) -> None:  # noqa: ARG002
        self._begun(what)

    def advance(self, amount: int) -> None:
        """Nothing depends on it."""


def run_assethub(settings: Settings, *words: str, code: int = 0, refused: str = "") -> str:
    """What a command on a hub prints; with `refused` the sentence of a refusal with that code."""
    result = CliRunner().invoke(cli, words, env=hub_environment(settings))
    if refused:
        assert isinstance(result.exception, HubError), result.output
        assert result.exception.code == refused
        return result.exception.detail
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.output

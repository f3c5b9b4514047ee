"""A hub for each test, on each pair of database and store."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from assethub.settings import Settings
from benches import Bench, new_database

BACKENDS = ("sqlite+files", "postgresql+s3")


@pytest.fixture(params=BACKENDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        settings = Settings(data=tmp_path / "data")
        if request.param == "postgresql+s3":
            postgres = request.getfixturevalue("postgres_url")
            settings = Settings(
                data=tmp_path / "data",
                database_url=stack.enter_context(new_database(postgres)),
                store_url=f"{request.getfixturevalue('s3_url')}/{uuid4().hex}",
            )
        opened = Bench(settings)
        # Another hub may have taken its place meanwhile.
        stack.callback(lambda: opened.hub.close())
        yield opened

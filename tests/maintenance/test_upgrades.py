"""An old database is brought up to date wholly or not at all; a newer one is left alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from assethub.core.backups.depots import open_depot
from assethub.core.backups.places import Filling, opened_database
from assethub.core.hub import open_hub
from assethub.core.maintenance.checking import check_hub
from assethub.settings import Settings
from assethub.store.new_databases import new_database
from assethub.store.rows import read_tables
from assethub.store.schema import HEAD, migrate, read_version
from benches import Bench
from maintenance.test_formats import FORMATS, unpack
from places import PAIRS, Places, Watched, run_assethub

# Brings the database to today's format again and again, and is killed each time: at the end of each
# step, and before the end of the transaction. Prints the format after each.
KILLED = """
import json, os, sys
import alembic.command
from sqlalchemy import event
from sqlalchemy.engine import Engine
from assethub.store.schema import migrate, read_version

url, left = sys.argv[1], 0

def count(*arguments):
    global left
    statement = arguments[2] if len(arguments) > 1 else "UPDATE alembic_version"
    if statement.startswith("UPDATE alembic_version"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)

formats, kills = [], 0
while True:
    child = os.fork()
    if not child:
        left = kills
        for name in ("before_cursor_execute", "commit"):
            event.listen(Engine, name, count)
        migrate(url)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
    formats.append(read_version(url))
    kills += 1
print(json.dumps(formats))
"""


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(request, stack, tmp_path / "places")


def make_old(kept: Path, settings: Settings, scratch: Path) -> None:
    """Makes a hub that is as an old one was, on any database."""
    unpack(kept, scratch)
    source = Settings(data=scratch / "data", database_url="", store_url="")
    if not settings.database_url:
        shutil.copytree(source.data, settings.data)
        return
    with (
        opened_database(source) as (database, version),
        new_database(settings.resolved_database_url) as connection,
        database.read() as old,
    ):
        filling = Filling(connection, version)
        for table in read_tables(old):
            filling.load(table, Watched(str))
    shutil.copytree(source.data / "blobs", settings.data / "blobs")


@pytest.mark.parametrize("kind", PAIRS)
def test_an_upgrade_that_is_killed_anywhere_has_changed_nothing(
    places: Places, kind: str, tmp_path: Path
) -> None:
    kept = FORMATS[0]
    settings = places.settings(kind).model_copy(update={"store_url": ""})
    make_old(kept, settings, tmp_path)
    old = kept.name.removeprefix("format-")
    url = settings.resolved_database_url
    command = [sys.executable, "-c", KILLED, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    formats = json.loads(done.stdout)
    assert len(formats) == int(HEAD) - int(old) + 1
    assert set(formats) == {old}
    assert read_version(url) == HEAD
    hub = open_hub(settings)
    assert list(check_hub(hub, quick=False, repair=False)) == []
    hub.close()


def test_an_upgrade_that_fails_has_changed_nothing(tmp_path: Path) -> None:
    unpack(FORMATS[0], tmp_path)
    settings = Settings(data=tmp_path / "data", database_url="", store_url="")
    url = settings.resolved_database_url
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        # In the way of a late step.
        connection.execute(sa.text("CREATE TABLE samples (id TEXT)"))
    before = sorted(sa.inspect(engine).get_table_names())
    with pytest.raises(Exception, match="samples"):
        migrate(url)
    assert sorted(sa.inspect(engine).get_table_names()) == before
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE samples"))
    engine.dispose()
    migrate(url)
    assert read_version(url) == HEAD


def test_a_hub_of_a_newer_format_is_refused_by_every_command(bench: Bench, places: Places) -> None:
    newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
    bench.hub.database.write(lambda connection: connection.execute(newer).rowcount)
    depot, data = places.depot("files"), str(places.settings(PAIRS[0]).data)
    for words in (
        ("serve", "--port", "0"),
        ("check",),
        ("gc",),
        ("user", "list"),
        ("backup", depot),
        ("migrate", "--to", data),
    ):
        said = run_assethub(bench.settings, *words, refused="format_too_new")
        assert said == (
            f"the database has format 9999, newer than {HEAD} that this program knows; run the "
            "newer assethub that wrote it"
        )
    assert not os.path.exists(data)
    assert read_version(bench.settings.resolved_database_url) == "9999"


@pytest.mark.parametrize("bench", PAIRS[:1], indirect=True)
def test_a_backup_of_a_newer_format_is_refused(bench: Bench, places: Places) -> None:
    depot, settings = places.depot("files"), places.settings(PAIRS[0])
    run_assethub(bench.settings, "backup", depot)
    place = open_depot(depot)
    _, manifest = place.load()
    place.save(manifest._replace(made="9", format="9999"))
    said = run_assethub(settings, "restore", depot, refused="format_too_new")
    assert "has format 9999, newer than" in said
    assert not settings.data.exists()

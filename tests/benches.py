"""A hub opened in the test's own process, with one user, to work on without HTTP between."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from uuid import uuid4

import psycopg
import sqlalchemy as sa

from assethub.core import assets, folders
from assethub.core.evaluations.recording import create_evaluation
from assethub.core.evaluations.samples import SampleIntake
from assethub.core.hub import Hub, open_hub
from assethub.core.maintenance.checking import check_hub
from assethub.core.maintenance.collection import Collection, collect
from assethub.core.people import users
from assethub.core.repository.finish import finish_operation
from assethub.core.repository.objects import find_object, list_objects
from assethub.core.repository.operations import stage_delete, stage_put, start_operation
from assethub.core.repository.staging import File, stage_known, stage_pack
from assethub.settings import Settings
from assethub.store.tables import metadata

DAY = 24 * 3600
Files = Mapping[str, bytes]


class Bench:
    """One user's way through a hub's use cases. `hub` is another one after a `restart`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hub: Hub = open_hub(settings)
        self.user = users.add_user(self.hub, f"user-{uuid4().hex[:12]}")

    def restart(self) -> None:
        self.hub.close()
        self.hub = open_hub(self.settings)

    def asset(self, type_: str = "model") -> str:
        folder = folders.create_folder(self.hub, self.user, type_, f"f-{uuid4().hex[:12]}", [])
        return assets.create_asset(self.hub, self.user, folder, "a", [])

    def delete_asset(self, asset: str) -> None:
        assets.delete_asset(self.hub, self.user, asset)

    def start(self, asset: str, branch: str = "main") -> str:
        return start_operation(self.hub, self.user, asset, branch).id

    def put(self, operation: str, files: Files) -> None:
        """Stages files, each a blob of its own."""
        for path, data in files.items():
            with self.hub.blobs.create() as writer:
                writer.write(data)
                stage_put(self.hub, self.user, operation, path, writer.commit())

    def pack(self, operation: str, files: Files) -> None:
        """Stages files that lie in one blob."""
        with self.hub.blobs.create() as writer:
            for data in files.values():
                writer.write(data)
            blob = writer.commit()
        stage_pack(self.hub, self.user, operation, blob, list_files(files))

    def name(self, operation: str, files: Files) -> list[int]:
        """Stages files whose bytes the hub has; returns the positions of the others."""
        return stage_known(self.hub, self.user, operation, list_files(files))

    def finish(self, operation: str) -> str:
        return finish_operation(self.hub, self.user, operation, "a commit")

    def commit(
        self,
        asset: str,
        files: Files,
        branch: str = "main",
        *,
        delete: Iterable[str] = (),
        packed: bool = False,
    ) -> str:
        operation = self.start(asset, branch)
        for path in delete:
            stage_delete(self.hub, self.user, operation, path)
        (self.pack if packed else self.put)(operation, files)
        return self.finish(operation)

    def read(self, asset: str, ref: str = "main") -> dict[str, bytes]:
        """All files of a snapshot with their bytes."""
        found = {}
        for entry in list_objects(self.hub, self.user, asset, ref):
            place = find_object(self.hub, self.user, asset, ref, entry.path).place
            chunks = self.hub.blobs.read(place.address, place.offset, place.length)
            found[entry.path] = b"".join(chunks)
            assert sha256(found[entry.path]).hexdigest() == entry.checksum
        return found

    def path(self, asset: str) -> str:
        """The path of an asset of the user's."""
        found = assets.get_asset(self.hub, self.user, asset)
        return f"{self.user.name}/{found.folder.type}/{found.folder.name}/{found.name}"

    def sampled(self) -> tuple[str, bytes]:
        """An evaluation with samples, and the bytes of these as they are kept."""
        sides = [self.path(self.asset(type_)) for type_ in ("model", "dataset")]
        with SampleIntake(self.hub, self.user) as intake:
            intake.write(b'{"id": 1, "accuracy": 1}\n{"id": 2, "accuracy": 0}\n')
            sent = intake.finish()
        made = create_evaluation(self.hub, self.user, *sides, {"accuracy": 0.5}, samples=sent.id)
        with self.hub.database.read() as connection:
            query = sa.text(
                'SELECT address, "offset", length FROM contents JOIN samples USING (sha256) '
                "WHERE samples.id = :id"
            )
            row = connection.execute(query, {"id": sent.id}).one()
        return made.id, b"".join(self.hub.blobs.read(*row))

    def collect(self, grace: int = DAY, *, apply: bool = True) -> Collection:
        return collect(self.hub, grace, apply=apply)

    def problems(self, *, quick: bool = False, repair: bool = False) -> list[str]:
        return list(check_hub(self.hub, quick=quick, repair=repair))

    def blobs(self) -> set[str]:
        return {blob.address for blob in self.hub.blobs.list()}

    def place(self, data: bytes) -> tuple[str, int]:
        """The address of the blob in which bytes lie, and where they begin."""
        query = sa.text('SELECT address, "offset" FROM contents WHERE sha256 = :key')
        with self.hub.database.read() as connection:
            row = connection.execute(query, {"key": sha256(data).hexdigest()}).one()
        return row.address, row.offset

    def count(self, table: str) -> int:
        query = sa.select(sa.func.count()).select_from(metadata.tables[table])
        with self.hub.database.read() as connection:
            return connection.execute(query).scalar_one()

    def pass_days(self, days: float) -> None:
        """Makes all that the hub has noted that much older."""
        lapse = int(days * DAY * 1_000_000)

        def job(connection: sa.Connection) -> None:
            for table in metadata.tables.values():
                for name in ("expires", "since"):
                    if name in table.c:
                        connection.execute(table.update().values({name: table.c[name] - lapse}))

        self.hub.database.write(job)


def list_files(files: Files) -> list[File]:
    return [File(path, len(data), sha256(data).hexdigest()) for path, data in files.items()]


def fresh(*names: str, size: int = 60) -> dict[str, bytes]:
    """Files whose contents no hub has seen."""
    return {name: (uuid4().hex.encode() * (size // 32 + 1))[:size] for name in names}


@contextmanager
def new_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database on the server of another, dropped afterwards."""
    name = f"bench_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        url = sa.make_url(postgres_url).set(database=name)
        yield url.render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]

"""What sharing costs among 100,000 folders, and whether hidden things take as long as missing ones.

`.venv/bin/python -m benchmarks.sharing`; takes about half a minute. Listings are made in this
process, on SQLite. The refusals are asked for by HTTP, one of each in turn on one connection: a
difference below the middle half of what is measured cannot be told from one of them.
"""

import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks._load import Connection, connected, make_request
from benchmarks._servers import start_hub, stop
from benchmarks._tables import percentile, print_table, take_turns

from assethub.core import assets, folders
from assethub.core.evaluations import recording
from assethub.core.hub import Hub, open_hub
from assethub.core.people import groups, users
from assethub.core.people.keys import add_key, authenticate_key
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.values import now
from assethub.settings import Settings
from assethub.store import tables

OWNERS = 100
FOLDERS_EACH = 1_000
SHARED = 200
ROUNDS = 2_000


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        hub = open_hub(Settings(data=Path(name)))
        try:
            reader = fill(hub)
            print_listings(hub, reader)
            print_hidden(hub, Path(name))
        finally:
            hub.close()


def fill(hub: Hub) -> User:
    """Makes owners with folders that are shared with everyone, a group, or one other user.

    Returns a user with `SHARED` folders shared with them, and as many with a group of theirs.
    """
    owners = [users.add_user(hub, f"owner-{number:03}") for number in range(OWNERS)]
    reader = users.add_user(hub, "reader")
    group = groups.create_group(hub, "readers")
    groups.add_member(hub, "readers", reader.name)
    rows, shares = [], []
    for owner in owners:
        for number in range(FOLDERS_EACH):
            id_ = str(uuid.uuid4())
            rows.append(folder_row(id_, owner, number))
            other = owners[number % OWNERS]
            shares.append(share_row(id_, "user", other.id))
    for at in range(SHARED):
        shares.append(share_row(str(rows[at * 7]["id"]), "user", reader.id))
        shares.append(share_row(str(rows[at * 11 + 1]["id"]), "group", group.id))
        shares.append(share_row(str(rows[at * 13 + 2]["id"]), "public", ""))
    for table, made in ((tables.folders, rows), (tables.shares, shares)):
        hub.database.write(lambda c, t=table, m=made: c.execute(t.insert(), m).rowcount)  # type: ignore[misc]
    print(f"{len(rows):,} folders, {len(shares):,} shares.\n")
    key = add_key(hub, reader, "bench")
    with hub.database.read() as connection:
        return authenticate_key(connection, key)


def folder_row(id_: str, owner: User, number: int) -> dict[str, object]:
    moment = now()
    return {
        "id": id_,
        "owner_id": owner.id,
        "type": "model",
        "name": f"folder-{number:04}",
        "labels": [],
        "created": moment,
        "modified": moment,
    }


def share_row(folder_id: str, kind: str, grantee: str) -> dict[str, object]:
    return {
        "folder_id": folder_id,
        "kind": kind,
        "grantee": grantee,
        "level": int(Level.VIEW),
        "created": now(),
        "created_by": "bench",
    }


def print_listings(hub: Hub, reader: User) -> None:
    rows = []
    for scope in folders.SCOPES:
        taken = []
        for _ in range(20):
            started = time.perf_counter()
            found = folders.list_folders(hub, reader, scope)
            taken.append((time.perf_counter() - started) * 1000)
        rows.append(
            [scope, f"{len(found)}", f"{median(taken):.2f}", f"{percentile(taken, 95):.2f}"]
        )
    print_table(["scope", "folders", "p50 ms", "p95 ms"], rows)


def print_hidden(hub: Hub, data: Path) -> None:
    """Each refusal of what is there beside that of what is not, in turn, by HTTP."""
    owner = users.find_user(hub, "owner-000")
    folder = folders.create_folder(hub, owner, "model", "hidden", [])
    other = folders.create_folder(hub, owner, "dataset", "hidden", [])
    asset = assets.create_asset(hub, owner, folder, "asset", [])
    assets.create_asset(hub, owner, other, "asset", [])
    made = recording.create_evaluation(
        hub, owner, "owner-000/model/hidden/asset", "owner-000/dataset/hidden/asset", {"a": 1}
    )
    key = add_key(hub, users.add_user(hub, "outsider"), "bench")
    process, port = start_hub(data)
    try:
        with connected(port) as connection:
            rows = [
                compare(connection, key, path, there, missing)
                for path, there, missing in (
                    ("/folders/{}", folder, str(uuid.uuid4())),
                    ("/assets/{}", asset, str(uuid.uuid4())),
                    ("/evaluations/{}", made.id, str(uuid.uuid4())),
                    ("/ref?asset_ref=owner-000/model/{}/asset", "hidden", "mislay"),
                )
            ]
    finally:
        stop(process)
    print_table(["refusal, µs", "hidden", "missing", "difference", "middle half"], rows)


def compare(connection: Connection, key: str, path: str, there: str, missing: str) -> list[str]:
    asks = {
        name: refuse(connection, make_request("GET", "/apis/v1" + path.format(value), key=key))
        for name, value in (("hidden", there), ("missing", missing))
    }
    taken = take_turns(asks, ROUNDS)
    hidden, absent = (median(taken[name]) for name in asks)
    spread = percentile(taken["missing"], 75) - percentile(taken["missing"], 25)
    return [path, *(f"{figure:.0f}" for figure in (hidden, absent, hidden - absent, spread))]


def refuse(connection: Connection, request: bytes) -> Callable[[], float]:
    """The time that a refusal takes, in microseconds."""

    def measure() -> float:
        started = time.perf_counter()
        connection.send(request)
        answer = connection.socket.recv(1 << 16)
        if answer[9:10] != b"4":
            raise SystemExit(f"not refused: {answer[:200]!r}")
        return (time.perf_counter() - started) * 1e6

    return measure


if __name__ == "__main__":
    main()

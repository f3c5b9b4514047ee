"""Putting aside what is damaged: nothing is deleted, and the same bytes may be sent again."""

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.maintenance.repacking import repack
from assethub.core.maintenance.usage import places_in
from assethub.core.values import now
from assethub.store.blobs import BlobNotFound
from assethub.store.tables import contents, nodes, quarantine


def put_blob_aside(hub: Hub, address: str) -> str:
    """Moves a blob to the store's quarantine, after copying what is sound; tells what was done.

    Where its damaged contents lay is noted in the table `quarantine`.
    """
    repack(hub, [address])
    try:
        done = f"moved to {hub.blobs.quarantine(address)}"
    except BlobNotFound:
        done = "its contents were moved to the table quarantine"
    damaged = [
        {
            "kind": "content",
            "name": place.sha256,
            "moved": now(),
            "place": f"{place.length} bytes at {place.offset} of {place.address}",
        }
        for place in places_in(hub, address)
    ]

    def job(connection: sa.Connection) -> None:
        connection.execute(quarantine.insert(), damaged)
        gone = contents.c.sha256.in_([row["name"] for row in damaged])
        connection.execute(contents.delete().where(contents.c.address == address, gone))

    if damaged:
        hub.database.write(job)
    return done


def put_node_aside(hub: Hub, name: str) -> bool:
    """Moves a tree node to the table `quarantine`; False where it is not there."""

    def job(connection: sa.Connection) -> bool:
        gone = nodes.delete().where(nodes.c.hash == name).returning(nodes.c.data)
        row = connection.execute(gone).first()
        if row is None:
            return False
        aside = {"kind": "node", "name": name, "moved": now(), "place": "nodes", "data": row.data}
        connection.execute(quarantine.insert(), aside)
        return True

    return hub.database.write(job)

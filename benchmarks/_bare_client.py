"""The least that a verified download can do: receive, hash in a second thread, and write."""

import hashlib
import json
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

_BUFFERS, _BUFFER_BYTES = 6, 1 << 20


def fetch_bare(url: str, key: str, reference: str, name: str, target: Path | None) -> float:
    """The seconds that it takes for an object of a hub; without a target nothing is written."""
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    connection.request("GET", f"/apis/v1/ref?asset_ref={reference}", headers=headers)
    found = json.load(connection.getresponse())
    route = f"/apis/v1/assets/{found['asset']['id']}/refs/{found['commit']}/objects?path={name}"
    free: SimpleQueue[memoryview] = SimpleQueue()
    filled: SimpleQueue[tuple[memoryview, int]] = SimpleQueue()
    for _ in range(_BUFFERS):
        free.put(memoryview(bytearray(_BUFFER_BYTES)))
    digest = hashlib.sha256()

    def hash_filled() -> None:
        while (taken := filled.get())[1]:
            buffer, count = taken
            digest.update(buffer[:count])
            free.put(buffer)

    thread = threading.Thread(target=hash_filled)
    start = time.perf_counter()
    thread.start()
    connection.request("GET", route, headers=headers)
    response = connection.getresponse()
    file = open(target, "xb", buffering=0) if target else None  # noqa: SIM115
    while count := response.readinto(buffer := free.get()):
        filled.put((buffer, count))
        if file:
            file.write(buffer[:count])
    filled.put((buffer, 0))
    thread.join()
    if file:
        file.close()
    took = time.perf_counter() - start
    if target:
        target.unlink()
    connection.close()
    return took

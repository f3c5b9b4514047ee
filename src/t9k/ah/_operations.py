"""A change to a branch: staged on the server, then finished as one commit or dropped."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ._errors import AssetHubError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._additions import Addition
    from ._client import Client

_CHUNK_BYTES = 1 << 20


def change_branch(
    client: Client,
    asset_id: str,
    branch: str,
    message: str,
    delete: Sequence[str],
    additions: Sequence[Addition],
) -> str | None:
    """Delete, then add, and commit; returns the new commit's id, None where nothing changed.

    Whatever goes wrong on the way, Ctrl-C too, leaves the branch as it was and nothing staged.
    """
    started = client.request("POST", "/update", query={"asset": asset_id, "branch": branch})
    operation: str = started["op_id"]
    try:
        for path in delete:
            client.request("DELETE", "/objects", query={"opID": operation, "path": path})
        for addition in additions:
            _put(client, operation, addition)
        finished = client.request("POST", f"/update/{operation}", json={"message": message})
    except BaseException as error:
        # The server drops what is left open after a while; this is to not leave it until then.
        with contextlib.suppress(AssetHubError):
            client.request("DELETE", f"/operation/{operation}")
        if isinstance(error, AssetHubError) and error.code == "no_changes":
            return None
        raise
    commit: str = finished["commit"]
    return commit


def _put(client: Client, operation: str, addition: Addition) -> None:
    """Send one file as the form that the protocol wants, read as it goes."""
    import secrets

    boundary = secrets.token_hex(16)
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="content"; filename="content"\r\n\r\n'
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    client.request(
        "PUT",
        "/objects",
        query={"opID": operation, "path": addition.path},
        body=_form(head, addition, tail),
        headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + addition.size + len(tail)),
        },
    )


def _form(head: bytes, addition: Addition, tail: bytes) -> Iterator[bytes]:
    yield head
    left = addition.size
    try:
        with open(addition.source, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
    except OSError as error:
        # As a ValueError it is not taken for a fault of the connection on its way up.
        raise InvalidInputError(
            f"Cannot add {addition.source}: {(error.strerror or str(error)).lower()}",
            code="unreadable_source",
        ) from error
    if left:
        raise InvalidInputError(
            f"Cannot add {addition.source}: it changed while it was read",
            code="source_changed",
        )
    yield tail

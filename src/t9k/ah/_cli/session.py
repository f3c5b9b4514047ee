"""What one run of `ah` was told for all of its commands: which hub, whose key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .._connection import Connection

# By this variable a shell asks for completions.
COMPLETION_VARIABLE = "_AH_COMPLETE"


@dataclass
class Session:
    """The options of the program, and the connection that they lead to once one is needed."""

    host: str | None = None
    key: str | None = None
    debug: bool = False
    connection: Connection | None = None


def current_session() -> Session:
    """The session of the command that is running."""
    return click.get_current_context().ensure_object(Session)


def connect() -> Connection:
    """The connection to the hub of `--host` with the key of `--key`.

    What is left out comes from the variables, else from the configuration file. Raises
    NotLoggedInError where it is known to nobody.
    """
    session = current_session()
    if session.connection is None:
        from .._connection import Connection

        session.connection = Connection(session.host, session.key)
        click.get_current_context().call_on_close(session.connection.close)
    return session.connection

"""The errors of the client, one tree.

AssetHubError
├── InvalidInputError (ValueError)         an argument, name or body that cannot be right
│   ├── ReferenceSyntaxError               text that names no folder, asset or reference
│   ├── WrongTypeError (TypeError)         a value of a Python type that does not fit
│   └── ReadOnlyError (io.UnsupportedOperation)  files of a commit do not change
├── ConfigError (ValueError)               the configuration file cannot be used
├── NotLoggedInError (PermissionError)     no key, or one the server does not know
├── PermissionDeniedError (PermissionError)
├── NotFoundError (FileNotFoundError)
├── AlreadyExistsError (FileExistsError)
├── ConflictError                          someone else changed the same thing
├── DeletedError                           the object in hand was deleted by its delete()
├── ConnectionFailedError (ConnectionError)
├── ServerError                            the server failed, is busy, or is no hub
├── DownloadError (OSError)                bytes that arrived damaged, or cannot be placed safely
└── InterruptedTransferError               another part of the same transfer failed, or Ctrl-C
"""

from __future__ import annotations

from io import UnsupportedOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._records import ConflictEntry, RuleEntry


class AssetHubError(Exception):
    """Base of every error the client raises on its own account.

    `str(error)` is one sentence for people. `code` is a stable word for programs, the server's
    own where the server refused. `status` is the HTTP status, or None where none was received.
    """

    code: str = "error"
    # Whether the same request was sent before, and may have done what this one is refused for.
    may_be_done: bool = False

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        self.message = message
        self.status = status
        if code is not None:
            self.code = code
        super().__init__(message)

    def __str__(self) -> str:
        return self.message


class InvalidInputError(AssetHubError, ValueError):
    """An argument, a name or a request that cannot be right as it stands."""

    code = "invalid_input"


class ReferenceSyntaxError(InvalidInputError):
    """Text that has not the form of a folder, an asset or a reference."""

    code = "invalid_reference"


class WrongTypeError(InvalidInputError, TypeError):
    """A value whose Python type does not fit, such as a metric that is a list."""

    code = "wrong_type"


class ReadOnlyError(InvalidInputError, UnsupportedOperation):
    """A file of a commit was to be opened to write: what is committed does not change."""

    code = "read_only"


class ConfigError(AssetHubError, ValueError):
    """The configuration file cannot be read, understood or written."""

    code = "invalid_config"


class NotLoggedInError(AssetHubError, PermissionError):
    """No server or key is known, or the server does not know the key."""

    code = "not_logged_in"


class PermissionDeniedError(AssetHubError, PermissionError):
    """The key is known, but its user may not do this."""

    code = "permission_denied"


class NotFoundError(AssetHubError, FileNotFoundError):
    """What was named does not exist, or may not be seen: the server tells no difference."""

    code = "not_found"


class AlreadyExistsError(AssetHubError, FileExistsError):
    """What was to be created is there already."""

    code = "already_exists"


class ConflictError(AssetHubError):
    """The change cannot be made on what is there now, such as after another's commit.

    `conflicts` are the paths, up to 1,000, that both sides of a merge or a revert changed, and
    `rules` what came of the rules of the branch's gate.
    """

    code = "conflict"
    conflicts: Sequence[ConflictEntry] = ()
    rules: Sequence[RuleEntry] = ()


class DeletedError(AssetHubError):
    """The object was deleted through its own `delete()` and takes no further calls."""

    code = "deleted"


class ConnectionFailedError(AssetHubError, ConnectionError):
    """The server could not be reached, or the connection broke."""

    code = "connection_failed"


class ServerError(AssetHubError):
    """The server failed, has too much to do, or what answered is no Asset Hub."""

    code = "server_error"


class DownloadError(AssetHubError, OSError):
    """A download arrived damaged, or would have landed where it must not."""

    code = "download_failed"


class InterruptedTransferError(AssetHubError):
    """A part of a transfer that ended since another part of it failed, or by Ctrl-C."""

    code = "interrupted"

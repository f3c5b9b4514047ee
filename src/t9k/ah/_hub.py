"""The functions of the module: they speak to the one hub that this process is logged in to."""

from __future__ import annotations

import threading

from ._client import Client
from ._config import API_KEY_KEY, HOST_KEY, read_credentials, update_config
from ._connection import Connection
from ._messages import inform

_lock = threading.Lock()
_default: Connection | None = None


def default_connection() -> Connection:
    """The connection that the module's functions use: that of `login`, else of what is stored.

    Raises NotLoggedInError where no server or no key is known.
    """
    global _default
    with _lock:
        if _default is None:
            _default = Connection()
        return _default


def login(host: str | None = None, api_key: str | None = None) -> None:
    """Log in to a hub, and remember it in the configuration file once it has worked.

    What is left out comes from the environment variables ASSET_HUB_HOST and ASSET_HUB_API_KEY,
    else from the configuration file `~/.t9k/t9k-sdk-config.yaml`.

    Raises NotLoggedInError for a key that is missing or unknown, ConnectionFailedError where the
    server is away, ConfigError where the file cannot be read or written.
    """
    global _default
    if not host or not api_key:
        # Who logs in to another server says so, and means the key that is stored, as ever.
        known = read_credentials()
        host, api_key = host or known.host, api_key or known.api_key
    connection = Connection(host, api_key)
    user = connection.username
    update_config({HOST_KEY: connection.host, API_KEY_KEY: connection.api_key})
    with _lock:
        _default = connection
    inform(f"Logged in to Asset Hub server {connection.host} as user {user}")


def logout(*, forget_host: bool = False) -> None:
    """Forget the API key, and with `forget_host` the server too, here and in the file."""
    global _default
    changes: dict[str, str | None] = {API_KEY_KEY: None}
    if forget_host:
        changes[HOST_KEY] = None
    update_config(changes)
    with _lock:
        _default = None
    inform("Logged out from Asset Hub")


def whoami() -> str:
    """The name of the user who is logged in: OWNER before all that the user makes."""
    return default_connection().username


class DefaultClient(Client):
    """The client of the module's functions: of the hub that this process is logged in to."""

    def __init__(self) -> None:
        """Nothing is read before the first call."""

    @property
    def _connection(self) -> Connection:
        return default_connection()


_client = DefaultClient()
create_folder = _client.create_folder
get_folder = _client.get_folder
list_folder = _client.list_folder
get_asset = _client.get_asset
create = _client.create
get = _client.get
list = _client.list
get_evaluation = _client.get_evaluation
list_evaluation = _client.list_evaluation
delete_evaluation = _client.delete_evaluation
import_evaluation = _client.import_evaluation
export_evaluation = _client.export_evaluation
create_evaluations = _client.create_evaluations
search_evaluation = _client.search_evaluation
leaderboard = _client.leaderboard
compare = _client.compare

"""The configuration file that this client shares with the released one, and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from ._errors import ConfigError, InvalidInputError, NotLoggedInError

if TYPE_CHECKING:
    from pathlib import Path

HOST_KEY = "asset_hub_host"
API_KEY_KEY = "api_key"


class Credentials(NamedTuple):
    """Where the hub is and who is asking; None where nobody said."""

    host: str | None
    api_key: str | None


def config_path() -> Path:
    """The file's place: `~/.t9k/t9k-sdk-config.yaml`."""
    from pathlib import Path

    return Path.home() / ".t9k" / "t9k-sdk-config.yaml"


def read_credentials() -> Credentials:
    """The host and key that someone said: the environment's, else the file's.

    Raises ConfigError where the file is needed and cannot be used.
    """
    said = _read_environment()
    if said.host and said.api_key:
        return said
    stored = _read_stored()
    return Credentials(said.host or stored.host, said.api_key or stored.api_key)


def find_key(host: str) -> str | None:
    """The key for a host: the environment's, else the file's, unless it was set for another host.

    Raises NotLoggedInError where there is only a key of another host: the server may be anybody's.
    """
    said = _read_environment()
    if said.api_key and (said.host is None or _is_same(said.host, host)):
        return said.api_key
    stored = _read_stored()
    if stored.api_key and stored.host and _is_same(stored.host, host):
        return stored.api_key
    kept = said if said.api_key else stored
    if kept.api_key is None:
        return None
    raise NotLoggedInError(
        f"No API key for {host} is known, and that of {kept.host or 'an unnamed server'} is not "
        f"sent there. Give one by --key, or log in with: ah login -H {host} -k KEY"
    )


def check_host(host: str) -> str:
    """The host's URL without what this client adds to it; raises InvalidInputError."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(host.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and not parts.query and parts.username is None and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInputError(
            f"{host!r} is no server address: give one such as https://hub.example.org or "
            "http://127.0.0.1:8080",
            code="invalid_host",
        )
    return host.strip().rstrip("/").removesuffix("/apis/v1")


def check_key(api_key: str) -> str:
    """The key without spaces around it; raises InvalidInputError for what can be none."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInputError(
            "The API key has characters that no key has: copy it again", code="invalid_key"
        )
    return key


def read_config() -> dict[str, Any]:
    """All that the file holds, with the keys of other programs; empty where there is no file."""
    import yaml

    path = config_path()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration file {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {path} is not YAML{_line_of(error)}: correct or remove it, "
            "then log in with `ah login -H URL -k KEY`"
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(
            f"The configuration file {path} must hold lines of the form `{HOST_KEY}: URL`, "
            f"not a {type(content).__name__}: correct or remove it"
        )
    return content


def update_config(changes: dict[str, str | None]) -> None:
    """Set keys of the file, or remove those given as None, and keep all else.

    The file is replaced in one step and readable by its owner alone, since it holds a key.
    """
    from pathlib import Path

    import yaml

    content = read_config()
    for key, value in changes.items():
        if value is None:
            content.pop(key, None)
        else:
            content[key] = value
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True) if content else ""
    # Through a link, the file it leads to is replaced, as dot-file managers expect.
    path = Path(os.path.realpath(config_path()))
    try:
        _replace(path, text)
    except OSError as error:
        raise ConfigError(
            f"Cannot write the configuration file {path}: {error.strerror}"
        ) from error


def _read_environment() -> Credentials:
    get = os.environ.get
    return Credentials(get("ASSET_HUB_HOST") or None, get("ASSET_HUB_API_KEY") or None)


def _read_stored() -> Credentials:
    stored = read_config()
    return Credentials(_text(stored, HOST_KEY), _text(stored, API_KEY_KEY))


def _is_same(known: str, host: str) -> bool:
    try:
        return check_host(known) == check_host(host)
    except InvalidInputError:
        return False


def _replace(path: Path, text: str) -> None:
    import tempfile

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes a file of mode 0600, whatever the umask.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _text(content: dict[str, Any], key: str) -> str | None:
    value = content.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{key} in the configuration file {config_path()} must be text")
    return value


def _line_of(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1})" if mark is not None else ""

"""The options that every `assethub` command takes: which hub it works on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from assethub.core.hub import Hub, open_hub
from assethub.settings import Settings

_OPTIONS = {
    "data": ("--data", click.Path(path_type=Path, file_okay=False)),
    "database_url": ("--database-url", click.STRING),
    "store_url": ("--store-url", click.STRING),
    "host": ("--host", click.STRING),
    "port": ("--port", click.IntRange(0, 65535)),
}
_SHARED = ("data", "database_url", "store_url")
Command = Callable[..., None]


def takes_settings(*more: str) -> Callable[[Command], Command]:
    """Gives a command its `settings`: those of a hub's place, and what `more` names.

    A flag wins over the variable `ASSETHUB_…`, and that over the default.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**arguments: Any) -> None:
            given = {name: arguments.pop(name) for name in (*_SHARED, *more)}
            chosen = {name: value for name, value in given.items() if value is not None}
            command(settings=_make_settings(chosen), **arguments)

        decorated: Command = run
        for name in reversed((*_SHARED, *more)):
            flag, kind = _OPTIONS[name]
            field = Settings.model_fields[name]
            text = (field.description or "").replace("`", "")
            default = f"{field.default}" or "none"
            decorated = click.option(
                flag,
                name,
                type=kind,
                default=None,
                help=f"{text} [variable: ASSETHUB_{name.upper()}; default: {default}]",
            )(decorated)
        return decorated

    return decorate


def _make_settings(chosen: dict[str, Any]) -> Settings:
    try:
        return Settings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        variable = f"ASSETHUB_{first['loc'][0]}".upper()
        raise click.UsageError(f"{variable} is {first['input']!r}: {first['msg']}") from error


@contextmanager
def opened_hub(settings: Settings) -> Iterator[Hub]:
    """The hub at the settings, closed afterwards. Works while a server serves it."""
    hub = open_hub(settings)
    try:
        yield hub
    finally:
        hub.close()

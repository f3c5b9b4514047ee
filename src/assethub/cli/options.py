"""The options that every `assethub` command takes: which hub it works on."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from assethub.core.hub import Hub, open_hub
from assethub.settings import Settings

_SHARED = ("data", "database_url", "store_url")
# The settings of a hub that serves.
SERVING = tuple(name for name in Settings.model_fields if name not in _SHARED)
Command = Callable[..., None]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


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
            decorated = _make_option(name)(decorated)
        return decorated

    return decorate


def _make_option(name: str) -> Callable[[Command], Command]:
    field = Settings.model_fields[name]
    text = (field.description or "").replace("`", "")
    default = show_default(field.default) or "none"
    flag = f"--{name.replace('_', '-')}"
    if isinstance(field.default, bool):
        flag += f"/--no-{name.replace('_', '-')}"
    return click.option(
        flag,
        name,
        type=_KINDS.get(type(field.default), click.STRING),
        default=None,
        help=f"{text} [variable: ASSETHUB_{name.upper()}; default: {default}]",
    )


_KINDS: dict[type, click.ParamType[Any]] = {
    bool: click.BOOL,
    int: click.INT,
    float: click.FLOAT,
    type(Path()): click.Path(path_type=Path),
}


def show_default(default: object) -> str:
    """A setting's default as people write it; empty where there is none."""
    return str(default).lower() if isinstance(default, bool) else f"{default}"


class Duration(click.ParamType[int]):
    """A whole number with its unit, as seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d{1,9})([smhd])", str(value))
        if match is None:
            self.fail(f"{value!r} is no number with a unit, such as 30m, 12h or 7d", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


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

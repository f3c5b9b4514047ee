"""Commands that all take the options of the program, and groups that load theirs when called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from .session import Session

_OPTIONS = "--host, --key, --quiet and --debug"


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    # What is said nearest to the arguments wins; what is not said leaves what was said before.
    if value and parameter.name:
        setattr(context.ensure_object(Session), parameter.name, value)


def _hush(context: click.Context, _parameter: click.Parameter, quiet: bool) -> None:
    if quiet:
        from .._messages import hush

        context.with_resource(hush())


def _program_options(hidden: bool) -> list[click.Option]:
    def option(*names: str, **settings: Any) -> click.Option:
        return click.Option(names, expose_value=False, is_eager=True, hidden=hidden, **settings)

    return [
        option("--host", metavar="URL", callback=_note, help="The hub to use this once."),
        option("--key", metavar="KEY", callback=_note, help="The API key to use this once."),
        option(
            *("-q", "--quiet"),
            is_flag=True,
            callback=_hush,
            help="Show neither progress nor information.",
        ),
        option("--debug", is_flag=True, callback=_note, help="Show where an error came from."),
    ]


def _missing_options(own: list[click.Parameter], hidden: bool) -> list[click.Option]:
    """The program's options but for those whose names the command uses for its own."""
    taken = {name for parameter in own for name in parameter.opts}
    return [option for option in _program_options(hidden) if taken.isdisjoint(option.opts)]


class Command(click.Command):
    """A command that takes the options of the program, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _missing_options(self.params, hidden=True)

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text(f"{_OPTIONS} work here, too: see ah --help.")


class Group(click.Group):
    """A group that takes the options of the program, too."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _missing_options(self.params, hidden=True)


class Program(click.Group):
    """The group of all commands; it shows the options that all of them take."""

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands = LazyCommands(places)
        self.params += _missing_options(self.params, hidden=False)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Also finds a command of two words, such as `show evaluation` beside `show`."""
        name = " ".join(args[:2])
        if name in self.commands:
            return name, self.commands[name], args[2:]
        return super().resolve_command(ctx, args)


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by their names, each imported from its module once it is asked for.

    So the start of one command does not wait for what the others need.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._commands: dict[str, str | click.Command] = dict(places)

    def __getitem__(self, name: str) -> click.Command:
        found = self._commands[name]
        if isinstance(found, str):
            # `import` is a word of Python's own.
            attribute = f"{name}_" if iskeyword(name) else name.replace(" ", "_")
            found = getattr(import_module(f".{found}", __package__), attribute)
            assert isinstance(found, click.Command)  # noqa: S101
            self._commands[name] = found
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)

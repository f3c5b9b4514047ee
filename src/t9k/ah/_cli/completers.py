"""What a shell may offer for an argument, asked of the hub; nothing where that is in trouble."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.shell_completion import CompletionItem

    from .suggestions import Suggestions

Completer = Callable[[click.Context, click.Parameter, str], list["CompletionItem"]]


def complete_folder(type_: str | None = None) -> Completer:
    """Offer folders, of one type by their names alone."""
    return _completer(lambda hub, text, _context: hub.folders(text, type_))


def complete_asset(type_: str | None = None) -> Completer:
    """Offer assets, folder by folder."""
    return _completer(lambda hub, text, _context: hub.assets(text, type_))


def complete_reference(type_: str | None = None) -> Completer:
    """Offer assets, then their branches, tags and commits."""
    return _completer(lambda hub, text, _context: hub.references(text, type_))


def complete_branch(type_: str | None = None) -> Completer:
    """Offer assets, then their branches."""
    return _completer(lambda hub, text, _context: hub.references(text, type_, ("branch",)))


def complete_tag() -> Completer:
    """Offer assets, then their tags."""
    return _completer(lambda hub, text, _context: hub.references(text, None, ("tag",)))


def complete_commit(branch: str) -> Completer:
    """Offer the commits of the branch that another argument names."""
    return _completer(lambda hub, text, context: hub.commits(_said(context, branch), text))


def complete_path(reference: str) -> Completer:
    """Offer the paths of objects of the reference that another argument names."""
    return _completer(lambda hub, text, context: hub.paths(_said(context, reference), text))


def _said(context: click.Context, name: str) -> str:
    """The first argument of a line; click does not name it before an option without a value."""
    said: str = context.params.get(name) or context.args[0]
    return said


def _completer(
    ask: Callable[[Suggestions, str, click.Context], Iterable[CompletionItem]],
) -> Completer:
    def complete(
        context: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        # Whoever presses TAB wants no error in the midst of the line.
        try:
            with context.scope(cleanup=False):
                from .session import connect
                from .suggestions import Suggestions

                return list(ask(Suggestions(connect()), incomplete, context))
        except Exception:
            return []

    return complete

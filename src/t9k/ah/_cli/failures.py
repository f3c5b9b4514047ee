"""How whatever goes wrong ends the program: one line that says so, and an exit code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from .._errors import AssetHubError, PermissionDeniedError, ReferenceSyntaxError

if TYPE_CHECKING:
    from .session import Session

FAILED, USAGE, NOT_PASSED, INTERRUPTED, READER_GONE = 1, 2, 3, 130, 141

_NOUNS = ("folder", "model", "dataset", "branch", "tag", "commit", "object", "evaluation")
# What shows the names that there are, by the code of the error about one that there is not.
_LISTINGS = {
    "folder_not_found": "ah ls folder",
    "asset_not_found": "ah ls model FOLDER, ah ls dataset FOLDER",
    "branch_not_found": "ah ls branch MODEL",
    "tag_not_found": "ah ls tag ASSET",
    "commit_not_found": "ah log ASSET",
    "reference_not_found": "ah ls branch MODEL, ah ls tag ASSET",
    "object_not_found": "ah ls object REF",
    "evaluation_not_found": "ah ls evaluation MODEL",
}

_POINTING = ("invalid_query", "invalid_sort")


def report(error: BaseException, session: Session) -> int:
    """Print the line for an error, with `--debug` where it came from; returns the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return USAGE
    if session.debug:
        import traceback

        traceback.print_exception(error)
    sentence, code = _sentence_of(error)
    mark = click.style("AH ERROR:", fg="red", bold=True)
    # A search that is wrong is shown with a caret under the place.
    excerpt = ""
    if isinstance(error, AssetHubError) and error.code in _POINTING:
        sentence, _, excerpt = sentence.partition("\n")
    click.echo(f"{mark} {' '.join(sentence.split())}", err=True, color=wanted_color())
    for line in excerpt.splitlines():
        click.echo(line, err=True)
    return code


def wanted_color() -> bool | None:
    """False where no colors are wanted, else None; see https://no-color.org."""
    unwanted = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return False if unwanted else None


def _sentence_of(error: BaseException) -> tuple[str, int]:
    """What to say of an error, and the exit code."""
    match error:
        case click.UsageError():
            return _usage_of(error), USAGE
        case click.ClickException():
            return error.format_message(), FAILED
        case click.Abort() | KeyboardInterrupt():
            return "Interrupted", INTERRUPTED
        case ReferenceSyntaxError():
            return str(error), USAGE
        case AssetHubError():
            return _refusal_of(error), FAILED
        case OSError():
            place = f": {error.filename}" if error.filename else ""
            return f"{error.strerror or error}{place}", FAILED
    what = f"{type(error).__name__}: {error}"
    return f"ah failed by a fault of its own: {what}; --debug shows where", FAILED


def _refusal_of(error: AssetHubError) -> str:
    """What was refused, and what helps where the sentence itself does not say so."""
    said = str(error)
    if isinstance(error, PermissionDeniedError) and error.code == "permission_denied":
        return f"{said}: ask who owns the folder to let you do this"
    listing = _LISTINGS.get(error.code)
    return f"{said}. See: {listing}" if listing else said


def _usage_of(error: click.UsageError) -> str:
    """What was wrong with the arguments, and where it is said how they must be."""
    said, context = error.format_message(), error.ctx
    if isinstance(error, (click.exceptions.NoSuchCommand, click.NoSuchOption)):
        from difflib import get_close_matches

        # Of what click thinks possible the closest one only.
        option = isinstance(error, click.NoSuchOption)
        word = str(getattr(error, "option_name" if option else "command_name"))
        close = get_close_matches(word, error.possibilities or (), 1)
        said = error.message
        if close:
            said += f" Did you mean {close[0]!r}?"
        elif not option and (nouns := get_close_matches(word, _NOUNS, 1)):
            said += f" The verb comes first, such as in: ah ls {nouns[0]}."
    return f"{said} See: {context.command_path} --help" if context else said

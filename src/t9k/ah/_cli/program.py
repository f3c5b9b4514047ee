"""The program: its top-level command, and how whatever goes wrong ends it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from .._errors import AssetHubError, ReferenceSyntaxError
from .._version import __version__
from .groups import Program
from .session import COMPLETION_VARIABLE, Session

_FAILED, _USAGE, _INTERRUPTED, _READER_GONE = 1, 2, 130, 141

# Where each command is defined.
_PLACES = {
    "cache": "cache",
    "cat": "cat",
    "commit": "commit",
    "completion": "completion",
    "create": "create",
    "delete": "delete",
    "describe": "describe",
    "diff": "history",
    "download": "download",
    "key": "keys",
    "label": "label",
    "log": "log",
    "login": "login",
    "logout": "login",
    "ls": "ls",
    "merge": "history",
    "protect": "sharing",
    "rename": "rename",
    "reset": "history",
    "revert": "history",
    "share": "sharing",
    "show": "show",
    "transfer": "sharing",
    "unprotect": "sharing",
    "unshare": "sharing",
    "whoami": "login",
}
_NOUNS = ("folder", "model", "dataset", "branch", "tag", "commit", "object", "evaluation")


@click.group(
    cls=Program,
    places=_PLACES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ah", message="%(prog)s %(version)s")
def ah() -> None:
    """Keep models and datasets in an Asset Hub, and the proof of how good each model is.

    \b
    Examples:
      ah login -H http://127.0.0.1:8080 -k KEY
      ah create folder model/image-classification
      ah create model image-classification/mnist-cnn-keras
      ah commit image-classification/mnist-cnn-keras -m "first weights" -a model.keras
      ah create evaluation image-classification/mnist-cnn-keras \\
          -d image-classification/mnist -m accuracy=0.99
      ah ls evaluation image-classification/mnist-cnn-keras

    \b
    A reference is an asset and which of its commits is meant, main where none is said:
      FOLDER/NAME  FOLDER/NAME:BRANCH  FOLDER/NAME:branch/BRANCH
      FOLDER/NAME:tag/TAG  FOLDER/NAME@COMMIT  FOLDER/NAME:COMMIT

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run `ah` with these arguments, the process's own by default, and return its exit code."""
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from .completion import answer_shell

        return answer_shell(ah, instruction)
    _print_what_can_be()
    session = Session()
    try:
        code = _run(args, session)
        if sys.stdout:
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        _drop_output()
        return _READER_GONE
    except OSError as error:
        _drop_output()
        return _fail(_sentence_of(error), _FAILED, error, session)


def _run(args: Sequence[str] | None, session: Session) -> int:
    color = None if _wants_colors() else False
    given = sys.argv[1:] if args is None else list(args)
    try:
        # Not by the group's main(), which ends the process itself where a reader is gone.
        with ah.make_context("ah", given, obj=session, color=color) as context:
            ah.invoke(context)
        return 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return _USAGE
    except click.UsageError as error:
        return _fail(_usage_of(error), _USAGE, error, session)
    except click.ClickException as error:
        return _fail(error.format_message(), _FAILED, error, session)
    except (click.Abort, KeyboardInterrupt) as error:
        return _fail("Interrupted", _INTERRUPTED, error, session)
    except ReferenceSyntaxError as error:
        return _fail(str(error), _USAGE, error, session)
    except AssetHubError as error:
        return _fail(str(error), _FAILED, error, session)
    except OSError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return _fail(
            f"ah failed by a fault of its own: {what}; --debug shows where", _FAILED, error, session
        )


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


def _sentence_of(error: OSError) -> str:
    place = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{place}"


def _fail(message: str, code: int, error: BaseException, session: Session) -> int:
    if session.debug:
        import traceback

        traceback.print_exception(error)
    color = None if _wants_colors() else False
    mark = click.style("AH ERROR:", fg="red", bold=True)
    click.echo(f"{mark} {' '.join(message.split())}", err=True, color=color)
    return code


def _wants_colors() -> bool:
    """Whether a terminal may get colors; see https://no-color.org."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _print_what_can_be() -> None:
    """Have characters that a terminal of another encoding lacks printed as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Have Python not complain once more of what it cannot write while it ends."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

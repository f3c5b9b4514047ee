"""The program: its top-level command, and how it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from .._version import __version__
from .failures import READER_GONE, report, wanted_color
from .groups import Program
from .session import COMPLETION_VARIABLE, Session

# Where each command is defined.
_PLACES = {
    "cache": "cache",
    "cat": "cat",
    "commit": "commit",
    "compare": "compare",
    "completion": "completion",
    "create": "create",
    "delete": "delete",
    "describe": "describe",
    "diff": "history",
    "download": "download",
    "export": "interchange",
    "gate": "gate",
    "history": "trends",
    "import": "interchange",
    "invalidate": "evaluations",
    "key": "keys",
    "label": "label",
    "leaderboard": "leaderboards",
    "log": "log",
    "login": "login",
    "logout": "login",
    "ls": "ls",
    "merge": "history",
    "protect": "sharing",
    "rename": "rename",
    "reset": "history",
    "revert": "history",
    "search": "search",
    "share": "sharing",
    "show": "show",
    "show evaluation": "evidence",
    "transfer": "sharing",
    "unprotect": "sharing",
    "unshare": "sharing",
    "verify": "interchange",
    "whoami": "login",
}


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

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate is not passed, 130 interrupted.
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run `ah` with these arguments, the process's own by default, and return its exit code."""
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from .completion import answer_shell

        return answer_shell(ah, instruction)
    _print_what_can_be()
    session = Session()
    try:
        code = _run(sys.argv[1:] if args is None else list(args), session)
    except BrokenPipeError:
        code = READER_GONE
    except BaseException as error:
        code = report(error, session)
    return _flush(code, session)


def _run(args: list[str], session: Session) -> int:
    """Run a command; what it raises is reported by who calls."""
    try:
        # Not by the group's main(), which ends the process itself where a reader is gone.
        with ah.make_context("ah", args, obj=session, color=wanted_color()) as context:
            ah.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return 0


def _flush(code: int, session: Session) -> int:
    """Write out what is left; returns the exit code, another one where that fails."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:
        # Lest Python complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code == 0:
            return READER_GONE if isinstance(error, BrokenPipeError) else report(error, session)
    return code


def _print_what_can_be() -> None:
    """Have characters that a terminal of another encoding lacks printed as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

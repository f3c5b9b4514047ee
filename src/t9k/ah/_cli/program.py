"""The program: its top-level command, and how whatever goes wrong ends it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from .._errors import AssetHubError, ReferenceSyntaxError
from .._version import __version__
from .cache import cache
from .commit import commit
from .create import create
from .delete import delete
from .download import download
from .history import diff, merge, reset, revert
from .login import login, logout
from .ls import ls

_FAILED, _USAGE, _INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


for _command in (
    login,
    logout,
    create,
    ls,
    delete,
    commit,
    download,
    diff,
    merge,
    reset,
    revert,
    cache,
):
    ah.add_command(_command)


def main(args: Sequence[str] | None = None) -> None:
    """Run `ah` with these arguments, the process's own by default, and exit with its code."""
    sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    try:
        code = ah.main(args, prog_name="ah", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return _USAGE
    except click.UsageError as error:
        hint = f" See: {error.ctx.command_path} --help" if error.ctx else ""
        return _fail(f"{error.format_message()}{hint}", _USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), _FAILED)
    except (click.Abort, KeyboardInterrupt):
        return _fail("Interrupted", _INTERRUPTED)
    except ReferenceSyntaxError as error:
        return _fail(str(error), _USAGE)
    except AssetHubError as error:
        return _fail(str(error), _FAILED)
    except BrokenPipeError:
        # The reader has enough; without this Python complains once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        return _fail(f"{error.strerror or error}{':' if place else ''}{place}", _FAILED)
    except Exception as error:
        return _fail(f"ah failed by a fault of its own: {type(error).__name__}: {error}", _FAILED)


def _fail(message: str, code: int) -> int:
    click.echo(f"AH ERROR: {' '.join(message.split())}", err=True)
    return code

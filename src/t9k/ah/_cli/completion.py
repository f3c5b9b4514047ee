"""`ah completion`: what a shell needs to complete command lines, and the answers to its TABs."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

import click
from click import shell_completion

from .groups import Command
from .session import COMPLETION_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")
_MOST_SECONDS = 2.0

# Bash starts a new word at each : @ and =, so that only what follows them is to be put in.
_BASH = """\
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\\n' type value
    local word="${line##*[[:blank:]]}" breaks="${COMP_WORDBREAKS//[^:@=]/}" cut=""
    [[ -n $breaks ]] && cut="${word%%"${word##*["$breaks"]}"}"
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ $value == *[/:@] ]] && compopt -o nospace
                printf -v value '%%q' "${value#"$cut"}"
                COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="$line" %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Bash(shell_completion.BashComplete):
    """Completion of words that bash splits, since references hold colons."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        words = shell_completion.split_arg_string(line)[1:]
        if line[-1:].isspace():
            return words, ""
        return words[:-1], words[-1] if words else ""


class _Zsh(shell_completion.ZshComplete):
    """Completion that puts no space behind what goes on."""

    source_template = shell_completion.ZshComplete.source_template.replace(
        "compadd -U -V unsorted -a completions\n",
        "compadd -U -V unsorted -- ${completions:#*[/:@]}\n"
        "        compadd -U -S '' -V unsorted -- ${(M)completions:#*[/:@]}\n",
    )


shell_completion.add_completion_class(_Bash)
shell_completion.add_completion_class(_Zsh)


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
def completion(shell: str) -> None:
    """Print the script by which bash, zsh or fish completes the command lines of ah.

    Folders, assets, branches, tags, commits and paths are those of the hub.

    \b
    Examples:
      echo 'eval "$(ah completion bash)"' >> ~/.bashrc
      echo 'eval "$(ah completion zsh)"' >> ~/.zshrc
      ah completion fish > ~/.config/fish/completions/ah.fish
    """
    program = click.get_current_context().find_root().command
    click.echo(_class_of(shell)(program, {}, "ah", COMPLETION_VARIABLE).source(), nl=False)


def answer_shell(program: click.Command, instruction: str) -> int:
    """Answer a shell's question, such as `bash_complete`, with nothing where that takes long."""
    shell, _, action = instruction.partition("_")
    with _silence(), _time_limit():
        answer = _class_of(shell)(program, {}, "ah", COMPLETION_VARIABLE)
        if action == "complete":
            if found := answer.complete():
                click.echo(found)
            return 0
    return 1


def _class_of(shell: str) -> type[shell_completion.ShellComplete]:
    found = shell_completion.get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell!r}.")
    return found


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with (
        contextlib.suppress(Exception),
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stderr(nowhere),
    ):
        yield


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """End the process in what takes longer than somebody who pressed TAB would wait."""
    timer = threading.Timer(_MOST_SECONDS, os._exit, (1,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

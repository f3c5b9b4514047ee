"""`ah gate set`, `show`, `delete` and `check`."""

from __future__ import annotations

import json
from typing import Any

import click

from .._messages import inform
from .._resolution import resolve_branch, resolve_reference
from .completers import complete_branch, complete_reference
from .failures import NOT_PASSED
from .groups import Command, Group
from .output import output_options, print_csv, print_value
from .session import connect

_BRANCH = "MODEL[:BRANCH]"
_COLUMNS = ("number", "required", "actual", "passed", "reason")


@click.group(cls=Group)
def gate() -> None:
    """Hold a branch to rules for the evaluations of its commits.

    \b
    Examples:
      ah gate set vision/cnn:branch/main -f gate.yaml
      ah gate check vision/cnn:v2 vision/cnn:main --junit gate.xml
    """


@gate.command("set", cls=Command)
@click.argument("branch", metavar=_BRANCH, shell_complete=complete_branch())
@click.option(
    "-f",
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A file of rules, YAML or JSON.",
)
@click.option(
    "--allow-new", is_flag=True, help="Take metrics that no evaluation of the model has yet."
)
def set_gate(branch: str, path: str, allow_new: bool) -> None:
    """Give a branch rules, in the place of those it had.

    From then on it moves only to commits whose evaluations satisfy all of them.

    \b
    Example:
      ah gate set vision/cnn:branch/main -f gate.yaml
    """
    resolve_branch(connect, branch).set_gate(path, allow_new)


@gate.command(cls=Command)
@click.argument("branch", metavar=_BRANCH, shell_complete=complete_branch())
@output_options("The rules as YAML by default.")
def show(branch: str, output: str | None) -> None:
    """Print the rules of a branch, in the form of a file of rules.

    \b
    Example:
      ah gate show vision/cnn:main > gate.yaml
    """
    found = resolve_branch(connect, branch).gate
    if found is None:
        inform(f"{branch} has no gate")
    rules: list[dict[str, Any]] = found["rules"] if found else []
    if output == "name":
        for rule in rules:
            click.echo(rule["metric"])
    elif output in ("csv", "table"):
        columns = list(dict.fromkeys(name for rule in rules for name in rule))
        print_csv(columns, [[_plain(rule.get(name, "")) for name in columns] for rule in rules])
    else:
        print_value(found if found and output else {"rules": rules}, output or "yaml")


@gate.command(cls=Command)
@click.argument("branch", metavar=_BRANCH, shell_complete=complete_branch())
def delete(branch: str) -> None:
    """Take the rules of a branch away.

    \b
    Example:
      ah gate delete vision/cnn:main
    """
    resolve_branch(connect, branch).delete_gate()


@gate.command(cls=Command)
@click.argument("source", metavar="SOURCE", shell_complete=complete_reference("model"))
@click.argument("destination", metavar="DEST", shell_complete=complete_branch())
@click.option("--junit", type=click.File("w", "utf-8", lazy=True), help="Write JUnit's XML there.")
@click.option(
    "--markdown",
    type=click.File("w", "utf-8", lazy=True),
    help="Write Markdown there, as for a comment; - is standard output.",
)
@output_options("A line for each rule by default.")
def check(source: str, destination: str, junit: Any, markdown: Any, output: str | None) -> None:
    """Try whether the gate of DEST would let SOURCE be merged, and move nothing.

    A merge that would conflict does not pass either, also where DEST has no gate. Ends with the
    exit code 0 where it would, and 3 where it would not.

    \b
    Example:
      ah gate check vision/cnn:v2 vision/cnn:main --junit gate.xml --markdown gate.md
    """
    branch = resolve_branch(connect, destination)
    found = branch.check_gate(resolve_reference(connect, source, "model"))
    if junit:
        junit.write(found.to_junit())
    if markdown:
        markdown.write(found.to_markdown())
    if output in ("json", "yaml"):
        print_value(vars(found), output)
    elif output == "csv":
        print_csv(_COLUMNS, [[rule[name] for name in _COLUMNS] for rule in found.rules])  # type: ignore[literal-required]
    elif output == "name":
        click.echo("passed" if found.passed else "failed")
    else:
        click.echo(str(found))
    if not found.passed:
        click.get_current_context().exit(NOT_PASSED)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

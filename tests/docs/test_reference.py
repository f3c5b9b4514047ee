"""The tables of the documents say what the program says, and their links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from assethub.cli import cli as assethub
from assethub.cli.options import show_default
from assethub.settings import Settings
from t9k.ah import _formats
from t9k.ah._cli import failures
from t9k.ah._cli.program import ah

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def test_the_table_of_settings_is_that_of_the_program() -> None:
    rows = [
        f"| `--{name.replace('_', '-')}` | `ASSETHUB_{name.upper()}` | "
        f"{f'`{show_default(field.default)}`' if field.default != '' else 'none'} | "
        f"{field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    assert _table("docs/operations.md", "| flag |") == rows
    flags = [option for each in assethub.commands["serve"].params for option in each.opts]
    assert [row.split("`")[1] for row in rows] == [flag for flag in flags if flag != "--help"]


@pytest.mark.parametrize(("name", "program"), [("ah", ah), ("assethub", assethub)])
def test_the_table_of_commands_is_that_of_the_program(name: str, program: click.Group) -> None:
    rows = list(_command_rows(name, program))
    assert len(rows) > 5
    assert _table("docs/reference-cli.md", f"| `{name}` |") == rows


def test_the_table_of_options_of_all_commands_is_that_of_the_program() -> None:
    options = [each for each in ah.params if isinstance(each, click.Option)]
    rows = [
        f"| `{' '.join(filter(None, ['/'.join(option.opts), option.metavar]))}` | {option.help} |"
        for option in options
        if option.name != "version"
    ]
    assert len(rows) == 4
    assert _table("docs/reference-cli.md", "| option of every") == rows


def test_the_table_of_exit_codes_is_that_of_the_program() -> None:
    rows = _table("docs/reference-cli.md", "| exit code of `ah`")
    codes = [failures.FAILED, failures.USAGE, failures.NOT_PASSED]
    codes += [failures.INTERRUPTED, failures.READER_GONE]
    assert [row.split()[1] for row in rows] == [str(code) for code in [0, *codes]]


@pytest.mark.parametrize("document", ["docs/importing.md", "docs/importing.zh.md"])
def test_the_tables_of_formats_are_those_of_the_program(document: str) -> None:
    for header, formats in (("--from", _formats.IMPORTS), ("--format", _formats.EXPORTS)):
        rows = _table(document, f"| `{header}` |")
        assert [row.split("`")[1] for row in rows] == list(formats)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    targets = [
        target for target in LINK.findall(document.read_text("utf-8")) if "://" not in target
    ]
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


def _command_rows(name: str, command: click.Command) -> Iterator[str]:
    """A row for each command: how it is called, its options, and the first sentence of its help."""
    if isinstance(command, click.Group):
        for key, each in command.commands.items():
            yield from _command_rows(f"{name} {key}", each)
        return
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    call = " ".join([name, *(each.make_metavar(click.Context(command)) for each in arguments)])
    options = [
        f"`{'/'.join(each.opts)}`"
        for each in command.params
        if isinstance(each, click.Option)
        and not each.hidden
        and (not name.startswith("assethub") or each.name not in Settings.model_fields)
    ]
    yield f"| `{call}` | {' '.join(options)} | {command.get_short_help_str(200)} |"


def _table(document: str, header: str) -> list[str]:
    """The rows of the table with that header, up to the first line that is none."""
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(header))
    rows = lines[start + 2 :]
    return rows[: next((at for at, row in enumerate(rows) if not row.startswith("|")), len(rows))]

"""`assethub gc` and `assethub check`."""

import sys

import click

from assethub.cli.options import Duration, opened_hub, takes_settings
from assethub.core.maintenance.checking import check_hub
from assethub.core.maintenance.collection import Amount, Collection, collect
from assethub.settings import Settings

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


@click.command("gc")
@click.option("--apply", "apply", is_flag=True, help="Remove it; else only tell what would go.")
@click.option(
    "--grace",
    type=Duration(),
    default="1d",
    show_default=True,
    help="How long bytes must have been unused: 30m, 12h, 7d.",
)
@takes_settings()
def collect_garbage(settings: Settings, apply: bool, grace: int) -> None:
    """Tell what nothing refers to any more, and remove it with --apply. The hub may be serving.

    Bytes go once they have been unused for the grace period, which begins when a run with --apply
    finds them so: run it every night. Keep the period longer than the slowest request takes.

    \b
    Examples:
      assethub gc
      assethub gc --apply
      assethub gc --apply --grace 7d
    """
    with opened_hub(settings) as hub:
        result = collect(hub, grace, apply=apply)
    for line in _describe(result, apply=apply):
        click.echo(line)


@click.command("check")
@click.option("--quick", is_flag=True, help="Look whether bytes are there, without reading them.")
@click.option("--repair", is_flag=True, help="Move what is damaged aside; nothing is deleted.")
@takes_settings()
def check(settings: Settings, quick: bool, repair: bool) -> None:
    """Check that all commits are whole: every node and file is there and matches its hash.

    Prints a line for each problem, and exits with code 1 where there is one. The hub may be
    serving. What --repair has moved aside lies in `quarantine/` of the store or in the table
    `quarantine`; a file is whole again once somebody commits the same bytes anew.

    \b
    Examples:
      assethub check
      assethub check --quick
      assethub check --repair
    """
    found = 0
    with opened_hub(settings) as hub:
        for problem in check_hub(hub, quick=quick, repair=repair):
            click.echo(problem)
            found += 1
    if found:
        click.echo(f"{found} lines above: the hub is damaged.", err=True)
        sys.exit(1)
    click.echo("All commits are whole.")


def _describe(result: Collection, *, apply: bool) -> list[str]:
    done = "Removed" if apply else "Would remove"
    lines = [
        f"{done} {result.expired} expired records (operations, uploads, sessions, links).",
        f"{done} the parts of {result.uploads} uploads that were never finished.",
        f"{done} {_amount(result.contents)} of contents that nothing refers to.",
        f"{done} {_amount(result.nodes)} of tree nodes that no commit reaches."
        if result.nodes is not None
        else "Kept all tree nodes: the tree of a commit is damaged; run `assethub check`.",
        f"{'Copied' if apply else 'Would copy'} what lives in {result.packs.number} packs, of "
        f"which {show_size(result.packs.size)} are dead.",
        f"{'Deleted' if apply else 'Would delete'} {_amount(result.blobs)} of unused blobs.",
        f"Waiting: {_amount(result.waiting)} of blobs that have not been unused for long enough.",
    ]
    if result.held:
        lines.append("Kept all blobs: a backup is being made, or another gc is at them.")
    return lines if apply else [*lines, "Nothing was changed: give --apply to do it."]


def _amount(amount: Amount) -> str:
    return f"{amount.number} ({show_size(amount.size)})"


def show_size(size: int) -> str:
    """A number of bytes as people read it."""
    value, unit = float(size), _SIZES[0]
    for larger in _SIZES[1:]:
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.1f} {unit}" if unit != "B" else f"{size} B"

"""`assethub audit`."""

import csv
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from assethub.cli.options import Duration, opened_hub, takes_settings
from assethub.core import audit_log
from assethub.core.audit_log import Filter, Listed
from assethub.core.values import now
from assethub.settings import Settings

_SECOND = 1_000_000
_SHORT = 12
_TITLES = ("time", "user", "key", "address", "action", "target", "result", "detail")


class Moment(click.ParamType[int]):
    """A date, a time, or for how long until now, as microseconds since the epoch."""

    name = "since"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        text = str(value)
        if re.fullmatch(r"\d{1,9}[smhd]", text):
            return now() - Duration().convert(text, param, ctx) * _SECOND
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is neither 7d nor a date like 2026-11-30", param, ctx)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * _SECOND)


@click.command("audit")
@click.option("--since", type=Moment(), help="From then on: 7d, 12h, 2026-11-30 (UTC).")
@click.option("--user", metavar="NAME", help="What this user did.")
@click.option("--asset", metavar="ASSET", help="About this asset: its id or path.")
@click.option("--folder", metavar="FOLDER", help="About this folder and what is in it.")
@click.option("--action", metavar="ACTION", help="Such as branch.delete, or branch for all such.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=100,
    show_default=True,
    help="How many at most, the latest.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="In which form.",
)
@click.option("--verify", is_flag=True, help="Tell whether anybody has changed the log.")
@click.option("--head", multiple=True, help="What an earlier --verify printed, to compare with.")
@takes_settings()
def audit(
    settings: Settings,
    since: int | None,
    user: str | None,
    asset: str | None,
    folder: str | None,
    action: str | None,
    limit: int,
    output: str,
    verify: bool,
    head: Sequence[str],
) -> None:
    """Show who did what, the newest last, or tell whether anybody has changed that with --verify.

    --verify reads all of the log, tells the first record that is not as it was written, and exits
    with code 1 then. Else it prints the heads of the log: kept elsewhere, and given to a later
    --verify, they show whether all that was there then still is.

    \b
    Examples:
      assethub audit --since 7d --user ann
      assethub audit --asset ann/model/nlp/bert --action branch -o json
      assethub audit --verify
    """
    if verify:
        _verify(settings, head)
        return
    if head:
        raise click.UsageError("--head goes with --verify.")
    with opened_hub(settings) as hub:
        wanted = Filter(since, user, asset, folder, action)
        found = audit_log.list_latest(hub, wanted, limit)
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[output](found)


def _verify(settings: Settings, heads: Sequence[str]) -> None:
    kept = [audit_log.parse_head(text) for text in heads]
    with opened_hub(settings) as hub:
        verdict = audit_log.verify_log(hub, kept)
    if verdict.problem is not None:
        click.echo(_escape(verdict.problem))
        click.echo(f"The audit log is not whole; {verdict.records} records before are.", err=True)
        sys.exit(1)
    click.echo(f"All {verdict.records} records of the audit log are as they were written.")
    for each in verdict.heads:
        click.echo(f"head {each}")


def _print_table(found: list[Listed]) -> None:
    rows = [[title.upper() for title in _TITLES]]
    rows += [[*_cells(each)[:-1], _shorten(each.entry.detail)] for each in found]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_TITLES))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(_escape("  ".join(cells).rstrip()))


def _print_json(found: list[Listed]) -> None:
    records = [
        {"seq": each.seq} | each.entry._asdict() | {"time": _time(each.entry.time)}
        for each in found
    ]
    click.echo(json.dumps(records, ensure_ascii=False, indent=2))


def _print_csv(found: list[Listed]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_TITLES)
    writer.writerows(_cells(each) for each in found)


def _cells(listed: Listed) -> list[str]:
    entry = listed.entry
    return [
        _time(entry.time),
        entry.user_name,
        entry.key_prefix,
        entry.peer,
        entry.action,
        entry.target,
        entry.result,
        json.dumps(entry.detail, ensure_ascii=False),
    ]


def _shorten(detail: dict[str, Any]) -> str:
    """The details on a line, with hashes as people see them."""
    return " ".join(
        f"{name}={value[:_SHORT] if isinstance(value, str) and len(value) == 64 else value}"
        for name, value in detail.items()
        if value is not None
    )


def _escape(text: str) -> str:
    """What somebody wrote neither begins a line of its own nor steers a terminal."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _time(moment: int) -> str:
    whole, fraction = divmod(moment, _SECOND)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{fraction // 1000:03}Z"

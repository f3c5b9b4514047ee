"""`ah import`, `ah export` and `ah verify`: evaluations from and to the files of others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .. import _formats
from .._errors import InvalidInputError
from .._formats.records import benchmark_of
from .._interchange import Planned, export_evaluation, plan_import, record_import
from .._references import check_id, parse_reference
from .._tables import format_block, format_table
from .completers import complete_reference
from .groups import Command, Group
from .output import output_options, print_csv, print_value
from .session import connect
from .tables import print_table

_COLUMNS = ["ID", "NAME", "DATASET", "SAMPLES", "METRICS"]


@click.group("import", cls=Group)
def import_() -> None:
    """Record evaluations that other tools have measured.

    \b
    Example:
      ah import evaluation results.json -m vision/cnn -d images/mnist
    """


@click.group(cls=Group)
def export() -> None:
    """Write evaluations in the forms of other tools.

    \b
    Example:
      ah export evaluation vision/cnn --format csv
    """


def _parse_datasets(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> str | dict[str, str]:
    """One dataset for all, or `NAME=DATASET` for each that the files name."""
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    # Names may have a = in them, and datasets have none.
    pairs = [text.rpartition("=") for text in texts]
    if not all(name and dataset for name, _, dataset in pairs):
        raise click.BadParameter("Give one DATASET, or NAME=DATASET for each that is measured on.")
    named = {name: dataset for name, _, dataset in pairs}
    if len(named) < len(pairs):
        raise click.BadParameter("A name is given twice.")
    return named


@import_.command("evaluation")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-m",
    "--model",
    required=True,
    metavar="MODEL[:REF]",
    shell_complete=complete_reference("model"),
    help="What was measured.",
)
@click.option(
    "-d",
    "--dataset",
    required=True,
    multiple=True,
    metavar="[NAME=]DATASET[:REF]",
    shell_complete=complete_reference("dataset"),
    callback=_parse_datasets,
    help="What it was measured on; of several with the name that the files have for each.",
)
@click.option(
    "--from",
    "format_",
    type=click.Choice(_formats.IMPORTS),
    help="The format of the files; without it each is told by what it holds.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be recorded.")
@output_options("A block for each by default.")
def import_evaluation(
    files: tuple[str, ...],
    model: str,
    dataset: str | dict[str, str],
    format_: str | None,
    dry_run: bool,
    output: str | None,
) -> None:
    """Record the evaluations in files that other tools wrote, all of them or none.

    A FILE may also be the folder of a run of HELM, and with --from mlflow runs:/ID or
    TRACKING_URI#EXPERIMENT.

    \b
    Examples:
      ah import evaluation results_2026-11-24.json -m llm/chat:v1 -d gsm8k=texts/gsm8k
      ah import evaluation --from csv runs.csv -m vision/cnn -d images/mnist --dry-run
    """
    from .._messages import inform

    for name in dataset.values() if isinstance(dataset, dict) else [dataset]:
        parse_reference(name, "dataset")
    parse_reference(model, "model")
    planned = plan_import(files, dataset, format_)
    ids = [] if dry_run else record_import(connect(), planned, model)
    entries = [_entry(each, at, ids) for at, each in enumerate(planned)]
    if output == "name":
        for id_ in ids:
            click.echo(id_)
    elif output == "table":
        print_table(_COLUMNS, [_row(entry) for entry in entries], right=["SAMPLES", "METRICS"])
    elif output == "csv":
        print_csv([title.lower() for title in _COLUMNS], [_row(entry) for entry in entries])
    elif output in ("json", "yaml"):
        print_value(entries, output)
    else:
        click.echo("\n\n".join("\n".join(_block(entry)) for entry in entries))
    if dry_run:
        inform("Nothing was recorded: it was a dry run")


def _entry(planned: Planned, at: int, ids: list[str]) -> dict[str, Any]:
    record: dict[str, Any] = {**planned.record}
    count = None
    if planned.record["samples"] is not None:
        count = sum(1 for _ in planned.record["samples"])
    entry = {"id": ids[at]} if ids else {}
    return entry | record | {"dataset": planned.dataset, "samples": count}


def _row(entry: dict[str, Any]) -> list[str]:
    counts = [str(entry["samples"] or 0), str(len(entry["metrics"]))]
    return [entry.get("id", ""), _name_of(entry), entry["dataset"], *counts]


def _name_of(entry: dict[str, Any]) -> str:
    return benchmark_of({**entry}) or "-"  # type: ignore[typeddict-item]


def _block(entry: dict[str, Any]) -> list[str]:
    source = entry["source"]
    rows = [[name, repr(metric["value"])] for name, metric in entry["metrics"].items()]
    lines: list[tuple[str, list[str]]] = [("ID", [entry["id"]])] if "id" in entry else []
    lines += [
        ("SOURCE", [f"{source.get('file') or source.get('run')} ({source['format']})"]),
        ("NAME", [_name_of(entry)]),
        ("DATASET", [entry["dataset"]]),
        ("SAMPLES", [str(entry["samples"] or 0)]),
        ("METRICS", format_table(["key", "value"], rows)),
    ]
    if entry["lacks"]:
        lines.append(("LACKS", entry["lacks"]))
    return format_block(lines)


@export.command("evaluation")
@click.argument(
    "evaluations",
    metavar="EVALUATION...",
    nargs=-1,
    required=True,
    shell_complete=complete_reference("model"),
)
@click.option(
    "--format",
    "format_",
    required=True,
    type=click.Choice(_formats.EXPORTS),
    help="The form to write.",
)
@click.option("-o", "--output", metavar="FILE", help="Where to write; standard output without it.")
@click.option(
    "--sign", metavar="KEY", help="An Ed25519 private key in PEM, to sign in-toto statements with."
)
def export_evaluations(
    evaluations: tuple[str, ...], format_: str, output: str | None, sign: str | None
) -> None:
    """Write evaluations in the form of another tool.

    An EVALUATION is the id of one, or MODEL[:REF] for all of a model or of one of its commits.

    \b
    Examples:
      ah export evaluation vision/cnn:tag/v1 --format model-index >> README.md
      ah export evaluation vision/cnn --format in-toto --sign key.pem -o cnn.intoto.jsonl
    """
    from .._messages import inform

    for each in evaluations:
        if "/" in each:
            parse_reference(each, "model")
        else:
            check_id(each, "an evaluation")
    if format_ == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is nothing for a terminal: say where with -o FILE.")
    data = export_evaluation(connect(), evaluations, format_, sign)
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_bytes(data)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{output} cannot be written: {error}", code="unwritable_file"
        ) from error
    inform(f"Exporting evaluations to {output}")


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--key", "key", required=True, metavar="KEY", help="An Ed25519 public key in PEM.")
def verify(file: str, key: str) -> None:
    """Check that each attestation in FILE is signed by KEY and unchanged, and show them.

    \b
    Example:
      ah verify cnn.intoto.jsonl --key key.pub
    """
    from .._messages import inform

    statements = _formats.verify(file, key)
    blocks = [format_block(_statement_lines(statement)) for statement in statements]
    click.echo("\n\n".join("\n".join(block) for block in blocks))
    inform(f"Signed by this key: {len(statements)} of {len(statements)} attestations in {file}")


def _statement_lines(statement: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What is signed; a statement need not be one that a hub wrote."""
    predicate = statement.get("predicate")
    told = predicate if isinstance(predicate, dict) else {}
    evaluation = told.get("evaluation")
    metrics = evaluation.get("metrics") if isinstance(evaluation, dict) else None
    rows = [
        [name, str(metric.get("value"))]
        for name, metric in (metrics if isinstance(metrics, dict) else {}).items()
        if isinstance(metric, dict)
    ]
    lines = [
        ("SUBJECT", _names(statement.get("subject"))),
        ("ON", _names(told.get("configuration"))),
        ("RESULT", [str(told.get("result", "-"))]),
    ]
    return [*lines, ("METRICS", format_table(["key", "value"], rows))] if rows else lines


def _names(described: Any) -> list[str]:
    items = described if isinstance(described, list) else []
    found = [
        f"{item.get('name', '-')} {' '.join(map(str, (item.get('digest') or {}).values()))}"
        for item in items
        if isinstance(item, dict) and isinstance(item.get("digest") or {}, dict)
    ]
    return found or ["-"]

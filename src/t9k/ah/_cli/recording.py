"""`ah create evaluation`: metrics from the command line or from a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from .._errors import InvalidInputError
from .._resolution import resolve_reference
from .completers import complete_reference
from .groups import Command
from .options import STANDARD_INPUT, parse_counts, parse_metrics, parse_params
from .session import connect

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
_FIELDS = (
    *("params", "tool", "revision", "seed", "hardware", "duration", "started", "note", "labels"),
    "source",
)


def _named(*names: str, of: str = "NUMBER", **settings: Any) -> Callable[[CommandT], CommandT]:
    return click.option(*names, multiple=True, metavar=f"NAME={of}", **settings)


@click.command("evaluation", cls=Command)
@click.argument("model", metavar="MODEL[:REF]", shell_complete=complete_reference("model"))
@click.option(
    "-d",
    "--dataset",
    required=True,
    metavar="DATASET[:REF]",
    shell_complete=complete_reference("dataset"),
    help="What it was measured on.",
)
@_named("-m", "--metric", "metrics", callback=parse_metrics, help="A metric; may be repeated.")
@click.option(
    "-f",
    "--file",
    type=click.Path(),
    help="A JSON file with the metrics, or with `metrics` and other fields; - for standard input.",
)
@_named("--stderr", "errors", callback=parse_metrics, help="The standard error of a metric.")
@_named("--count", "counts", callback=parse_counts, help="Of how many samples a metric is.")
@click.option("--samples", type=click.Path(), help="A Parquet or JSON lines file of all samples.")
@_named("--param", "params", of="VALUE", callback=parse_params, help="A parameter, JSON or text.")
@click.option("--tool", metavar="NAME[@VERSION]", help="What measured.")
@click.option("--revision", help="The git revision of the evaluating code.")
@click.option("--seed", type=int, metavar="N", help="The seed.")
@click.option("--hardware", metavar="TEXT", help="What it ran on.")
@click.option("--duration", type=float, metavar="SECONDS", help="How long it took.")
@click.option("--note", metavar="TEXT", help="A note.")
@click.option("-l", "--label", "labels", multiple=True, help="A label; may be repeated.")
def create_evaluation(
    model: str,
    dataset: str,
    metrics: dict[str, int | float],
    file: str | None,
    errors: dict[str, int | float],
    counts: dict[str, int],
    samples: str | None,
    **evidence: Any,
) -> None:
    """Record metrics of the commit that MODEL[:REF] points at now.

    What the options say goes before what the file says.

    \b
    Examples:
      ah create evaluation image-classification/mnist-cnn-keras:branch/v1 \\
          -d image-classification/mnist -m loss=1.47 -m accuracy=0.99
      ah create evaluation image-classification/mnist-cnn-keras:tag/released \\
          -d image-classification/mnist:tag/2024-06 -m 'top 5 accuracy=0.999'
      ah create evaluation image-classification/mnist-cnn-keras -d image-classification/mnist \\
          -f results.json --samples samples.parquet --param lr=0.01 --tool mytool@1.2
    """
    if not metrics and file is None:
        raise click.UsageError("Missing option '-m' / '--metric', or '-f' / '--file'.")
    said = {"metrics": {}} if file is None else _read(file)
    said["metrics"] = _with_details({**said["metrics"], **metrics}, stderr=errors, n=counts)
    said |= {key: value for key, value in evidence.items() if value not in (None, {}, ())}
    reference = resolve_reference(connect, model, "model")
    from .._recording import create_evaluation as record

    named, metrics = reference.path, said.pop("metrics")
    record(connect(), named, dataset, metrics, {**said, "samples": samples})


def _with_details(metrics: dict[str, Any], **details: dict[str, Any]) -> dict[str, Any]:
    """The metrics with what other options say of them."""
    for key, named in details.items():
        for name, value in named.items():
            if name not in metrics:
                option = "--stderr" if key == "stderr" else "--count"
                raise click.UsageError(f"{option} names {name!r}, which is none of the metrics.")
            known = metrics[name]
            metrics[name] = {**(known if isinstance(known, dict) else {"value": known}), key: value}
    return metrics


def _read(name: str) -> dict[str, Any]:
    """What a file says: its `metrics`, and the other fields if it has any."""
    shown = "standard input" if name == STANDARD_INPUT else name
    try:
        if name == STANDARD_INPUT:
            content = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                content = file.read()
        said = json.loads(content, object_pairs_hook=_object)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidInputError(f"Cannot read {shown}: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"Cannot read {shown}: it is no JSON: {error}") from error
    if not isinstance(said, dict) or not said:
        raise InvalidInputError(f"Cannot read {shown}: it must be an object of metrics")
    if not isinstance(said.get("metrics"), dict):
        return {"metrics": said}
    unknown = next((key for key in said if key not in ("metrics", *_FIELDS)), None)
    if unknown is not None:
        known = ", ".join(("metrics", *_FIELDS))
        raise InvalidInputError(
            f"Cannot read {shown}: it says {unknown!r}, which is not of {known}"
        )
    return said


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return made

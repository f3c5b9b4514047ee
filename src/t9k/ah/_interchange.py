"""Evaluations of a hub from the files of other tools, and in their forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ._errors import InvalidInputError
from ._evaluations import Evaluation, get_evaluation, list_evaluation, name_of
from ._messages import inform
from ._samples import send_file

if TYPE_CHECKING:
    from ._connection import Connection
    from ._formats.records import Record

# What a hub records at once, all of it or nothing.
MOST_AT_ONCE = 10_000
_FIELDS = ("params", "tool", "revision", "seed", "hardware", "duration", "started", "note")


class Planned(NamedTuple):
    """A record of a file, and the dataset that it is to be recorded on, as that was given."""

    record: Record
    dataset: str


def plan_import(
    paths: Iterable[str | Path], dataset: str | Mapping[str, str], format_: str | None = None
) -> list[Planned]:
    """What the files hold, each with its dataset: the one given, or that of its benchmark."""
    from . import _formats

    records = [record for path in paths for record in _formats.read(path, format_)]
    if len(records) > MOST_AT_ONCE:
        raise InvalidInputError(
            f"There are {len(records):,} evaluations, and at most {MOST_AT_ONCE:,} are recorded "
            "at once: import fewer files at a time",
            code="too_many_evaluations",
        )
    return _assign(records, dataset)


def _assign(records: Sequence[Record], dataset: str | Mapping[str, str]) -> list[Planned]:
    from ._formats.records import benchmark_of

    benchmarks = {name: None for name in map(benchmark_of, records) if name}
    names = ", ".join(benchmarks)
    if isinstance(dataset, str):
        if len(benchmarks) > 1:
            raise InvalidInputError(
                f"The evaluations are on several datasets, {names:.300}: say which of the hub's "
                "each is, as in NAME=DATASET",
                code="several_datasets",
            )
        return [Planned(record, dataset) for record in records]
    unknown = next((name for name in dataset if name not in benchmarks), None)
    if unknown is not None:
        raise InvalidInputError(
            f"No evaluation is on {unknown!r:.100}: there are {names or 'no names':.300}",
            code="unknown_benchmark",
        )
    left_out = [name for name in benchmarks if name not in dataset]
    if left_out:
        inform(f"Leaving out evaluations on {', '.join(left_out)}: no dataset is given for them")
    return [
        Planned(record, dataset[benchmark_of(record)])
        for record in records
        if benchmark_of(record) in dataset
    ]


def record_import(connection: Connection, planned: Sequence[Planned], model: str) -> list[str]:
    """Record all of it at the commit that `model` points at now, or nothing; returns the ids."""
    named = name_of(connection, model, "model")
    datasets = {each.dataset for each in planned}
    full = {text: name_of(connection, text, "dataset") for text in datasets}
    body = [
        _describe(each.record)
        | {"model": named, "dataset": full[each.dataset]}
        | _send_samples(connection, each.record)
        for each in planned
    ]
    ids: list[str] = connection.create("/evaluations/batch", json={"evaluations": body})["ids"]
    many = f"{len(ids)} evaluations" if len(ids) != 1 else "1 evaluation"
    inform(f"Importing {many} of Model {named.partition(':')[0].rpartition('/')[2]}")
    return ids


def _describe(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = {**record}
    told = {key: fields[key] for key in _FIELDS if fields[key] not in (None, {})}
    source = record["source"] | {"lacks": record["lacks"]}
    return {"metrics": record["metrics"], **told, "source": source}


def _send_samples(connection: Connection, record: Record) -> dict[str, str]:
    """Send the samples of a record, if it has any, and name them for its evaluation."""
    from tempfile import TemporaryFile

    samples = record["samples"]
    if samples is None:
        return {}
    with TemporaryFile() as file:
        if not _write_samples(samples, file):
            return {}
        file.flush()
        return {"samples": send_file(connection, file, "the samples")}


def _write_samples(samples: Iterable[dict[str, Any]], file: IO[bytes]) -> int:
    """Write samples as JSON lines that all have the same columns; returns how many.

    A column that has both numbers and text somewhere becomes text.
    """
    columns: dict[str, set[type]] = {}
    count, are_alike = 0, True
    for sample in samples:
        are_alike = are_alike and (not count or sample.keys() == columns.keys())
        for name, value in sample.items():
            columns.setdefault(name, set()).add(_kind(value))
        file.write(_line(sample))
        count += 1
    if are_alike and all(len(kinds) == 1 for kinds in columns.values()):
        return count
    file.seek(0)
    file.truncate()
    for sample in samples:
        row = {name: _cell(sample.get(name), kinds) for name, kinds in columns.items()}
        file.write(_line(row))
    return count


def _line(row: Mapping[str, Any]) -> bytes:
    from json import dumps

    return dumps(row, ensure_ascii=False).encode() + b"\n"


def _kind(value: Any) -> type:
    if value is None:
        return type(None)
    return float if isinstance(value, int | float) else str


def _cell(value: Any, kinds: set[type]) -> Any:
    if value is None:
        # The hub tells a column's kind by its first value.
        return "" if str in kinds else float("nan")
    return value if isinstance(value, str) or str not in kinds else str(value)


def find_evaluations(
    connection: Connection, wanted: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The evaluations of ids, of a model or one of its commits, or those that are given whole."""
    items = [wanted] if isinstance(wanted, str | Mapping) else list(wanted)
    found: list[Mapping[str, Any]] = []
    for item in items:
        if isinstance(item, Mapping):
            found.append(item)
        elif "/" in item:
            found += list_evaluation(connection, name_of(connection, item, "model"))
        else:
            found.append(get_evaluation(connection, item))
    if not found:
        raise InvalidInputError("There is no evaluation to export", code="no_evaluations")
    return found


def export_evaluation(
    connection: Connection,
    evaluations: str | Evaluation | Mapping[str, Any] | Iterable[str | Mapping[str, Any]],
    format_: str,
    key: str | Path | None = None,
) -> bytes:
    """The evaluations in a format of `_formats.EXPORTS`."""
    from io import BytesIO

    from . import _formats

    file = BytesIO()
    _formats.write(find_evaluations(connection, evaluations), format_, file, key=key)
    return file.getvalue()

"""Runs of MLflow: through its client, or as JSON of `mlflow runs describe`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._errors import InvalidInputError
from .files import read_json
from .libraries import need
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "mlflow"
RUN = "runs:/"
_PAGE = 500


def read_document(path: Path) -> list[Record]:
    """The record of what `mlflow runs describe --run-id ID` printed."""
    return [_read_run(read_json(path), {"file": path.name})]


def read_location(where: str | Path) -> list[Record]:
    """The records of runs: `[TRACKING_URI#]runs:/ID`, or `TRACKING_URI[#EXPERIMENT]`.

    Without a tracking URI MLflow's own settings say where. Of an experiment, and of a whole
    tracking store, these are the finished runs that have a metric, newest first.
    """
    location = str(where)
    uri, _, rest = location.rpartition("#") if "#" in location else ("", "", location)
    if not rest.startswith(RUN) and not uri:
        uri, rest = rest, ""
    entities = need("mlflow.tracking", "Runs of MLflow")
    try:
        client = entities.MlflowClient(uri or None)
        if rest.startswith(RUN):
            runs = [client.get_run(rest.removeprefix(RUN))]
        else:
            runs = [run for run in _find_runs(client, rest) if run.data.metrics]
        documents = [run.to_dictionary() for run in runs]
    except Exception as error:
        if isinstance(error, InvalidInputError):
            raise
        # MLflow's and those of each of its stores and transports have no root in common.
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidInputError(
            f"{location}: MLflow cannot read this: {text:.300}", code="unreadable_file"
        ) from None
    if not documents:
        raise InvalidInputError(f"{location} has no finished run with a metric", code="no_metrics")
    return [
        _read_run(
            Part(f"{RUN}{document['info']['run_id']}", document),
            {"trackingUri": _without_password(uri)},
        )
        for document in documents
    ]


def _without_password(uri: str) -> str:
    """A tracking URI without the name and password that one of HTTP or a database may have."""
    scheme, mark, rest = uri.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}" if mark else uri


def _find_runs(client: Any, experiment: str) -> Iterator[Any]:
    if experiment:
        found = client.get_experiment_by_name(experiment)
        if found is None:
            raise InvalidInputError(
                f"MLflow knows no experiment {experiment!r}", code="unreadable_file"
            )
        ids = [found.experiment_id]
    else:
        ids = [each.experiment_id for each in client.search_experiments()]
    token = None
    while True:
        page = client.search_runs(ids, "status = 'FINISHED'", max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _read_run(document: Part, where: dict[str, Any]) -> Record:
    info, data = document.get("info"), document.get("data")
    tags = {key: part.text() for key, part in data.get("tags").items()}
    params = {key: part.plain() for key, part in data.get("params").items()}
    metrics: dict[str, Metric] = {}
    for name, value in data.get("metrics").items():
        add_metric(metrics, name, value)
    start, end = info.get("start_time"), info.get("end_time")
    return make_record(
        document,
        metrics,
        {
            "format": NAME,
            **where,
            "run": info.get("run_id").text(),
            "runName": info.get("run_name").text(),
            "experiment": info.get("experiment_id").name(),
            "status": info.get("status").text(),
            "user": tags.get("mlflow.user", ""),
            "program": tags.get("mlflow.source.name", ""),
            "dataset": _datasets(document),
        },
        params=params,
        tool=Tool(name="mlflow", version=""),
        revision=tags.get("mlflow.source.git.commit"),
        seed=_seed(params),
        duration=(end.number() - start.number()) / 1000 if start and end else None,
        started=Part(start.file, start.number() / 1000, start.place).moment() if start else None,
        note=tags.get("mlflow.note.content"),
        lacks=["MLflow keeps the last value of each metric here, not its history."],
    )


def _datasets(document: Part) -> Any:
    found = []
    for each in document.find("inputs", "dataset_inputs").each():
        dataset = each.get("dataset")
        told = {key: dataset.get(key).plain() for key in ("name", "digest", "source")}
        context = each.get("tags").value
        if isinstance(context, dict) and "mlflow.data.context" in context:
            told["context"] = context["mlflow.data.context"]
        found.append({key: value for key, value in told.items() if value is not None})
    return found[0] if len(found) == 1 else found


def _seed(params: dict[str, Any]) -> int | None:
    """A parameter that is named for a seed; MLflow keeps parameters as text."""
    for name in ("seed", "random_seed", "random_state"):
        value = params.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < 19:
            return int(value)
    return None

"""Files of samples on their way to and from the hub, a piece at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from ._errors import InvalidInputError, WrongTypeError
from ._patience import SHORT_PATIENCE
from ._values import check_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._connection import Connection

_PIECE_BYTES = 1 << 20
# The hub reads all of the samples before it answers.
_SECONDS = 900.0
_MAGIC = b"PAR1"


def send_samples(connection: Connection, samples: Any) -> str:
    """Send a file, a data frame or rows; returns the id by which an evaluation names them."""
    with _opened(samples) as (file, name):
        return send_file(connection, file, name)


def send_file(connection: Connection, file: IO[bytes], name: str) -> str:
    """Send an open file of samples, which messages call by a name; returns their id."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    kind = "vnd.apache.parquet" if file.read(len(_MAGIC)) == _MAGIC else "x-ndjson"
    sent = connection.request(
        "POST",
        "/evaluations/samples",
        body=lambda: _pieces(file, size, name),
        headers={"Content-Type": f"application/{kind}", "Content-Length": str(size)},
        # Samples that nobody names are dropped, so that they may arrive twice.
        patience=SHORT_PATIENCE,
        seconds=_SECONDS,
    )
    return str(sent["samplesId"])


def download_samples(connection: Connection, route: str, path: str | os.PathLike[str]) -> Path:
    """Write the samples at a route to a Parquet file, which appears whole or not at all."""
    place = Path(path)
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with (
            connection.stream("GET", route, query={"format": "parquet"}) as answer,
            part.open("wb") as file,
        ):
            while piece := answer.read(_PIECE_BYTES):
                file.write(piece)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return place


@contextmanager
def _opened(samples: Any) -> Iterator[tuple[IO[bytes], str]]:
    """The samples as a file, and what to call it."""
    if isinstance(samples, (str, os.PathLike)):
        name = os.fspath(samples)
        with _open_file(name) as file:
            yield file, name
        return
    with TemporaryDirectory(prefix="ah-samples-") as directory:
        place = Path(directory, "samples")
        _write(samples, place)
        with place.open("rb") as file:
            yield file, "the samples"


def _open_file(name: str) -> IO[bytes]:
    try:
        # Lest the opening of a pipe wait for somebody who writes.
        if not os.path.isfile(name):
            os.stat(name)
            raise InvalidInputError(
                f"Cannot read the samples {name}: it is no file", code="invalid_samples"
            )
        return open(name, "rb")
    except OSError as error:
        raise _unreadable(name, error) from error


def _write(samples: Any, place: Path) -> None:
    """Write a data frame as Parquet by its own means, or rows as JSON lines."""
    # The first is that of pandas and its kin, the second that of polars.
    write = getattr(samples, "to_parquet", None) or getattr(samples, "write_parquet", None)
    if write is not None:
        try:
            write(place)
        except (ImportError, ValueError, TypeError) as error:
            raise InvalidInputError(
                f"The samples cannot be written as Parquet: {str(error).strip()}",
                code="invalid_samples",
            ) from error
        return
    if not isinstance(samples, Iterable) or isinstance(samples, (bytes, Mapping)):
        raise WrongTypeError(
            f"samples must be a path, a data frame or a list of dicts, not {samples!r:.60}"
        )
    import json

    with place.open("w", encoding="utf-8") as file:
        for number, row in enumerate(samples):
            if not isinstance(row, Mapping):
                raise WrongTypeError(f"samples[{number}] must be a dict, not {row!r:.60}")
            plain = check_json(row, f"samples[{number}]")
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")


def _pieces(file: IO[bytes], size: int, name: str) -> Iterator[bytes]:
    """The first `size` bytes; what fails is not taken for a fault of the connection."""
    try:
        file.seek(0)
        left = size
        while left:
            piece = file.read(min(left, _PIECE_BYTES))
            if not piece:
                raise InvalidInputError(
                    f"Cannot read the samples {name}: it changed while it was read",
                    code="source_changed",
                )
            left -= len(piece)
            yield piece
    except OSError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError) -> InvalidInputError:
    reason = (error.strerror or str(error)).lower()
    return InvalidInputError(f"Cannot read the samples {name}: {reason}", code="invalid_samples")

"""Evaluations in the forms of other tools: read into records, and written from listings.

`detect` tells the format of a file, `read` reads one, `write` writes evaluations of the hub and
`verify` checks a signature. A format's module is loaded when the format is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import InvalidInputError
from .detection import READERS, find_reader, is_location
from .records import Record

__all__ = ["EXPORTS", "IMPORTS", "detect", "read", "verify", "write"]

IMPORTS = tuple(READERS)
EXPORTS = ("model-index", "every-eval-ever", "csv", "parquet", "in-toto")


def detect(path: str | Path) -> str:
    """The format of a file, a folder or a location; raises InvalidInputError where none fits."""
    return find_reader(str(path))[0]


def read(path: str | Path, format: str | None = None) -> list[Record]:
    """The records of a file, of a folder of HELM, or of runs of MLflow.

    Raises InvalidInputError that names the file and the place where it is not as its tool writes
    it (`malformed_file`), is larger than is read (`file_too_large`), has no metric (`no_metrics`),
    cannot be opened (`unreadable_file`), or is of no known format (`unknown_format`).
    """
    if format is not None and format not in READERS:
        raise _unknown(format, IMPORTS)
    _, reader = find_reader(str(path), format)
    records: list[Record] = reader(str(path) if is_location(str(path), format) else Path(path))
    return records


def write(
    entries: Iterable[Mapping[str, Any]],
    format: str,
    file: BinaryIO,
    *,
    key: str | Path | None = None,
) -> None:
    """Write evaluations, as the hub lists them, to a file that is open for bytes.

    `key` is the path of an Ed25519 private key in PEM; only `in-toto` takes one.
    """
    if format not in EXPORTS:
        raise _unknown(format, EXPORTS)
    if key is not None and format != "in-toto":
        raise InvalidInputError("Only in-toto takes a key: other formats have no signature")
    if format == "parquet":
        from .columns import write_rows
        from .tables import make_rows

        columns, rows = make_rows(entries)
        write_rows(rows, columns, file)
    else:
        file.write(_render(entries, format, Path(key) if key is not None else None).encode())


def _render(entries: Iterable[Mapping[str, Any]], format_: str, key: Path | None) -> str:
    if format_ == "model-index":
        from .model_cards import write_card

        return write_card(entries)
    if format_ == "csv":
        from .tables import write_table

        return write_table(entries)
    if format_ == "in-toto":
        from .attestations import write_attestations

        return write_attestations(entries, key)
    from json import dumps

    from .every_eval_ever import write_evaluation

    documents = write_evaluation(entries)
    # Its files hold one evaluation each; of several a line each is made.
    if len(documents) == 1:
        return dumps(documents[0], indent=2, ensure_ascii=False) + "\n"
    return "".join(dumps(each, ensure_ascii=False) + "\n" for each in documents)


def verify(path: str | Path, key: str | Path) -> list[dict[str, Any]]:
    """The statements of a file of attestations, all signed by this Ed25519 public key in PEM.

    Raises InvalidInputError where one is not (`not_signed`, `wrong_signature`), and where the file
    or the key is none (`malformed_file`, `invalid_key`).
    """
    from .attestations import verify as verify_file

    return verify_file(Path(path), Path(key))


def _unknown(format_: str, known: Iterable[str]) -> InvalidInputError:
    return InvalidInputError(
        f"There is no format {format_!r:.60}: take one of {', '.join(known)}", code="unknown_format"
    )

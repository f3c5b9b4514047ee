"""`ah ls`: folders, models, datasets, branches, tags, commits and objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import click

from .. import _hub
from .._assets import Model
from .._folders import Folder
from .._records import AssetRecord, FolderRecord
from .._resolution import resolve_asset, resolve_branch, resolve_folder, resolve_reference
from .evaluations import ls_evaluation
from .tables import age_of, print_table, size_of

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

# In these two `-h` has meant human-readable sizes since long before.
_SIZES_ON_H = {"help_option_names": ["--help"]}

_detail = click.option("-d", "--detail", is_flag=True, help="Show more columns.")
_human = click.option("-h", "--human-readable", "human", is_flag=True, help="Sizes such as 1.2KiB.")
_limit = click.option("--limit", type=click.IntRange(min=0), help="The most to list.")


def _output(command: CommandT) -> CommandT:
    option = click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json"]),
        default="table",
        help="How to print. A table by default.",
    )
    return option(command)


@click.group()
def ls() -> None:
    """List what a hub holds.

    \b
    Examples:
      ah ls folder
      ah ls branch image-classification/mnist-cnn-keras
      ah ls evaluation image-classification/mnist-cnn-keras --sort -accuracy
    """


ls.add_command(ls_evaluation)


@ls.command("folder")
@click.option(
    "-t", "--type", "type_", type=click.Choice(["model", "dataset", "all"]), default="all"
)
@click.option("-s", "--scope", type=click.Choice(["own", "shared", "public", "all"]), default="all")
@_detail
@_output
def ls_folder(type_: str, scope: str, detail: bool, output: str) -> None:
    """List the folders that you may view.

    \b
    Examples:
      ah ls folder
      ah ls folder -t dataset -s own -d
    """
    entries = _hub.list_folder(type_, scope)
    columns = ["TYPE", "NAME", "ASSETS", "OWNER", "CREATED", *_detail_columns(detail)]
    rows = [
        [
            entry["folder"]["type"],
            entry["folder"]["name"],
            str(entry["assets"]),
            entry["folder"]["owner"],
            age_of(entry["folder"]["createdTimestamp"]),
            *_details(entry["folder"], detail),
        ]
        for entry in entries
    ]
    _print(entries, output, columns, rows, right=["ASSETS"])


@ls.command("model")
@click.argument("folder", metavar="FOLDER")
@_detail
@_output
def ls_model(folder: str, detail: bool, output: str) -> None:
    """List the models of a folder.

    \b
    Example:
      ah ls model image-classification
    """
    _ls_asset(resolve_folder(_hub.default_connection, folder, "model"), detail, output)


@ls.command("dataset")
@click.argument("folder", metavar="FOLDER")
@_detail
@_output
def ls_dataset(folder: str, detail: bool, output: str) -> None:
    """List the datasets of a folder.

    \b
    Example:
      ah ls dataset image-classification
    """
    _ls_asset(resolve_folder(_hub.default_connection, folder, "dataset"), detail, output)


def _ls_asset(folder: Folder[Any], detail: bool, output: str) -> None:
    entries = folder.list_asset()
    rows = [
        [
            entry["asset"]["name"],
            str(entry["branches"]),
            age_of(entry["asset"]["createdTimestamp"]),
            *_details(entry["asset"], detail),
        ]
        for entry in entries
    ]
    columns = ["NAME", "BRANCHES", "CREATED", *_detail_columns(detail)]
    _print(entries, output, columns, rows, right=["BRANCHES"])


def _detail_columns(detail: bool) -> list[str]:
    return ["ID", "LABELS", "MODIFIED"] if detail else []


def _details(record: FolderRecord | AssetRecord, detail: bool) -> list[str]:
    cells = [record["id"], ", ".join(record["labels"]), age_of(record["modifiedTimestamp"])]
    return cells if detail else []


@ls.command("branch", context_settings=_SIZES_ON_H)
@click.argument("model", metavar="MODEL")
@_human
@_output
def ls_branch(model: str, human: bool, output: str) -> None:
    """List the branches of a model.

    \b
    Example:
      ah ls branch image-classification/mnist-cnn-keras -h
    """
    entries = cast("Model", resolve_asset(_hub.default_connection, model, "model")).list_branch()
    rows = [
        [
            entry["id"],
            entry["commit_id"][:12],
            size_of(entry["size_bytes"], human),
            age_of(entry["mtime"]),
        ]
        for entry in entries
    ]
    _print(entries, output, ["NAME", "COMMIT_ID", "BYTES", "MODIFIED"], rows, right=["BYTES"])


@ls.command("tag")
@click.argument("asset", metavar="ASSET")
@_output
def ls_tag(asset: str, output: str) -> None:
    """List the tags of a model or a dataset.

    \b
    Example:
      ah ls tag image-classification/mnist-cnn-keras
    """
    entries = resolve_asset(_hub.default_connection, asset).list_tag()
    rows = [[entry["id"], entry["commit_id"][:12]] for entry in entries]
    _print(entries, output, ["NAME", "COMMIT_ID"], rows)


@ls.command("commit")
@click.argument("branch", metavar="ASSET[:BRANCH]")
@_limit
@_output
def ls_commit(branch: str, limit: int | None, output: str) -> None:
    """List the commits of a branch, newest first.

    \b
    Examples:
      ah ls commit image-classification/mnist-cnn-keras:v1
      ah ls commit image-classification/mnist-cnn-keras --limit 10
    """
    entries = resolve_branch(_hub.default_connection, branch).list_commit(limit)
    rows = [
        [entry["id"][:12], _first_line(entry["message"]), age_of(entry["creation_date"])]
        for entry in entries
    ]
    _print(entries, output, ["COMMIT_ID", "MESSAGE", "CREATED"], rows)


@ls.command("object", context_settings=_SIZES_ON_H)
@click.argument("reference", metavar="REF")
@click.option("--prefix", default="", help="List only paths that start with this.")
@_limit
@_human
@_output
def ls_object(reference: str, prefix: str, limit: int | None, human: bool, output: str) -> None:
    """List the files of a branch, a tag or a commit.

    \b
    Examples:
      ah ls object image-classification/mnist-cnn-keras:v1
      ah ls object dataset/image-classification/mnist@4d6988c3 -h
      ah ls object dataset/image-classification/mnist --prefix train/ --limit 20
    """
    entries = resolve_reference(_hub.default_connection, reference).list_object(prefix, limit)
    rows = [
        [
            entry["path"],
            size_of(entry["size_bytes"], human),
            entry["checksum"],
            age_of(entry["mtime"]),
        ]
        for entry in entries
    ]
    _print(entries, output, ["PATH", "BYTES", "CHECKSUM", "MODIFIED"], rows, right=["BYTES"])


def _print(
    entries: Sequence[Any],
    output: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[str] = (),
) -> None:
    if output == "json":
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        print_table(columns, rows, right)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]

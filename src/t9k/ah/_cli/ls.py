"""`ah ls`: folders, models, datasets, branches, tags, commits and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from .._resolution import resolve_asset, resolve_branch, resolve_folder, resolve_reference
from .completers import complete_asset, complete_branch, complete_folder, complete_reference
from .evaluations import ls_evaluation
from .groups import Group
from .listings import SIZES_ON_H, Column, Listing, View
from .session import connect
from .sharing import ls_share

if TYPE_CHECKING:
    from .._assets import Model
    from .._folders import Folder


def _details(key: str) -> list[Column]:
    """The columns that folders and assets have in common."""
    return [
        Column("CREATED", lambda entry: entry[key]["createdTimestamp"], "age"),
        Column("ID", lambda entry: entry[key]["id"], detail=True),
        Column("LABELS", lambda entry: ", ".join(entry[key]["labels"]), detail=True),
        Column("MODIFIED", lambda entry: entry[key]["modifiedTimestamp"], "age", detail=True),
    ]


_FOLDERS = Listing(
    Column("TYPE", lambda entry: entry["folder"]["type"]),
    Column("NAME", lambda entry: entry["folder"]["name"]),
    Column("ASSETS", lambda entry: entry["assets"], "count"),
    Column("OWNER", lambda entry: entry["folder"]["owner"]),
    *_details("folder"),
)
_ASSETS = Listing(
    Column("NAME", lambda entry: entry["asset"]["name"]),
    Column("BRANCHES", lambda entry: entry["branches"], "count"),
    *_details("asset"),
)
_BRANCHES = Listing(
    Column("NAME", lambda entry: entry["id"]),
    Column("COMMIT_ID", lambda entry: entry["commit_id"], "commit"),
    Column("BYTES", lambda entry: entry["size_bytes"], "size"),
    Column("MODIFIED", lambda entry: entry["mtime"], "age"),
)
_TAGS = Listing(
    Column("NAME", lambda entry: entry["id"]),
    Column("COMMIT_ID", lambda entry: entry["commit_id"], "commit"),
)
_COMMITS = Listing(
    Column("COMMIT_ID", lambda entry: entry["id"], "commit"),
    Column("MESSAGE", lambda entry: entry["message"], "line"),
    Column("CREATED", lambda entry: entry["creation_date"], "age"),
)
_OBJECTS = Listing(
    Column("PATH", lambda entry: entry["path"]),
    Column("BYTES", lambda entry: entry["size_bytes"], "size"),
    Column("CHECKSUM", lambda entry: entry["checksum"]),
    Column("MODIFIED", lambda entry: entry["mtime"], "age"),
)


@click.group(cls=Group)
def ls() -> None:
    """List what a hub holds.

    \b
    Examples:
      ah ls folder
      ah ls branch image-classification/mnist-cnn-keras
      ah ls evaluation image-classification/mnist-cnn-keras --sort -accuracy
    """


ls.add_command(ls_evaluation)
ls.add_command(ls_share)


@ls.command("folder")
@click.option(
    "-t",
    "--type",
    "type_",
    type=click.Choice(["model", "dataset", "all"]),
    default="all",
    help="Of what. All by default.",
)
@click.option(
    "-s",
    "--scope",
    type=click.Choice(["own", "shared", "public", "all"]),
    default="all",
    help="Whose. All by default, which includes your own.",
)
@_FOLDERS.options
def ls_folder(type_: str, scope: str, view: View) -> None:
    """List the folders that you may view.

    \b
    Examples:
      ah ls folder
      ah ls folder -t dataset -s own -d
      ah ls folder --sort -modified --limit 5
    """
    query = {"scope": scope} | ({} if type_ == "all" else {"type": type_})
    entries = connect().request("GET", "/folders", query=query)

    def name(entry: Any) -> str:
        folder = entry["folder"]
        return f"{folder['owner']}/{folder['type']}/{folder['name']}"

    _FOLDERS.show(entries, view, name)


@ls.command("model")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder("model"))
@_ASSETS.options
def ls_model(folder: str, view: View) -> None:
    """List the models of a folder.

    \b
    Examples:
      ah ls model image-classification
      ah ls model ann/model/image-classification -o name
    """
    _ls_asset(resolve_folder(connect, folder, "model"), view)


@ls.command("dataset")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder("dataset"))
@_ASSETS.options
def ls_dataset(folder: str, view: View) -> None:
    """List the datasets of a folder.

    \b
    Example:
      ah ls dataset image-classification
    """
    _ls_asset(resolve_folder(connect, folder, "dataset"), view)


def _ls_asset(folder: Folder[Any], view: View) -> None:
    place = folder.path
    _ASSETS.show(folder.list_asset(), view, lambda entry: f"{place}/{entry['asset']['name']}")


@ls.command("branch", context_settings=SIZES_ON_H)
@click.argument("model", metavar="MODEL", shell_complete=complete_asset("model"))
@_BRANCHES.options
def ls_branch(model: str, view: View) -> None:
    """List the branches of a model.

    \b
    Example:
      ah ls branch image-classification/mnist-cnn-keras -h
    """
    found = cast("Model", resolve_asset(connect, model, "model"))
    place = found.path
    _BRANCHES.show(found.list_branch(), view, lambda entry: f"{place}:branch/{entry['id']}")


@ls.command("tag")
@click.argument("asset", metavar="ASSET", shell_complete=complete_asset())
@_TAGS.options
def ls_tag(asset: str, view: View) -> None:
    """List the tags of a model or a dataset.

    \b
    Example:
      ah ls tag image-classification/mnist-cnn-keras
    """
    found = resolve_asset(connect, asset)
    place = found.path
    _TAGS.show(found.list_tag(), view, lambda entry: f"{place}:tag/{entry['id']}")


@ls.command("commit")
@click.argument("branch", metavar="ASSET[:BRANCH]", shell_complete=complete_branch())
@_COMMITS.options
def ls_commit(branch: str, view: View) -> None:
    """List the commits of a branch, newest first.

    \b
    Examples:
      ah ls commit image-classification/mnist-cnn-keras:v1
      ah ls commit image-classification/mnist-cnn-keras --limit 10
    """
    found = resolve_branch(connect, branch)
    place = found.asset.path
    _COMMITS.show(found.list_commit(view.fetched), view, lambda entry: f"{place}@{entry['id']}")


@ls.command("object", context_settings=SIZES_ON_H)
@click.argument("reference", metavar="REF", shell_complete=complete_reference())
@click.option("--prefix", default="", help="List only paths that start with this.")
@_OBJECTS.options
def ls_object(reference: str, prefix: str, view: View) -> None:
    """List the files of a branch, a tag or a commit.

    \b
    Examples:
      ah ls object image-classification/mnist-cnn-keras:v1
      ah ls object dataset/image-classification/mnist@4d6988c3 -h
      ah ls object dataset/image-classification/mnist --prefix train/ --limit 20
      ah ls object dataset/image-classification/mnist --sort -bytes --limit 3
    """
    entries = resolve_reference(connect, reference).list_object(prefix, view.fetched)
    _OBJECTS.show(entries, view, lambda entry: str(entry["path"]))

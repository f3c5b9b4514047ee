"""Where things are in the console: URLs that can be read and shared."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request

from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.permissions import Folder


def owner_url(owner: str) -> str:
    return _join("/o", owner)


def folder_url(folder: Folder) -> str:
    return _join("/o", folder.owner, folder.type, folder.name)


def asset_url(asset: Asset) -> str:
    return _join(folder_url(asset.folder), asset.name)


def commit_url(asset: Asset, commit_id: str) -> str:
    return f"{asset_url(asset)}/commit/{commit_id}"


def file_url(asset: Asset, commit_id: str, path: str) -> str:
    return f"{commit_url(asset, commit_id)}/files/{quote(path)}"


def files_url(asset: Asset, ref: str = "", path: str = "", **more: str | int) -> str:
    """A folder or a file at a reference: `branch/B`, `tag/T` or a commit; main without one."""
    return _asked(f"{asset_url(asset)}/files", ref, {"path": path, **more})


def archive_url(asset: Asset, ref: str, path: str = "") -> str:
    """All files below a path, as a ZIP."""
    return _asked(f"{asset_url(asset)}/archive", ref, {"path": path})


def upload_url(asset: Asset, ref: str = "", path: str = "") -> str:
    return _asked(f"{asset_url(asset)}/upload", ref, {"path": path})


def commits_url(asset: Asset, ref: str = "", **more: str) -> str:
    """The history of a branch, a tag or a commit; of all branches without one."""
    return _said(f"{asset_url(asset)}/commits", {"ref": ref, **more})


def diff_url(asset: Asset, old: str, new: str, **more: str) -> str:
    """What differs between two references."""
    return _said(f"{asset_url(asset)}/diff", {"from": old, "to": new, **more})


def branches_url(asset: Asset, **more: str) -> str:
    return _said(f"{asset_url(asset)}/branches", more)


def merge_url(asset: Asset, source: str = "", target: str = "") -> str:
    return _said(f"{asset_url(asset)}/merge", {"source": source, "target": target})


def reset_url(asset: Asset, branch: str = "", to: str = "") -> str:
    return _said(f"{asset_url(asset)}/reset", {"branch": branch, "to": to})


def gates_url(asset: Asset, branch: str = "", **more: str) -> str:
    """The gates of a model, and the rules of one branch."""
    return _said(f"{asset_url(asset)}/gates", {"branch": branch, **more})


def settings_url(asset: Asset, **more: str) -> str:
    return _said(f"{asset_url(asset)}/settings", more)


def evaluation_url(id_: str) -> str:
    return _join("/evaluations", id_)


def own_url(request: Request) -> str:
    """The path and query of a request, encoded as a browser would send them."""
    path = quote(request.scope["path"], safe="/:@!$&'()*+,;=~")
    return f"{path}?{request.url.query}" if request.url.query else path


def _asked(url: str, ref: str, query: Mapping[str, str | int]) -> str:
    """A URL with those of the parameters that say something."""
    return _said(url, {"ref": "" if ref == f"branch/{DEFAULT_BRANCH}" else ref, **query})


def _said(url: str, query: Mapping[str, str | int]) -> str:
    said = {name: value for name, value in query.items() if value}
    return f"{url}?{urlencode(said, quote_via=quote, safe='/')}" if said else url


def changed_url(request: Request, **changes: str | None) -> str:
    """The address of a page with some of what its query says changed; None leaves it out."""
    kept = [
        (name, value) for name, value in request.query_params.multi_items() if name not in changes
    ]
    set_ = [(name, value) for name, value in changes.items() if value is not None]
    path = quote(request.scope["path"], safe="/:@!$&'()*+,;=~")
    return f"{path}?{urlencode(kept + set_)}" if kept or set_ else path


def _join(base: str, *names: str) -> str:
    return "/".join((base, *(quote(name, safe="") for name in names)))

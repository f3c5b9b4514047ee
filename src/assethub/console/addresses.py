"""Where things are in the console: URLs that can be read and shared."""

from urllib.parse import quote

from starlette.requests import Request

from assethub.core.assets import Asset
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


def own_url(request: Request) -> str:
    """The path and query of a request, encoded as a browser would send them."""
    path = quote(request.scope["path"], safe="/:@!$&'()*+,;=~")
    return f"{path}?{request.url.query}" if request.url.query else path


def _join(base: str, *names: str) -> str:
    return "/".join((base, *(quote(name, safe="") for name in names)))

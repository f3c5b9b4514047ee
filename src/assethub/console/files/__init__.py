"""Pages of an asset's files: a tree to browse, previews, downloads, uploads."""

from starlette.routing import Route

from assethub.console.files import downloads
from assethub.console.pages import get
from assethub.console.places import ASSET

ROUTES: list[Route] = [
    get(ASSET + "/commit/{commit}/files/{path:path}", downloads.send_file),
]

"""Pages of an asset's files: a tree to browse, previews, downloads, uploads."""

from starlette.routing import Route

from assethub.console.files import archives, changes, downloads, tree
from assethub.console.pages import get, post
from assethub.console.places import ASSET

ROUTES: list[Route] = [
    get(ASSET + "/files", tree.show_files),
    post(ASSET + "/files/delete", changes.delete_files),
    get(ASSET + "/archive", archives.send_archive),
    get(ASSET + "/upload", changes.show_upload),
    post(ASSET + "/upload", changes.upload, changes.read_upload),
    get(ASSET + "/commit/{commit}/files/{path:path}", downloads.send_file),
]

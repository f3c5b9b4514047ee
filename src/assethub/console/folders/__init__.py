"""Pages of folders, and of what is in them side by side."""

from starlette.routing import Route

from assethub.console.folders import folder, home
from assethub.console.pages import get, post
from assethub.console.places import FOLDER

ROUTES: list[Route] = [
    get("/", home.show_home),
    get("/o/{owner}", home.show_owner),
    get(FOLDER, folder.show_folder),
    post(FOLDER + "/share", folder.share_folder),
    post(FOLDER + "/unshare", folder.unshare_folder),
]

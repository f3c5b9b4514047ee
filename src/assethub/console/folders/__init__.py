"""Pages of folders, and of what is in them side by side."""

from starlette.routing import Route

from assethub.console.folders import changes, finding, folder, home, sharing
from assethub.console.pages import get, post
from assethub.console.places import FOLDER

ROUTES: list[Route] = [
    get("/", home.show_home),
    get("/search", finding.show_search),
    post("/folders", changes.create_folder),
    get("/o/{owner}", home.show_owner),
    get(FOLDER, folder.show_folder),
    post(FOLDER + "/assets", changes.create_asset),
    post(FOLDER + "/change", changes.change_folder),
    post(FOLDER + "/delete", changes.delete_folder),
    post(FOLDER + "/share", sharing.share_folder),
    post(FOLDER + "/unshare", sharing.unshare_folder),
    post(FOLDER + "/transfer", sharing.transfer_folder),
]

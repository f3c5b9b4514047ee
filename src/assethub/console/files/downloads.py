"""Files as they are."""

from starlette.responses import Response

from assethub.console.places import find_commit
from assethub.console.visits import Visit
from assethub.core.repository import objects
from assethub.http.downloads import send_content


def send_file(visit: Visit) -> Response:
    """The bytes of one file of a commit, as a download."""
    asset, commit = find_commit(visit)
    path = visit.request.path_params["path"]
    content = objects.find_object(visit.hub, visit.user, asset.id, commit.id, path, kind="commit")
    return send_content(visit.request, visit.hub.blobs, content)

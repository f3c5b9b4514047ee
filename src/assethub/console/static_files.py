"""The console's static files, under URLs that change with their content."""

import hashlib
import mimetypes
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from assethub.console.security import protect
from assethub.errors import NotFound

_PLACE = Path(__file__).with_name("static")
_FOREVER = "public, max-age=31536000, immutable"


class _File(NamedTuple):
    data: bytes
    digest: str
    content_type: str


class StaticFiles:
    """The files of `static/`, read once and held in memory."""

    def __init__(self) -> None:
        self._files = {path.name: _read(path) for path in sorted(_PLACE.iterdir())}

    def url(self, name: str) -> str:
        return f"/static/{self._files[name].digest}/{name}"

    def answer(self, request: Request) -> Response:
        """The file that a request names. Raises NotFound, for another version of it too."""
        file = self._files.get(request.path_params["name"])
        if file is None or file.digest != request.path_params["digest"]:
            raise NotFound("file not found")
        headers = {"Cache-Control": _FOREVER, "Content-Type": file.content_type}
        return protect(Response(file.data, headers=headers))


def _read(path: Path) -> _File:
    data = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return _File(data, hashlib.sha256(data).hexdigest()[:16], content_type)

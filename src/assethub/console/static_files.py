"""The console's static files, under an address that changes with what they hold."""

import gzip
import hashlib
import mimetypes
import re
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from assethub.console.security import protect
from assethub.errors import NotFound

_PLACE = Path(__file__).with_name("static")
_FOREVER = "public, max-age=31536000, immutable"
# By the name under which pages load it: the package that has it, and where in there.
_OTHERS = {"plotly.js": ("plotly", "package_data/plotly.min.js")}
_SHORTEST_COMPRESSED = 256


class _File:
    """A file, read when it is first asked for and held in memory, as it is and compressed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self.content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    @cached_property
    def data(self) -> bytes:
        return self._path.read_bytes()

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.data, mtime=0)


class StaticFiles:
    """The files of `static/`, by their path in it, and scripts of others from their packages.

    One digest stands for all of them, so that scripts and styles find each other beside them.
    """

    def __init__(self) -> None:
        own = sorted(path for path in _PLACE.rglob("*") if path.is_file())
        self._files = {path.relative_to(_PLACE).as_posix(): _File(path) for path in own}
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(f"{name}\0{len(file.data)}\0".encode() + file.data)
        for name, (package, path) in _OTHERS.items():
            place = _find_package(package) / path
            digest.update(f"{name}\0{place.stat().st_size}\0".encode())
            self._files[name] = _File(place)
        self.digest = digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a file; raises KeyError where there is none of that name."""
        self._files[name]
        return f"/static/{self.digest}/{name}"

    @cached_property
    def plotly_styles(self) -> list[str]:
        """The ids of styles that plotly puts into a page, unless it has an element of that id.

        It does so for maps, of which there are none here, and the pages' policy refuses it.
        """
        found = re.findall(rb'getElementById\("([0-9a-f]{64})"\)', self._files["plotly.js"].data)
        return sorted(each.decode() for each in {*found})

    async def answer(self, request: Request) -> Response:
        """The file that a request names. Raises NotFound, for another version of it too."""
        file = self._files.get(request.path_params["name"])
        if file is None or request.path_params["digest"] != self.digest:
            raise NotFound("file not found")
        headers = {
            "Cache-Control": _FOREVER,
            "Content-Type": file.content_type,
            "Vary": "Accept-Encoding",
        }
        if "gzip" not in request.headers.get("accept-encoding", "") or _is_short(file):
            return protect(Response(file.data, headers=headers))
        data = await run_in_threadpool(lambda: file.compressed)
        return protect(Response(data, headers=headers | {"Content-Encoding": "gzip"}))


def _is_short(file: _File) -> bool:
    return len(file.data) < _SHORTEST_COMPRESSED


def _find_package(name: str) -> Path:
    """Where a package lies, without importing it."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"the console needs the package {name}: install assethub[server]")
    return Path(found.submodule_search_locations[0])

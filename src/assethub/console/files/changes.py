"""Files that a form brings or deletes, in one commit."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from assethub.console.addresses import files_url
from assethub.console.assets.frame import render_asset
from assethub.console.files.points import find_points
from assethub.console.files.tree import show_folder
from assethub.console.pages import redirect
from assethub.console.places import Point, find_point
from assethub.console.visits import Form, Visit
from assethub.core.repository import finish, operations
from assethub.errors import HubError, InvalidInput
from assethub.store.blobs import CHUNK_BYTES

_MOST_FILES = 100
_MOST_FIELDS = 20


class UploadForm(Form):
    """A form that brings files."""

    def __init__(self, fields: list[tuple[str, str]], named: list[tuple[str, UploadFile]]) -> None:
        super().__init__(fields)
        self.named = named

    @property
    def files(self) -> list[UploadFile]:
        return [file for _, file in self.named]


async def read_upload(request: Request, most_fields: int = _MOST_FIELDS) -> UploadForm:
    """The fields and the files of a form; raises InvalidInput and TooLarge."""
    try:
        found = await request.form(max_files=_MOST_FILES, max_fields=most_fields)
    except MultiPartException as error:
        raise InvalidInput(error.message, code="invalid_form") from error
    fields, files = [], []
    for name, value in found.multi_items():
        if isinstance(value, str):
            fields.append((name, value))
        elif value.filename:
            files.append((name, value))
    return UploadForm(fields, files)


def show_upload(visit: Visit) -> Response:
    """The page to bring files to a branch."""
    return _show_upload(visit, find_point(visit), visit.query.get("path", ""))


def upload(visit: Visit) -> Response:
    """Commits the files of a form to the branch that the page's address names."""
    visit.check_form()
    point = find_point(visit)
    form = cast(UploadForm, visit.form)
    folder = form.get("folder", "").strip().strip("/")

    def stage(operation: str) -> None:
        for file in form.files:
            _put(visit, operation, folder, file)

    try:
        _commit(visit, point, bool(form.files), stage)
    except HubError as error:
        return _show_upload(visit, point, folder, error)
    place = f"{folder}/" if folder else ""
    return redirect(files_url(point.asset, point.ref, place, done="uploaded"))


def delete_files(visit: Visit) -> Response:
    """Deletes the chosen files and folders of a branch in one commit."""
    visit.check_form()
    point = find_point(visit)
    folder = visit.form.get("folder", "")
    paths = visit.form.all("chosen")

    def stage(operation: str) -> None:
        for path in paths:
            operations.stage_delete(visit.hub, visit.user, operation, path)

    try:
        _commit(visit, point, bool(paths), stage)
    except HubError as error:
        return show_folder(visit, point, folder, http_status=error.status, problem=error)
    return redirect(files_url(point.asset, point.ref, folder, done="deleted"))


def _commit(visit: Visit, point: Point, some: bool, stage: Callable[[str], None]) -> None:
    """One commit of what is staged, with the form's message; nothing remains where it fails."""
    message = visit.form.get("message", "").strip()
    if point.kind != "branch":
        raise InvalidInput("files change on a branch only", code="no_branch")
    if not some:
        raise InvalidInput("no file was chosen", code="no_files")
    if not message:
        raise InvalidInput("a commit needs a message", code="message_missing")
    hub, user = visit.hub, visit.user
    operation = operations.start_operation(hub, user, point.asset.id, point.name).id
    try:
        stage(operation)
        finish.finish_operation(hub, user, operation, message)
    except HubError:
        with suppress(HubError):
            operations.drop_operation(hub, user, operation)
        raise


def _put(visit: Visit, operation: str, folder: str, file: UploadFile) -> None:
    name = (file.filename or "").replace("\\", "/").strip("/")
    path = f"{folder}/{name}" if folder else name
    with visit.hub.blobs.create() as writer:
        while chunk := file.file.read(CHUNK_BYTES):
            writer.write(chunk)
        blob = writer.commit()
    operations.stage_put(visit.hub, visit.user, operation, path, blob)


def _show_upload(
    visit: Visit, point: Point, folder: str, error: HubError | None = None
) -> Response:
    values: dict[str, Any] = {
        "point": point,
        "points": find_points(visit, point),
        "folder": folder.strip("/"),
        "problem": error,
        "typed": visit.form,
    }
    return render_asset(
        visit,
        "files/upload.html",
        point.asset,
        http_status=error.status if error else 200,
        **values,
    )

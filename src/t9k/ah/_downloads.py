"""Files of a snapshot brought to a local directory, whole and verified or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ._errors import DownloadError, NotFoundError
from ._values import check_paths

if TYPE_CHECKING:
    from ._client import Client
    from ._records import ObjectEntry


def download(
    client: Client,
    asset_id: str,
    commit: str,
    objects: list[ObjectEntry],
    save_dir: str | os.PathLike[str],
) -> list[Path]:
    """Bring the objects below `save_dir` and return where each is.

    Each is written aside, checked against its SHA-256, and moved into place. Raises DownloadError
    for a path that leads out of `save_dir` or through a link, before anything is fetched.
    """
    targets = [_target(os.fspath(save_dir), entry["path"]) for entry in objects]
    for entry, target in zip(objects, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(client, f"/assets/{asset_id}/refs/{commit}/objects", entry, target)
    return targets


def select(objects: list[ObjectEntry], paths: str | Iterable[str] | None) -> list[ObjectEntry]:
    """The objects that were asked for: all, or those of the paths, `dir/` for all below it.

    Raises NotFoundError naming a path that fits nothing.
    """
    if paths is None:
        return objects
    wanted = check_paths(paths, "download")
    chosen: set[str] = set()
    for path in wanted:
        fitting = {
            entry["path"]
            for entry in objects
            if entry["path"] == path or (path.endswith("/") and entry["path"].startswith(path))
        }
        if not fitting:
            raise NotFoundError(f"There is no object {path}", code="object_not_found")
        chosen |= fitting
    return [entry for entry in objects if entry["path"] in chosen]


def _target(save_dir: str, path: str) -> Path:
    """Where an object goes, after every check that it goes below the directory."""
    segments = path.split("/")
    unsafe = any(
        segment in ("", ".", "..") or "\0" in segment or os.path.basename(segment) != segment
        for segment in segments
    )
    if unsafe or os.path.splitdrive(path)[0]:
        raise DownloadError(
            f"The object {path!r} would land outside {save_dir}: it is not downloaded",
            code="unsafe_path",
        )
    target = Path(save_dir)
    for segment in segments:
        target = target / segment
        if target.is_symlink():
            raise DownloadError(
                f"The object {path} would be written through the link {target}: remove the link "
                "or choose another directory",
                code="unsafe_path",
            )
    if target.is_dir():
        raise DownloadError(f"{target} is a directory, and the object {path} a file of that name")
    return target


def _fetch(client: Client, route: str, entry: ObjectEntry, target: Path) -> None:
    import secrets

    temporary = target.parent / f".ah-{secrets.token_hex(8)}.part"
    with open(temporary, "xb") as file:
        try:
            digest = client.download(route, {"path": entry["path"]}, file)
            file.close()
            if digest != entry["checksum"]:
                raise DownloadError(
                    f"The object {entry['path']} arrived damaged: its SHA-256 is not that of the "
                    "listing. Download it again",
                    code="checksum_mismatch",
                )
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink()
            raise

"""Who may do what: the one place that decides."""

from enum import IntEnum
from typing import NamedTuple

from assethub.core.users import User
from assethub.errors import NotFound, PermissionDenied


class Level(IntEnum):
    """What a user may do with a folder and all in it; each includes those below."""

    NONE = 0
    VIEW = 1
    RUN = 2
    EDIT = 3
    OWNER = 4


class Folder(NamedTuple):
    """A folder of models or of datasets, the unit of sharing."""

    id: str
    type: str
    name: str
    owner_id: str
    owner: str
    labels: list[str]
    description: str
    created: int
    modified: int

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.type}/{self.name}"


def level_of(user: User, folder: Folder) -> Level:
    """What the user may do with the folder."""
    return Level.OWNER if user.id == folder.owner_id else Level.NONE


def require(user: User, folder: Folder | None, level: Level, missing: str) -> Folder:
    """The folder, where the user holds at least `level` there.

    Who may not even view it gets the same answer as for what does not exist: NotFound with the
    text `missing`. Who may view, but not this, gets PermissionDenied.
    """
    held = Level.NONE if folder is None else level_of(user, folder)
    if folder is None or held < Level.VIEW:
        raise NotFound(missing, code=missing.replace(" ", "_"))
    if held < level:
        raise PermissionDenied("permission denied")
    return folder

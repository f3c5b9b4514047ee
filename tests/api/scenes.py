"""What the permission matrix plays on: a model and a dataset of one user, and who comes to them."""

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import urllib3

from assethub.core import assets, folders, sharing
from assethub.core.evaluations import recording
from assethub.core.evaluations.samples import SampleIntake
from assethub.core.people import groups, keys, users
from assethub.core.people.keys import Terms
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository import branches, finish, operations, tags, uploads
from assethub.core.repository.parts import Asked, PartIntake
from assethub.core.sharing import Grantee
from hubs import RunningHub

# In the order of the columns of the tables. Those from `read` on are keys of the owner: one that
# may only read, one of the model's folder, one of the model, one of another folder of theirs.
ROLES = (
    *("anonymous", "disabled", "outsider", "view", "run", "edit", "owner", "admin"),
    *("read", "folder", "asset", "elsewhere"),
)
_POOL = urllib3.PoolManager(retries=False)
_FILE = b"weights"


@dataclass
class Cast:
    """The users, made once for a hub, with a key each."""

    hub: RunningHub
    users: dict[str, User] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mark = uuid.uuid4().hex[:8]
        for role in ROLES[1:8]:
            user = users.add_user(self.hub.inside, f"{role}-{mark}")
            self.users[role] = user
            self.keys[role] = keys.add_key(self.hub.inside, user, role)
        users.change_user(self.hub.inside, self.users["disabled"].name, disabled=True)
        users.change_user(self.hub.inside, self.users["admin"].name, admin=True)


class Scene:
    """A model and a dataset, new and shared with the cast; `file` is what the model holds."""

    file = _FILE
    etag = ""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.hub = cast.hub
        inside, owner = cast.hub.inside, cast.users["owner"]
        self.name = uuid.uuid4().hex[:12]
        self.folder, self.asset, self.commit = self._shelve("model")
        self.dataset_folder, self.dataset, _ = self._shelve("dataset")
        self.elsewhere = folders.create_folder(inside, owner, "model", f"else-{self.name}", [])
        branches.create_branch(inside, owner, self.asset, "dev", "main")
        tags.create_tag(inside, owner, self.asset, "v1", "main")
        made = recording.create_evaluation(
            inside, owner, self.reference("model"), self.reference("dataset"), {"accuracy": 1}
        )
        self.evaluation = made.id
        self.group = f"group-{self.name}"
        groups.create_group(inside, self.group)
        groups.add_member(inside, self.group, cast.users["view"].name)

    def reference(self, type_: str) -> str:
        return f"{self.cast.users['owner'].name}/{type_}/{self.name}/{self.name}"

    @cached_property
    def sampled(self) -> str:
        """An evaluation of the owner's with samples."""
        inside, owner = self.hub.inside, self.cast.users["owner"]
        with SampleIntake(inside, owner) as intake:
            intake.write(b'{"id": 1, "accuracy": 1}')
            sent = intake.finish()
        sides = self.reference("model"), self.reference("dataset")
        made = recording.create_evaluation(inside, owner, *sides, {"accuracy": 1}, samples=sent.id)
        return made.id

    @cached_property
    def keys(self) -> dict[str, str]:
        """The key of each role but anonymous."""
        limits = {
            "read": Terms(scope="read"),
            "folder": Terms(folder_id=self.folder),
            "asset": Terms(folder_id=self.folder, asset_id=self.asset),
            "elsewhere": Terms(folder_id=self.elsewhere),
        }
        owner = self.cast.users["owner"]
        made = {
            role: keys.add_key(self.hub.inside, owner, role, each) for role, each in limits.items()
        }
        return self.cast.keys | made

    def actor(self, role: str) -> User:
        """The user of a role, with the key's limits, where they may change the model; the owner."""
        if role not in ("edit", "folder", "asset"):
            return self.cast.users["owner"]
        with self.hub.inside.database.read() as connection:
            return keys.authenticate_key(connection, self.keys[role])

    def operation(self, role: str) -> str:
        """An open operation of the role's, where they can have one; else the owner's."""
        inside, user = self.hub.inside, self.actor(role)
        id_ = operations.start_operation(inside, user, self.asset, "main").id
        self._stage(user, id_, uuid.uuid4().hex.encode())
        return id_

    def upload(self, role: str) -> str:
        """An unfinished upload of the role's, as for an operation, with its one part."""
        inside, user = self.hub.inside, self.actor(role)
        operation = operations.start_operation(inside, user, self.asset, "main").id
        id_, _ = uploads.start_upload(inside, user, operation, "u.bin", None)
        intake = PartIntake(inside, user, Asked(operation, "u.bin", id_, 1))
        intake.open()
        intake.write(_FILE)
        self.etag = intake.commit()
        intake.close()
        return id_

    def call(self, role: str, method: str, path: str, **request: Any) -> urllib3.BaseHTTPResponse:
        """The answer to a request below the root, in JSON where it is refused."""
        headers = {"Accept": "application/json", **request.pop("headers", {})}
        if role != "anonymous":
            headers["Authorization"] = f"Bearer {self.keys[role]}"
        return _POOL.request(
            method, self.hub.url + path, headers=headers, redirect=False, **request
        )

    def _shelve(self, type_: str) -> tuple[str, str, str]:
        inside, owner = self.hub.inside, self.cast.users["owner"]
        folder = folders.create_folder(inside, owner, type_, self.name, [])
        for level in (Level.VIEW, Level.RUN, Level.EDIT):
            grantee = Grantee("user", self.cast.users[level.name.lower()].name)
            sharing.share_folder(inside, owner, folder, grantee, level)
        asset = assets.create_asset(inside, owner, folder, self.name, [])
        operation = operations.start_operation(inside, owner, asset, "main")
        self._stage(owner, operation.id, _FILE)
        return folder, asset, finish.finish_operation(inside, owner, operation.id, "files")

    def _stage(self, user: User, operation: str, data: bytes) -> None:
        with self.hub.inside.blobs.create() as writer:
            writer.write(data)
            blob = writer.commit()
        operations.stage_put(self.hub.inside, user, operation, "w.bin", blob)

"""Things in a hub for the pages to show, put there through core."""

from collections.abc import Mapping
from typing import NamedTuple

from assethub.core import assets, folders
from assethub.core.evaluations import recording
from assethub.core.people import users
from assethub.core.repository import branches, operations
from assethub.core.repository.finish import finish_operation
from hubs import RunningHub, User

Number = float | int


class Shelf(NamedTuple):
    """A user with one model and one dataset, each with a commit on `main` after the first."""

    hub: RunningHub
    owner: User
    model: str
    model_id: str
    model_commit: str
    dataset: str
    dataset_id: str
    dataset_commit: str

    @property
    def user(self) -> users.User:
        return users.find_user(self.hub.inside, self.owner.name)

    @property
    def model_url(self) -> str:
        return f"/o/{self.model}"

    @property
    def dataset_url(self) -> str:
        return f"/o/{self.dataset}"

    def evaluate(self, metrics: Mapping[str, Number], through: str = "branch/main") -> str:
        """Records an evaluation of the model on the dataset; returns its id."""
        made = recording.create_evaluation(
            self.hub.inside, self.user, f"{self.model}:{through}", self.dataset, metrics
        )
        return made.id

    def commit(self, asset_id: str, branch: str, files: Mapping[str, bytes], message: str) -> str:
        return commit(self.hub, self.user, asset_id, branch, files, message)

    def branch(self, name: str) -> None:
        branches.create_branch(self.hub.inside, self.user, self.model_id, name, "main")


def make_shelf(hub: RunningHub, folder: str = "digits", model: str = "svm") -> Shelf:
    """A new user's shelf; the dataset is named like the model's folder."""
    owner = hub.new_user()
    user = users.find_user(hub.inside, owner.name)
    ids, commits = [], []
    for type_, name, files in (
        ("model", model, {"model.pkl": b"weights"}),
        ("dataset", folder, {"test.csv": b"a,b\n1,2\n", "train/a.csv": b"a,b\n"}),
    ):
        folder_id = folders.create_folder(hub.inside, user, type_, folder, [f"{type_} label"])
        ids.append(assets.create_asset(hub.inside, user, folder_id, name, [f"{name} label"]))
        commits.append(commit(hub, user, ids[-1], "main", files, f"Add the {type_}"))
    return Shelf(
        hub,
        owner,
        f"{owner.name}/model/{folder}/{model}",
        ids[0],
        commits[0],
        f"{owner.name}/dataset/{folder}/{folder}",
        ids[1],
        commits[1],
    )


def commit(
    hub: RunningHub,
    user: users.User,
    asset_id: str,
    branch: str,
    files: Mapping[str, bytes],
    message: str,
) -> str:
    operation = operations.start_operation(hub.inside, user, asset_id, branch).id
    for path, data in files.items():
        with hub.inside.blobs.create() as writer:
            writer.write(data)
            blob = writer.commit()
        operations.stage_put(hub.inside, user, operation, path, blob)
    return finish_operation(hub.inside, user, operation, message)

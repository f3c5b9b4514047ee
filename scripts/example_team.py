"""Six weeks of a small team's work on a hub, made up: what the pictures of the console show."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import example_files as made

from assethub.core import assets, folders
from assethub.core.evaluations import recording, records
from assethub.core.evaluations.samples import SampleIntake
from assethub.core.gates.definitions import set_gate
from assethub.core.hub import Hub
from assethub.core.people import groups, users
from assethub.core.people.keys import Terms, create_key
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository import branches, operations, tags
from assethub.core.repository.finish import finish_operation
from assethub.core.repository.merging import merge_branch
from assethub.core.repository.protection import Protection
from assethub.core.sharing import Grantee, share_folder

IMAGES = "ann/model/image-classification"
CNN = f"{IMAGES}/mnist-cnn-keras"
MNIST = "ann/dataset/image-classification/mnist"
FASHION = "ann/dataset/image-classification/fashion-mnist"
_HOUR = 3600
_DAY = 24
_GATE = [
    {"metric": "accuracy", "dataset": MNIST, "min": 0.985},
    {"metric": "accuracy", "dataset": MNIST, "relative_to": "current", "margin": 0.005},
    {"metric": "latency ms", "dataset": MNIST, "max": 48},
]
_STRICT_GATE = [{"metric": "latency ms", "dataset": MNIST, "max": 45}]


class Team:
    """Ann, who looks after the hub, Bo and Chen: what they did, in the order of time.

    `compared` are evaluations worth comparing: the first two have samples.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.compared: list[str] = []

    def work(self) -> User:
        """Does all of it, and returns Ann."""
        with _hours_ago(45 * _DAY):
            self._meet()
        with _hours_ago(43 * _DAY):
            self._begin()
        self._train_first()
        self._try_others()
        self._merge_second()
        self._go_on()
        return self._ann

    def _meet(self) -> None:
        self._ann, self._bo, self._chen = (
            users.add_user(self._hub, name) for name in ("ann", "bo", "chen")
        )
        for group, members in {"vision": ["ann", "bo"], "reviewers": ["chen"]}.items():
            groups.create_group(self._hub, group, by=self._ann)
            for member in members:
                groups.add_member(self._hub, group, member, by=self._ann)
        create_key(self._hub, self._ann, "laptop", Terms())

    def _begin(self) -> None:
        images = self._make_folder(
            *(self._ann, "model", "image-classification", ["vision", "production"]),
            "Classifiers of small greyscale images for the sorting line",
        )
        sets = self._make_folder(
            *(self._ann, "dataset", "image-classification", ["vision"]),
            "Images with labels; the test sets are not to be trained on",
        )
        speech = self._make_folder(self._ann, "model", "speech", ["audio"], "")
        roads = self._make_folder(
            self._bo, "model", "road-segmentation", ["vision"], "Lanes and kerbs from the dashcam"
        )
        texts = self._make_folder(
            self._chen, "dataset", "benchmarks", ["text", "public"], "Test sets for everyone"
        )
        share_folder(self._hub, self._ann, images, Grantee("group", "vision"), Level.EDIT)
        share_folder(self._hub, self._ann, images, Grantee("group", "reviewers"), Level.VIEW)
        share_folder(self._hub, self._ann, sets, Grantee("public"), Level.VIEW)
        share_folder(self._hub, self._bo, roads, Grantee("user", "ann"), Level.RUN)
        share_folder(self._hub, self._chen, texts, Grantee("public"), Level.VIEW)
        self._mnist = self._make(
            sets, "mnist", ["28×28", "greyscale"], "Handwritten digits, ten classes"
        )
        self._fashion = self._make(sets, "fashion-mnist", ["28×28"], "Clothing, ten classes")
        self._cnn = self._make(
            *(images, "mnist-cnn-keras", ["keras", "cnn", "已上线"]),
            "Reads the digits of postcodes on the sorting line",
        )
        self._others = {
            "mnist-svm": self._make(images, "mnist-svm", ["scikit-learn"], "RBF kernel, C = 5"),
            "mnist-random-forest": self._make(
                images, "mnist-random-forest", ["scikit-learn"], "500 trees"
            ),
            "mnist-vit-tiny": self._make(
                images, "mnist-vit-tiny", ["pytorch", "transformer"], "Four blocks, patches of 7×7"
            ),
            "fashion-resnet": self._make(
                images, "fashion-resnet", ["pytorch", "resnet"], "ResNet-18, first layer of 3×3"
            ),
        }
        self._make(speech, "wake-word", ["pytorch"], "")
        unet = self._make(roads, "lane-unet", ["pytorch"], "", by=self._bo)
        self._commit(unet, "First weights", made.make_plain_model("lane-unet", 40), by=self._bo)
        self._make(texts, "postcodes-zh", ["text"], "Addresses in Chinese", by=self._chen)
        self._before = self._commit(
            self._mnist, "Import the original MNIST files", made.make_mnist(False)
        )
        self._commit(self._fashion, "Import Fashion-MNIST", made.make_fashion())

    def _train_first(self) -> None:
        """The first branch of the network, which becomes `main`."""
        with _hours_ago(40 * _DAY):
            self._commit(self._cnn, "Describe the model", made.make_readme())
            branches.create_branch(self._hub, self._ann, self._cnn, "v1", "main")
        for days, message, accuracy, loss in (
            (38, "First CNN that converges", 0.9712, 1.4702),
            (34, "Train for 20 epochs", 0.9801, 0.9124),
            (30, "Use He initialisation", 0.9838, 0.7018),
        ):
            with _hours_ago(days * _DAY):
                self._commit(self._cnn, message, made.make_cnn(days), "v1")
                self._measure("v1", accuracy, loss, 39, epochs=20 if days < 38 else 5)
        with _hours_ago(29 * _DAY):
            merge_branch(self._hub, self._ann, self._cnn, "main", "v1")
            tags.create_tag(self._hub, self._ann, self._cnn, "v1.0", "main")
            branches.create_branch(self._hub, self._ann, self._cnn, "v2", "main")

    def _try_others(self) -> None:
        """Models to compare with, on both datasets; one was measured with the wrong weights."""
        for number, (name, asset) in enumerate(self._others.items()):
            with _hours_ago((27 - number) * _DAY):
                by = self._bo if number > 1 else self._ann
                plain = made.make_plain_model(name, number)
                self._commit(asset, "Trained weights", plain, by=by)
        with _hours_ago(22 * _DAY):
            wrong = self._record("mnist-random-forest", MNIST, 0.9912, 4, by=self._bo)
            self._record("mnist-random-forest", FASHION, 0.8761, 4)
            self._record("mnist-svm", FASHION, 0.8974, 31)
            self._record("fashion-resnet", FASHION, 0.9449, 66, by=self._bo)
            self._record("mnist-vit-tiny", FASHION, 0.9036, 71, by=self._bo)
        with _hours_ago(21 * _DAY):
            records.mark_invalid(
                self._hub, self._ann, wrong, "Measured on the training images by mistake"
            )
        with _hours_ago(17 * _DAY):
            self._after = self._commit(
                self._mnist, "Fix 15 wrong labels in test", made.make_mnist(True)
            )
        with _hours_ago(16 * _DAY):
            self._record("mnist-random-forest", MNIST, 0.9705, 4)
            self._svm = self._record("mnist-svm", MNIST, 0.9846, 33)
            self._record("fashion-resnet", MNIST, 0.9934, 68, by=self._bo)

    def _merge_second(self) -> None:
        """The second branch and a third; `main` gets a change of its own, then a merge."""
        for days, message, accuracy, loss in (
            (13, "Add dropout before the last layer", 0.9883, 0.4461),
            (9, "Augment: shift by two pixels", 0.9907, 0.3987),
        ):
            with _hours_ago(days * _DAY):
                self._commit(self._cnn, message, made.make_cnn(days, dropout=0.3), "v2")
                self._measure("v2", accuracy, loss, 44, dropout=0.3)
        with _hours_ago(8 * _DAY):
            note = {"NOTICE": b"Trained on MNIST by Y. LeCun, C. Cortes and C. Burges.\n"}
            self._commit(self._cnn, "Say whose images these are", note)
            branches.create_branch(self._hub, self._ann, self._cnn, "batch-norm", "v2")
        with _hours_ago(7 * _DAY):
            merge_branch(self._hub, self._ann, self._cnn, "main", "v2")
            tags.create_tag(self._hub, self._ann, self._cnn, "v2.0", "main")
            self._measure("main", 0.9911, 0.3902, 44, dropout=0.3)
            set_gate(self._hub, self._ann, self._cnn, "main", _GATE)
            owners = Protection(["ann"], ["vision"])
            branches.protect_branch(self._hub, self._ann, self._cnn, "main", owners)
            merge_branch(self._hub, self._ann, self._cnn, "v2", "main")
            self._record("mnist-cnn-keras", FASHION, 0.9213, 45)

    def _go_on(self) -> None:
        """What is under way: one branch that may be merged, one that is too slow."""
        with _hours_ago(5 * _DAY):
            files = made.make_cnn(51, width=96, dropout=0.1)
            self._commit(self._cnn, "Try batch norm", files, "batch-norm", by=self._bo)
            self._measure("batch-norm", 0.9899, 0.4102, 52, by=self._bo, dropout=0.1)
            set_gate(self._hub, self._ann, self._cnn, "batch-norm", _STRICT_GATE)
        with _hours_ago(29):
            vit = self._sample("mnist-vit-tiny:main", 0.9845, 12, 71, "pytorch@2.9", by=self._bo)
        with _hours_ago(3):
            files = made.make_cnn(99, dropout=0.3, lr=0.0005)
            self._commit(self._cnn, "Halve the learning rate at plateaus", files, "v2")
        with _hours_ago(2.5):
            cnn = self._sample("mnist-cnn-keras:v2", 0.9935, 11, 44, "keras@3.9", dropout=0.3)
        self.compared = [vit, cnn, self._svm]

    def _measure(
        self,
        branch: str,
        accuracy: float,
        loss: float,
        latency: float,
        by: User | None = None,
        **params: float,
    ) -> None:
        """Evaluates a branch of the network on the digits, with what a report says."""
        recording.create_evaluation(
            *(self._hub, by or self._ann, f"{CNN}:{branch}", MNIST),
            {
                "accuracy": made.measure(accuracy, 10_000),
                "macro F1": round(accuracy - 0.0006, 4),
                "loss": {"value": loss, "stderr": round(loss / 60, 4), "n": 10_000},
                "latency ms": latency,
            },
            params={"lr": 0.001, "batch_size": 128, "optimizer": "adam", **params},
            tool="keras@3.9",
            revision="5f0c2b7e91d4",
            seed=1,
            hardware="1 × NVIDIA L4",
            duration=61.5,
            labels=["nightly"],
        )

    def _record(
        self, name: str, dataset: str, accuracy: float, latency: float, by: User | None = None
    ) -> str:
        return recording.create_evaluation(
            *(self._hub, by or self._ann, f"{IMAGES}/{name}", dataset),
            {"accuracy": made.measure(accuracy, 10_000), "latency ms": latency},
            tool="eval-images@0.4",
        ).id

    def _sample(
        self,
        model: str,
        accuracy: float,
        seed: int,
        latency: float,
        tool: str,
        by: User | None = None,
        **params: float,
    ) -> str:
        """An evaluation with what the model said of each sample."""
        user = by or self._ann
        rows, metrics = made.make_samples(accuracy, seed)
        with SampleIntake(self._hub, user) as intake:
            intake.write(rows)
            sent = intake.finish()
        more: dict[str, Any] = {"latency ms": latency}
        return recording.create_evaluation(
            *(self._hub, user, f"{IMAGES}/{model}", MNIST, {**metrics, **more}),
            params={"lr": 0.0005, "batch_size": 128, "optimizer": "adam", "epochs": 40, **params},
            tool=tool,
            revision="a41be07c8d92",
            seed=seed,
            hardware="1 × NVIDIA L4",
            duration=74.2,
            note="A sample of 2,000 test images, what was said of each kept",
            samples=sent.id,
        ).id

    def _make_folder(
        self, user: User, type_: str, name: str, labels: list[str], description: str
    ) -> str:
        return folders.create_folder(self._hub, user, type_, name, labels, description)

    def _make(
        self, folder: str, name: str, labels: list[str], description: str, by: User | None = None
    ) -> str:
        return assets.create_asset(
            self._hub, by or self._ann, folder, name, labels, description=description
        )

    def _commit(
        self,
        asset: str,
        message: str,
        files: Mapping[str, bytes],
        branch: str = "main",
        by: User | None = None,
    ) -> str:
        user = by or self._ann
        operation = operations.start_operation(self._hub, user, asset, branch).id
        for path, content in files.items():
            with self._hub.blobs.create() as writer:
                writer.write(content)
                blob = writer.commit()
            operations.stage_put(self._hub, user, operation, path, blob)
        return finish_operation(self._hub, user, operation, message)


@contextmanager
def _hours_ago(hours: float) -> Iterator[None]:
    """Lets the hub believe that it is so much earlier."""
    moment = time.time_ns() - int(hours * _HOUR * 1e9)
    with patch("time.time_ns", lambda: moment):
        yield

"""The real work of the demo: handwritten digits, two classifiers, and how well each reads them."""

import time
from pathlib import Path
from typing import Any

import joblib
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

LOGISTIC, SVM = "logistic-regression", "svm"


def write_splits(directory: Path) -> None:
    """Writes the digits that come with scikit-learn as train.parquet and test.parquet."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images, labels, test_size=0.25, random_state=0, stratify=labels)
    for name, pixels, digits in (("train", parts[0], parts[2]), ("test", parts[1], parts[3])):
        flat = pa.array(pixels.astype("uint8").ravel())
        columns = {"image": pa.FixedSizeListArray.from_arrays(flat, 64), "label": pa.array(digits)}
        pq.write_table(pa.table(columns), directory / f"{name}.parquet")


def train(directory: Path) -> None:
    """Trains both classifiers on train.parquet and keeps each as BRANCH/model.joblib."""
    images, labels = _read_split(directory / "train.parquet")
    classifiers = {
        LOGISTIC: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        SVM: SVC(gamma=0.001),
    }
    for branch, classifier in classifiers.items():
        start = time.perf_counter()
        classifier.fit(images, labels)
        seconds = time.perf_counter() - start
        print(f"Trained {branch} on {len(images)} images in {seconds:.2f} s.", flush=True)
        (directory / branch).mkdir(exist_ok=True)
        joblib.dump(classifier, directory / branch / "model.joblib")


def measure(model: str | Path, split: str | Path) -> dict[str, float]:
    """How well a model file reads the images of a split."""
    images, labels = _read_split(split)
    guesses = joblib.load(model).predict(images)
    return {
        "accuracy": round(float(accuracy_score(labels, guesses)), 4),
        "macro_f1": round(float(f1_score(labels, guesses, average="macro")), 4),
        "errors": int((labels != guesses).sum()),
    }


def _read_split(path: str | Path) -> tuple[Any, Any]:
    """The images, a row of 64 pixels each, and their labels."""
    table = pq.read_table(path)
    pixels = table["image"].combine_chunks().flatten().to_numpy()
    return pixels.reshape(len(table), 64), table["label"].to_numpy()

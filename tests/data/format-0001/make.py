"""Makes `hub.tar.gz` and `expected.json`: a hub's data directory, and what lies in it.

The directory is that of the first form of the hub (format 0001, commit 964e7ef), made by its own
program through its HTTP protocol. See README.md beside this file.
"""

import base64
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from api.raw import Raw

PROGRAM = [sys.executable, "-c", "from assethub.cli import main; main()"]
HERE = Path(__file__).parent
FILES = {
    "README.md": b"# digits\n",
    "train/0001.png": bytes(range(256)),
    "train/0002.png": b"same",
    "train/0003.png": b"same",
    "unicode-\u6570\u636e.txt": "数据\n".encode(),
    "empty": b"",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        place = ["--data", str(data)]
        added = subprocess.run(
            [*PROGRAM, "user", "add", "ann", *place], check=True, capture_output=True, text=True
        )
        key = added.stdout.splitlines()[-1]
        serve = [*PROGRAM, "serve", "--port", "0", *place]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().split(" at ")[1].strip()
            expected = {"key": key} | fill(Raw(url, key))
            server.terminate()
        compact(data / "hub.db")
        with tarfile.open(HERE / "hub.tar.gz", "w:gz") as archive:
            archive.add(data, "data")
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def fill(ann: Raw) -> dict[str, Any]:
    dataset, model = ann.asset("dataset", "images", "digits"), ann.asset("model", "images", "cnn")
    snapshots = {
        ann.commit(dataset, FILES): FILES,
        ann.commit(model, {"weights.bin": b"first" * 100}): {"weights.bin": b"first" * 100},
    }
    first_data, first_model = snapshots
    ann.ok("POST", f"/assets/{dataset}/tags", {"tag": "v1", "ref": "main"})
    ann.ok("POST", f"/assets/{model}/branches", {"name": "v2", "source": "main"})
    second = {"weights.bin": b"second" * 100, "config/a.json": b"{}"}
    snapshots[ann.commit(model, second, "v2")] = second
    operation = ann.start(dataset)
    ann.ok("DELETE", "/objects", opID=operation, path="train/")
    ann.put(operation, "labels.csv", b"0,1\n")
    kept = {path: data for path, data in FILES.items() if not path.startswith("train/")}
    snapshots[ann.finish(operation, "Other files")] = kept | {"labels.csv": b"0,1\n"}
    ann.ok("POST", f"/assets/{model}/tags", {"tag": "best", "ref": first_model})
    evaluation = ann.ok(
        "POST",
        "/evaluations",
        {
            "model": "ann/model/images/cnn:branch/v2",
            "dataset": "ann/dataset/images/digits:tag/v1",
            "metrics": {"accuracy": 0.97, "top 5": 1},
        },
    )
    # Left open: a change that nobody has finished.
    ann.put(ann.start(model), "half.bin", b"half")
    return {
        "model": model,
        "dataset": dataset,
        "snapshots": {
            commit: {path: base64.b64encode(data).decode() for path, data in files.items()}
            for commit, files in snapshots.items()
        },
        "references": references(ann, model, dataset),
        "evaluation": evaluation,
        "first": [first_data, first_model],
    }


def references(ann: Raw, model: str, dataset: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for asset in (model, dataset):
        for kind in ("branches", "tags"):
            rows = ann.ok("GET", f"/assets/{asset}/{kind}")["results"]
            found[f"{asset}/{kind}"] = {row["id"]: row["commit_id"] for row in rows}
    return found


def compact(database: Path) -> None:
    """Moves what is in the log of the database into its one file, and makes that small."""
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); c.execute('VACUUM'); "
        "c.execute('PRAGMA wal_checkpoint(TRUNCATE)')"
    )
    subprocess.run([sys.executable, "-c", script, str(database)], check=True)


if __name__ == "__main__":
    main()

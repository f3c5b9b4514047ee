"""Makes `hub.tar.gz` and `expected.json`: a hub's data directory, and what lies in it.

The one argument is where to put them. It is run with the program of a format's time on the path,
through whose HTTP protocol all is made; README.md says how. Later formats hold more than the first.
"""

import base64
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from api.raw import Raw

PROGRAM = [sys.executable, "-c", "from assethub.cli import main; main()"]
FILES = {
    "README.md": b"# digits\n",
    "train/0001.png": bytes(range(256)),
    "train/0002.png": b"same",
    "train/0003.png": b"same",
    "unicode-\u6570\u636e.txt": "数据\n".encode(),
    "empty": b"",
}


def main() -> None:
    target = Path(sys.argv[1])
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
            ann = Raw(url, key)
            expected = {"key": key} | fill(ann)
            if target.name > "format-0001":
                expected |= add_packs(ann, expected)
            server.terminate()
        compact(data / "hub.db")
        with tarfile.open(target / "hub.tar.gz", "w:gz") as archive:
            archive.add(data, "data")
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


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
        "snapshots": encode(snapshots),
        "references": references(ann, model, dataset),
        "evaluation": evaluation,
        "first": [first_data, first_model],
    }


def add_packs(ann: Raw, expected: dict[str, Any]) -> dict[str, Any]:
    """A merge of two changes, one of which came in a pack; a large file that is not finished."""
    model, dataset = expected["model"], expected["dataset"]
    ann.ok("POST", f"/assets/{model}/branches", {"name": "packed"})
    packed = {f"small/{number:02}.txt": f"{number}\n".encode() for number in range(20)}
    operation = ann.start(model, "packed")
    head = json.dumps([[path, len(data)] for path, data in packed.items()]).encode()
    body = struct.pack(">I", len(head)) + head + b"".join(packed.values())
    headers = {"Content-Type": "application/vnd.assethub.pack"}
    sent = ann.call("PUT", f"/operations/{operation}/pack", body, headers)
    assert sent.status == 200, sent.data
    commit = {"message": "Many files", "metadata": {"tool": "make"}}
    first = ann.ok("POST", f"/update/{operation}", commit)["commit"]
    route = f"/assets/{model}/branches/packed/merge"
    merged = ann.ok("POST", route, {"source": "best", "metadata": {"why": "test"}})["commit"]
    upload = {"opID": ann.start(dataset), "path": "large.bin"}
    started = ann.ok("POST", "/multipart", **upload)["uploadId"]
    ann.ok("PUT", f"/multipart/{started}", b"a part", partNum="1", **upload)
    weights = {"weights.bin": b"first" * 100}
    more = encode({first: packed, merged: packed | weights})
    return {
        "snapshots": expected["snapshots"] | more,
        "references": references(ann, model, dataset),
        "others": [[model, first], [model, merged]],
    }


def encode(snapshots: dict[str, dict[str, bytes]]) -> dict[str, dict[str, str]]:
    return {
        commit: {path: base64.b64encode(data).decode() for path, data in files.items()}
        for commit, files in snapshots.items()
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

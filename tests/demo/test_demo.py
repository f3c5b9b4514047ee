"""`scripts/demo.py`, played as `make demo` plays it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "scripts" / "demo.py"

# What the first run shows, in this order.
STEPS = [
    "AH INFO: Creating Dataset Folder image-classification",
    "AH INFO: Creating tag v1 of Dataset digits",
    "AH INFO: Creating branch svm of Model digit-reader",
    "MODEL:           ann/model/image-classification/digit-reader:branch/logistic-regression",
    ">>> evaluation = branch.create_evaluation(",
    "AH INFO: Deleting evaluation with ID ",
    "/signin?token=",
    "The hub has ended.",
]


def test_the_demo_plays_every_step_and_a_second_run_goes_on_until_ctrl_c(tmp_path: Path) -> None:
    first = subprocess.run(
        [sys.executable, DEMO],
        cwd=tmp_path,
        env=_environment(tmp_path) | {"ONCE": "1"},
        capture_output=True,
        text=True,
    )
    assert first.returncode == 0, first.stdout + first.stderr
    places = [first.stdout.find(step) for step in STEPS]
    assert -1 not in places, STEPS[places.index(-1)]
    assert places == sorted(places)
    _check_ranking(first.stdout)
    assert _stored_key(tmp_path) not in first.stdout

    second = _play_until_ctrl_c(tmp_path)
    assert "# kept from an earlier run: model image-classification/digit-reader" in second
    assert "No changes to branch main of Dataset digits" in second
    assert "Creating Model Folder" not in second
    assert len(_rankings(second)[1]) == 4


def test_a_step_that_fails_ends_the_demo_with_its_reason(tmp_path: Path) -> None:
    hub = tmp_path / "demo-data" / "hub"
    hub.mkdir(parents=True)
    (hub / "hub.db").write_text("this is no database, and long enough to be taken for one" * 9)
    done = subprocess.run(
        [sys.executable, DEMO],
        cwd=tmp_path,
        env=_environment(tmp_path) | {"ONCE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "demo: error: the hub did not start: " in done.stderr
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


def _play_until_ctrl_c(place: Path) -> str:
    """What the demo shows until it serves, and after the Ctrl-C that it gets then."""
    shown = ""
    with subprocess.Popen(
        [sys.executable, DEMO],
        cwd=place,
        env=_environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            shown += line
            if "until Ctrl-C" in line:
                # As a terminal does: to the demo and to its hub.
                os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == 0, shown
    return shown


def _environment(home: Path) -> dict[str, str]:
    """An environment in which logins and a hub of one's own are set, and lead nowhere."""
    return os.environ | {
        "HOME": str(home),
        "ASSET_HUB_HOST": "http://127.0.0.1:9",
        "ASSETHUB_DATABASE_URL": "postgresql://127.0.0.1:9/none",
    }


def _check_ranking(shown: str) -> None:
    """The better classifier comes first, once what was recorded by mistake is deleted."""
    by_mistake, ranking = _rankings(shown)
    accuracies = [float(row[-3]) for row in ranking]
    assert len(accuracies) == 2
    assert 1 > accuracies[0] > accuracies[1] > 0.9
    assert [row[0] for row in by_mistake[1:]] == [row[0] for row in ranking]


def _rankings(shown: str) -> list[list[list[str]]]:
    """The rows of each table that `ah ls evaluation -o table` printed, cell by cell."""
    tables: list[list[list[str]]] = []
    reading = False
    for line in shown.splitlines():
        cells = line.split()
        if cells[:1] == ["ID"] and cells[-1] == "errors":
            reading = True
            tables.append([])
        elif reading and cells and len(cells[0]) == 36:
            tables[-1].append(cells)
        else:
            reading = False
    return tables


def _stored_key(place: Path) -> str:
    config = (place / "demo-data/home/.t9k/t9k-sdk-config.yaml").read_text()
    key = config.split("api_key: ")[1].split()[0]
    assert len(key) == 36
    return key

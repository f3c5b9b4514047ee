"""Plays the tutorial with a real model: `make demo`, or `ONCE=1 make demo` to end after it.

Two classifiers learn to read handwritten digits; the hub keeps the data set, both models and the
proof of which is better. All that it writes is in `demo-data/` below the current directory.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from demo_stage import DemoError, Stage, running_hub

from t9k import ah

USER = "ann"
FOLDER = "image-classification"
DATASET, MODEL = f"{FOLDER}/digits", f"{FOLDER}/digit-reader"
DATA = Path("demo-data")
HUB, FILES, DOWNLOADS = DATA / "hub", DATA / "files", DATA / "downloads"


def main() -> int:
    """Plays all; returns 0, or 1 after saying which step failed, or 130 if interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _set_environment()
        _play(Stage(), once=os.environ.get("ONCE") == "1")
    except KeyboardInterrupt:
        print("\ndemo: interrupted before the last step", file=sys.stderr)
        return 130
    except (DemoError, ah.AssetHubError, OSError) as error:
        print(f"\ndemo: error: {error}", file=sys.stderr)
        return 1
    return 0


def _set_environment() -> None:
    """Keeps the demo away from the person's own login and hub, and finds `ah` and `assethub`."""
    for name in [name for name in os.environ if name.startswith(("ASSET_HUB_", "ASSETHUB_"))]:
        del os.environ[name]
    home = DATA / "home"
    for directory in (home, FILES):
        directory.mkdir(parents=True, exist_ok=True)
    os.environ["HOME"] = str(home.absolute())
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def _play(stage: Stage, once: bool) -> None:
    stage.say("Two classifiers of handwritten digits, and the proof of which is better.")
    stage.title("Start a hub")
    stage.say(f"$ assethub serve --port 0 --data {HUB} &")
    with running_hub(HUB, DATA / "hub.log") as (url, hub):
        stage.say(f"Asset Hub is serving at {url}")
        _log_in(stage, url)
        version = _keep_dataset(stage)
        _keep_models(stage)
        _evaluate_by_command(stage, version)
        _evaluate_by_sdk(stage, version)
        _rank(stage)
        stage.title("Look at it in the console")
        stage.command(f"assethub user link {USER} --url {url} --data {HUB}")
        stage.say(f"That link signs {USER} in to the console at {url} once, within a day.")
        if not once:
            _wait(stage, hub)
    stage.say("The hub has ended. The next run finds all of this again.")


def _log_in(stage: Stage, url: str) -> None:
    stage.title("Add a user and log in")
    if (Path.home() / ".t9k" / "t9k-sdk-config.yaml").exists():
        stage.say(f"# kept from an earlier run: {USER}'s key; only the port is new.")
        stage.command(f"ah login -H {url}")
    else:
        listing = ["assethub", "user", "list", "--data", str(HUB)]
        users = subprocess.run(listing, stdout=subprocess.PIPE, text=True).stdout.split()
        verb = "key" if USER in users else "user"
        stage.variable("KEY", f"assethub {verb} add {USER} --data {HUB} | tail -n 1")
        stage.command(f'ah login -H {url} -k "$KEY"')


def _keep_dataset(stage: Stage) -> str:
    """Commits both splits; returns the tag of the dataset commit that all is measured on."""
    # Lazy, so that the first lines show at once: these libraries take longer than a hub to start.
    from demo_digits import write_splits

    stage.title("Keep the data set")
    write_splits(FILES)
    stage.say(
        "The digits that come with scikit-learn, split: images to learn from, and to test with."
    )
    stage.create(f"folder dataset/{FOLDER}", lambda: ah.get_folder(type_="dataset", name=FOLDER))
    folder = ah.get_folder(type_="dataset", name=FOLDER)
    stage.create(f"dataset {DATASET}", lambda: folder.get_asset("digits"))
    dataset = folder.get_asset("digits")
    added = f"-a {FILES / 'train.parquet'} -a {FILES / 'test.parquet'}"
    stage.command(f"ah commit dataset/{DATASET} -m 'digits, split in two' {added}")
    stage.command(f"ah ls object dataset/{DATASET}")
    # The first commit of a dataset holds nothing, so the second one is v1.
    version = f"v{len(dataset.list_commit()) - 1}"
    stage.create(f"tag dataset/{DATASET} {version}", lambda: dataset.get_tag(version))
    stage.command(f"ah ls tag dataset/{DATASET}")
    return version


def _keep_models(stage: Stage) -> None:
    from demo_digits import LOGISTIC, SVM, train

    stage.title("Train two classifiers, and keep each on a branch of one model")
    train(FILES)
    stage.create(f"folder model/{FOLDER}", lambda: ah.get_folder(type_="model", name=FOLDER))
    folder = ah.get_folder(type_="model", name=FOLDER)
    stage.create(f"model {MODEL}", lambda: folder.get_asset("digit-reader"))
    model = folder.get_asset("digit-reader")
    for branch in (LOGISTIC, SVM):
        stage.create(f"branch {MODEL}:{branch}", partial(model.get_branch, branch))
        file = FILES / branch / "model.joblib"
        stage.command(f"ah commit {MODEL}:{branch} -m 'trained on 1347 images' -a {file}")
    stage.command(f"ah ls branch {MODEL} -h")


def _evaluate_by_command(stage: Stage, version: str) -> None:
    from demo_digits import LOGISTIC, measure

    stage.title("Measure the first on what the hub holds, and record it with `ah`")
    stage.command(f"ah download dataset/{DATASET}:tag/{version} -s {DOWNLOADS}")
    stage.command(f"ah download {MODEL}:branch/{LOGISTIC} -s {DOWNLOADS / LOGISTIC}")
    metrics = measure(DOWNLOADS / LOGISTIC / "model.joblib", DOWNLOADS / "test.parquet")
    stage.say(f"Measured on the 450 images of test.parquet: {metrics}")
    options = " ".join(f"-m {name}={value}" for name, value in metrics.items())
    stage.command(
        f"ah create evaluation {MODEL}:branch/{LOGISTIC} -d {DATASET}:tag/{version} {options}"
    )
    stage.command(f"ah ls evaluation {MODEL}:branch/{LOGISTIC} --limit 1")


def _evaluate_by_sdk(stage: Stage, version: str) -> None:
    from demo_digits import SVM

    stage.title("Measure the second, and record it with the SDK")
    stage.code(f"""\
from t9k import ah
from demo_digits import measure
ah.login()
dataset = ah.get_folder(type_="dataset", name="{FOLDER}").get_asset("digits")
model = ah.get_folder(type_="model", name="{FOLDER}").get_asset("digit-reader")
branch = model.get_branch("{SVM}")
file = branch.download(save_dir="{DOWNLOADS / SVM}")[0]
metrics = measure(file, "{DOWNLOADS / "test.parquet"}")
metrics
evaluation = branch.create_evaluation(metrics=metrics, dataset=dataset.get_tag("{version}"))
""")


def _rank(stage: Stage) -> None:
    """Ranks all, with one that does not belong there; then deletes that one and ranks again."""
    stage.title("Rank them, and delete what is wrong")
    stage.say(
        "One more gets in by mistake: it is measured on the images that the model learnt from."
    )
    stage.code(f"""\
metrics = measure(file, "{DOWNLOADS / "train.parquet"}")
mistake = branch.create_evaluation(metrics=metrics, dataset=dataset)
""")
    ranking = f"ah ls evaluation {MODEL} --sort -accuracy -o table"
    stage.command(ranking)
    stage.say("It ranks first, and it is wrong.")
    stage.command(f"ah delete evaluation {stage.names['mistake']['id']}")
    stage.command(ranking)


def _wait(stage: Stage, hub: "subprocess.Popen[str]") -> None:
    stage.say(f"Or go on by hand: HOME={DATA / 'home'} {Path(sys.executable).parent}/ah ls folder")
    with suppress(KeyboardInterrupt):
        stage.say("The hub serves until Ctrl-C.")
        hub.wait()
        raise DemoError(f"the hub has ended by itself: see {DATA / 'hub.log'}")


if __name__ == "__main__":
    sys.exit(main())

"""Typed usage of the SDK: checked by mypy, never run."""

from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any, Literal, assert_type

from t9k import ah


def follow_the_tutorial() -> None:
    assert_type(ah.login(host="http://127.0.0.1:8080", api_key="key"), None)
    ah.login()
    model_folder = ah.create_folder(type_="model", name="image-classification")
    assert_type(model_folder, ah.Folder[ah.Model])
    model = model_folder.create_asset(name="mnist-cnn-keras")
    assert_type(model, ah.Model)
    branch = model.create_branch(name="v1")
    assert_type(branch, ah.Branch)
    dataset = ah.get_folder(type_="dataset", name="image-classification").get_asset(name="mnist")
    assert_type(dataset, ah.Dataset)
    made = branch.create_evaluation(metrics={"loss": 1.47, "accuracy": 1}, dataset=dataset)
    assert_type(made, ah.Evaluation)
    assert_type(made.metrics, dict[str, float])
    assert_type(branch.list_evaluation(sort="-accuracy", limit=3), list[ah.EvaluationEntry])
    assert_type(branch.list_evaluation()[0]["results"]["metric"], str)
    ah.delete_evaluation(evaluation_id=made["id"])
    ah.logout()


def name_folders_and_assets(type_: str) -> None:
    assert_type(ah.get_folder(None, "model", "llm"), ah.Folder[Any])
    assert_type(ah.get_folder(id_="…"), ah.Folder[Any])
    assert_type(ah.create_folder(type_, "llm", labels=("a",), exist_ok=True), ah.Folder[Any])
    assert_type(ah.create_folder("dataset", "text").create_asset("c4"), ah.Dataset)
    assert_type(ah.list_folder("model", "own")[0]["folder"]["labels"], list[str])
    asset = ah.get_asset("…")
    assert_type(asset, ah.Model | ah.Dataset)
    if isinstance(asset, ah.Model):
        assert_type(asset.get_branch("main"), ah.Branch)
    else:
        assert_type(asset.commit_id, str)
    asset.update(name="other", labels=["b"])
    asset.folder.list_asset()
    asset.delete()


def commit_and_download(branch: ah.Branch, dataset: ah.Dataset) -> None:
    branch.create_commit("one", add="a.txt")
    branch.create_commit("several", ["old/"], [Path("a"), "b", ("c", "w/")])
    branch.create_commit("placed", add={"a": "w/", Path("b"): None})
    commit = dataset.create_commit("data", ["train.parquet"], ["old/"])
    assert_type(commit, ah.Commit | None)
    if commit is not None:
        assert_type(commit.create_tag("v1"), ah.Tag)
    assert_type(branch.download(["a/"], Path("down")), list[Path])
    dataset.download("**/*.csv", "down", cache=True)
    assert_type(dataset.list_object()[0]["size_bytes"], int)
    assert_type(branch.get_commit(-1).name, str)
    assert_type(branch.get_commit(id_="4d6988c3"), ah.Commit)


def follow_history(branch: ah.Branch, tag: ah.Tag, dataset: ah.Dataset) -> None:
    assert_type(branch.merge("v2"), ah.Commit)
    branch.merge(tag, message="both", strategy="ours")
    assert_type(branch.reset(tag), ah.Commit)
    assert_type(branch.revert("4d6988c3", message="worse"), ah.Commit)
    assert_type(tag.diff(branch, prefix="a/")[0]["old"], ah.ContentEntry | None)
    assert_type(dataset.diff("tag/v1"), list[ah.DiffEntry])
    branch.create_commit("noted", add="a.txt", metadata={"run": "7"}, force=True)
    assert_type(branch.list_commit(limit=3), list[ah.CommitEntry])
    assert_type(dataset.list_object("a/", 10), list[ah.ObjectEntry])
    try:
        dataset.merge("v1")
    except ah.ConflictError as error:
        assert_type(error.conflicts[0]["path"], str)


def evaluate_on_every_kind_of_dataset(model: ah.Model, dataset: ah.Dataset, tag: ah.Tag) -> None:
    for given in (dataset, tag, dataset.get_commit(0)):
        model.create_evaluation({"accuracy": 0.9}, given)
    tag.create_evaluation({"accuracy": 0.9}, "vision/digits:tag/v1")


def handle_errors() -> str:
    try:
        ah.list_folder()
    except ah.NotFoundError as error:
        return error.code
    except ah.AssetHubError as error:
        assert_type(error.status, int | None)
        return str(error)
    return ""


def open_several_hubs(key: str) -> None:
    with ah.Client("https://hub.example.org", api_key=key) as client:
        assert_type(client.username, str)
        assert_type(client.create_folder("model", "llm", description="talks"), ah.Folder[ah.Model])
        assert_type(client.get_folder(type_="dataset", name="text"), ah.Folder[ah.Dataset])
        assert_type(client.get_asset("…"), ah.Model | ah.Dataset)
        assert_type(client.get_evaluation("…"), ah.Evaluation)
        assert_type(client.list_evaluation("llm/chat:v1", "-acc", 3), list[ah.EvaluationEntry])
    assert_type(ah.whoami(), str)


def use_paths() -> None:
    made = ah.create("model/llm", labels=["a"], description="talks", exist_ok=True)
    if isinstance(made, ah.Folder):
        made.update(description="more")
        assert_type(made.path, str)
        assert_type(made.alive, bool)
    branch = ah.create("llm/chat:branch/v1", source="tag/v1")
    if isinstance(branch, ah.Branch):
        assert_type(branch.kind, Literal["branch", "tag", "commit"])
        assert_type(branch.commit_id, str)
    found = ah.get("llm/chat:tag/v1")
    assert_type(
        found,
        ah.Folder[Any] | ah.Model | ah.Dataset | ah.Branch | ah.Tag | ah.Commit,
    )
    assert_type(ah.list("model", scope="own"), list[Any])


def read_files(branch: ah.Branch, dataset: ah.Dataset) -> None:
    with branch.open("a.bin") as file:
        assert_type(file, BufferedReader)
        assert_type(file.read(), bytes)
    with dataset.open("a.txt", "r", encoding="utf-8", newline="") as text:
        assert_type(text, TextIOWrapper)
        assert_type(text.readline(), str)
    assert_type(dataset.read_bytes("a.bin"), bytes)
    assert_type(branch.get_commit(0).read_text("a.txt"), str)
    try:
        branch.open("a.bin", "wb")  # type: ignore[call-overload]
    except ah.ReadOnlyError as error:
        assert_type(error.code, str)


def edit_step_by_step(model: ah.Model, dataset: ah.Dataset) -> None:
    branch = model.create_branch("v2", source=model.get_tag("v1"))
    with branch.edit("new weights", {"run": "7"}) as edit:
        assert_type(edit, ah.Edit)
        edit.put(Path("model.pt"), "weights/")
        edit.write("notes.txt", "text")
        edit.write("raw.bin", b"bytes")
        edit.delete("old/")
    assert_type(edit.commit, ah.Commit | None)
    with dataset.edit("forced", force=True):
        pass


def keep_evaluations(branch: ah.Branch, dataset: ah.Dataset) -> None:
    made = branch.create_evaluation({"accuracy": 0.9}, dataset)
    assert_type(made.id, str)
    assert_type(made.alive, bool)
    made.invalidate("leaked labels")
    made.revalidate()
    assert_type(made.samples("accuracy = 0", limit=3), list[dict[str, Any]])
    assert_type(made.download_samples("samples.parquet"), Path)
    made.delete("leaked labels")


class Frame:
    """What a data frame of pandas has."""

    def to_parquet(self, path: object = None, engine: str = "auto") -> bytes | None: ...


def prove_evaluations(branch: ah.Branch, dataset: ah.Dataset, frame: Frame) -> None:
    for samples in (frame, "samples.parquet", Path("samples.jsonl"), [{"id": 1, "accuracy": 1}]):
        branch.create_evaluation(
            {"mmlu": {"law": 0.5}, "accuracy": {"value": 0.9, "n": 900}, "loss": 1},
            dataset,
            params={"lr": 0.1, "layers": [1, 2]},
            tool="lm-eval@0.4.9",
            revision="4d6988c3",
            seed=7,
            hardware="2 CPUs",
            duration=1.5,
            note="first",
            labels=["nightly"],
            samples=samples,
        )
    one = {"model": branch, "dataset": dataset, "metrics": {"accuracy": 0.9}}
    assert_type(ah.create_evaluations([one]), list[str])


def look_at_evaluations(model: ah.Model, dataset: ah.Dataset) -> None:
    found = ah.search_evaluation("accuracy > 0.9", "-accuracy", 3, model=model, stale=True)
    assert_type(found, list[ah.EvaluationEntry])
    assert_type(found[0]["datasetMoved"], int | None)
    board = ah.leaderboard(dataset, "accuracy", best="all", across=True, direction="higher")
    assert_type(board, ah.Leaderboard)
    assert_type(board[0]["rank"], int)
    assert_type(board.notes, list[str])
    trend = model.history("accuracy", dataset)
    assert_type(trend, ah.History)
    assert_type(trend[0]["value"], float)

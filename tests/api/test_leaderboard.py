"""Leaderboards of a dataset, and the history of a metric."""

import json
from typing import Any

import pytest

from api.labs import Lab
from api.raw import Raw
from hubs import RunningHub


@pytest.fixture
def lab(hub: RunningHub) -> Lab:
    return Lab(hub)


def measure(lab: Lab, model: str, metrics: Any, **more: Any) -> str:
    """The id of a new evaluation of a model, which is made where it is missing."""
    if model not in lab.models:
        folder = lab.raw.ok("GET", f"/assets/{lab.model_id}")["folder"]
        lab.models[model] = lab._add(folder, model)
    path = lab.model.replace("cnn", model)
    return str(lab.create(metrics, **{"model": path, **more})["id"])


def board(lab: Lab, metric: str = "accuracy", **more: str) -> dict[str, Any]:
    dataset = more.pop("dataset", lab.dataset)
    return dict(lab.raw.ok("GET", "/leaderboard", dataset=dataset, metric=metric, **more))


def ranks(found: dict[str, Any]) -> list[tuple[int, Any]]:
    return [(each["rank"], each["value"]) for each in found["results"]]


def test_the_best_of_each_model_is_ranked(lab: Lab) -> None:
    for model, value in (("cnn", 0.5), ("rnn", 0.9), ("cnn", 0.75), ("vit", 0.1)):
        measure(lab, model, {"accuracy": value})
    found = board(lab)
    assert ranks(found) == [(1, 0.9), (2, 0.75), (3, 0.1)]
    assert (found["total"], found["higherIsBetter"], found["direction"]) == (3, True, "name")
    assert found["datasetCommit"] == lab.dataset_commit
    assert ranks(board(lab, best="all")) == [(1, 0.9), (2, 0.75), (3, 0.5), (4, 0.1)]
    first = found["results"][0]["evaluation"]
    assert first["modelRef"] == lab.model.replace("cnn", "rnn") + ":branch/main"


def test_lower_is_better_where_it_is_said_recorded_or_named_so(lab: Lab) -> None:
    for value in (0.5, 0.25, 0.75):
        measure(lab, f"m{value}", {"val_loss": value, "score": value})
    falling = [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert ranks(board(lab, "val_loss")) == falling
    assert ranks(board(lab, "score", direction="lower")) == falling
    assert board(lab, "score")["higherIsBetter"]
    measure(lab, "last", {"score": {"value": 1, "higher_is_better": False}})
    found = board(lab, "score")
    assert (ranks(found), found["direction"]) == ([*falling, (4, 1)], "recorded")
    measure(lab, "other", {"score": {"value": 2, "higher_is_better": True}})
    query = {"dataset": lab.dataset, "metric": "score"}
    assert lab.refuse("GET", "/leaderboard", **query)["code"] == "direction_unclear"


def test_what_has_no_value_or_an_infinite_one_comes_last(lab: Lab) -> None:
    for name, value in (("a", float("nan")), ("b", float("inf")), ("c", 0.1), ("d", 1)):
        measure(lab, name, {"accuracy": value})
    measure(lab, "c", {"accuracy": float("inf")})
    found = board(lab)
    assert ranks(found)[:2] == [(1, 1), (2, 0.1)]
    assert sorted(map(str, ranks(found)[2:])) == ["(3, 'Infinity')", "(3, 'NaN')"]
    assert found["results"][2]["basis"] == "not finite"


def test_models_that_cannot_be_told_apart_share_a_rank(lab: Lab) -> None:
    for name, value, stderr in (("a", 0.9, 0.01), ("b", 0.895, 0.01), ("c", 0.5, 0.01)):
        measure(lab, name, {"accuracy": {"value": value, "stderr": stderr, "n": 900}})
    found = board(lab)
    assert [rank for rank, _ in ranks(found)] == [1, 1, 3]
    first, second, third = found["results"]
    assert (second["basis"], second["against"]) == ("unpaired", first["evaluation"]["id"])
    assert second["pValue"] > 0.05 > third["pValue"]
    assert first["interval"]["low"] < 0.9 < first["interval"]["high"]
    assert "unpaired" in first["interval"]["method"]
    assert "Holm" in found["method"]


def test_shares_of_a_count_say_by_themselves_how_sure_they_are(lab: Lab) -> None:
    for name, right in (("a", 90), ("b", 88), ("c", 20)):
        measure(lab, name, {"accuracy": {"value": right / 100, "n": 100}})
    found = board(lab)
    assert [rank for rank, _ in ranks(found)] == [1, 1, 3]
    assert found["notes"] == [
        "Values with a count and no standard error are taken for shares of it."
    ]


def test_samples_tell_apart_what_values_alone_do_not(lab: Lab) -> None:
    hits = {"a": range(300), "b": range(20, 300), "c": range(0, 300, 2)}
    for name, right in hits.items():
        rows = [{"id": number, "accuracy": int(number in right)} for number in range(400)]
        measured = {"value": len(right) / 400, "n": 400, "stderr": 0.02}
        measure(lab, name, {"accuracy": measured}, samples=lab.send(rows))
    found = board(lab)
    assert [rank for rank, _ in ranks(found)] == [1, 2, 3]
    assert found["results"][1]["basis"] == "paired"
    assert found["results"][1]["pValue"] < 0.001


def test_other_commits_of_the_dataset_count_only_across_and_are_marked(lab: Lab) -> None:
    measure(lab, "old", {"accuracy": 0.9})
    old = lab.dataset_commit
    new = lab.raw.commit(lab.dataset_id, {"x": b"2"})
    measure(lab, "new", {"accuracy": 0.8})
    assert ranks(board(lab)) == [(1, 0.8)]
    assert ranks(board(lab, dataset=f"{lab.dataset}@{old}")) == [(1, 0.9)]
    found = board(lab, across="true")
    assert [each["otherCommit"] for each in found["results"]] == [True, False]
    assert found["datasetCommit"] == new
    assert "1 of 2 were measured on another commit" in found["notes"][0]


def test_a_filter_narrows_a_leaderboard_and_invalid_ones_do_not_count(lab: Lab) -> None:
    measure(lab, "a", {"accuracy": 0.9}, tool="x@1")
    wrong = measure(lab, "b", {"accuracy": 0.8}, tool="y@1")
    measure(lab, "c", {"accuracy": 0.7}, tool="y@1")
    assert ranks(board(lab, filter="tool = y")) == [(1, 0.8), (2, 0.7)]
    lab.raw.ok("POST", f"/evaluations/{wrong}/invalid", {"reason": "leak"})
    assert ranks(board(lab, filter="tool = y")) == [(1, 0.7)]
    lab.raw.ok("DELETE", f"/evaluations/{wrong}")
    query = {"dataset": lab.dataset, "metric": "accuracy", "filter": "tool ="}
    assert lab.refuse("GET", "/leaderboard", **query)["code"] == "invalid_query"


def test_a_leaderboard_is_read_in_pages(lab: Lab) -> None:
    bodies = [
        lab.body({"accuracy": number / 10}) | {"model": lab.model.replace("cnn", name)}
        for number, name in enumerate(["cnn", "rnn"] * 5)
    ]
    lab.raw.ok("POST", "/evaluations/batch", {"evaluations": bodies})
    first = board(lab, best="all", amount="4")
    assert first["total"] == 10
    rest = board(lab, best="all", after=first["pagination"]["next_offset"])
    values = [value for _, value in ranks(first) + ranks(rest)]
    assert values == [number / 10 for number in range(9, -1, -1)]
    assert rest["pagination"]["next_offset"] == ""


def test_a_page_is_of_the_leaderboard_as_it_is_now(lab: Lab, hub: RunningHub) -> None:
    """Whatever was found for the pages before, by whoever asked."""
    ids = [measure(lab, "cnn", {"accuracy": number / 10}) for number in range(4)]
    assert [value for _, value in ranks(board(lab, best="all"))] == [0.3, 0.2, 0.1, 0.0]
    measure(lab, "rnn", {"accuracy": 0.5})
    assert [value for _, value in ranks(board(lab, best="all", amount="2"))] == [0.5, 0.3]
    lab.raw.ok("DELETE", f"/evaluations/{ids[3]}")
    lab.raw.ok("POST", f"/evaluations/{ids[2]}/invalid", {"reason": "a slip"})
    assert [value for _, value in ranks(board(lab, best="all"))] == [0.5, 0.1, 0.0]
    viewer = hub.new_user()
    seen = {"dataset": lab.dataset, "metric": "accuracy", "best": "all"}
    for folder in (lab.dataset_folder, lab.raw.ok("GET", f"/assets/{lab.model_id}")["folder"]):
        share = {"user": viewer.name, "level": "view"}
        lab.raw.ok("PUT", f"/folders/{folder}/shares", share)
    assert Raw(hub.url, viewer.key).ok("GET", "/leaderboard", **seen)["total"] == 3
    lab.raw.ok("DELETE", f"/folders/{folder}/shares", user=viewer.name)
    assert Raw(hub.url, viewer.key).ok("GET", "/leaderboard", **seen)["total"] == 0


def test_one_sees_only_models_that_one_may_view(lab: Lab, outsider: Raw, hub: RunningHub) -> None:
    measure(lab, "cnn", {"accuracy": 0.9})
    query = {"dataset": lab.dataset, "metric": "accuracy"}
    assert outsider.refused("GET", "/leaderboard", **query) == (404, "asset not found")
    viewer = hub.new_user()
    share = {"user": viewer.name, "level": "view"}
    lab.raw.ok("PUT", f"/folders/{lab.dataset_folder}/shares", share)
    assert Raw(hub.url, viewer.key).ok("GET", "/leaderboard", **query)["results"] == []


def test_a_metric_is_followed_along_a_branch(lab: Lab) -> None:
    lab.raw.ok("POST", f"/assets/{lab.model_id}/branches", {"name": "dev", "source": "main"})
    steps = []
    for number in range(3):
        commit = lab.raw.commit(lab.model_id, {"w": str(number).encode() * 3})
        steps.append((commit, number / 4))
        lab.create({"accuracy": number / 4, "n": 1})
    lab.create({"loss": 3})
    lab.raw.commit(lab.model_id, {"w": b"side"}, "dev")
    lab.create({"accuracy": 0.9}, model=f"{lab.model}:branch/dev")
    found = lab.raw.ok("GET", "/history", model=lab.model, metric="accuracy")
    assert [(each["commit"]["id"], each["value"]) for each in found["results"]] == steps
    assert not found["more"]
    last = lab.raw.ok("GET", "/history", model=lab.model, metric="accuracy", amount="1")
    assert [each["value"] for each in last["results"]] == [0.5]
    assert last["more"]
    part = {"model": f"{lab.model}@{steps[1][0]}", "metric": "accuracy", "dataset": lab.dataset}
    found = lab.raw.ok("GET", "/history", **part)
    assert [each["value"] for each in found["results"]] == [0, 0.25]


def test_a_history_keeps_what_json_has_no_number_for(lab: Lab) -> None:
    lab.create({"loss": float("nan")})
    wrong = lab.create({"loss": 1})["id"]
    lab.raw.ok("POST", f"/evaluations/{wrong}/invalid", {"reason": "x"})
    text = lab.raw.call("GET", "/history", model=lab.model, metric="loss").data.decode()
    found = json.loads(text, parse_constant=pytest.fail)
    assert [each["value"] for each in found["results"]] == ["NaN"]

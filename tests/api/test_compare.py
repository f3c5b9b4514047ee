"""Comparing evaluations: what is said of B against A, and of what it is not."""

import json
import math
from typing import Any

import pytest
import urllib3

from api.gated import Gated
from api.raw import JSON, Raw
from hubs import RunningHub

LINES = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def lab(hub: RunningHub) -> Gated:
    return Gated(hub)


def compare(lab: Gated, *names: str, by: Raw | None = None, **query: str) -> Any:
    return (by or lab.owner).ok("GET", "/compare", **places(names), **query)


def refused(lab: Gated, *names: str, **query: str) -> tuple[int, str]:
    answer = lab.owner.call("GET", "/compare", None, JSON, **places(names), **query)
    return answer.status, answer.json()["code"]


def places(names: tuple[str, ...]) -> dict[str, str]:
    return dict(zip("abcdefgh", names, strict=False))


def sampled(lab: Gated, metrics: dict[str, Any], rows: list[dict[str, Any]], commit: str) -> str:
    """The id of an evaluation with samples."""
    body = "\n".join(json.dumps(row) for row in rows).encode()
    sent = lab.owner.call("POST", "/evaluations/samples", body, LINES)
    assert sent.status == 200, sent.data
    return str(
        lab.owner.ok(
            "POST",
            "/evaluations",
            {
                "model": f"{lab.path}@{commit}",
                "dataset": f"{lab.name}/dataset/images/mnist",
                "metrics": metrics,
                "samples": sent.json()["samplesId"],
            },
        )["id"]
    )


def rows_of(values: dict[str, float | None], **more: Any) -> list[dict[str, Any]]:
    return [{"sample_id": id_, "accuracy": value, **more} for id_, value in values.items()]


def test_values_with_counts_are_compared_unpaired_with_all_numbers(lab: Gated) -> None:
    a = lab.evaluate({"accuracy": {"value": 0.8, "n": 1000}}, lab.head)
    b = lab.evaluate({"accuracy": {"value": 0.9, "n": 1000}})
    made = compare(lab, a, b)
    assert [each["id"] for each in made["evaluations"]] == [a, b]
    [row] = made["comparisons"]
    assert (row["metric"], row["verdict"], row["paired"]) == ("accuracy", "better", False)
    assert row["values"] == [0.8, 0.9]
    assert row["difference"] == pytest.approx(0.1)
    # Newcombe's method 10 of 800/1000 and 900/1000.
    assert row["interval"]["low"] == pytest.approx(0.0688, abs=5e-4)
    assert row["interval"]["high"] == pytest.approx(0.1311, abs=5e-4)
    assert row["pValue"] == row["adjustedPValue"] < 1e-8
    assert row["effect"]["name"] == "Cohen's h"
    assert any(note.startswith("unpaired") for note in row["notes"])
    [back] = compare(lab, b, a)["comparisons"]
    assert (back["verdict"], back["difference"]) == ("worse", pytest.approx(-0.1))


def test_references_stand_for_their_latest_on_a_common_commit_of_the_dataset(lab: Gated) -> None:
    lab.evaluate({"accuracy": 0.1}, lab.head)
    latest = lab.evaluate({"accuracy": 0.8}, lab.head)
    other = lab.evaluate({"accuracy": 0.9})
    lab.owner.commit(lab.dataset, {"2.png": b"2"})
    lab.evaluate({"accuracy": 0.99})
    made = compare(lab, lab.path, f"{lab.path}:branch/dev")
    assert [each["id"] for each in made["evaluations"]] == [latest, other]
    made = compare(lab, f"{lab.path}:branch/dev", latest)
    assert [each["id"] for each in made["evaluations"]] == [other, latest]


def test_different_commits_of_a_dataset_are_refused_unless_across(lab: Gated) -> None:
    a = lab.evaluate({"accuracy": 0.8}, lab.head)
    lab.owner.commit(lab.dataset, {"2.png": b"2"})
    b = lab.evaluate({"accuracy": 0.9})
    assert refused(lab, a, b) == (409, "different_datasets")
    assert refused(lab, lab.path, f"{lab.path}:branch/dev") == (409, "different_datasets")
    made = compare(lab, a, b, across="true")
    assert any("across different data" in note for note in made["notes"])
    assert "measured on different data" in made["comparisons"][0]["notes"]


def test_samples_are_paired_by_id_and_those_that_flipped_are_listed(lab: Gated) -> None:
    ids = [f"s{number:03}" for number in range(100)]
    a = sampled(lab, {"accuracy": 0.5}, rows_of(dict.fromkeys(ids, 0)), lab.head)
    better = {id_: float(place >= 30) for place, id_ in enumerate(reversed(ids))}
    b = sampled(lab, {"accuracy": 0.7}, rows_of(better), lab.candidate)
    [row] = compare(lab, a, b, amount="5")["comparisons"]
    assert (row["paired"], row["n"], row["verdict"]) == (True, 100, "better")
    assert row["difference"] == pytest.approx(0.7)
    assert row["mcnemar"] == {"gained": 70, "lost": 0, "p_value": pytest.approx(2 / 2**70)}
    assert row["flips"] == {
        "gained": {"count": 70, "ids": ids[:5]},
        "lost": {"count": 0, "ids": []},
    }
    [row] = compare(lab, b, a, amount="5", after="68")["comparisons"]
    assert row["flips"]["lost"] == {"count": 70, "ids": [ids[1], ids[0]]}


def test_samples_that_are_in_no_pair_are_reported(lab: Gated) -> None:
    a = sampled(lab, {"accuracy": 1}, rows_of({"1": 1, "2": 1, "3": 1, "4": None}), lab.head)
    b = sampled(lab, {"accuracy": 1}, rows_of({"2": 1, "3": 1, "4": 1, "5": 1}), lab.candidate)
    [row] = compare(lab, a, b)["comparisons"]
    assert (row["n"], row["verdict"]) == (2, "no difference shown")
    assert row["leftOut"] == {
        "onlyInA": {"count": 1, "ids": ["1"]},
        "onlyInB": {"count": 1, "ids": ["5"]},
        "notFinite": {"count": 1, "ids": ["4"]},
    }
    assert "1 sample only in A left out" in row["notes"]


def test_samples_without_a_common_id_are_compared_by_value(lab: Gated) -> None:
    a = sampled(lab, {"accuracy": 0.8}, rows_of({"1": 1}), lab.head)
    b = sampled(lab, {"accuracy": 0.9}, rows_of({"2": 1}), lab.candidate)
    [row] = compare(lab, a, b)["comparisons"]
    assert row["paired"] is False
    assert "no sample id is in both: compared by value" in row["notes"]


def test_clusters_make_an_interval_wider(lab: Gated) -> None:
    def rows(shift: float) -> list[dict[str, Any]]:
        # All samples of a document shift together.
        return [
            {"sample_id": f"{doc}-{place}", "accuracy": shift * doc, "doc": f"d{doc}"}
            for doc in range(12)
            for place in range(20)
        ]

    a = sampled(lab, {"accuracy": 0}, rows(0), lab.head)
    b = sampled(lab, {"accuracy": 0.055}, rows(0.01), lab.candidate)
    [plain] = compare(lab, a, b)["comparisons"]
    [row] = compare(lab, a, b, cluster="doc")["comparisons"]
    assert (plain["clusters"], row["clusters"]) == (None, 12)
    width = [each["interval"]["high"] - each["interval"]["low"] for each in (plain, row)]
    assert width[1] > 3 * width[0]
    assert refused(lab, a, b, cluster="page") == (400, "unknown_column")
    plain_id = lab.evaluate({"accuracy": 1})
    assert refused(lab, a, plain_id, cluster="doc") == (400, "samples_missing")


def test_the_same_seed_gives_the_same_numbers_and_is_said(lab: Gated) -> None:
    values = {str(number): math.sin(number) for number in range(200)}
    a = sampled(lab, {"accuracy": 0}, rows_of(values), lab.head)
    shifted = {id_: value + math.cos(value * 99) / 9 for id_, value in values.items()}
    b = sampled(lab, {"accuracy": 0}, rows_of(shifted), lab.candidate)
    first, again = (compare(lab, a, b, seed="7") for _ in range(2))
    assert first == again
    assert first["seed"] == 7
    other = compare(lab, a, b, seed="8")["comparisons"][0]["interval"]
    assert other != first["comparisons"][0]["interval"]


def test_identical_samples_show_no_difference_and_no_nan(lab: Gated) -> None:
    values = {str(number): float(number % 2) for number in range(50)}
    a = sampled(lab, {"accuracy": 0.5}, rows_of(values), lab.head)
    b = sampled(lab, {"accuracy": 0.5}, rows_of(values), lab.candidate)
    [row] = compare(lab, a, b)["comparisons"]
    assert (row["verdict"], row["difference"], row["pValue"]) == ("no difference shown", 0, 1)


def test_values_that_are_not_finite_are_null_with_a_note(lab: Gated) -> None:
    a = lab.evaluate({"accuracy": math.nan}, lab.head)
    b = lab.evaluate({"accuracy": math.inf, "other": 1})
    answer = lab.owner.call("GET", "/compare", None, JSON, a=a, b=b)
    made = json.loads(answer.data, parse_constant=pytest.fail)
    accuracy, other = made["comparisons"]
    assert (accuracy["values"], accuracy["difference"]) == ([None, None], None)
    assert accuracy["verdict"] == "no difference shown"
    assert "A's value is nan" in accuracy["notes"]
    assert (other["verdict"], other["notes"]) == ("not compared", ["only B has this metric"])


def test_the_direction_is_the_evaluations_or_else_the_names(lab: Gated) -> None:
    first = {"value": 0.2, "stderr": 0.01}
    then = {"value": 0.1, "stderr": 0.01}
    said = {"higher_is_better": True}
    names = ("loss", "odd", "accuracy")
    a = lab.evaluate(dict.fromkeys(names, first) | {"cost": first | said}, lab.head)
    b = lab.evaluate(dict.fromkeys(names, then) | {"cost": then | said})
    rows = {row["metric"]: row for row in compare(lab, a, b)["comparisons"]}
    verdicts = {name: row["verdict"] for name, row in rows.items()}
    assert verdicts == {
        "loss": "better",
        "odd": "worse",
        "accuracy": "worse",
        "cost": "worse",
    }
    assert "that lower is better is taken from the metric's name" in rows["loss"]["notes"]


def test_p_values_are_adjusted_over_all_comparisons(lab: Gated) -> None:
    metrics = {f"accuracy/{place}": {"value": 0.5, "stderr": 0.01} for place in range(4)}
    a = lab.evaluate(metrics, lab.head)
    metrics["accuracy/0"] = {"value": 0.53, "stderr": 0.01}
    b, c = lab.evaluate(metrics), lab.evaluate(metrics)
    made = compare(lab, a, b, c)
    assert any("Holm's method over 8 comparisons" in note for note in made["notes"])
    row = made["comparisons"][0]
    assert row["adjustedPValue"] == pytest.approx(8 * row["pValue"])
    assert (row["pValue"] < 0.05, row["verdict"]) == (True, "no difference shown")
    alone = compare(lab, a, b, metric="accuracy/0")["comparisons"]
    assert [each["verdict"] for each in alone] == ["better"]


def test_what_cannot_be_compared_is_refused(lab: Gated) -> None:
    a, b = lab.evaluate({"accuracy": 1}, lab.head), lab.evaluate({"accuracy": 1})
    assert refused(lab, a) == (400, "invalid_request")
    assert refused(lab, a, b, metric="acuracy") == (400, "unknown_metric")
    assert refused(lab, a, b, seed="-1") == (400, "invalid_seed")
    assert refused(lab, a, b, seed="x") == (400, "invalid_request")
    assert refused(lab, a, f"{lab.name}/dataset/images/mnist") == (400, "wrong_type")
    lab.owner.ok("DELETE", f"/evaluations/{b}")
    assert refused(lab, a, b) == (404, "evaluation_not_found")
    assert refused(lab, a, f"{lab.path}:branch/dev") == (404, "evaluation_missing")


def test_an_outsider_cannot_tell_hidden_evaluations_from_none(
    lab: Gated, outsider: Raw, missing: str
) -> None:
    a = lab.evaluate({"accuracy": 1})

    def ask(id_: str) -> urllib3.BaseHTTPResponse:
        return outsider.call("GET", "/compare", None, JSON, a=id_, b=id_)

    assert (ask(a).status, ask(a).data) == (404, ask(missing).data)


def test_a_gate_compares_samples_in_pairs(lab: Gated) -> None:
    """Each sample gets better by little, which only pairs show."""
    values = {str(number): number % 10 / 10 for number in range(300)}
    mean = sum(values.values()) / 300
    sampled(lab, {"accuracy": {"value": mean, "stderr": 0.0166}}, rows_of(values), lab.head)
    rule = {"metric": "accuracy", "dataset": "images/mnist", "relative_to": "current"}
    lab.set_gate(rule)
    better = {id_: value + 0.01 + 0.001 * math.sin(int(id_)) for id_, value in values.items()}
    mean = sum(better.values()) / 300
    lab_metrics = {"accuracy": {"value": mean, "stderr": 0.0166}}
    plain = lab.evaluate(lab_metrics)
    assert "lower bound of the difference" in lab.reasons(lab.merge())[0]
    lab.owner.ok("DELETE", f"/evaluations/{plain}")
    sampled(lab, lab_metrics, rows_of(better), lab.candidate)
    assert lab.merge().status == 200

"""The pages that say which model is better: histories, leaderboards, comparisons."""

import json
from html import unescape
from typing import Any
from urllib.parse import quote

from assethub.core import assets
from assethub.core.evaluations import recording
from console.shelves import Shelf, make_shelf
from console.visitors import Page, Visitor
from hubs import RunningHub

MARKUP = "<x-evil onload=alert(1)>\"'&"


def record(shelf: Shelf, metrics: dict[str, Any], model: str = "", **more: Any) -> str:
    made = recording.create_evaluation(
        shelf.hub.inside, shelf.user, model or f"{shelf.model}:main", shelf.dataset, metrics, **more
    )
    return made.id


def figure(page: Page) -> Any:
    """What the page's script is to draw."""
    [plot] = [each["data-plot"] for _, each in page.elements if "data-plot" in each]
    return json.loads(unescape(plot))


def add_model(shelf: Shelf, name: str) -> str:
    folder = assets.get_asset(shelf.hub.inside, shelf.user, shelf.model_id).folder
    assets.create_asset(shelf.hub.inside, shelf.user, folder.id, name, [])
    return f"{folder.path}/{name}"


def test_a_history_follows_a_metric_along_the_commits_of_a_branch(
    shelf: Shelf, owner: Visitor
) -> None:
    commits = []
    for value in (0.9, 0.95, 0.93):
        message = f"Reach {value}"
        files = {"model.pkl": str(value).encode()}
        commits.append(shelf.commit(shelf.model_id, "main", files, message))
        record(shelf, {"accuracy": {"value": value, "stderr": 0.01}})
    page = owner.get(f"{shelf.model_url}/history?metric=accuracy")
    [series] = figure(page)["series"]
    assert [point["value"] for point in series["points"]] == [0.9, 0.95, 0.93]
    assert [point["commit"] for point in series["points"]] == [each[:8] for each in commits]
    assert [round(point["reach"], 4) for point in series["points"]] == [0.0196] * 3
    rows = [row.cells for row in page.rows[1:]]
    assert [row[1] for row in rows] == ["Reach 0.93", "Reach 0.95", "Reach 0.9"]
    assert [row[4] for row in rows] == ["-0.02", "+0.05", "–"]
    assert ["best" in row[3] for row in rows] == [False, True, False]
    assert "ah history" in page.text


def test_a_history_takes_the_most_common_metric_where_none_is_named(
    shelf: Shelf, owner: Visitor
) -> None:
    record(shelf, {"loss": 0.5, "accuracy": 0.9})
    record(shelf, {"accuracy": 0.8})
    page = owner.get(f"{shelf.model_url}/history")
    assert figure(page)["metric"] == "accuracy"
    assert "lower is better" in owner.get(f"{shelf.model_url}/history?metric=loss").text


def test_a_history_of_what_is_not_there_says_so(shelf: Shelf, owner: Visitor) -> None:
    url = f"{shelf.model_url}/history"
    assert "No evaluations yet" in owner.get(url).text
    assert "has an evaluation with the metric f1 yet" in owner.get(f"{url}?metric=f1").text
    page = owner.get(f"{url}?metric=f1&dataset={shelf.owner.name}/dataset/a/b")
    assert "There is no such dataset" in page.text
    assert owner.get(f"{url}?metric=f1&ref=branch/nope").status == 404


def test_a_leaderboard_shares_ranks_of_those_that_cannot_be_told_apart(
    shelf: Shelf, owner: Visitor
) -> None:
    good, close, bad = (add_model(shelf, name) for name in ("good", "close", "bad"))
    for model, value in ((good, 0.91), (close, 0.905), (bad, 0.5)):
        record(shelf, {"accuracy": {"value": value, "n": 1000}}, model)
    page = owner.get(f"{shelf.dataset_url}/leaderboard?metric=accuracy")
    rows = [row.cells for row in page.rows[1:]]
    assert [row[0] for row in rows] == ["=1", "=1", "3"]
    assert [row[1].split("/")[-1] for row in rows] == ["good", "close", "bad"]
    assert [each["kind"] for each in figure(page)["rows"]] == ["good", "good", ""]
    assert "Holm's method" in page.text
    assert "1 to 3 of 3" in page.text


def test_a_leaderboard_points_at_what_is_wrong_in_its_filter(shelf: Shelf, owner: Visitor) -> None:
    record(shelf, {"accuracy": 0.9})
    page = owner.get(f"{shelf.dataset_url}/leaderboard?metric=accuracy&filter=accuracy+%3E%3E+1")
    assert page.status == 400
    assert "The filter is not understood here" in page.text
    assert "^" in page.source
    assert 'value="accuracy &gt;&gt; 1"' in page.source


def test_a_leaderboard_is_read_page_by_page(shelf: Shelf, owner: Visitor) -> None:
    for value in range(105):
        record(shelf, {"accuracy": value})
    url = f"{shelf.dataset_url}/leaderboard?metric=accuracy&best=all"
    page = owner.get(url)
    assert "1 to 100 of 105" in page.text
    [ahead] = [link for link in page.links() if "after=100" in link]
    assert "101 to 105 of 105" in owner.get(ahead).text
    assert owner.get(f"{url}&after=nonsense").status == 200


def test_a_comparison_gives_differences_and_verdicts(shelf: Shelf, owner: Visitor) -> None:
    first = record(shelf, {"accuracy": {"value": 0.5, "n": 1000}, "loss": 1.0})
    better = record(shelf, {"accuracy": {"value": 0.9, "n": 1000}, "loss": 1.0})
    page = owner.get(f"/compare?e={first}&e={better}")
    accuracy, loss = (row.cells for row in page.rows[1:])
    assert accuracy[0].startswith("accuracy")
    assert (accuracy[4], accuracy[9]) == ("+0.4", "better")
    assert accuracy[6] == "< 0.001"
    assert loss[9] == "no difference shown"
    drawn = {row["metric"]: row for row in figure(page)["rows"]}
    assert drawn["accuracy"]["low"] > 0.35
    assert drawn["accuracy"]["kind"] == "good"
    assert f"ah compare {first} {better}" in page.text


def test_what_cannot_be_compared_is_said_and_what_was_typed_stays(
    shelf: Shelf, owner: Visitor
) -> None:
    one = record(shelf, {"accuracy": 0.5})
    page = owner.get(f"/compare?e={one}")
    assert (page.status, "two to eight" in page.text) == (400, True)
    assert one in page.source
    assert owner.get(f"/compare?e={one}&e=00000000-0000-0000-0000-000000000000").status == 404
    assert owner.get("/compare").status == 200
    shelf.commit(shelf.dataset_id, "main", {"more.csv": b"1"}, "Add rows")
    other = record(shelf, {"accuracy": 0.6})
    page = owner.get(f"/compare?e={one}&e={other}")
    assert (page.status, "same commit of a dataset" in page.text) == (409, True)
    page = owner.get(f"/compare?e={one}&e={other}&across=yes")
    assert page.status == 200
    assert "measured on different data" in page.text


def test_remarks_on_statistics_are_in_the_visitors_language(
    shelf: Shelf, owner: Visitor, hub: RunningHub
) -> None:
    one, other = record(shelf, {"accuracy": 0.5}), record(shelf, {"accuracy": 0.6})
    visitor = Visitor(hub, "zh").sign_in(shelf.owner)
    text = visitor.get(f"/compare?e={one}&e={other}").text
    assert "p 值已按 Holm 方法" in text
    assert "p-values are adjusted" not in text
    assert "越高越好" in visitor.get(f"{shelf.dataset_url}/leaderboard").text


def test_names_of_metrics_and_models_are_never_markup(hub: RunningHub) -> None:
    shelf = make_shelf(hub, folder=f"f{MARKUP}", model=f"m{MARKUP}")
    visitor = Visitor(hub).sign_in(shelf.owner)
    ids = [record(shelf, {f"a{MARKUP}": value}) for value in (1, 2)]
    for url in (
        f"{quote(shelf.model_url)}/history",
        f"{quote(shelf.dataset_url)}/leaderboard",
        f"/compare?e={ids[0]}&e={ids[1]}",
    ):
        page = visitor.get(url)
        assert page.status == 200
        assert not page.all("x-evil")
        assert MARKUP in unescape(page.source)

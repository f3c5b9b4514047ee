"""The pages of evaluations: tables to filter and sort, one of them, the form, marks and exports."""

import csv
import io
import json
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow.parquet as pq
import pytest
import urllib3

from assethub.core import assets, sharing
from assethub.core.evaluations import recording, records
from assethub.core.evaluations.samples import SampleIntake
from assethub.core.permissions import Level
from assethub.core.sharing import Grantee
from console.shelves import Shelf, make_shelf
from console.visitors import Page, Row, Visitor
from hubs import RunningHub

MARKUP = "<x-evil onload=alert(1)>\"'&"
HIDDEN = "00000000-0000-4000-8000-000000000000"


def record(shelf: Shelf, metrics: Mapping[str, Any], model: str = "", **more: Any) -> str:
    made = recording.create_evaluation(
        shelf.hub.inside, shelf.user, model or f"{shelf.model}:main", shelf.dataset, metrics, **more
    )
    return made.id


def send_samples(shelf: Shelf, rows: list[dict[str, Any]]) -> str:
    with SampleIntake(shelf.hub.inside, shelf.user) as intake:
        intake.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        return intake.finish().id


def found(page: Page) -> list[str]:
    """The ids of the evaluations in the table, from the top."""
    assert page.status == 200, page.text
    marker = "evaluation-"
    return [row.id.removeprefix(marker) for row in page.rows if row.id.startswith(marker)]


def row_of(page: Page, id_: str) -> Row:
    [row] = [row for row in page.rows if row.id == f"evaluation-{id_}"]
    return row


def heads(page: Page) -> list[str]:
    return [cell.rstrip(" ↓↑") for cell in page.rows[0].cells[1:]]


def table(shelf: Shelf, **query: Any) -> str:
    return f"{shelf.model_url}/evaluations?{urlencode(query, doseq=True)}"


def share(shelf: Shelf, name: str, level: Level, asset_id: str = "") -> None:
    folder = assets.get_asset(shelf.hub.inside, shelf.user, asset_id or shelf.model_id).folder
    sharing.share_folder(shelf.hub.inside, shelf.user, folder.id, Grantee("user", name), level)


def test_a_model_lists_its_evaluations_newest_first(shelf: Shelf, owner: Visitor) -> None:
    ids = [record(shelf, {"accuracy": value}) for value in (0.5, 0.7, 0.6)]
    page = owner.get(table(shelf))
    assert found(page) == ids[::-1]
    assert heads(page) == ["Recorded", "Through", "Model commit", "Dataset", "accuracy"]
    cells = row_of(page, ids[1]).cells
    assert cells[2:] == ["main", shelf.model_commit[:8], "digits/digits", "0.7"]
    assert f"/evaluations/{ids[1]}" in row_of(page, ids[1]).links


def test_a_table_is_sorted_by_each_column_either_way(shelf: Shelf, owner: Visitor) -> None:
    ids = [
        record(shelf, {"top 5": value, "loss": 1 - value}, params={"lr": lr}, seed=seed)
        for value, lr, seed in ((0.5, 0.1, 3), (0.7, 0.01, 1), (0.6, 0.001, 2))
    ]
    columns = ['"top 5"', "loss", "param.lr", "seed"]
    page = owner.get(table(shelf, columns=columns))
    assert heads(page)[1:] == ["top 5", "loss", "lr", "Seed"]
    # What is better comes first, and of parameters what is less.
    orders = {1: [1, 2, 0], 2: [1, 2, 0], 3: [2, 1, 0], 4: [0, 2, 1]}
    for place, order in orders.items():
        first = owner.get(page.rows[0].links[place])
        assert found(first) == [ids[each] for each in order]
        second = owner.get(first.rows[0].links[place])
        assert found(second) == found(first)[::-1]
        [ways] = zip(
            *(
                [each["aria-sort"] for each in one.all("th") if "aria-sort" in each]
                for one in (first, second)
            ),
            strict=True,
        )
        assert sorted(ways) == ["ascending", "descending"]


def test_a_table_shows_what_the_query_finds(shelf: Shelf, owner: Visitor) -> None:
    ids = [
        record(shelf, {"accuracy": value}, params={"opt": {"name": name}}, tool="t@1")
        for value, name in ((0.5, "adam"), (0.9, "adam"), (0.95, "sgd"))
    ]
    page = owner.get(table(shelf, q="accuracy > 0.8 and param.opt.name = adam"))
    assert found(page) == [ids[1]]
    [field] = [each for each in page.all("input") if each.get("id") == "q"]
    assert field["value"] == "accuracy > 0.8 and param.opt.name = adam"
    assert found(owner.get(table(shelf, q="tool = other"))) == []
    assert "No evaluation is like that." in owner.get(table(shelf, q="tool = other")).text


def test_a_query_that_is_not_understood_is_kept_with_a_caret(shelf: Shelf, owner: Visitor) -> None:
    record(shelf, {"accuracy": 0.5})
    asked = f"accuracy > 0.9 and datset {MARKUP}"
    page = owner.get(table(shelf, q=asked))
    assert page.status == 400
    [field] = [each for each in page.all("input") if each.get("id") == "q"]
    assert (field["value"], field["aria-invalid"]) == (asked, "true")
    lines = unescape(page.source).splitlines()
    caret = next(place for place, line in enumerate(lines) if line.strip().startswith("^"))
    assert lines[caret - 1][lines[caret].index("^") :].startswith("onload")
    assert "The filter is not understood here" in page.text
    assert owner.get(table(shelf, sort="label")).status == 400
    assert owner.get(table(shelf, after="nonsense")).status == 400


def test_columns_that_were_chosen_stand_in_the_address(shelf: Shelf, owner: Visitor) -> None:
    id_ = record(
        shelf,
        {"a/b": 1, MARKUP: 0.25},
        params={"lr": 0.1, "net": {"layers": [1, 2]}, MARKUP: MARKUP},
        tool="eval@2.0",
        seed=7,
        note=MARKUP,
        labels=["one", "two"],
        hardware=MARKUP,
    )
    columns = ["tool", "tool_version", "seed", "label", "note", "param.net.layers", "a/b", "id"]
    page = owner.get(table(shelf, columns=[*columns, "", "tool", "param."]))
    assert heads(page)[1:] == [
        *("Tool", "Tool version", "Seed", "Labels", "Note", "net.layers", "a/b", "Id"),
    ]
    cells = row_of(page, id_).cells[2:]
    assert cells == ["eval", "2.0", "7", "one, two", MARKUP, "[1, 2]", "1", id_[:8]]
    boxes = {
        each["value"]: "checked" in each
        for each in page.all("input")
        if each.get("name") == "columns" and "value" in each
    }
    assert all(boxes[name] for name in columns)
    assert not boxes["param.lr"]
    assert "x-evil" not in [tag for tag, _ in page.elements]


def test_a_table_goes_on_page_by_page(shelf: Shelf, owner: Visitor) -> None:
    ids = [record(shelf, {"accuracy": number / 100}) for number in range(53)]
    page = owner.get(table(shelf, sort="-accuracy", columns="accuracy"))
    assert found(page) == ids[:2:-1]
    [following] = [each["href"] for each in page.all("a") if each.get("rel") == "next"]
    page = owner.get(following)
    assert found(page) == ids[2::-1]
    assert not [each for each in page.all("a") if each.get("rel") == "next"]
    [first] = [
        url for url in page.links() if url == table(shelf, sort="-accuracy", columns="accuracy")
    ]
    assert len(found(owner.get(first))) == 50


def test_those_whose_dataset_has_moved_are_marked_and_can_be_chosen(
    shelf: Shelf, owner: Visitor
) -> None:
    old = record(shelf, {"accuracy": 0.5})
    for number in range(3):
        shelf.commit(shelf.dataset_id, "main", {"more": str(number).encode()}, "More")
    new = record(shelf, {"accuracy": 0.6})
    page = owner.get(table(shelf))
    assert "dataset moved: 3 commits" in row_of(page, old).cells[1]
    assert "moved" not in row_of(page, new).cells[1]
    assert found(owner.get(table(shelf, stale="yes"))) == [old]
    assert found(owner.get(table(shelf, stale="no"))) == [new]


def test_those_that_are_invalid_are_shown_on_request(shelf: Shelf, owner: Visitor) -> None:
    good, bad = record(shelf, {"accuracy": 0.5}), record(shelf, {"accuracy": 0.9})
    records.mark_invalid(shelf.hub.inside, shelf.user, bad, MARKUP)
    assert found(owner.get(table(shelf))) == [good]
    page = owner.get(table(shelf, invalid="shown"))
    assert found(page) == [bad, good]
    assert "invalid" in row_of(page, bad).cells[1]
    [row] = [each for each in page.all("tr") if each.get("id") == f"evaluation-{bad}"]
    assert row["class"] == "invalid"
    assert MARKUP in [each.get("title") for each in page.all("span")]


def test_a_dataset_lists_what_was_measured_on_it(
    hub: RunningHub, shelf: Shelf, owner: Visitor
) -> None:
    own = record(shelf, {"accuracy": 0.5})
    other = make_shelf(hub)
    share(shelf, other.owner.name, Level.VIEW, shelf.dataset_id)
    recording.create_evaluation(
        hub.inside, other.user, other.model, shelf.dataset, {"accuracy": 0.9}
    )
    page = owner.get(f"{shelf.dataset_url}/evaluations")
    assert found(page) == [own]
    assert heads(page) == ["Recorded", "Model", "Model commit", "Dataset commit", "accuracy"]


def test_all_evaluations_are_those_of_models_one_may_view(
    hub: RunningHub, shelf: Shelf, owner: Visitor
) -> None:
    other = make_shelf(hub)
    hidden = record(other, {"accuracy": 0.9})
    own = record(shelf, {"accuracy": 0.5})
    assert found(owner.get("/evaluations")) == [own]
    share(other, shelf.owner.name, Level.VIEW)
    page = owner.get("/evaluations")
    assert found(page) == [own, hidden]
    assert f"{other.owner.name}/digits/svm" in row_of(page, hidden).cells
    # Its dataset is not shared, so only an id says that there is one.
    assert other.dataset not in page.source


def test_a_table_says_how_to_do_the_same_by_ah_and_python(shelf: Shelf, owner: Visitor) -> None:
    page = owner.get(table(shelf, q="accuracy > 0.5 or loss < 1", sort="-accuracy"))
    query = f'model = "{shelf.model}" and (accuracy > 0.5 or loss < 1)'
    assert f"ah search evaluation '{query}' --sort -accuracy" in page.text
    assert f"model='{shelf.model}', invalid=False)" in page.text
    page = owner.get(f"{shelf.dataset_url}/evaluations")
    assert f"""ah search evaluation 'dataset = "{shelf.dataset}"'""" in page.text


def test_the_filter_knows_the_names_that_may_be_asked_for(shelf: Shelf, owner: Visitor) -> None:
    record(shelf, {"top 5": 0.5, MARKUP: 1}, params={"net": {"depth": 3}}, tool="t")
    page = owner.get(table(shelf))
    [words] = [
        json.loads(unescape(each["data-complete"]))
        for _, each in page.elements
        if "data-complete" in each
    ]
    assert '"top 5"' in words["metrics"]
    assert "param.net.depth" in words["params"]
    assert words["values"]["tool"] == ["t"]
    assert words["values"]["dataset"] == [shelf.dataset]


def test_an_empty_table_says_what_to_do(shelf: Shelf, owner: Visitor) -> None:
    page = owner.get(table(shelf))
    assert "ah create evaluation digits/svm -d FOLDER/DATASET -m accuracy=0.99" in page.text
    assert f"{shelf.model_url}/evaluations/new" in page.links()


def test_an_evaluation_shows_all_that_is_known_of_it(shelf: Shelf, owner: Visitor) -> None:
    before = record(shelf, {"accuracy": 0.8})
    id_ = record(
        shelf,
        {
            "accuracy": {"value": 0.5, "n": 100, "higher_is_better": True, "slice": MARKUP},
            "loss": {"value": 2, "stderr": 0.5},
            "digits": {"0": 0.9, MARKUP: 0.7},
        },
        params={"lr": 0.1, "net": {MARKUP: [1, {"a": None}]}},
        tool="eval@2.0",
        revision="abc123",
        seed=7,
        hardware=MARKUP,
        duration=12.5,
        note=f"Two\nlines {MARKUP}",
        labels=[MARKUP],
        source={"format": MARKUP},
    )
    page = owner.get(f"/evaluations/{id_}")
    assert page.status == 200
    rows = {row.cells[0].split(" ")[0]: row.cells for row in page.rows[1:]}
    assert rows["accuracy"][1:5] == ["0.5", "–", "[0.4038, 0.5962]", "100"]
    assert rows["accuracy"][5] == MARKUP
    assert rows["loss"][1:4] == ["2", "0.5", "[1.02, 2.98]"]
    assert ["digits/"] in [row.cells for row in page.rows]
    assert rows["0"][1] == "0.9"
    for text in ("eval 2.0", "abc123", "12.5 seconds", f"lines {MARKUP}", shelf.owner.name, id_):
        assert text in page.text, text
    assert unescape(page.source).count(MARKUP) >= 5
    assert "x-evil" not in [tag for tag, _ in page.elements]
    links = page.links()
    assert f"/compare?e={before}&e={id_}" in links
    assert f"{shelf.dataset_url}/evaluations" in links
    assert f"{shelf.model_url}/commit/{shelf.model_commit}" in links
    assert f"ah show evaluation {id_}" in page.text
    first = owner.get(f"/evaluations/{before}")
    assert not [url for url in first.links() if url.startswith("/compare")]


def test_an_evaluation_of_others_is_as_if_it_were_not_there(
    shelf: Shelf, outsider: Visitor
) -> None:
    id_ = record(shelf, {"accuracy": 0.5})
    hidden, missing = outsider.get(f"/evaluations/{id_}"), outsider.get(f"/evaluations/{HIDDEN}")
    assert hidden.status == missing.status == 404
    assert hidden.text == missing.text
    records.delete_evaluation(shelf.hub.inside, shelf.user, id_)
    assert outsider.get(f"/evaluations/{id_}").status == 404


def test_samples_are_paged_and_chosen(shelf: Shelf, owner: Visitor) -> None:
    rows = [
        {
            "sample_id": f"s-{n:03}",
            "accuracy": n % 10 > 0,
            "text": f"{MARKUP} {n}",
            "kind": str(n % 3),
        }
        for n in range(120)
    ]
    id_ = record(shelf, {"accuracy": 0.9}, samples=send_samples(shelf, rows))

    def ids(page: Page) -> list[str]:
        return [row.cells[1] for row in page.rows if len(row.cells) == 5 and row.cells[0] != "Row"]

    url = f"/evaluations/{id_}"
    page = owner.get(url)
    assert ids(page) == [f"s-{n:03}" for n in range(50)]
    assert "x-evil" not in [tag for tag, _ in page.elements]
    [following] = [each["href"] for each in page.all("a") if each.get("rel") == "next"]
    page = owner.get(following.partition("#")[0])
    assert ids(page) == [f"s-{n:03}" for n in range(50, 100)]
    assert ids(owner.get(f"{url}?wrong=accuracy")) == [f"s-{n:03}" for n in range(0, 120, 10)]
    assert ids(owner.get(f"{url}?sample=s-01&column=kind&value=2")) == ["s-011", "s-014", "s-017"]
    assert "No sample is like that." in owner.get(f"{url}?sample=nope").text
    assert ids(owner.get(f"{url}?wrong=nope&after=x")) == ids(owner.get(url))


def test_samples_can_be_taken_away(shelf: Shelf, owner: Visitor) -> None:
    rows = [{"sample_id": str(n), "accuracy": n % 2} for n in range(3)]
    id_ = record(shelf, {"accuracy": 0.3}, samples=send_samples(shelf, rows))
    lines = owner.get(f"/evaluations/{id_}/samples?format=jsonl").body.splitlines()
    assert [json.loads(line)["sample_id"] for line in lines] == ["0", "1", "2"]
    whole = owner.get(f"/evaluations/{id_}/samples?format=parquet")
    assert pq.read_table(io.BytesIO(whole.body)).num_rows == 3
    assert owner.get(f"/evaluations/{record(shelf, {'a': 1})}/samples").status == 404


def test_a_table_is_exported_as_it_is_filtered(shelf: Shelf, owner: Visitor) -> None:
    record(shelf, {"accuracy": 0.1})
    id_ = record(
        shelf,
        {"accuracy": {"value": 0.9, "n": 10}, "nan": float("nan")},
        params={"lr": 0.1},
        note="=1+1",
    )
    url = f"{shelf.model_url}/evaluations/export?q={quote('accuracy > 0.5')}&format="
    [row] = list(csv.DictReader(io.StringIO(owner.get(url + "csv").body.decode())))
    assert (row["id"], row["accuracy"], row["accuracy:n"]) == (id_, "0.9", "10")
    assert (row["param.lr"], row["note"]) == ("0.1", "'=1+1")
    [row] = json.loads(owner.get(url + "json").body)
    assert row["metrics"]["accuracy"] == {"value": 0.9, "n": 10}
    assert row["metrics"]["nan"]["value"] == "nan"
    answer = owner.get(url + "parquet")
    assert pq.read_table(io.BytesIO(answer.body)).to_pylist()[0]["accuracy"] == 0.9
    assert "attachment" in answer.headers["content-disposition"]
    [one] = json.loads(owner.get(f"/evaluations/{id_}/export?format=json").body)
    assert one == row
    assert owner.get(url + "xml").status == 400
    assert len(json.loads(owner.get("/evaluations/export").body)) == 2


def test_an_evaluation_is_marked_as_invalid_and_back(shelf: Shelf, owner: Visitor) -> None:
    id_ = record(shelf, {"accuracy": 0.5})
    url = f"/evaluations/{id_}"
    token = owner.get(url).fields()
    refused = owner.post(f"{url}/invalid", token | {"reason": " "})
    assert refused.status == 400
    assert "Say why" in refused.text
    done = owner.post(f"{url}/invalid", token | {"reason": MARKUP})
    assert (done.status, done.location) == (303, f"{url}?done=invalid")
    page = owner.get(done.location)
    assert MARKUP in page.text
    assert "never ranked" in page.text
    done = owner.post(f"{url}/valid", token)
    assert "It counts again." in owner.get(done.location).text
    assert MARKUP not in owner.get(url).text


def test_a_deleted_evaluation_leaves_a_tombstone(shelf: Shelf, owner: Visitor) -> None:
    id_ = record(shelf, {"accuracy": 0.5})
    url = f"/evaluations/{id_}"
    done = owner.post(f"{url}/delete", owner.get(url).fields() | {"reason": MARKUP})
    assert (done.status, done.location) == (303, url)
    page = owner.get(url)
    assert page.status == 410
    for text in ("This evaluation was deleted", shelf.owner.name, MARKUP):
        assert text in page.text
    assert found(owner.get(table(shelf))) == []


@pytest.mark.parametrize(
    ("level", "marks", "deletes"),
    [(Level.VIEW, False, False), (Level.RUN, False, False), (Level.EDIT, True, True)],
)
def test_marking_and_deleting_need_a_level(
    hub: RunningHub, shelf: Shelf, outsider: Visitor, level: Level, marks: bool, deletes: bool
) -> None:
    user = hub.new_user()
    visitor = Visitor(hub).sign_in(user)
    share(shelf, user.name, level)
    id_ = record(shelf, {"accuracy": 0.5})
    url = f"/evaluations/{id_}"
    page = visitor.get(url)
    assert ("Mark as invalid…" in page.text, "Delete…" in page.text) == (marks, deletes)
    if not marks:
        answer = visitor.post(f"{url}/invalid", page.fields() | {"reason": "no"})
        assert (answer.status, "Ask the owner" in answer.text) == (403, True)
        assert visitor.post(f"{url}/delete", page.fields()).status == 403


def post_form(
    visitor: Visitor, url: str, fields: list[tuple[str, Any]], **headers: str
) -> tuple[int, str, str]:
    """Sends a form with files; status, location and text of the answer."""
    body, kind = urllib3.encode_multipart_formdata(fields)
    cookies = "; ".join(f"{name}={c.value}" for name, c in visitor.cookies.items())
    answer = urllib3.request(
        "POST",
        visitor.url + url,
        body=body,
        headers={"Content-Type": kind, "Cookie": cookies, "Accept": "text/html"},
        redirect=False,
        timeout=60,
    )
    page = Page(answer.status, answer.headers, answer.data)
    return page.status, page.location, page.source


def test_an_evaluation_is_recorded_by_a_form(shelf: Shelf, owner: Visitor) -> None:
    url = f"{shelf.model_url}/evaluations/new"
    token = owner.get(url).fields()["form_token"]
    fields = [
        *(("form_token", token), ("model", "digits/svm:branch/main"), ("dataset", "digits/digits")),
        *(("metric", "accuracy"), ("value", "0.9"), ("stderr", "0.01"), ("n", "50")),
        *(("metric", "errors"), ("value", "5"), ("stderr", ""), ("n", "")),
        *(("metric", ""), ("value", ""), ("stderr", ""), ("n", "")),
        *(("param", "lr"), ("param_value", "0.01"), ("param", "opt"), ("param_value", "adam")),
        *(("tool", "eval@1"), ("seed", "4"), ("labels", "a, b"), ("note", MARKUP)),
    ]
    status, location, _ = post_form(owner, url, fields)
    assert status == 303
    page = owner.get(location)
    assert "The evaluation is recorded." in page.text
    made = records.get_evaluation(
        shelf.hub.inside, shelf.user, location.split("/")[-1].partition("?")[0]
    )
    assert made.metrics == {"accuracy": 0.9, "errors": 5}
    assert made.details["accuracy"][:2] == (0.01, 50)
    assert made.evidence.params == {"lr": 0.01, "opt": "adam"}
    assert (made.evidence.seed, made.evidence.labels) == (4, ["a", "b"])
    assert (made.evidence.tool, made.evidence.note) == ("eval", MARKUP)


def test_an_evaluation_is_recorded_by_files(shelf: Shelf, owner: Visitor) -> None:
    url = f"{shelf.dataset_url}/evaluations/new"
    token = owner.get(url).fields()["form_token"]
    results = {"metrics": {"accuracy": 0.5, "f1": 0.4}, "params": {"lr": 1, "b": 2}, "seed": 1}
    samples = b'{"sample_id": "a", "accuracy": 1}\n{"sample_id": "b", "accuracy": 0}\n'
    fields = [
        *(("form_token", token), ("model", f"{shelf.model}"), ("dataset", shelf.dataset)),
        *(("metric", "f1"), ("value", "0.6"), ("stderr", ""), ("n", "")),
        *(("param", "lr"), ("param_value", "3"), ("seed", "2")),
        ("results", ("results.json", json.dumps(results).encode())),
        ("samples", ("samples.jsonl", samples)),
    ]
    status, location, _ = post_form(owner, url, fields)
    assert status == 303
    made = records.get_evaluation(
        shelf.hub.inside, shelf.user, location.split("/")[-1].partition("?")[0]
    )
    assert made.metrics == {"accuracy": 0.5, "f1": 0.6}
    assert made.evidence.params == {"lr": 3, "b": 2}
    assert made.evidence.seed == 2
    assert made.samples is not None
    assert made.samples.rows == 2


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"dataset": ""}, "on which dataset"),
        ({"dataset": "no/such"}, "There is no such model, dataset"),
        ({"dataset": "ann/model/a/b"}, "is not written as it should be"),
        ({"model": "a b c"}, "is not written as it should be"),
        ({"value": "much"}, "the value of accuracy is no number"),
        ({"metric": ""}, "a metric needs a name"),
        ({"metric": "", "value": "", "n": ""}, "Give at least one metric"),
        ({"stderr": "-1"}, "stderr"),
        ({"seed": "x"}, "the seed is no number"),
        ({"samples_id": HIDDEN}, "The samples are not there any more"),
    ],
)
def test_a_form_that_is_wrong_keeps_what_was_typed(
    shelf: Shelf, owner: Visitor, changes: dict[str, str], text: str
) -> None:
    url = f"{shelf.model_url}/evaluations/new"
    typed = {
        "model": shelf.model,
        "dataset": shelf.dataset,
        "metric": "accuracy",
        "value": "0.9",
        "stderr": "",
        "n": "10",
        "param": "lr",
        "param_value": MARKUP,
        "note": f"{MARKUP} note",
        "hardware": MARKUP,
    } | changes
    typed["form_token"] = owner.get(url).fields()["form_token"]
    status, _, source = post_form(owner, url, list(typed.items()))
    assert status in (400, 404)
    page = Page(status, urllib3.HTTPHeaderDict({"content-type": "text/html"}), source.encode())
    assert text in page.text
    shown = {each.get("name"): [] for each in page.all("input")} | {}
    for each in page.all("input"):
        shown[each.get("name")].append(each.get("value", ""))
    for name, value in typed.items():
        if name not in ("form_token", "note"):
            assert value in shown[name], name
    assert f"{MARKUP} note" in unescape(source)
    assert "x-evil" not in [tag for tag, _ in page.elements]
    assert found(owner.get(table(shelf))) == []


@pytest.mark.parametrize("data", [b"{", b"[1]", b'{"metrics": {"a": "b"}}', b"\xff"])
def test_a_file_of_results_that_is_none_is_refused(
    shelf: Shelf, owner: Visitor, data: bytes
) -> None:
    url = f"{shelf.model_url}/evaluations/new"
    fields = [
        ("form_token", owner.get(url).fields()["form_token"]),
        *(("model", shelf.model), ("dataset", shelf.dataset)),
        ("results", ("r.json", data)),
    ]
    status, _, source = post_form(owner, url, fields)
    assert (status, "Files have to be chosen again" in source) == (400, True)


def test_recording_needs_the_level_run(hub: RunningHub, shelf: Shelf) -> None:
    user = hub.new_user()
    visitor = Visitor(hub).sign_in(user)
    share(shelf, user.name, Level.VIEW)
    share(shelf, user.name, Level.VIEW, shelf.dataset_id)
    url = f"{shelf.model_url}/evaluations/new"
    assert url not in visitor.get(f"{shelf.model_url}/evaluations").links()
    fields = [
        ("form_token", visitor.get(url).fields()["form_token"]),
        *(("model", shelf.model), ("dataset", shelf.dataset)),
        *(("metric", "a"), ("value", "1"), ("stderr", ""), ("n", "")),
    ]
    assert post_form(visitor, url, fields)[0] == 403
    share(shelf, user.name, Level.RUN)
    assert post_form(visitor, url, fields)[0] == 303


def test_references_are_offered_as_they_are_typed(
    hub: RunningHub, shelf: Shelf, owner: Visitor, outsider: Visitor
) -> None:
    def offered(visitor: Visitor, type_: str, text: str) -> list[str]:
        answer = visitor.get(f"/evaluations/names?type={type_}&q={quote(text)}")
        assert answer.status == 200
        return list(json.loads(answer.body))

    shelf.branch("v1")
    assert offered(owner, "dataset", "DIGI") == [shelf.dataset]
    assert offered(owner, "model", "svm") == [shelf.model]
    assert offered(owner, "model", "digits/svm:v") == [f"{shelf.model}:branch/v1"]
    assert offered(owner, "model", "%") == offered(owner, "model", "no/such:v") == []
    assert offered(outsider, "dataset", "digits") == []
    assert offered(outsider, "model", f"{shelf.model}:") == []


def test_the_pages_are_there_in_chinese(shelf: Shelf) -> None:
    id_ = record(shelf, {"accuracy": 0.5}, params={"lr": 1})
    visitor = Visitor(shelf.hub, "zh").sign_in(shelf.owner)
    page = visitor.get(table(shelf, columns=["tool", "seed", "accuracy"]))
    assert heads(page)[:2] == ["记录时间", "工具"]
    assert "参数" in visitor.get(f"/evaluations/{id_}").text
    assert "新建评估结果" in visitor.get(f"{shelf.model_url}/evaluations/new").text

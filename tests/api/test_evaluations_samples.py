"""Samples of evaluations: taken in as Parquet or JSON lines, checked, kept, read."""

import io
import json
import tracemalloc
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.labs import Lab, lines
from api.raw import Raw
from assethub.core.evaluations import samples
from assethub.core.evaluations.sample_files import MAGIC
from assethub.core.evaluations.samples import SampleIntake
from assethub.core.maintenance.collection import collect
from assethub.core.people import users
from assethub.errors import TooLarge
from hubs import RunningHub

ROWS = [
    {"id": f"q{number}", "accuracy": number % 2, "answer": f"答{number}", "tags": ["a", number]}
    for number in range(10)
]


@pytest.fixture
def lab(hub: RunningHub) -> Lab:
    return Lab(hub)


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def read(lab: Lab, id_: str, **query: str) -> dict[str, Any]:
    return dict(lab.raw.ok("GET", f"/evaluations/{id_}/samples", **query))


def test_json_lines_are_kept_as_parquet(lab: Lab) -> None:
    made = lab.create(samples=lab.send(ROWS))
    kinds = {each["name"]: each["kind"] for each in made["samples"]["columns"]}
    assert kinds == {"id": "id", "accuracy": "number", "answer": "text", "tags": "text"}
    assert made["samples"]["rows"] == 10
    answer = lab.raw.call("GET", f"/evaluations/{made['id']}/samples", format="parquet")
    table = pq.read_table(io.BytesIO(answer.data))
    assert table.column("accuracy").to_pylist() == [0.0, 1.0] * 5
    assert len(answer.data) == made["samples"]["size"]
    kept = [row | {"tags": json.dumps(row["tags"])} for row in ROWS]
    assert read(lab, made["id"])["results"] == kept
    text = lab.raw.call("GET", f"/evaluations/{made['id']}/samples", format="jsonl").data
    assert [json.loads(line) for line in text.splitlines()] == kept
    assert lab.list() == [made]


def test_parquet_is_kept_as_it_is(lab: Lab) -> None:
    sent = parquet({"sample_id": [3, 1, 2], "accuracy": [True, False, True], "x": [None, 1, 2]})
    made = lab.create(samples=lab.send(sent))
    answer = lab.raw.call("GET", f"/evaluations/{made['id']}/samples", format="parquet")
    assert answer.data == sent
    assert [row["sample_id"] for row in read(lab, made["id"])["results"]] == [3, 1, 2]


def test_samples_are_read_in_pages_and_by_query(lab: Lab) -> None:
    columns = {"id": list(range(5000)), "score": [float(n % 7) for n in range(5000)]}
    id_ = lab.create(samples=lab.send(parquet(columns, row_group_size=700)))["id"]
    seen, after = [], "0"
    while after:
        page = read(lab, id_, after=after, amount="999")
        seen += [row["id"] for row in page["results"]]
        after = page["pagination"]["next_offset"]
    assert seen == columns["id"]
    page = read(lab, id_, query="score >= 6 and not id in (6, 13)", amount="2", after="1")
    assert [row["id"] for row in page["results"]] == [20, 27]
    assert page["pagination"]["next_offset"] == "28"
    for query in ("other > 1", "created > 1d ago", "score >"):
        problem = lab.refuse("GET", f"/evaluations/{id_}/samples", query=query)
        assert problem["code"] == "invalid_query"


def test_samples_are_added_once_by_who_recorded(lab: Lab) -> None:
    made = lab.create()
    path = f"/evaluations/{made['id']}/samples"
    assert lab.refuse("GET", path)["code"] == "samples_not_found"
    added = lab.raw.call("PUT", path, lines(ROWS)).json()
    assert added["samples"]["rows"] == 10
    assert lab.refuse("PUT", path, lines(ROWS))["code"] == "samples_exist"
    used = lab.send(ROWS)
    lab.create(samples=used)
    assert lab.refuse("POST", "/evaluations", lab.body(samples=used))["code"] == "samples_not_found"


def test_nobody_else_takes_samples_that_one_has_sent(lab: Lab, hub: RunningHub) -> None:
    other = Lab(hub)
    body = other.body(samples=lab.send(ROWS))
    assert other.refuse("POST", "/evaluations", body)["code"] == "samples_not_found"
    assert other.list() == []


@pytest.mark.parametrize(
    ("sent", "code", "named"),
    [
        (b"", "no_samples", "no samples"),
        (b"\n\n", "no_samples", "no samples"),
        (b"id,accuracy\n1,2\n", "invalid_samples", "neither Parquet nor JSON"),
        (b"PAR1 and no more", "invalid_samples", "no Parquet file that can be read"),
        (b'{"id": 1, "a": 1}\n{"id": 2', "invalid_samples", "line 2 of the samples is no JSON"),
        (b'{"id": 1, "a": 1}\n[2]', "invalid_samples", "line 2 of the samples is no object"),
        (b'{"id": 1, "a": 1}\n{"id": 2}', "invalid_samples", "line 2 of the samples has no 'a'"),
        (b'{"id": 1, "a": 1}\n{"id": 2, "a": 1, "b": 1}', "invalid_samples", "line 2"),
        (b'{"id": 1, "a": 1}\n{"id": 2, "a": "1"}', "invalid_samples", "has text as 'a'"),
        (b'{"id": 1, "a": "1"}\n{"id": 2, "a": "0"}', "samples_not_numbers", "no column"),
        (b'{"a": 1}', "sample_ids_missing", "no ids"),
        (b'{"id": null, "a": 1}', "sample_ids_missing", "sample 1 has no id"),
        (b'{"id": 1, "a": 1}\n{"id": "x", "a": 1}', "invalid_samples", "all text or all whole"),
        (b'{"id": 1, "a": 1}\n{"id": 1, "a": 2}', "sample_ids_repeated", "samples 1 and 2"),
        (b'{"id": 1.5, "a": 1}', "invalid_samples", "whole numbers"),
        (parquet({"a": [1.0]}), "sample_ids_missing", "no ids"),
        (parquet({"id": ["x", "x"], "a": [1, 2]}), "sample_ids_repeated", "'x'"),
        (parquet({"id": ["x", None], "a": [1, 2]}), "sample_ids_missing", "sample 2"),
        (parquet({"id": [1.5], "a": [1]}), "invalid_samples", "text or whole numbers"),
        (parquet({"id": ["x"], "a": ["1"]}), "samples_not_numbers", "no column"),
        (
            parquet({"id": pa.array([], pa.string()), "a": pa.array([], pa.int8())}),
            "no_samples",
            "",
        ),
        (
            parquet({"id": ["x"] * 9, "a": [1] * 9})[:-9],
            "invalid_samples",
            "no Parquet file that can be read",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_is_not_kept(
    lab: Lab, sent: bytes, code: str, named: str
) -> None:
    there = {blob.address for blob in lab.hub.inside.blobs.list()}
    problem = lab.refuse("POST", "/evaluations/samples", sent)
    assert (problem["status"], problem["code"]) == (422, code), problem
    assert named in problem["detail"]
    assert {blob.address for blob in lab.hub.inside.blobs.list()} == there


def test_a_metric_whose_column_is_text_is_named(lab: Lab) -> None:
    rows = [{"id": 1, "accuracy": "0.5", "loss": 1}]
    problem = lab.refuse("POST", "/evaluations", lab.body(samples=lab.send(rows)))
    assert (problem["status"], problem["code"]) == (422, "samples_not_numbers")
    assert "'accuracy'" in problem["detail"]
    assert lab.list() == []


def test_columns_may_be_empty_in_part(lab: Lab) -> None:
    rows = [{"id": "a", "x": None, "y": 1}, {"id": "b", "x": None, "y": None}]
    made = lab.create(samples=lab.send(rows))
    assert read(lab, made["id"])["results"] == rows


def test_who_may_not_view_the_model_reads_no_samples(lab: Lab, outsider: Raw) -> None:
    path = f"/evaluations/{lab.create(samples=lab.send(ROWS))['id']}/samples"
    assert outsider.refused("GET", path) == (404, "evaluation not found")
    assert outsider.refused("PUT", path, lines(ROWS)) == (404, "evaluation not found")


def test_garbage_collection_keeps_samples_as_long_as_their_evaluation(hub: RunningHub) -> None:
    lab = Lab(hub)
    made = lab.create(samples=lab.send(ROWS))
    collect(hub.inside, 0, apply=True)
    collect(hub.inside, 0, apply=True)
    assert len(read(lab, made["id"])["results"]) == 10


def test_a_large_file_does_not_stand_in_memory(lab: Lab) -> None:
    """Of 60 MB of lines, which never end, no more than a part is held at a time."""
    row = b'{"id": %d, "accuracy": 1, "text": "' + b"x" * 1000 + b'"}\n'
    user = users.find_user(lab.hub.inside, lab.user.name)
    pool = pa.default_memory_pool()
    tracemalloc.start()
    try:
        with SampleIntake(lab.hub.inside, user) as intake:
            for start in range(0, 60_000, 1000):
                intake.write(b"".join(row % number for number in range(start, start + 1000)))
            assert intake.finish().samples.rows == 60_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 45_000_000
    assert pool.bytes_allocated() < 45_000_000


def test_more_than_the_hub_takes_is_refused_on_the_way(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "LARGEST_BYTES", 3_000_000)
    user = users.find_user(lab.hub.inside, lab.user.name)
    there = {blob.address for blob in lab.hub.inside.blobs.list()}
    with SampleIntake(lab.hub.inside, user) as intake:
        intake.write(MAGIC + bytes(2_000_000))
        with pytest.raises(TooLarge):
            intake.write(bytes(1_000_000))
    assert {blob.address for blob in lab.hub.inside.blobs.list()} == there


def test_two_evaluations_may_have_the_same_bytes(lab: Lab) -> None:
    """They are kept once, for as long as one of them needs them."""
    first, second = (lab.create(samples=lab.send(ROWS)) for _ in range(2))
    assert first["samples"] == second["samples"]
    model = lab.models["rnn"]
    third = lab.create(samples=lab.send(ROWS), model=lab.model.replace("cnn", "rnn"))
    lab.raw.ok("DELETE", f"/assets/{model}")
    assert lab.refuse("GET", f"/evaluations/{third['id']}/samples")["status"] == 404
    assert len(read(lab, first["id"])["results"]) == 10

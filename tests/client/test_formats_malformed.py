"""A file that is not as its tool writes it is refused in a sentence that names the place."""

from __future__ import annotations

import copy
import json
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from t9k import ah
from t9k.ah import _formats
from t9k.ah._formats import archives, files, tables, yamls

from .formats import DATA, FILES

JSON_FILES = [name for name, (_, path) in FILES.items() if path.suffix == ".json"]


def _read_all(path: Path, format_: str | None) -> list[_formats.Record]:
    """Also all samples, which are read when they are gone through."""
    records = _formats.read(path, format_)
    for record in records:
        for sample in record["samples"] or ():
            assert isinstance(sample["sample_id"], str)
        json.dumps([record["params"], record["source"], record["lacks"]], allow_nan=False).encode()
    return records


def _refusal(path: Path, format_: str | None, code: str = "malformed_file") -> str:
    with pytest.raises(ah.InvalidInputError) as caught:
        _read_all(path, format_)
    assert caught.value.code == code
    return str(caught.value)


def _change(name: str, tmp_path: Path, change: Callable[[Any], None]) -> tuple[Path, str]:
    """A copy of a real file of JSON with a change made to its document."""
    format_, path = FILES[name]
    document = json.loads(path.read_text())
    change(document)
    copied = tmp_path / path.name
    copied.write_text(json.dumps(document))
    return copied, format_


def _put(*place: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in place[:-1]:
            document = document[key]
        document[place[-1]] = value

    return change


CHANGES: list[tuple[str, Callable[[Any], None], str]] = [
    ("lm-eval", _put("results", value=None), "results_2026-11-24T23-37-43.384716.json has no resu"),
    ("lm-eval", _put("results", value=[]), "results must be an object, not a list"),
    ("lm-eval", _put("results", "local_numbers", value=3), "results/local_numbers must be an obj"),
    (
        "lm-eval",
        _put("results", "local_questions", "acc,none", value="good"),
        "results/local_questions/acc,none must be a number, not 'good'",
    ),
    (
        "lm-eval",
        _put("results", "local_questions", "acc_stderr,none", value=-1),
        "results/local_questions/acc_stderr,none must be 0 or more",
    ),
    ("lm-eval", _put("date", value="yesterday"), "date must be a time, not 'yesterday'"),
    ("lm-eval", _put("config", "random_seed", value=1.5), "config/random_seed must be a whole"),
    ("lm-eval", _put("total_evaluation_time_seconds", value="-1"), "must be a length of time"),
    ("lm-eval", _put("n-samples", "local_numbers", "effective", value=-3), "must be 0 or more"),
    (
        "lm-eval",
        _put("higher_is_better", "local_questions", "acc", value="yes"),
        "higher_is_better/local_questions/acc must be true or false",
    ),
    ("lighteval", _put("results", value={"all": {"acc": 1}}), "has no metric"),
    ("lighteval", _put("config_general", value=None), "config_general is missing"),
    ("lighteval", _put("results", "local_questions|0", "acc", value=True), "must be a number, no"),
    ("inspect json", _put("status", value="error"), "status is 'error': only a log of an"),
    ("inspect json", _put("eval", value=None), "eval is missing"),
    ("inspect json", _put("results", "scores", value={}), "results/scores must be a list"),
    ("inspect json", _put("results", "scores", value=[]), "has no metric"),
    ("inspect json", _put("samples", 0, "id", value=None), "samples/0/id is missing"),
    (
        "inspect json",
        _put("results", "scores", 0, "metrics", "accuracy", "value", value=None),
        "results/scores/0/metrics/accuracy/value is missing",
    ),
    ("every-eval-ever", _put("evaluation_results", value=[]), "has no metric"),
    (
        "every-eval-ever",
        _put("evaluation_results", 1, "score_details", "score", value="high"),
        "evaluation_results/1/score_details/score must be a number, not 'high'",
    ),
    (
        "every-eval-ever",
        _put("evaluation_results", 1, "evaluation_name", value="local_numbers/strict-match"),
        "gives the metric 'exact_match/strict-match' twice",
    ),
    ("mlflow json", _put("data", "metrics", value={}), "has no metric"),
    ("mlflow json", _put("data", "metrics", "loss", value=[]), "data/metrics/loss must be a num"),
    ("mlflow json", _put("data", "tags", value=7), "data/tags must be an object"),
    ("mlflow json", _put("info", "start_time", value="now"), "info/start_time must be a number"),
    ("report json", _put("zero", value={}), "zero/precision is missing"),
    ("report json", _put("accuracy", value="all"), "accuracy must be a number"),
    ("report json", _put("zero", "support", value=0.5), "zero/support must be a whole number"),
]


@pytest.mark.parametrize(("name", "change", "said"), CHANGES)
def test_what_is_wrong_in_a_json_file_is_said_with_its_place(
    name: str, change: Callable[[Any], None], said: str, tmp_path: Path
) -> None:
    path, format_ = _change(name, tmp_path, change)
    code = "no_metrics" if "no metric" in said else "malformed_file"
    assert said in _refusal(path, format_, code)


TEXTS = [
    ("a.json", "lm-eval", "{", "is no JSON: Expecting property name"),
    ("a.json", "lm-eval", '{"results": {}, "results": {}}', "has the key 'results' twice"),
    ("a.json", "lm-eval", "[" * 100_000, "is nested too deep"),
    ("a.json", "lm-eval", "[1]", "must be an object, not a list"),
    ("a.json", "lm-eval", "1" * 5000, "is no JSON: Exceeds the limit"),
    ("a.json", "lm-eval", '{"results": {"t": {"\\ud800,none": 1}}}', "half of a character"),
    ("a.json", "lighteval", '{"results": 1}', "results must be an object"),
    ("a.json", "inspect", "{}", "status is missing"),
    ("a.jsonl", "lm-eval", '{"doc_id": 1}\n{', "line 2 is no JSON"),
    ("a.jsonl", "lm-eval", '{"filter": "none"}', "line 1/doc_id is missing"),
    ("a.jsonl", "lm-eval", "7", "line 1 must be an object"),
    ("a.md", "model-index", "# A card\n", "has no model-index"),
    ("a.md", "model-index", "---\nlicense: mit\n---\n", "has no model-index"),
    ("a.md", "model-index", "---\nmodel-index: 1\n---\n", "model-index must be a list"),
    ("a.md", "model-index", "---\na: [\n---\n", "is no YAML: "),
    ("a.md", "model-index", "---\na: 1\na: 2\n---\n", "has the key 'a' twice"),
    ("a.md", "model-index", "---\na: !!python/object:os.system x\n---\n", "could not determine a"),
    ("a.md", "model-index", "---\na: 2025-13-45\n---\n", "has a value that is none"),
    ("a.md", "model-index", "---\na: &a [*a]\n---\n", "holds itself, by an alias"),
    ("a.md", "model-index", f"---\na: {'[' * 500}\n---\n", "nested more than 64 levels deep"),
    ("a.yaml", "eval-results", "- value: 1\n", "0/dataset is missing"),
    ("a.yaml", "eval-results", "- dataset: {id: a}\n  value: 1\n", "0/dataset/task_id is missing"),
    (
        "a.yaml",
        "eval-results",
        "- dataset: {id: a, task_id: b}\n  value: much\n",
        "0/value must be a number, not 'much'",
    ),
    ("a.csv", "csv", "a,a\n1,2\n", "has two columns 'a'"),
    ("a.csv", "csv", "a,\n1,2\n", "has no name for column 2"),
    ("a.csv", "csv", "a,b\n1\n", "line 2 has 1 cells, and the header 2"),
    ("a.csv", "csv", 'a,b\n"1,2\n', "is no CSV: unexpected end of data"),
    ("a.csv", "csv", "a,b\n1,2\nx,3\n", "line 3/a must be a number as in other rows, not 'x'"),
    ("a.csv", "csv", "a,a:stderr\n1,-2\n", "line 2/a/stderr must be 0 or more"),
    ("a.csv", "csv", "a,a:n\n1,many\n", "line 2/a/n must be a number, not 'many'"),
    ("a.csv", "csv", "a,a:higher_is_better\n1,up\n", "must be true or false, not 'up'"),
    ("a.csv", "csv", "a,seed\n1,x\n", "line 2/seed must be a number, not 'x'"),
    ("a.csv", "csv", "metric,value\na,1\na,2\n", "line 3/a gives the metric 'a' twice"),
    ("a.csv", "csv", "metric,value\na,\n", "line 2/a must be a number, not ''"),
    ("a.csv", "csv", "metric,value,model\na,1,x\nb,2,y\n", "line 3/model differs from that"),
    (
        "a.txt",
        "classification-report",
        "precision recall",
        "has no line 'precision recall f1-score support'",
    ),
    (
        "a.txt",
        "classification-report",
        "   precision recall f1-score support\n\n a 1 1 1\n",
        "line 3 is no row of a class",
    ),
    (
        "a.txt",
        "classification-report",
        "   precision recall f1-score support\n\n a 1 1 1 2\n a 1 1 1 2\n",
        "line 4 gives 'a' twice",
    ),
]


@pytest.mark.parametrize(("name", "format_", "text", "said"), TEXTS)
def test_what_is_wrong_in_a_text_is_said_with_its_place(
    name: str, format_: str, text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    refusal = _refusal(path, format_)
    assert said in refusal
    assert refusal.startswith(f"{name}"), "the file is named"
    assert len(refusal) < 400


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.md"])
def test_a_file_without_anything_has_no_metric_or_is_malformed(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    for format_ in _formats.IMPORTS:
        if format_ != "mlflow":
            with pytest.raises(ah.InvalidInputError) as caught:
                _read_all(path, format_)
            assert caught.value.code in ("malformed_file", "no_metrics", "unreadable_file")


@pytest.mark.parametrize("data", [b"", b"hello", b"{}", b"[]", b"\xff\xfe\x00", b"\x00" * 99])
def test_a_file_of_no_known_format_is_refused_with_the_known_ones(
    data: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(data)
    with pytest.raises(ah.InvalidInputError) as caught:
        _formats.read(path)
    assert caught.value.code in ("unknown_format", "malformed_file")


@pytest.mark.parametrize("place", ["missing.json", "folder", "a\0b.json"])
def test_a_file_that_is_not_there_or_none_is_named(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ah.InvalidInputError) as caught:
        _formats.read(tmp_path / place)
    assert caught.value.code in ("unreadable_file", "unknown_format")
    assert place.partition("\0")[0] in str(caught.value)


def test_a_run_of_helm_without_its_statistics_names_the_file(tmp_path: Path) -> None:
    run = shutil.copytree(FILES["helm"][1], tmp_path / "run")
    (run / "stats.json").unlink()
    assert "stats.json cannot be read" in _refusal(run, "helm", "unreadable_file")


# --- Limits


def test_aliases_of_yaml_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    levels += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    path = tmp_path / "a.md"
    path.write_text("---\n" + "\n".join(levels) + "\n---\n")
    assert "aliases followed" in _refusal(path, "model-index", "file_too_large")


def test_merge_keys_of_yaml_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    levels = ["a0: &a0 {x: 1}"]
    levels += [f"a{at}: &a{at} {{<<: [{', '.join([f'*a{at - 1}'] * 9)}]}}" for at in range(1, 12)]
    path = tmp_path / "a.md"
    path.write_text("---\n" + "\n".join(levels) + "\n---\n")
    assert "aliases followed" in _refusal(path, "model-index", "file_too_large")


def test_a_card_larger_than_any_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"---\na: " + b"x" * yamls.MAX_YAML + b"\n---\n")
    assert "is larger than 4 MiB" in _refusal(path, "model-index", "file_too_large")


def test_a_document_and_a_line_larger_than_is_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 100)
    monkeypatch.setattr(tables, "MAX_TABLE", 100)
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.csv"
    for path in (lines, table):
        path.write_text('{"doc_id": "' + "x" * 100 + '"}')
    assert "line 1 is larger than 100 bytes" in _refusal(lines, "lm-eval", "file_too_large")
    assert "is larger than 100 bytes" in _refusal(table, "csv", "file_too_large")


def _pack(path: Path, method: int, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_STORED])
def test_an_archive_never_unpacks_to_more_than_is_read(
    method: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives.Archive.__init__, "__defaults__", (1000,))
    path = _pack(tmp_path / "a.eval", method, {"header.json": b" " * 1_000_000})
    assert "header.json is larger than 1000 bytes" in _refusal(path, None, "file_too_large")
    # The list of members may say less than there is.
    data = path.read_bytes()
    lying = data.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10))
    path.write_bytes(lying)
    with pytest.raises(ah.InvalidInputError):
        _formats.read(path)


def test_a_zstd_member_never_unpacks_to_more_than_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives.Archive.__init__, "__defaults__", (500,))
    assert "header.json is larger than 500" in _refusal(FILES["inspect"][1], None, "file_too_large")
    data = FILES["inspect"][1].read_bytes()
    size = zipfile.ZipFile(FILES["inspect"][1]).getinfo("header.json").file_size
    path = tmp_path / "lying.eval"
    path.write_bytes(data.replace(struct.pack("<I", size), struct.pack("<I", 10)))
    assert "header.json is larger than 500" in _refusal(path, None, "file_too_large")


def test_an_archive_without_a_header_or_cut_short_is_refused(tmp_path: Path) -> None:
    path = _pack(tmp_path / "a.eval", 8, {"summaries.json": b"[]"})
    assert "header.json is missing" in _refusal(path, None)
    whole = FILES["inspect"][1].read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "is no zip that can be read" in _refusal(path, None)


# --- Mutations of the real files

CODES = ("malformed_file", "no_metrics", "file_too_large", "unknown_format", "unreadable_file")
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just("\ud800"),
    st.just(10**400),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    children: Any = value.items() if isinstance(value, dict) else ()
    children = enumerate(value) if isinstance(value, list) else children
    for key, child in children:
        yield (*place, key)
        yield from _places(child, (*place, key))


DOCUMENTS = {name: json.loads(FILES[name][1].read_text()) for name in JSON_FILES}
PLACES = {name: list(_places(document)) for name, document in DOCUMENTS.items()}
MUTATED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("name", JSON_FILES)
@MUTATED
@given(data=st.data())
def test_a_value_changed_or_dropped_anywhere_is_read_or_refused(
    name: str, tmp_path: Path, data: st.DataObject
) -> None:
    document = copy.deepcopy(DOCUMENTS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(PLACES[name]))
        try:
            target = document
            for key in place[:-1]:
                target = target[key]
            if data.draw(st.booleans()):
                del target[place[-1]]
            else:
                target[place[-1]] = data.draw(JUNK)
        except (KeyError, IndexError, TypeError):
            continue  # A change before took this place away.
    path = tmp_path / FILES[name][1].name
    path.write_text(json.dumps(document))
    _read_or_refuse(path, FILES[name][0])


@pytest.mark.parametrize("name", [name for name, (_, path) in FILES.items() if path.is_file()])
@MUTATED
@given(data=st.data())
def test_bytes_changed_or_cut_anywhere_are_read_or_refused(
    name: str, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(FILES[name][1].read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    path = tmp_path / FILES[name][1].name
    path.write_bytes(content)
    _read_or_refuse(path, data.draw(st.sampled_from([FILES[name][0], None])))


@MUTATED
@given(data=st.data())
def test_a_run_of_helm_changed_anywhere_is_read_or_refused(
    tmp_path: Path, data: st.DataObject
) -> None:
    run = tmp_path / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(FILES["helm"][1], run)
    path = run / data.draw(
        st.sampled_from(["run_spec.json", "stats.json", "per_instance_stats.json"])
    )
    document = json.loads(path.read_text())
    place = data.draw(st.sampled_from(list(_places(document))[:2000]))
    target = document
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = data.draw(JUNK)
    path.write_text(json.dumps(document))
    _read_or_refuse(run, "helm")


@MUTATED
@given(data=st.data())
def test_the_details_of_lighteval_changed_anywhere_are_read_or_refused(
    tmp_path: Path, data: st.DataObject
) -> None:
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(DATA / "lighteval" / "out", out)
    (details,) = (out / "details").rglob("*.parquet")
    named = details.rename(
        details.with_name(f"details_local_questions|0_{details.parent.name}.parquet")
    )
    content = bytearray(named.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    named.write_bytes(content)
    (path,) = (out / "results").rglob("*.json")
    _read_or_refuse(path, "lighteval")


def _read_or_refuse(path: Path, format_: str | None) -> None:
    refused = None
    try:
        _read_all(path, format_)
    except ah.InvalidInputError as error:
        refused = error
    assert refused is None or (refused.code in CODES and "\n" not in str(refused))

"""Evaluations are written in the forms of other tools, and these take them."""

from __future__ import annotations

import base64
import io
import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from t9k import ah
from t9k.ah import _formats

from .formats import DATA

METRICS = {"accuracy": 0.91, "val/F1 (宏)": 0.5, "loss": math.nan}
ENTRY: dict[str, Any] = {
    "id": "11111111-2222-4333-8444-555555555555",
    "modelID": "21111111-2222-4333-8444-555555555555",
    "modelRef": "ann/model/vision/cnn:branch/main",
    "modelBranch": "main",
    "modelTags": [],
    "modelCommit": "a" * 64,
    "datasetID": "31111111-2222-4333-8444-555555555555",
    "datasetRef": "ann/dataset/images/mnist:tag/v1",
    "datasetBranch": "",
    "datasetTags": ["v1"],
    "datasetCommit": "b" * 64,
    "results": {"metric": json.dumps(METRICS)},
    "startTime": "2026-11-24T10:30:00.123Z",
    "params": {"lr": 0.1, "layers": [1, 2], "name": "a, b"},
    "tool": {"name": "trainer", "version": "1.2"},
    "revision": "cd7ec91",
    "seed": 7,
    "hardware": None,
    "duration": 2.5,
    "note": "first",
    "labels": [],
    "metrics": {
        "accuracy": {"stderr": 0.02, "n": 200, "higher_is_better": True},
        "val/F1 (宏)": {"slice": "val"},
        "loss": {"higher_is_better": False},
    },
    "creator": "ann",
    "invalid": None,
}
# As an evaluation was before there was more of it than the tutorial's fields.
PLAIN = {key: ENTRY[key] for key in list(ENTRY)[:13]} | {
    "id": "41111111-2222-4333-8444-555555555555",
    "results": {"metric": '{"accuracy": 1}'},
}


def _write(format_: str, *entries: dict[str, Any], key: Path | None = None) -> bytes:
    file = io.BytesIO()
    _formats.write(entries, format_, file, key=key)
    return file.getvalue()


def test_a_model_index_is_what_the_hugging_face_hub_reads_and_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "index.yaml"
    path.write_bytes(_write("model-index", ENTRY, PLAIN))
    (model,) = yaml.safe_load(path.read_text())["model-index"]
    assert model["name"] == "cnn"
    for result in model["results"]:
        # What huggingface_hub's model_index_to_eval_results asks for.
        assert {"type"} <= set(result["task"])
        assert {"name", "type"} <= set(result["dataset"])
        assert all({"type", "value"} <= set(metric) for metric in result["metrics"])
    first, second = _formats.read(path)
    assert list(first["metrics"]) == list(METRICS)
    assert first["metrics"]["accuracy"]["value"] == 0.91
    assert first["source"]["dataset"]["revision"] == "b" * 64
    assert second["metrics"] == {"accuracy": {"value": 1.0}}


@pytest.mark.parametrize("entry", [ENTRY, PLAIN], ids=["rich", "plain"])
def test_every_eval_ever_takes_what_is_written_by_its_own_schema(
    entry: dict[str, Any], tmp_path: Path
) -> None:
    schema = json.loads((DATA / "every-eval-ever" / "eval.schema.json").read_text())
    path = tmp_path / "evaluation.json"
    path.write_bytes(_write("every-eval-ever", entry))
    document = json.loads(path.read_text())
    jsonschema.Draft7Validator(schema).validate(document)
    (record,) = _formats.read(path)
    assert (
        record["metrics"]["accuracy"]["value"] == json.loads(entry["results"]["metric"])["accuracy"]
    )
    assert document["model_info"]["additional_details"]["commit"] == "a" * 64


def test_every_eval_ever_has_no_nan_and_names_what_is_left_out() -> None:
    document = json.loads(_write("every-eval-ever", ENTRY), parse_constant=pytest.fail)
    assert len(document["evaluation_results"]) == 2
    details = document["source_metadata"]["additional_details"]
    assert details["metrics_left_out_as_not_finite"] == "loss"
    only = ENTRY | {"results": {"metric": '{"loss": Infinity}'}}
    with pytest.raises(ah.InvalidInputError, match="no finite metric") as caught:
        _write("every-eval-ever", only)
    assert caught.value.code == "no_metrics"


def test_several_evaluations_are_a_document_a_line() -> None:
    lines = _write("every-eval-ever", ENTRY, PLAIN).splitlines()
    assert [json.loads(line)["schema_version"] for line in lines] == ["0.3.0", "0.3.0"]


def test_a_csv_table_is_read_back_with_all_that_was_known(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(_write("csv", ENTRY, PLAIN))
    first, second = _formats.read(path)
    assert first["metrics"]["accuracy"] == {
        "value": 0.91,
        "stderr": 0.02,
        "n": 200,
        "higher_is_better": True,
    }
    assert first["metrics"]["val/F1 (宏)"] == {"value": 0.5, "slice": "val"}
    assert math.isnan(first["metrics"]["loss"]["value"])
    assert (first["tool"], first["seed"]) == (ENTRY["tool"], 7)
    assert (first["duration"], first["note"]) == (2.5, "first")
    assert first["params"] == {"lr": 0.1, "layers": "[1, 2]", "name": "a, b"}
    assert first["source"]["model_commit"] == "a" * 64
    assert first["started"] == "2026-11-24T10:30:00.123000Z"
    assert second["metrics"] == {"accuracy": {"value": 1.0}}


def test_a_parquet_table_has_the_same_columns_with_their_types() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(_write("parquet", ENTRY, PLAIN)))
    rows = table.to_pylist()
    assert rows[0]["accuracy"] == 0.91
    assert rows[1]["param.lr"] is None
    kinds = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert (kinds["accuracy"], kinds["accuracy:n"], kinds["id"]) == ("double", "int64", "string")
    assert kinds["accuracy:higher_is_better"] == "bool"
    text = _write("csv", ENTRY, PLAIN).decode().splitlines()[0]
    assert text == ",".join(table.column_names)


# --- Attestations


class Keys:
    """An Ed25519 pair in files of PEM."""

    def __init__(self, folder: Path) -> None:
        self.key = ed25519.Ed25519PrivateKey.generate()
        self.private, self.public = folder / "key.pem", folder / "key.pub"
        self.private.write_bytes(
            self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.public.write_bytes(
            self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def test_a_statement_tells_of_the_commits_the_metrics_and_the_result() -> None:
    statement = json.loads(_write("in-toto", ENTRY), parse_constant=pytest.fail)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert statement["subject"] == [{"name": ENTRY["modelRef"], "digest": {"sha256": "a" * 64}}]
    predicate = statement["predicate"]
    assert predicate["configuration"] == [
        {"name": ENTRY["datasetRef"], "digest": {"sha256": "b" * 64}}
    ]
    assert predicate["result"] == "WARNED"
    assert predicate["passedTests"] == ["accuracy", "val/F1 (宏)"]
    assert predicate["warnedTests"] == ["loss"]
    assert predicate["evaluation"]["metrics"]["loss"]["value"] == "nan"
    assert predicate["evaluation"]["params"] == ENTRY["params"]


def test_an_evaluation_that_was_marked_invalid_has_failed() -> None:
    marked = PLAIN | {"invalid": {"reason": "leak", "by": "ann", "time": ""}}
    predicates = [json.loads(_write("in-toto", entry))["predicate"] for entry in (PLAIN, marked)]
    assert [each["result"] for each in predicates] == ["PASSED", "FAILED"]
    assert predicates[1]["failedTests"] == ["accuracy"]


def test_a_signed_statement_is_verified_by_its_public_key(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "a.intoto.jsonl"
    path.write_bytes(_write("in-toto", ENTRY, PLAIN, key=keys.private))
    statements = _formats.verify(path, keys.public)
    assert [each["predicate"]["evaluation"]["id"] for each in statements] == [
        ENTRY["id"],
        PLAIN["id"],
    ]
    # The signature is over DSSE's encoding, as its protocol.md has it.
    envelope = json.loads(path.read_text().splitlines()[0])
    payload = base64.b64decode(envelope["payload"])
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 28 " + kind + b" " + str(len(payload)).encode() + b" " + payload
    keys.key.public_key().verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)


def test_an_envelope_that_spans_lines_is_verified_too(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    envelope = json.loads(_write("in-toto", ENTRY, key=keys.private))
    path.write_text(json.dumps(envelope, indent=2))
    assert len(_formats.verify(path, keys.public)) == 1


def _sign(keys: Keys, change: dict[str, Any]) -> str:
    return json.dumps(json.loads(_write("in-toto", PLAIN, key=keys.private)) | change)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"payload": base64.b64encode(b"{}").decode()}, "wrong_signature", "not signed by this"),
        ({"payloadType": "text/plain"}, "wrong_signature", "or was changed since"),
        ({"signatures": []}, "not_signed", "has no signature"),
        ({"signatures": None}, "not_signed", "has no signature"),
        ({"signatures": [{"sig": ""}]}, "wrong_signature", "not signed by this key"),
        ({"signatures": [{"sig": "é"}]}, "malformed_file", "signatures/0/sig is no base64"),
        ({"payload": 7}, "malformed_file", "payload must be text"),
        ({"_type": "https://in-toto.io/Statement/v1"}, "not_signed", "nobody signed"),
    ],
)
def test_an_envelope_that_was_changed_is_refused(
    change: dict[str, Any], code: str, said: str, keys: Keys, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    good = _write("in-toto", PLAIN, key=keys.private).decode()
    path.write_text(good + _sign(keys, change) + "\n")
    with pytest.raises(ah.InvalidInputError, match=said) as caught:
        _formats.verify(path, keys.public)
    assert caught.value.code == code
    assert "line 2" in str(caught.value)


def test_another_key_does_not_verify(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(_write("in-toto", PLAIN, key=keys.private))
    (tmp_path / "other").mkdir()
    with pytest.raises(ah.InvalidInputError, match="not signed by this key") as caught:
        _formats.verify(path, Keys(tmp_path / "other").public)
    assert caught.value.code == "wrong_signature"


@pytest.mark.parametrize("text", ["", "\n", "[]", "{", "hello", "7", "{}\n{}"])
def test_a_file_that_is_no_attestation_is_refused(text: str, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ah.InvalidInputError) as caught:
        _formats.verify(path, keys.public)
    assert caught.value.code in ("malformed_file", "not_signed")


def test_a_key_that_is_none_of_ed25519_is_refused(keys: Keys, tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    encrypted = keys.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    bad = {
        "curve": other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "encrypted": encrypted,
        "public": keys.public.read_bytes(),
        "text": b"hello",
        "empty": b"",
    }
    for name, data in bad.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ah.InvalidInputError, match="no Ed25519 private key") as caught:
            _write("in-toto", PLAIN, key=path)
        assert caught.value.code == "invalid_key"
    with pytest.raises(ah.InvalidInputError, match="cannot be read"):
        _write("in-toto", PLAIN, key=tmp_path / "missing")


def test_only_attestations_take_a_key(keys: Keys) -> None:
    with pytest.raises(ah.InvalidInputError, match="Only in-toto takes a key"):
        _write("csv", PLAIN, key=keys.private)

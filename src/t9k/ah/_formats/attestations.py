"""Evaluations as in-toto statements of a test result, signed in envelopes of DSSE.

By the in-toto specification, `spec/v1/statement.md` and `spec/predicates/test-result.md` (v0.1),
and by DSSE's `protocol.md` and `envelope.md`. A file has a statement or an envelope a line, as a
bundle of attestations has.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._errors import InvalidInputError
from .entries import metrics_of
from .files import MIB, parse_json, read_bytes, read_lines
from .libraries import need
from .parts import Part

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD = "application/vnd.in-toto+json"
_DETAILS = ("params", "tool", "revision", "seed", "hardware", "duration", "note", "creator")


def make_statement(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The statement that a model's commit was evaluated on a dataset's.

    The digests are the ids of the commits, each the SHA-256 of the commit's record. A metric that
    is NaN or infinite is a test with a warning; an evaluation that was marked invalid has failed.
    """
    metrics = metrics_of(entry)
    finite = [name for name, metric in metrics.items() if math.isfinite(metric["value"])]
    others = [name for name in metrics if name not in finite]
    invalid = bool(entry.get("invalid"))
    details = {key: entry[key] for key in _DETAILS if entry.get(key) not in (None, {}, "")}
    return {
        "_type": STATEMENT,
        "subject": [_describe(entry["modelRef"], entry["modelCommit"])],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if invalid else "WARNED" if others else "PASSED",
            "configuration": [_describe(entry["datasetRef"], entry["datasetCommit"])],
            "passedTests": [] if invalid else finite,
            "warnedTests": [] if invalid else others,
            "failedTests": list(metrics) if invalid else [],
            "evaluation": {
                "id": entry["id"],
                "recorded": entry["startTime"],
                "metrics": {name: _plain(metric) for name, metric in metrics.items()},
                **details,
            },
        },
    }


def _describe(ref: str, commit: str) -> dict[str, Any]:
    return {"name": ref, "digest": {"sha256": commit}}


def _plain(metric: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no NaN and no infinity: they are text in a statement."""
    found = {key: value for key, value in metric.items() if value is not None}
    for key in ("value", "stderr"):
        if isinstance(found.get(key), float) and not math.isfinite(found[key]):
            found[key] = str(found[key])
    return found


def write_attestations(entries: Iterable[Mapping[str, Any]], key: Path | None = None) -> str:
    """A line for each evaluation: its statement, or with a private key in PEM its envelope."""
    private = load_key(key, private=True) if key else None
    return "".join(_write(make_statement(entry), private) for entry in entries)


def _write(statement: Mapping[str, Any], private: Any) -> str:
    payload = json.dumps(statement, ensure_ascii=False, allow_nan=False)
    if private is None:
        return payload + "\n"
    data = payload.encode()
    signature = private.sign(_encode(PAYLOAD, data))
    envelope = {
        "payload": base64.b64encode(data).decode(),
        "payloadType": PAYLOAD,
        "signatures": [
            {
                "keyid": key_id(private.public_key()),
                "sig": base64.b64encode(signature).decode(),
            }
        ],
    }
    return json.dumps(envelope) + "\n"


def _encode(kind: str, data: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(data), data)


def key_id(public: Any) -> str:
    """The SHA-256 of a public key in DER, in hexadecimal digits."""
    from hashlib import sha256

    serialization = need("cryptography.hazmat.primitives.serialization", "Signatures")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def load_key(path: Path, *, private: bool) -> Any:
    """The Ed25519 key of a PEM file; raises InvalidInputError for anything else."""
    serialization = need("cryptography.hazmat.primitives.serialization", "Signatures")
    ed25519 = need("cryptography.hazmat.primitives.asymmetric.ed25519", "Signatures")
    exceptions = need("cryptography.exceptions", "Signatures")
    wanted = ed25519.Ed25519PrivateKey if private else ed25519.Ed25519PublicKey
    kind = "private" if private else "public"
    data = read_bytes(path, MIB)
    try:
        if private:
            key = serialization.load_pem_private_key(data, password=None)
        else:
            key = serialization.load_pem_public_key(data)
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
        # A TypeError says that the key is encrypted.
        key = None
    if not isinstance(key, wanted):
        raise InvalidInputError(
            f"{path} is no Ed25519 {kind} key in PEM without a password", code="invalid_key"
        )
    return key


def verify(path: Path, key: Path) -> list[dict[str, Any]]:
    """The statements of a file of envelopes, all of which have a signature by this public key.

    Raises InvalidInputError, with the code `not_signed` or `wrong_signature` where that is not so.
    """
    public = load_key(key, private=False)
    statements = [_open(part, public) for part in _read_envelopes(path)]
    if not statements:
        raise Part(path.name, None).refuse("has no attestation")
    return statements


def _read_envelopes(path: Path) -> Iterable[Part]:
    """One a line, or one that spans lines."""
    data = read_bytes(path, 64 * MIB)
    if data.lstrip().startswith(b"{") and b"\n" in data.strip():
        first = data.lstrip().split(b"\n", 1)[0]
        if not first.rstrip().endswith(b"}"):
            return [parse_json(data, Part(path.name, None))]
    return read_lines(path)


def _open(part: Part, public: Any) -> dict[str, Any]:
    if part.object().get("_type") == STATEMENT:
        raise part.refuse("is a statement that nobody signed", code="not_signed")
    kind = part.get("payloadType").text()
    data = _decode(part.get("payload"))
    signatures = [_decode(each.get("sig")) for each in part.get("signatures").each()]
    if not signatures:
        raise part.refuse("has no signature", code="not_signed")
    if not any(_fits(public, each, _encode(kind, data)) for each in signatures):
        raise part.refuse("is not signed by this key, or was changed since", code="wrong_signature")
    if kind != PAYLOAD:
        raise part.get("payloadType").refuse(f"must be {PAYLOAD}, not {kind!r:.60}")
    statement = parse_json(data, part.part("payload", None))
    if statement.get("_type").text() != STATEMENT:
        raise statement.get("_type").refuse(f"must be {STATEMENT}")
    return statement.object()


def _fits(public: Any, signature: bytes, data: bytes) -> bool:
    exceptions = need("cryptography.exceptions", "Signatures")
    try:
        public.verify(signature, data)
    except exceptions.InvalidSignature:
        return False
    return True


def _decode(part: Part) -> bytes:
    text = part.text()
    try:
        # DSSE takes both alphabets.
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        raise part.refuse("is no base64") from None

"""Small real files of the kinds that pages show."""

import io
import json
import struct
import zlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def sample_files() -> dict[str, bytes]:
    """One file of each kind, by path."""
    return {
        "train.py": b'"""Trains."""\n\n\ndef main() -> None:\n    print(f"{1 + 1}")  # two\n',
        "config.json": b'{"layers": [32, 10], "name": "<b>"}',
        "table.csv": b'name,score\n"<i>",1\nb,2\n',
        "rows.jsonl": b'{"id": 1, "text": "a"}\n{"id": 2, "more": [1]}\n',
        "test.parquet": parquet(
            {"id": [1, 2, 3], "text": ["a", None, "<u>"], "pair": [[1], [], None]}
        ),
        "model.safetensors": safetensors(
            {"layer.weight": ("F32", [2, 3]), "layer.bias": ("F16", [2])}
        ),
        "model.onnx": onnx(),
        "model.gguf": gguf(),
        "dot.png": png(),
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
        "weights.pt": b"\x80\x04}q\x00.",
        "noise.bin": bytes(range(256)),
        "empty.txt": b"",
        "broken.parquet": b"PAR1 nothing PAR1",
        "deep/x.txt": b"x",
    }


def parquet(columns: dict[str, list[Any]], **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, **options)
    return target.getvalue()


def safetensors(tensors: dict[str, tuple[str, list[int]]], **metadata: str) -> bytes:
    """A file whose header says so; the weights are left out."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    for name, (type_, shape) in tensors.items():
        header[name] = {"dtype": type_, "shape": shape, "data_offsets": [0, 0]}
    data = json.dumps(header).encode()
    return struct.pack("<Q", len(data)) + data


def onnx() -> bytes:
    """A ModelProto with two nodes, one input, one output and one tensor of a megabyte."""
    nodes = b"".join(field(1, field(4, kind)) for kind in ("Conv", "Relu"))
    weight = (
        field(1, b"\x20\x03") + field(2, 1) + field(8, "conv.weight") + field(9, bytes(1 << 20))
    )
    graph = field(2, "main graph") + nodes + field(5, weight)
    graph += field(11, onnx_value("image", ["batch", 3])) + field(12, onnx_value("label", [10]))
    opset = field(1, "") + field(2, 17)
    return field(1, 8) + field(2, "torch") + field(3, "2.4") + field(8, opset) + field(7, graph)


def onnx_value(name: str, shape: list[int | str]) -> bytes:
    dimensions = b"".join(
        field(1, field(1 if isinstance(each, int) else 2, each)) for each in shape
    )
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))


def field(number: int, value: int | str | bytes) -> bytes:
    """One field in the wire format of protocol buffers."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def gguf() -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    pairs += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 64, 32, 2, 0)
    return b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + pairs + tensor


def png() -> bytes:
    """One grey dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")
    )

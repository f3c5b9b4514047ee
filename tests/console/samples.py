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


def bomb() -> bytes:
    """A Parquet file of a few kilobytes with one row, of 45 million numbers."""
    zeros = pa.repeat(pa.scalar(0, pa.int64()), 45_000_000)
    row = pa.LargeListArray.from_arrays(pa.array([0, len(zeros)], pa.int64()), zeros)
    target = io.BytesIO()
    options = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.table({"zeros": row}), target, **options)
    assert target.tell() < 200_000
    return target.getvalue()


# Files that are not what their names say.
BROKEN = {
    f"broken/{name}": data
    for name, data in {
        "a.parquet": b"PAR1" + bytes(100) + b"PAR1",
        "b.parquet": b"PAR1" + struct.pack("<I", 2**31) + b"PAR1",
        "c.parquet": b"PAR1",
        "d.parquet": b"no parquet at all",
        "e.parquet": parquet({"a": [1, 2, 3]})[:-40] + bytes(32) + b"\x20\0\0\0PAR1",
        "a.safetensors": b"short",
        "b.safetensors": struct.pack("<Q", 2**60) + b"{}",
        "c.safetensors": struct.pack("<Q", 5) + b"{no}}",
        "d.safetensors": struct.pack("<Q", 10) + b'{"a": [1]}',
        "e.safetensors": safetensors({"a": ("F32", [-1])}),
        "f.safetensors": struct.pack("<Q", 100_000) + b"[" * 100_000,
        "a.onnx": b"\xff" * 100,
        "b.onnx": b"plain text",
        "c.onnx": onnx()[:200],
        "d.onnx": field(7, field(11, varint(2**63))),
        "e.onnx": varint(7 << 3 | 2) + varint(2**62),
        "a.gguf": b"GGUF",
        "b.gguf": b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
        "c.gguf": b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 2**63),
        "d.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<QI", 0, 99),
    }.items()
}
MARKED = dict.fromkeys(("a.txt", "b.html", "c.py", "d.unknown"), b"</pre><script>alert(1)</script>")
_LINES = "".join(f"{number};{number}\n" for number in range(1000))
# What previews have to bear.
MORE = MARKED | {
    "deep.json": b"[" * 100_000,
    "long.csv": f"a;b\n{_LINES}".encode(),
    "wide.tsv": "\t".join(map(str, range(60))).encode(),
    "open.csv": b'a,b\n"open',
    "none.jsonl": b"no json",
    "bomb.parquet": bomb(),
    "long.safetensors": struct.pack("<Q", 9_000_000) + b" " * 9_000_000,
    "long.txt": "数".encode() * 200_000,
    **dict.fromkeys(("a.joblib", "b.keras", "c.PTH"), b"cposix\nsystem\n(S'touch x'\ntR."),
}
ATTACKS = {
    f"attacks/{number}.md": text.encode()
    for number, text in enumerate(
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<iframe src='/account'></iframe>",
            "<style>body{display:none}</style>",
            "<p style='position:fixed'>over</p>",
            "[a](javascript:alert(1)) <a href='javascript:alert(1)'>b</a>",
            "<a href='data:text/html,<script>alert(1)</script>'>c</a>",
            "<form action='/signout'><button>go</button></form>",
            "<div id=content class='bar'>x</div>",
            "<svg><script>alert(1)</script></svg>",
            "```html\n</code></pre><script>alert(1)</script>\n```",
            "# <script>alert(1)</script> x",
            '![x](https://evil.example/x.png"onerror=alert(1))',
            "<img src='https://evil.example/x.png'><img src='//evil.example/x.png'>",
            "---\na: &a [x]\nb: *a\n---\n<script>alert(1)</script>",
        ]
    )
}

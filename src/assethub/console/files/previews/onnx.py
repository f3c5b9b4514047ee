"""The graph of an ONNX model, read from the wire format of protocol buffers.

Only names, shapes and types are looked at; what holds weights is passed over without being read.
Field numbers are those of `onnx.proto`.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from assethub.console.files.previews.stored import StoredFile, Unreadable
from assethub.console.files.previews.tensors import Tensor, cut_text

_LONGEST_TEXT = 64 * 1024
_MOST_FIELDS = 200_000
_MOST_DIMENSIONS = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Graph(NamedTuple):
    """What a model takes, gives and holds. `operators` counts the nodes of each type."""

    producer: str
    opsets: list[str]
    name: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    weights: list[Tensor]
    operators: dict[str, int]


class _Field(NamedTuple):
    """One field: a number in `value`, or the bytes from `start` to `end`."""

    number: int
    wire: int
    value: int
    start: int
    end: int


def read_onnx(file: StoredFile) -> Graph:
    """The graph of a ModelProto; raises Unreadable."""
    return _Reader(file).model()


class _Reader:
    def __init__(self, file: StoredFile) -> None:
        self._file = file
        self._fields = 0

    def model(self) -> Graph:
        producer, graph = "", None
        opsets = []
        for field in self._read(0, self._file.size):
            if field.number == 2:
                producer = self._text(field)
            elif field.number == 3 and producer:
                producer = f"{producer} {self._text(field)}"
            elif field.number == 7:
                graph = field
            elif field.number == 8:
                opsets.append(self._opset(field))
        if graph is None:
            raise Unreadable("broken")
        return self._graph(graph, producer, opsets)

    def _graph(self, whole: _Field, producer: str, opsets: list[str]) -> Graph:
        found = Graph(producer, opsets, "", [], [], [], {})
        for field in self._inside(whole):
            if field.number == 1:
                kind = self._operator(field)
                found.operators[kind] = found.operators.get(kind, 0) + 1
            elif field.number == 2:
                found = found._replace(name=self._text(field))
            elif field.number == 5:
                found.weights.append(self._weight(field))
            elif field.number in (11, 12):
                (found.inputs if field.number == 11 else found.outputs).append(self._value(field))
        held = {tensor.name for tensor in found.weights}
        # Old models list their weights among the inputs too.
        return found._replace(inputs=[each for each in found.inputs if each.name not in held])

    def _opset(self, whole: _Field) -> str:
        domain, version = "ai.onnx", 0
        for field in self._inside(whole):
            if field.number == 1:
                domain = self._text(field) or domain
            elif field.number == 2:
                version = field.value
        return f"{domain} {version}"

    def _operator(self, whole: _Field) -> str:
        kinds = [self._text(field) for field in self._inside(whole) if field.number == 4]
        return kinds[-1] if kinds else "?"

    def _weight(self, whole: _Field) -> Tensor:
        name, kind = "", 0
        shape: list[int | str] = []
        for field in self._inside(whole):
            if field.number == 1:
                shape += [field.value] if field.wire == _VARINT else self._packed(field)
            elif field.number == 2:
                kind = field.value
            elif field.number == 8:
                name = self._text(field)
        return Tensor(name, _TYPES.get(kind, f"type {kind}"), shape[:_MOST_DIMENSIONS])

    def _value(self, whole: _Field) -> Tensor:
        found = Tensor("", "?", [])
        for field in self._inside(whole):
            if field.number == 1:
                found = found._replace(name=self._text(field))
            elif field.number == 2:
                for inner in self._inside(field):
                    if inner.number == 1:
                        found = self._tensor_type(found, inner)
        return found

    def _tensor_type(self, found: Tensor, whole: _Field) -> Tensor:
        for field in self._inside(whole):
            if field.number == 1:
                found = found._replace(type=_TYPES.get(field.value, f"type {field.value}"))
            elif field.number == 2:
                shape = [self._dimension(each) for each in self._inside(field) if each.number == 1]
                found = found._replace(shape=shape[:_MOST_DIMENSIONS])
        return found

    def _dimension(self, whole: _Field) -> int | str:
        for field in self._inside(whole):
            if field.number == 1:
                return field.value
            if field.number == 2:
                return self._text(field)
        return "?"

    def _packed(self, field: _Field) -> list[int | str]:
        if field.end - field.start > 10 * _MOST_DIMENSIONS:
            raise Unreadable("broken")
        self._file.seek(field.start)
        found: list[int | str] = []
        while self._file.tell() < field.end:
            found.append(self._varint())
        return found

    def _text(self, field: _Field) -> str:
        if field.wire != _BYTES or field.end - field.start > _LONGEST_TEXT:
            raise Unreadable("broken")
        self._file.seek(field.start)
        return cut_text(self._file.take(field.end - field.start).decode("utf-8", "replace"))

    def _inside(self, field: _Field) -> Iterator[_Field]:
        if field.wire != _BYTES:
            raise Unreadable("broken")
        return self._read(field.start, field.end)

    def _read(self, start: int, end: int) -> Iterator[_Field]:
        """The fields of one message, whose bytes are passed over."""
        at = start
        while at < end:
            self._fields += 1
            if self._fields > _MOST_FIELDS:
                raise Unreadable("too_large")
            self._file.seek(at)
            number, wire = divmod(self._varint(), 8)
            field = self._field(number, wire)
            if number == 0 or field.end > end:
                raise Unreadable("broken")
            at = field.end
            yield field

    def _field(self, number: int, wire: int) -> _Field:
        if wire == _VARINT:
            value = self._varint()
            return _Field(number, wire, value, 0, self._file.tell())
        lengths = {_FIXED64: 8, _FIXED32: 4}
        if wire not in (_BYTES, *lengths):
            raise Unreadable("broken")
        length = self._varint() if wire == _BYTES else lengths[wire]
        start = self._file.tell()
        return _Field(number, wire, 0, start, start + length)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._file.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return int(struct.unpack("<q", struct.pack("<Q", value & (2**64 - 1)))[0])
        raise Unreadable("broken")


_TYPES = dict(
    enumerate(
        [
            "?",
            "float32",
            "uint8",
            "int8",
            "uint16",
            "int16",
            "int32",
            "int64",
            "string",
            "bool",
            "float16",
            "float64",
            "uint32",
            "uint64",
            "complex64",
            "complex128",
            "bfloat16",
            "float8e4m3fn",
            "float8e4m3fnuz",
            "float8e5m2",
            "float8e5m2fnuz",
            "uint4",
            "int4",
            "float4e2m1",
        ]
    )
)

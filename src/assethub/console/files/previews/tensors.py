"""The tensors of weights: names, shapes and types from a file's header; no weight is read.

Formats: safetensors (a length, a JSON header) and GGUF (counts, key-value pairs, tensor infos), as
their specifications have them.
"""

import json
import struct
from math import prod
from typing import Any, NamedTuple

from assethub.console.files.previews.stored import StoredFile, Unreadable

_LONGEST_HEADER = 8 * 1024 * 1024
_MOST_DIMENSIONS = 64
_MOST_COUNTED = 1_000_000
_LONGEST_TEXT = 200


class Tensor(NamedTuple):
    """One tensor; `shape` has a number, or a name, for each dimension."""

    name: str
    type: str
    shape: list[int | str]


class Weights(NamedTuple):
    """What a file of weights holds; `parameters` counts the numbers in all tensors."""

    tensors: list[Tensor]
    parameters: int
    metadata: dict[str, str]


def read_safetensors(file: StoredFile) -> Weights:
    """The header of a safetensors file; raises Unreadable."""
    (length,) = struct.unpack("<Q", file.take(8))
    if length > file.size - 8:
        raise Unreadable("broken")
    if length > _LONGEST_HEADER:
        raise Unreadable("too_large")
    try:
        header = json.loads(file.take(length))
    except (ValueError, RecursionError) as error:
        raise Unreadable("broken") from error
    if not isinstance(header, dict):
        raise Unreadable("broken")
    metadata = header.pop("__metadata__", {})
    tensors = [_check_tensor(name, each) for name, each in header.items()]
    if not isinstance(metadata, dict):
        raise Unreadable("broken")
    return _weigh(tensors, {name: cut_text(str(value)) for name, value in metadata.items()})


def _check_tensor(name: str, told: Any) -> Tensor:
    if not isinstance(told, dict) or not isinstance(told.get("dtype"), str):
        raise Unreadable("broken")
    shape = told.get("shape")
    if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS:
        raise Unreadable("broken")
    if not all(type(each) is int and 0 <= each < 2**63 for each in shape):
        raise Unreadable("broken")
    return Tensor(name, told["dtype"][:_LONGEST_TEXT], shape)


def read_gguf(file: StoredFile) -> Weights:
    """The head of a GGUF file; raises Unreadable."""
    if file.take(4) != b"GGUF":
        raise Unreadable("broken")
    reader = _Gguf(file)
    if reader.number("<I") not in (2, 3):
        raise Unreadable("broken")
    tensors, pairs = reader.count(), reader.count()
    metadata = {}
    for _ in range(pairs):
        name = reader.text()
        metadata[name] = reader.value(reader.number("<I"))
    return _weigh([reader.tensor() for _ in range(tensors)], metadata)


class _Gguf:
    def __init__(self, file: StoredFile) -> None:
        self._file = file
        self._values = 0

    def number(self, format_: str) -> Any:
        return struct.unpack(format_, self._file.take(struct.calcsize(format_)))[0]

    def count(self) -> int:
        found: int = self.number("<Q")
        if found > _MOST_COUNTED:
            raise Unreadable("too_large")
        return found

    def text(self) -> str:
        return bytes(self._file.take(self.number("<Q"))).decode("utf-8", "replace")

    def value(self, type_: int) -> str:
        """A value, cut where it is long; of an array, how many values it has."""
        self._values += 1
        if self._values > _MOST_COUNTED:
            raise Unreadable("too_large")
        if type_ == _GGUF_TEXT:
            return cut_text(self.text())
        if type_ == _GGUF_ARRAY:
            return self._array()
        if type_ not in _GGUF_NUMBERS:
            raise Unreadable("broken")
        return str(self.number(_GGUF_NUMBERS[type_]))

    def _array(self) -> str:
        inner, length = self.number("<I"), self.count()
        if inner == _GGUF_ARRAY:
            raise Unreadable("broken")
        if inner in _GGUF_NUMBERS:
            self._file.seek(length * struct.calcsize(_GGUF_NUMBERS[inner]), 1)
        else:
            for _ in range(length):
                self.value(inner)
        return f"[{length}]"

    def tensor(self) -> Tensor:
        name, dimensions = self.text(), self.number("<I")
        if dimensions > _MOST_DIMENSIONS:
            raise Unreadable("broken")
        shape: list[int | str] = [self.number("<Q") for _ in range(dimensions)]
        type_ = self.number("<I")
        self.number("<Q")
        # GGUF names the innermost dimension first.
        return Tensor(name, _GGML_TYPES.get(type_, f"type {type_}"), shape[::-1])


def cut_text(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def _weigh(tensors: list[Tensor], metadata: dict[str, str]) -> Weights:
    numbers = [[each for each in tensor.shape if isinstance(each, int)] for tensor in tensors]
    return Weights(tensors, sum(map(prod, numbers)), metadata)


_GGUF_TEXT, _GGUF_ARRAY = 8, 9
_GGUF_NUMBERS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_GGML_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    8: "Q8_0",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    20: "IQ4_NL",
    21: "IQ3_S",
    22: "IQ2_S",
    23: "IQ4_XS",
    24: "I8",
    25: "I16",
    26: "I32",
    27: "I64",
    28: "F64",
    29: "IQ1_M",
    30: "BF16",
}

"""The header of a GGUF file: its keys and how many parameters it holds. Bounded, and without a look at the weights.

The format: github.com/ggml-org/ggml, docs/gguf.md. Little-endian, versions 2 and 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

# Of general.file_type, as llama.cpp numbers them (llama_ftype).
QUANTISATIONS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16",
}  # fmt: skip
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_KEYS, _MOST_TENSORS, _MOST_ITEMS, _MOST_TEXT = 10_000, 200_000, 10_000_000, 4_000_000


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The keys that hold one value (lists are passed over), and the number of parameters."""

    keys: dict[str, Any]
    parameters: int


def read_header(path: Path) -> GgufHeader:
    """Read the header; ValueError, in words, when the file is damaged or no GGUF."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ValueError("it is no GGUF file")
        version, tensors, count = struct.unpack("<IQQ", _take(file, 20))
        if version not in (2, 3) or count > _MOST_KEYS or tensors > _MOST_TENSORS:
            raise ValueError(f"GGUF version {version} with {count} keys and {tensors} tensors cannot be read")
        keys = dict(_entry(file) for _ in range(count))
        return GgufHeader({key: value for key, value in keys.items() if value is not None}, _parameters(file, tensors))


def _entry(file: BinaryIO) -> tuple[str, Any]:
    key = _text(file)
    return key, _value(file, _number(file, "I"))


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        _pass_over(file)
        return None
    return _number(file, _SCALARS.get(kind, ""))


def _pass_over(file: BinaryIO) -> None:
    """Past a list, unread: vocabularies hold some 100,000 texts."""
    kind, count = struct.unpack("<IQ", _take(file, 12))
    if count > _MOST_ITEMS:
        raise ValueError(f"a list of {count} entries is too long")
    if kind == _STRING:
        for _ in range(count):
            file.seek(_number(file, "Q"), 1)
    elif kind in _SCALARS:
        file.seek(struct.calcsize(_SCALARS[kind]) * count, 1)
    else:
        raise ValueError(f"a list of kind {kind} is not known")


def _parameters(file: BinaryIO, tensors: int) -> int:
    total = 0
    for _ in range(tensors):
        _text(file)
        dimensions = _number(file, "I")
        if dimensions > 8:
            raise ValueError("a tensor has more than 8 dimensions")
        total += prod(struct.unpack(f"<{dimensions}Q", _take(file, 8 * dimensions)))
        _take(file, 12)  # its type and place
    return total


def _text(file: BinaryIO) -> str:
    length = _number(file, "Q")
    if length > _MOST_TEXT:
        raise ValueError(f"a text of {length} bytes is too long")
    return _take(file, length).decode("utf-8", "replace")


def _number(file: BinaryIO, code: str) -> Any:
    if not code:
        raise ValueError("a value is of a kind that is not known")
    return struct.unpack(f"<{code}", _take(file, struct.calcsize(code)))[0]


def _take(file: BinaryIO, length: int) -> bytes:
    found = file.read(length)
    if len(found) != length:
        raise ValueError("the file ends within its header")
    return found

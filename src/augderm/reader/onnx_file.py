"""Whether an ONNX file is whole by itself, told from its bytes, before any runtime sees them.

A tensor of it may lie in another file, named from the working folder where the network is given as bytes. No
hash of the bundle covers that file; OpenVINO opens it always, ONNX Runtime for some tensors.
"""

from __future__ import annotations

from augderm.domain.errors import ModelMismatch

_TENSOR = "tensor"
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: _TENSOR, 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: _TENSOR, 6: "graph", 10: _TENSOR, 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: _TENSOR, 2: _TENSOR},
    _TENSOR: {},
}
"""Numbers of the fields that may hold a tensor, by message (onnx/onnx.proto of ONNX 1.23)."""
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT, _LONGEST_32 = 10, 5
"""Bytes of a number, and of one of 32 bits (tags, lengths)."""
_GREATEST_TAG, _GREATEST_LENGTH = 2**32 - 1, 2**31 - 1
"""The runtimes' parsers cut a greater tag to 32 bits: what looks unknown here would be known there."""


def check_whole(network: bytes) -> None:
    """Refuse a network of which a tensor lies in another file.

    Raises:
        ModelMismatch: so it is, or it is no ONNX file.
    """
    waiting = [("model", memoryview(network))]
    while waiting:
        kind, message = waiting.pop()
        place = 0
        while place < len(message):
            tag, place = _varint(message, place, _LONGEST_32)
            field, wire = tag >> 3, tag & 7
            if not field or tag > _GREATEST_TAG:
                raise _no_onnx()
            if wire == _VARINT:
                value, place = _varint(message, place)
            else:
                value, place = _length(message, place, wire)
                inside = _INSIDE[kind].get(field)
                if inside and wire == _BYTES:
                    waiting.append((inside, message[place : place + value]))
                place += value
            if place > len(message):
                raise _no_onnx()
            if kind == _TENSOR and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value)):
                raise ModelMismatch(
                    "a tensor of it lies in another file, which no hash covers; export it as one file"
                )


def _length(message: memoryview, place: int, wire: int) -> tuple[int, int]:
    if wire == _BYTES:
        length, place = _varint(message, place, _LONGEST_32)
        if length > _GREATEST_LENGTH:
            raise _no_onnx()
        return length, place
    if wire in (_FIXED64, _FIXED32):
        return 8 if wire == _FIXED64 else 4, place
    raise _no_onnx()


def _varint(message: memoryview, place: int, longest: int = _LONGEST_VARINT) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and the place after it."""
    value = 0
    for index, byte in enumerate(message[place : place + longest]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, place + index + 1
    raise _no_onnx()


def _no_onnx() -> ModelMismatch:
    return ModelMismatch("it cannot be run: it is no ONNX file; restore the bundle")

"""A network that is not whole by itself is refused, wherever in it the pointer hides."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from augderm.domain.errors import ModelMismatch
from augderm.reader.bundle import DEFAULT_BUNDLE, NETWORK
from augderm.reader.network import RUNTIMES, open_session
from augderm.reader.onnx_file import check_whole
from support.bundles import toy_network


def elsewhere(name: str = "w") -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.ones(3, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    return tensor


def model_with(where: str) -> bytes:
    graph = onnx.GraphProto(name="g")
    model = helper.make_model(graph)
    inner = onnx.GraphProto(name="inner", initializer=[elsewhere()])
    sparse = onnx.SparseTensorProto(values=elsewhere())
    if where == "initializer":
        model.graph.initializer.append(elsewhere())
    elif where == "sparse":
        model.graph.sparse_initializer.append(sparse)
    elif where == "constant":
        model.graph.node.append(helper.make_node("Constant", [], ["c"], value=elsewhere()))
    elif where == "subgraph":
        model.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner))
    elif where == "sparse constant":
        model.graph.node.append(helper.make_node("Constant", [], ["c"], sparse_value=sparse))
    elif where == "function":
        node = helper.make_node("Constant", [], ["c"], value=elsewhere())
        model.functions.append(onnx.FunctionProto(name="f", node=[node]))
    elif where == "training":
        model.training_info.append(onnx.TrainingInfoProto(algorithm=inner))
    else:
        raise AssertionError(where)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    "where",
    ["initializer", "sparse", "constant", "subgraph", "sparse constant", "function", "training"],
)
def test_a_tensor_in_another_file_is_found(where: str) -> None:
    with pytest.raises(ModelMismatch, match=r"in another file.*export it as one file"):
        check_whole(model_with(where))


def message(tag: bytes, body: bytes) -> bytes:
    """A field of bytes with its tag as given."""
    assert len(body) < 2**14
    return tag + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


EXTERNAL_DATA, DATA_LOCATION = b"\x6a", b"\x70"
WIDE = {
    "bit 32": (b"\xea\x80\x80\x80\x10", b"\xf0\x80\x80\x80\x10"),
    "bit 34": (b"\xea\x80\x80\x80\x40", b"\xf0\x80\x80\x80\x40"),
    "six bytes": (b"\xea\x80\x80\x80\x80\x01", b"\xf0\x80\x80\x80\x80\x01"),
    "six bytes, no more bits": (b"\xea\x80\x80\x80\x80\x00", b"\xf0\x80\x80\x80\x80\x00"),
}
"""Tags of the two fields in more than 32 bits, which a parser that cuts them takes for the same fields."""


def hidden_by(external_data: bytes, data_location: bytes) -> bytes:
    """A network whose only tensor lies in `weights.bin`, told under the tags given."""
    tensor = elsewhere()
    entries = [entry.SerializeToString() for entry in tensor.external_data]
    tensor.ClearField("external_data")
    tensor.ClearField("data_location")
    hidden = b"".join(message(external_data, entry) for entry in entries) + data_location + b"\x01"
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])
    graph = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "g", [], [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    model.ClearField("graph")
    initializer = message(b"\x2a", tensor.SerializeToString() + hidden)
    return bytes(model.SerializeToString() + message(b"\x3a", graph.SerializeToString() + initializer))


def test_a_tag_of_more_than_32_bits_hides_nothing() -> None:
    model = onnx.load_from_string(hidden_by(EXTERNAL_DATA, DATA_LOCATION))
    assert model.graph.initializer[0].external_data[0].value == "weights.bin", "the plain one is sound"
    for tags in WIDE.values():
        with pytest.raises(ModelMismatch, match="no ONNX file"):
            check_whole(hidden_by(*tags))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_runtime_opens_the_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    if runtime == "openvino":
        pytest.importorskip("augderm.reader.openvino_runtime", reason="the extra `fast` is not installed")
    model = onnx.load_from_string(toy_network())
    onnx.save(model, tmp_path / NETWORK, save_as_external_data=True, location="w.bin", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelMismatch, match="in another file"):
        open_session((tmp_path / NETWORK).read_bytes(), 1, runtime)  # type: ignore[arg-type]


def test_whole_networks_pass() -> None:
    check_whole((DEFAULT_BUNDLE / NETWORK).read_bytes())
    check_whole(toy_network(checklist=True))


@given(st.integers(0, 5000), st.binary(max_size=40))
def test_broken_bytes_are_refused_or_passed_and_nothing_else(cut: int, more: bytes) -> None:
    with suppress(ModelMismatch):
        check_whole(toy_network()[:cut] + more)


@pytest.mark.parametrize(
    "data",
    [
        b"no network",
        b"\x3a\xff\xff\xff\xff\x0f",
        b"\x80" * 11,
        b"\x3b\x3c",
        b"\x09\x01",
        pytest.param(b"\x02\x00", id="field 0"),
        pytest.param(b"\x3a\x80\x80\x80\x80\x80\x00", id="a length of six bytes"),
    ],
)
def test_what_is_no_protocol_buffer_is_refused(data: bytes) -> None:
    with pytest.raises(ModelMismatch, match="no ONNX file; restore the bundle"):
        check_whole(data)

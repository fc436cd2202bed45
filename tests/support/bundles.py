"""A toy bundle, made in milliseconds: a hand-made network that takes what is dark for the lesion.

Its logits follow the mean colour, so they are deterministic and of no meaning; reading, calibration and
outputs can be tested with it where the shipped network's judgement does not matter.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES
from augderm.reader.bundle import CHECKLIST_LABELS, FORMAT, LABELS, MANIFEST, NETWORK, NOVELTY_ARRAYS

SIDE_PX = 64
EMBEDDING, FEATURES = 4, 3
CURVE = {"slope": 1.0, "offset": 0.0}
DERMOSCOPIC: dict[str, Any] = {
    "temperature": 1.3,
    "biases": dict(zip(CODES, (-1.0, -0.5, 0.0, -1.5, 0.0, 1.5, -1.5), strict=True)),
    "mixture": dict(zip(CODES, (0.03, 0.05, 0.11, 0.01, 0.13, 0.66, 0.01), strict=True)),
    "confidence": {"slope": 0.9, "offset": 0.1},
    "malignancy": {"slope": 0.9, "offset": -0.2},
    "set_thresholds": dict(zip(CODES, (0.05, 0.05, 0.08, 0.02, 0.1, 0.2, 0.03), strict=True)),
    "set_coverage": 0.9,
    "images": 1200,
}
CLINICAL: dict[str, Any] = DERMOSCOPIC | {
    "temperature": 2.0,
    "set_thresholds": dict(zip(CODES, (0.05, 0.1, 0.04, 0.0, 0.0, 0.06, 0.0), strict=True)),
    "images": 89,
}


def calibration() -> dict[str, Any]:
    """An entry `calibration` in which everything is calibrated."""
    return {
        "dermoscopic": json.loads(json.dumps(DERMOSCOPIC)),
        "clinical": json.loads(json.dumps(CLINICAL)),
        "modality": dict(CURVE),
        "structures": {name: dict(CURVE) for name in STRUCTURES},
        "artefacts": {name: dict(CURVE) for name in ARTEFACTS},
    }


def checklist_calibration() -> dict[str, Any]:
    """An entry `calibration.checklist` in which every criterion is calibrated."""
    return {
        criterion: {"temperature": 1.5, "biases": dict.fromkeys(categories, 0.1), "images": 203}
        for criterion, categories in CHECKLIST.items()
    }


def write_toy_bundle(folder: Path, *, modality_logit: float = -3.0, novelty_limit: float = 50.0) -> Path:
    """Write a whole bundle.

    Args:
        folder: made anew.
        modality_logit: what it says of every image: below 0 dermoscopic, above 0 clinical.
        novelty_limit: of both modalities; the scores of phantoms are of the order of 1.
    """
    folder.mkdir(parents=True)
    network = toy_network(modality_logit=modality_logit)
    (folder / NETWORK).write_bytes(network)
    np.save(folder / "mean.npy", np.zeros(FEATURES, np.float32))
    np.save(folder / "whitening.npy", np.eye(FEATURES, dtype=np.float32))
    np.save(folder / "blankness.npy", np.zeros(FEATURES + 1, np.float32))
    novelty = {name: f"{name}.npy" for name in NOVELTY_ARRAYS} | {"limit": novelty_limit}
    write_manifest(
        folder,
        calibration=calibration(),
        novelty={"dermoscopic": dict(novelty), "clinical": dict(novelty)},
    )
    return folder


def write_telling_bundle(folder: Path) -> Path:
    """A toy bundle that also tells the 7-point checklist."""
    write_toy_bundle(folder)
    (folder / NETWORK).write_bytes(toy_network(checklist=True))
    labels = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["labels"]
    write_manifest(
        folder,
        labels=labels | {CHECKLIST_LABELS: {name: list(found) for name, found in CHECKLIST.items()}},
        calibration=calibration() | {"checklist": checklist_calibration()},
    )
    return folder


def write_manifest(folder: Path, **entries: Any) -> None:
    """Write or rewrite the manifest over the files that are there, with some entries changed."""
    path = folder / MANIFEST
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "name": "toy",
        "version": "1.2.3",
        "labels": {name: list(labels) for name, labels in LABELS.items()},
        "preprocessing": {"stored_size_px": 73, "input_size_px": SIDE_PX, "mean": 127.0, "scale": 128.0},
        "training": {"validation_fold": 0},
    }
    if path.exists():
        manifest = json.loads(path.read_text(encoding="utf-8"))
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.name != MANIFEST
    }
    path.write_text(json.dumps(manifest | {"files": files} | entries), encoding="utf-8")


def toy_network(*, modality_logit: float = -3.0, leave_out: str = "", checklist: bool = False) -> bytes:
    """The ONNX file; `leave_out` names an output that it lacks; `checklist`: it has that output too."""
    rng = np.random.default_rng(0)
    graph = _Graph()
    fine = graph.node("AveragePool", "images", kernel_shape=[4, 4], strides=[4, 4])
    middle = graph.node("AveragePool", fine, kernel_shape=[2, 2], strides=[2, 2])
    coarse = graph.node("AveragePool", middle, kernel_shape=[4, 4], strides=[4, 4])
    # Skin is about 0.4 on the network's scale; what is darker on the mean of the channels is lesion.
    graph.convolve(fine, np.full((1, 3), -8.0), np.array([2.0]), "border")
    for name, grid, channels in (
        ("logits", coarse, len(CODES)),
        ("structures", middle, len(STRUCTURES)),
        ("artefacts", middle, len(ARTEFACTS)),
        ("embedding", middle, EMBEDDING),
        *([("checklist", middle, sum(map(len, CHECKLIST.values())))] if checklist else []),
    ):
        maps = {"logits": "attention", "structures": "structure_maps"}.get(name, f"{name}_maps")
        graph.convolve(grid, rng.normal(0, 2, (channels, 3)), rng.normal(0, 0.5, channels), maps)
        graph.node("ReduceMean", maps, graph.constant(np.array([2, 3])), output=name, keepdims=0)
    graph.node("ReduceMean", fine, graph.constant(np.array([2, 3])), output="features", keepdims=0)
    zero = graph.node("ReduceMean", fine, graph.constant(np.array([1, 2, 3])), keepdims=0)
    silent = graph.node("Mul", zero, graph.constant(np.float32(0)))
    graph.node("Add", silent, graph.constant(np.float32(modality_logit)), output="modality")
    return graph.bytes_without(leave_out, ("checklist",) if checklist else ())


class _Graph:
    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"node{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: Any) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def convolve(
        self, grid: str, weight: NDArray[np.float64], bias: NDArray[np.float64], output: str
    ) -> None:
        kernel = self.constant(weight[:, :, None, None].astype(np.float32))
        self.node("Conv", grid, kernel, self.constant(bias.astype(np.float32)), output=output)

    def bytes_without(self, leave_out: str, more: tuple[str, ...]) -> bytes:
        ranks = {"border": 4, "attention": 4, "structure_maps": 4, "modality": 1}
        names = ("logits", "border", "embedding", "attention", "structures", "structure_maps", "artefacts")
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * ranks.get(name, 2))
            for name in (*names, "modality", "features", *more)
            if name != leave_out
        ]
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [None, 3, None, None])
        graph = helper.make_graph(self._nodes, "toy", [images], outputs, initializer=self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        return bytes(model.SerializeToString())

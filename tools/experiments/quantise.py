"""Writes a bundle's network with static int8 arithmetic, ranges taken from training images.

    .venv/bin/python tools/experiments/quantise.py configs/dermoscopic-lite0-twins.toml BUNDLE OUT.onnx [HOW]

HOW is all (the default), encoder (what follows the encoder stays float32) or percentile (all, ranges
without the outermost values). Needs the extra `train`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from augderm.formats.raster import decode_image, read_file
from augderm.learn.config import load_config
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import load_bundle
from augderm.reader.network import preprocess
from augderm.reader.runtime import ort  # noqa: F401  (silenced before its tools are imported)

IMAGES = 320
LAST_OF_ENCODER = "features"


class _Reader:
    """What ONNX Runtime's quantiser asks for images."""

    def __init__(self, images: Iterator[np.ndarray[Any, Any]]) -> None:
        self._images = images

    def get_next(self) -> dict[str, Any] | None:
        image = next(self._images, None)
        return None if image is None else {"images": image[None]}


def after_encoder(path: Path) -> list[str]:
    """Names of the nodes that are reached from no output of the encoder's blocks but through the heads.

    The encoder is what the output `features` is pooled from; all nodes that it does not depend on are heads.
    """
    graph = onnx.load(path).graph
    made_by = {name: node for node in graph.node for name in node.output}
    waiting, inside = [LAST_OF_ENCODER], set()
    while waiting:
        node = made_by.get(waiting.pop())
        if node is not None and node.name not in inside:
            inside.add(node.name)
            waiting += node.input
    return [node.name for node in graph.node if node.name not in inside]


def main(config_path: Path, bundle_path: Path, out: Path, how: str) -> None:
    """Quantise and write."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    config, bundle = load_config(config_path), load_bundle(bundle_path)
    train = split_of(config, read_sources(config)).train
    chosen = train[:: max(1, len(train) // IMAGES)][:IMAGES]
    images = (preprocess(decode_image(read_file(r.path)).pixels, bundle.preprocessing)[0] for r in chosen)
    with tempfile.TemporaryDirectory() as scratch:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(bundle_path / "network.onnx", ready, skip_symbolic_shape=True)
        percentile = how == "percentile"
        quantize_static(
            ready,
            out,
            _Reader(images),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=after_encoder(ready) if how == "encoder" else [],
            calibrate_method=CalibrationMethod.Percentile if percentile else CalibrationMethod.MinMax,
        )
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB from {len(chosen)} training images, {how}")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        Path(sys.argv[3]),
        sys.argv[4] if len(sys.argv) > 4 else "all",
    )

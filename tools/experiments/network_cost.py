"""How fast the networks of bundles are beside the bare encoder: ratios, which a noisy machine leaves alone.

    .venv/bin/python tools/experiments/network_cost.py BUNDLE|ENCODER@SIDE [...]

ONNX Runtime on all cores, batch of 16, each network at its own size, in turns; medians. The bare encoder is
EfficientNet-Lite0 with ImageNet's classifier at 224 pixels. `lite2@256` is a network as `augderm train` would
make one, untrained: its speed can be known before it is trained.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from augderm.learn.export import export_network
from augderm.learn.network import build_network
from augderm.reader.bundle import load_bundle

BATCH, TURNS = 16, 25
BARE_SIDE, BARE_CLASSES = 224, 1000
EMBEDDING = 256
AT = "@"


def _untrained(encoder: str, side_px: int) -> bytes:
    network = build_network(encoder, embedding_size=EMBEDDING, dropout=0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "untrained.onnx"
        export_network(network.eval(), side_px, path)
        return path.read_bytes()


def _bare() -> bytes:
    encoder = build_network("lite0", embedding_size=8, dropout=0.0).encoder
    layers = [encoder._conv_stem, encoder._bn0, encoder._swish, *encoder._blocks]
    layers += [encoder._conv_head, encoder._bn1, encoder._swish, nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    network = nn.Sequential(*layers, nn.Linear(encoder._conv_head.out_channels, BARE_CLASSES))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bare.onnx"
        images = torch.zeros(BATCH, 3, BARE_SIDE, BARE_SIDE)
        torch.onnx.export(network.eval(), (images,), path, input_names=["images"], external_data=False)
        return path.read_bytes()


def main(wanted: list[str]) -> None:
    """Print images a second of each, and over those of the bare encoder."""
    networks = [(f"bare encoder at {BARE_SIDE}", _bare(), BARE_SIDE)]
    for name in wanted:
        if AT in name:
            encoder, size = name.split(AT)
            networks.append((name, _untrained(encoder, int(size)), int(size)))
            continue
        bundle = load_bundle(Path(name))
        side = bundle.preprocessing.input_size_px
        networks.append((f"{bundle.name.version} at {side}", bundle.network, side))
    sessions = []
    for name, network, side in networks:
        options = onnxruntime.SessionOptions()
        # Its threads would else spin on after a run, on the cores of the network whose turn it is next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        images = np.zeros((BATCH, 3, side, side), np.float32)
        session.run(None, {"images": images})
        seconds: list[float] = []
        sessions.append((name, session, images, seconds))
    for _ in range(TURNS):
        for _, session, images, seconds in sessions:
            started = time.perf_counter()
            session.run(None, {"images": images})
            seconds.append(time.perf_counter() - started)
    rates = {name: BATCH / float(np.median(seconds)) for name, _, _, seconds in sessions}
    bare = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"{name:<22} {rate:5.0f} images/s, {rate / bare:.2f} of the bare encoder")


if __name__ == "__main__":
    main(sys.argv[1:])

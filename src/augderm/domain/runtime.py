"""What runs the model's network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RuntimeName = Literal["onnx", "openvino"]
"""ONNX Runtime, with which the model was calibrated, or OpenVINO (the extra `fast`)."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What ran the network, in which arithmetic: another one rounds in another way.

    `version` is that of the runtime's package.
    """

    name: RuntimeName
    version: str
    precision: Literal["float32"] = "float32"

"""OpenVINO, silenced: another runtime than ONNX Runtime, no faster where measured; an extra (`fast`).

The only place that imports it. Its package sends a message to Google Analytics each time that it is
imported, unless the user opted out, and keeps a client's id and a count of uses under ~/intel. Nothing may
leave a clinic unasked.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# None makes its import fail, which OpenVINO takes for "not installed": it then has nothing to send with.
# Before OpenVINO's own import, which sends the first message.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino  # noqa: E402

__all__ = ["OpenVinoSession"]


@dataclass(frozen=True, slots=True)
class _Port:
    """An output: its name, and its shape with None for what varies."""

    name: str
    shape: tuple[int | None, ...]


class OpenVinoSession:
    """A network that OpenVINO runs; a `network.Session`."""

    def __init__(self, network: bytes, threads: int = 0, precision: str = "f32") -> None:
        """Compile an ONNX network for the CPU.

        Args:
            network: the ONNX file.
            threads: 0 leaves the choice to OpenVINO (one for each physical core).
            precision: of the arithmetic. Left to itself, OpenVINO takes bfloat16 where the CPU has it, which
                changes reads (docs/explain/experiments.md, whose experiment alone gives another one).

        Raises:
            Exception: it cannot be run. OpenVINO's errors have no public base class.
        """
        core = openvino.Core()
        how = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads,
            # Pinned, the threads of several processes would all take the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._compiled = core.compile_model(core.read_model(network), "CPU", how)
        # A request runs once at a time; ONNX Runtime's sessions may be shared by threads, so must this.
        self._local = threading.local()

    def get_outputs(self) -> Sequence[_Port]:
        """Names and shapes of the outputs."""
        return [
            _Port(
                port.get_any_name(),
                tuple(d.get_length() if d.is_static else None for d in port.get_partial_shape()),
            )
            for port in self._compiled.outputs
        ]

    def run(self, names: Sequence[str], feed: Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """The outputs of these names for a batch, as arrays of their own."""
        request: Any = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compiled.create_infer_request()
        request.infer({name: np.ascontiguousarray(values) for name, values in feed.items()})
        return [request.get_tensor(name).data.copy() for name in names]

"""The trained network, run by ONNX Runtime: pixels in, logits, border, embedding and attention out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import ModelMismatch
from augderm.reader.bundle import Bundle
from augderm.reader.runtime import ort

OUTPUTS = ("logits", "border", "embedding", "attention")
"""Names of the ONNX outputs, in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRead:
    """What the network says of one image, uncalibrated.

    logits: (7,) float32. border: (rows, columns) float32, probability of lesion. embedding: (E,)
    float32. attention: (7, rows, columns) float32, whose mean over locations is the logit.
    """

    logits: NDArray[np.float32]
    border: NDArray[np.float32]
    embedding: NDArray[np.float32]
    attention: NDArray[np.float32]


class Network:
    """A bundle's network, ready to read. Keep it: making one costs more than reading with it."""

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        """Load the network.

        Args:
            bundle: the verified bundle.
            threads: of ONNX Runtime; 0 leaves the choice to it (one for each physical core).

        Raises:
            ModelMismatch: the file is no network that ONNX Runtime can run.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Spinning threads of several processes would take the cores from each other.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # From the verified bytes: a file named by the network from beside it would be unverified.
        try:
            self._session = ort.InferenceSession(bundle.network, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise ModelMismatch(
                f"The network of {bundle.name.name} cannot be run: {error}; restore the bundle"
            ) from None
        self.bundle = bundle

    def read(self, pixels: NDArray[np.uint8]) -> NetworkRead:
        """Read one image, (h, w, 3) uint8 sRGB of any size."""
        logits, border, embedding, attention = self._session.run(
            OUTPUTS, {"images": preprocess(pixels, self.bundle)[None]}
        )
        return NetworkRead(
            logits=logits[0],
            border=1 / (1 + np.exp(-border[0, 0])),
            embedding=embedding[0],
            attention=attention[0],
        )


def preprocess(pixels: NDArray[np.uint8], bundle: Bundle) -> NDArray[np.float32]:
    """Squash to the network's square and normalise: (h, w, 3) uint8 to (3, S, S) float32.

    The whole image is squashed, not cropped: the border at the frame must be seen, and a rotated
    photograph stays a rotated input. Two steps, as in training: the network is sensitive to
    sharpness, and one step from a larger photograph is sharper than anything that it learned from
    (docs/explain/experiments.md has what that costs).
    """
    stored, size = bundle.stored_size_px, bundle.input_size_px
    squashed = Image.fromarray(pixels).resize((stored, stored), Image.Resampling.BILINEAR)
    squashed = squashed.resize((size, size), Image.Resampling.BILINEAR)
    levels = np.asarray(squashed, dtype=np.float32)
    return ((levels - bundle.input_mean) / bundle.input_scale).transpose(2, 0, 1)

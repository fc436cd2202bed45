"""The trained network, run by ONNX Runtime or OpenVINO: pixels in, everything that its heads say out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from augderm.analysis.paint_over import paint_over
from augderm.domain.errors import InvalidConfig, ModelMismatch
from augderm.domain.runtime import Runtime, RuntimeName
from augderm.reader.bundle import Bundle, Preprocessing
from augderm.reader.onnx_file import check_whole
from augderm.reader.runtime import ort
from augderm.reader.views import VIEWS, View, seen_upright, steady_view, view_of

OUTPUTS = (
    *("logits", "border", "embedding", "attention"),
    *("structures", "structure_maps", "artefacts", "modality", "features"),
)
"""Names of the ONNX outputs; `learn.network.NetworkOutput` says what each is."""
CHECKLIST_OUTPUT = "checklist"
"""The output that only networks have that learned the 7-point checklist."""
RUNTIMES: tuple[RuntimeName, ...] = get_args(RuntimeName)
PACKAGES: dict[RuntimeName, str] = {"onnx": "onnxruntime", "openvino": "openvino"}
OF_BOTH = ("logits", "attention", "structures", CHECKLIST_OUTPUT)
"""Outputs that are averaged with those of a second view without hair. Artefacts and modality are questions to
the photograph as it is; border, places, embedding and features were measured and fitted on such alone."""

Arrays = dict[str, NDArray[np.float32]]


class Session(Protocol):
    """A network ready to run: as much of `onnxruntime.InferenceSession` as is used of any runtime."""

    def get_outputs(self) -> Sequence[Any]:
        """The outputs, each with a `name` and a `shape` whose first place is the batch."""

    def run(
        self, names: Sequence[str], feed: Mapping[str, NDArray[np.float32]], /
    ) -> Sequence[NDArray[np.float32]]:
        """The outputs of these names for the inputs in `feed`."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRead:
    """What the network says of one image, uncalibrated.

    Attributes:
        logits: (7,) float32 of the diagnoses.
        border: (rows, columns) float32, probability of lesion.
        embedding: (E,) float32.
        attention: (7, rows, columns) float32, whose mean over locations is the logit.
        structures: (5,) float32 logits.
        structure_maps: (5, rows, columns) float32 logits.
        artefacts: (7,) float32 logits.
        modality: logit, positive for a clinical photograph.
        features: (F,) float32, for novelty.
        checklist: (19,) float32 logits of the categories of `taxonomy.CHECKLIST`; None where the bundle does
            not tell them.
    """

    logits: NDArray[np.float32]
    border: NDArray[np.float32]
    embedding: NDArray[np.float32]
    attention: NDArray[np.float32]
    structures: NDArray[np.float32]
    structure_maps: NDArray[np.float32]
    artefacts: NDArray[np.float32]
    modality: float
    features: NDArray[np.float32]
    checklist: NDArray[np.float32] | None = None


class Network:
    """A bundle's network, ready to read. Keep it: making one costs more than reading with it."""

    def __init__(self, bundle: Bundle, threads: int = 0, runtime: RuntimeName = "onnx") -> None:
        """Load the network.

        Args:
            bundle: the verified bundle.
            threads: of the runtime; 0 leaves the choice to it (one for each physical core).
            runtime: what runs it: ONNX Runtime, with which it was calibrated, or OpenVINO, an extra that
                may be faster; docs/reference/benchmarks.md has by how much.

        Raises:
            ModelMismatch: the file is no network that the runtime can run, or lacks an output.
            InvalidConfig: no such runtime, or it is not installed.
        """
        try:
            self._session = open_session(bundle.network, threads, runtime)
            if bundle.tells_checklist and CHECKLIST_OUTPUT not in outputs_of(self._session):
                raise ModelMismatch(f"it has no output {CHECKLIST_OUTPUT}; export the bundle anew")
        except ModelMismatch as error:
            raise ModelMismatch(f"The network of {bundle.name.name}: {error}") from None
        self.bundle = bundle
        self.runtime = Runtime(runtime, version(PACKAGES[runtime]))

    def read(
        self, pixels: NDArray[np.uint8], views: int = 1, hair: NDArray[np.bool_] | None = None
    ) -> NetworkRead:
        """Read one image.

        Args:
            pixels: (h, w, 3) uint8 sRGB of any size.
            views: 1 to 8: how many of its flips and quarter turns are read and averaged. Embedding and
                features are those of the first, which novelty was fitted to.
            hair: (rows, columns) bool over the image, of any size. Where it has any, the image is read again
                with that painted over, and the outputs `OF_BOTH` are the means of both.
        """
        mean, first = self._read_once(pixels, views, None)
        if hair is not None and hair.any():
            without, _ = self._read_once(pixels, views, hair)
            mean |= {name: (mean[name] + without[name]) * np.float32(0.5) for name in OF_BOTH if name in mean}
        return NetworkRead(
            logits=mean["logits"],
            border=1 / (1 + np.exp(-mean["border"][0])),
            embedding=first["embedding"],
            attention=mean["attention"],
            structures=mean["structures"],
            structure_maps=mean["structure_maps"],
            artefacts=mean["artefacts"],
            modality=float(mean["modality"]),
            features=first["features"],
            checklist=mean[CHECKLIST_OUTPUT] if self.bundle.tells_checklist else None,
        )

    def _read_once(
        self, pixels: NDArray[np.uint8], views: int, hair: NDArray[np.bool_] | None
    ) -> tuple[Arrays, Arrays]:
        """Each output's mean over the views, laid over the image as it is, and each of the first view."""
        image, steady = preprocess(pixels, self.bundle.preprocessing, hair)
        chosen = VIEWS[:views]
        found = run_session(self._session, np.stack([view_of(image, view) for view in chosen]))
        for name in ("border", "attention", "structure_maps"):
            steadied = [seen_upright(grid, view) for grid, view in zip(found[name], chosen, strict=True)]
            found[name] = np.stack([seen_upright(grid, steady) for grid in steadied])
        mean = {name: values.mean(axis=0) for name, values in found.items()}
        return mean, {name: values[0] for name, values in found.items()}


def open_session(network: bytes, threads: int = 0, runtime: RuntimeName = "onnx") -> Session:
    """Make an ONNX network ready to run.

    Raises:
        ModelMismatch: it cannot be run, is not whole by itself, or lacks an output.
        InvalidConfig: no such runtime, or it is not installed.
    """
    check_runtime(runtime)
    start = _openvino() if runtime == "openvino" else _with_onnx
    # From the verified bytes, and from nothing else.
    check_whole(network)
    try:
        session = start(network, threads)
    except Exception as error:  # neither runtime's errors share a public base class
        raise ModelMismatch(f"it cannot be run: {error}; restore the bundle") from None
    if missing := set(OUTPUTS) - {output.name for output in session.get_outputs()}:
        raise ModelMismatch(f"it has no output {', '.join(sorted(missing))}; export the bundle anew")
    return session


def check_runtime(runtime: str) -> None:
    """Refuse a runtime that there is not.

    Raises:
        InvalidConfig: no such runtime, or it is not installed.
    """
    if runtime not in RUNTIMES:
        raise InvalidConfig(f"runtime is {runtime!r}; it takes {' or '.join(RUNTIMES)}")
    if runtime == "openvino" and find_spec("openvino") is None:
        raise InvalidConfig(
            "the runtime openvino is not installed: pip install 'augderm[fast]', or read with onnx"
        )


def _with_onnx(network: bytes, threads: int) -> Session:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Spinning threads of several processes would take the cores from each other.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    return session


def _openvino() -> Callable[[bytes, int], Session]:
    # Imported only where it is asked for: it is an extra, and takes longer than a read.
    try:
        from augderm.reader.openvino_runtime import OpenVinoSession
    except ImportError as error:
        raise InvalidConfig(
            f"the runtime openvino cannot be loaded ({error}): pip install --force-reinstall openvino, or "
            "read with onnx"
        ) from None
    return OpenVinoSession


def outputs_of(session: Session) -> tuple[str, ...]:
    """Names of the outputs that are read of a network: all must have `OUTPUTS`."""
    there = {output.name for output in session.get_outputs()}
    return (*OUTPUTS, CHECKLIST_OUTPUT) if CHECKLIST_OUTPUT in there else OUTPUTS


def run_session(session: Session, images: NDArray[np.float32]) -> Arrays:
    """Each output for a batch (B, 3, S, S) of preprocessed images, its first axis B."""
    names = outputs_of(session)
    return dict(zip(names, session.run(names, {"images": images}), strict=True))


def preprocess(
    pixels: NDArray[np.uint8], how: Preprocessing, hair: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float32], View]:
    """Squash to the network's square, normalise and turn: (h, w, 3) uint8 to (3, S, S) float32.

    The whole image is squashed, not cropped: the border at the frame must be seen, and a rotated
    photograph stays a rotated input. Two steps, as in training: the network is sensitive to
    sharpness, and one step from a larger photograph is sharper than anything that it learned from
    (docs/explain/experiments.md has what that costs). A photograph that is turned by quarters or mirrored
    is turned to the same input (`how.steady`): the same lesion then gets the same read.

    Hair, a mask (rows, columns) over the image where given, is painted over between the two steps: there a
    photograph of any size costs the same.

    Returns:
        The input, and the view of the image that it is.
    """
    stored, size = ((side, side) for side in (how.stored_size_px, how.input_size_px))
    squashed = Image.fromarray(pixels).resize(stored, Image.Resampling.BILINEAR)
    if hair is not None:
        squashed = Image.fromarray(paint_over(np.asarray(squashed), _on_square(hair, how.stored_size_px)))
    squashed = squashed.resize(size, Image.Resampling.BILINEAR)
    levels = np.asarray(squashed, dtype=np.float32)
    image = ((levels - how.mean) / how.scale).transpose(2, 0, 1)
    view = steady_view(image) if how.steady else VIEWS[0]
    return view_of(image, view), view


def _on_square(hair: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """A mask on the square: what it touches, and a pixel around, into which resizing blurred it."""
    levels = Image.fromarray(hair.astype(np.uint8) * np.uint8(255))
    touched = np.asarray(levels.resize((side, side), Image.Resampling.BOX)) > 0
    grown: NDArray[np.bool_] = ndimage.binary_dilation(touched)
    return grown

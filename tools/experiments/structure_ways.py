"""Other ways to say where a structure is than its map, and whether they say where or only whether.

    .venv/bin/python tools/experiments/structure_ways.py ../shared/data [--learned 150]

Of calibration images that have the structure: the class activation map of the structures head alone (its
weights over the deepest layer's 8 by 8 grid, taken out of the ONNX graph; needs the training extra), of the
image and of the window around the lesion; and the spots that image analysis finds where that map speaks. Each
as a share of the lesion against the experts' (Spearman), at the threshold that does best on images that the
network learned from. Beside it the partial correlation given the lesion's area, since a small lesion gives
large shares of anything, and given that and the head's logit: what is left is what a place adds to presence.
Fold 0 is not touched.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import numpy_helper
from structure_places import CONFIG, partial_correlation, rank_correlation
from views import lesion_box

from augderm.analysis.border import clean_mask, enlarge
from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.small import Small
from augderm.analysis.structures.blobs import bright_blobs
from augderm.analysis.structures.lesion_field import lesion_field
from augderm.analysis.structures.spots import RADII
from augderm.domain.taxonomy import STRUCTURES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.config import load_config
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.records import Record, split_records
from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
from augderm.reader.network import preprocess
from augderm.reader.views import seen_upright

LOGITS = np.arange(-4.0, 17.0)
CONTRAST = 6.0
"""Least contrast of a spot, in L*."""
SPOTS = {"milia_like_cyst": 1.0, "globules": -1.0}
"""Structures that are spots, and the sign of their contrast."""
WAYS = ("head", "head, window", "spots where the head speaks", "spots where the head speaks, window")
UNSEEN = -99.0

Grid = NDArray[np.float32]


class Head:
    """The structures head as a map: what its logit is the mean of over locations, but for the fine maps."""

    def __init__(self) -> None:
        self._bundle = load_bundle(DEFAULT_BUNDLE)
        model = onnx.load_model_from_string(self._bundle.network)
        (mean,) = (node for node in model.graph.node if "embedding" in node.output)
        self._local = mean.input[0]
        model.graph.output.append(onnx.helper.make_tensor_value_info(self._local, 1, None))
        weights = {
            w.name: numpy_helper.to_array(w) for w in model.graph.initializer if "structures." in w.name
        }
        self._weight, self._bias = weights["structures.weight"], weights["structures.bias"]
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(model.SerializeToString(), options)

    def read(self, pixels: NDArray[np.uint8]) -> tuple[Grid, Grid, Grid]:
        """The head's map (structures, 8, 8), the border's logits, and the logits of the structures."""
        image, view = preprocess(pixels, self._bundle.preprocessing)
        names = [self._local, "border", "structures"]
        local, border, logits = self._session.run(names, {"images": image[None]})
        found = np.einsum("se,eyx->syx", self._weight, local[0]) + self._bias[:, None, None]
        return seen_upright(found, view), seen_upright(border[0], view)[0], logits[0]


def main() -> None:
    """Print a line for each structure and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--learned", type=int, default=150, help="images to choose thresholds on")
    asked = parser.parse_args()
    config, head = load_config(CONFIG), Head()
    split = split_records(
        read_dataset("index", asked.data),
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share=config.calibration_share,
    )
    # Pigment network has its own map; an image with that alone tells nothing here.
    unseen, learned = (
        [r for r in part if any(r.structures.get(name) for name in STRUCTURES[1:])]
        for part in (split.calibration, split.train)
    )
    random.Random(0).shuffle(learned)
    with (asked.data / "structures.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["isic_id"]: row for row in csv.DictReader(file)}
    chosen_on, judged_on = ([_seen(r, head) for r in part] for part in (learned[: asked.learned], unseen))
    for structure, name in enumerate(STRUCTURES[1:], start=1):
        for way in WAYS:
            if way.startswith("spots") and name not in SPOTS:
                continue
            parts = []
            for records, seen in ((learned, chosen_on), (unseen, judged_on)):
                having = [i for i in range(len(seen)) if records[i].structures[name]]
                known = [rows[Path(records[i].image).stem] for i in having]
                marked = [float(k[f"{name}_area_pct"]) / float(k["lesion_area_pct"]) for k in known]
                located = np.array([seen[i][0][way][structure] for i in having])
                other = np.array([(seen[i][1], seen[i][2][structure]) for i in having])
                parts.append((located, np.array(marked), other))
            (shares, experts, _), (own, own_experts, other) = parts
            at = int(np.argmax([rank_correlation(column, experts) for column in shares.T]))
            print(
                f"{name:<17}{way:<37} chosen on {len(experts):3d} at {LOGITS[at]:g} "
                f"({rank_correlation(shares[:, at], experts):.2f}); of {len(own_experts)} unseen: "
                f"{rank_correlation(own[:, at], own_experts):.2f}, given the lesion's area "
                f"{partial_correlation(own[:, at], own_experts, other[:, :1]):.2f}, and the logit "
                f"{partial_correlation(own[:, at], own_experts, other):.2f}",
                flush=True,
            )


def _seen(record: Record, head: Head) -> tuple[dict[str, NDArray[np.float64]], float, Grid]:
    """By way (structures, LOGITS) shares of the lesion; the lesion's share of the image; the logits."""
    pixels = decode_image(read_file(record.path)).pixels
    height, width = pixels.shape[:2]
    grid, border, logits = head.read(pixels)
    probability = (1 / (1 + np.exp(-border))).astype(np.float32)
    lesion = clean_mask(enlarge(probability, width, height))
    shares = {way: np.zeros((len(STRUCTURES), len(LOGITS))) for way in WAYS}
    if not lesion.any():
        return shares, 0.0, logits
    rows, columns = lesion_box(border, height, width)
    near, _, _ = head.read(np.ascontiguousarray(pixels[rows, columns]))
    field = lesion_field(view_lesion(Small.of(pixels), lesion))
    for structure, name in enumerate(STRUCTURES):
        whole = enlarge(grid[structure], width, height)
        window = np.full((height, width), UNSEEN, np.float32)
        window[rows, columns] = enlarge(near[structure], columns.stop - columns.start, rows.stop - rows.start)
        for plane, suffix in ((whole, ""), (window, ", window")):
            over = np.sort(plane[lesion])
            shares[f"head{suffix}"][structure] = 1 - np.searchsorted(over, LOGITS) / len(over)
            if name not in SPOTS or not field.deep.any():
                continue
            spots = bright_blobs(SPOTS[name] * field.flat(), field.deep & field.clear, RADII, CONTRAST)
            y, x = (
                ((at + cut.start) / of * side).astype(int).clip(0, side - 1)
                for at, cut, of, side in zip(
                    (spots.y, spots.x), field.window, field.reduced_px, (height, width), strict=True
                )
            )
            area = np.pi * spots.radius**2 / field.area
            shares[f"spots where the head speaks{suffix}"][structure] = (
                area[:, None] * (plane[y, x, None] >= LOGITS)
            ).sum(axis=0)
    return shares, float(lesion.mean()), logits


if __name__ == "__main__":
    main()

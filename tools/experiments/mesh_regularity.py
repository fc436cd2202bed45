"""Whether measures of a pigment network's mesh part regular from irregular ones: on phantoms, and on skin.

    .venv/bin/python tools/experiments/mesh_regularity.py [--phantoms 6] [--data ../shared/data]

Lines of dark brown are planted as the edges of the cells of a hexagonal lattice, whose points are displaced
at random (JITTER, share of the cell) and whose line width wanders (VARIES, its relative standard deviation),
over cells, contrasts and blurs as photographs have them. Measured are the light holes as spots in scale
space: spread of their radii, of the distance to the nearest hole, and of the three nearest, each over its
mean; and the spread of the lines' width. Prints for each measure the AUC between regular and irregular meshes
of one condition, and over all conditions, with the 95th percentile of the regular and the 5th of the
irregular. With `--data`: the same measures of 100 lesions of folds 1 to 3 that experts say have a network, 50
of them malignant, and the AUC of malignancy.
"""

from __future__ import annotations

import argparse
import random
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.small import Small
from augderm.analysis.structures.blobs import bright_blobs
from augderm.analysis.structures.lesion_field import lesion_field
from augderm.formats.raster import decode_image, read_file
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.evaluation.scores import area_under_roc

SIDE, RADIUS = 260, 100.0
LIGHT, DARK_BY = 60.0, (8.0, 14.0, 20.0)
CELLS_PX = (7.0, 10.0, 14.0)
BLURS_PX = (0.8, 1.6)
NOISE_L = 1.0
REGULAR, IRREGULAR = (0.05, 0.1), (0.3, 0.5)
"""Jitter and variation of the width."""
HOLES_PX = (1.6, 2.3, 3.2, 4.5, 6.4)
LEAST_CONTRAST, LEAST_HOLES = 3.0, 12
YS, XS = np.indices((SIDE, SIDE)) + 0.5
DISC = np.hypot(XS - SIDE / 2, YS - SIDE / 2) < RADIUS
MEASURES = ("radii", "nearest", "three nearest", "line width")


def main() -> None:
    """Print the AUC of each measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--phantoms", type=int, default=6)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    count = asked.phantoms
    truth, values = list[bool](), list[list[float]]()
    for cell, dark, blur in product(CELLS_PX, DARK_BY, BLURS_PX):
        own_truth, own = list[bool](), list[list[float]]()
        for seed, (irregular, (jitter, varies)) in product(range(count), enumerate((REGULAR, IRREGULAR))):
            plane = mesh(cell, jitter, varies, dark, blur, seed)
            own_truth.append(bool(irregular))
            own.append(measured(plane, DISC))
        truth, values = truth + own_truth, values + own
        _tell(f"cell {cell:g} px, lines {dark:g} L* darker, blur {blur:g} px", own_truth, own)
    _tell("all together", truth, values)
    if asked.data:
        _tell_skin(asked.data)


def mesh(
    cell: float, jitter: float, varies: float, dark: float, blur: float, seed: int
) -> NDArray[np.float32]:
    """L* of a net, (SIDE, SIDE) float32."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[-2 : SIDE / (cell * np.sqrt(0.75)) + 2, -2 : SIDE / cell + 2]
    points = np.stack([(columns + 0.5 * (rows % 2)) * cell, rows * cell * np.sqrt(0.75)], axis=-1).reshape(
        -1, 2
    )
    points = points + rng.normal(0, jitter * cell, points.shape) + rng.uniform(0, cell, 2)
    away, _ = cKDTree(points).query(np.stack([XS, YS], axis=-1).reshape(-1, 2), k=2)
    # Half of the difference is about how far off the edge between two cells is.
    off = ((np.asarray(away)[:, 1] - np.asarray(away)[:, 0]) / 2).reshape(SIDE, SIDE)
    wander = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 1.5 * cell)
    half = np.maximum(0.12 * cell * (1 + varies * wander / wander.std()), 0.3)
    plane = LIGHT - dark * np.clip(half - off + 0.5, 0, 1)
    noisy: NDArray[np.float32] = ndimage.gaussian_filter(plane, blur) + rng.normal(0, NOISE_L, plane.shape)
    return noisy.astype(np.float32)


def measured(plane: NDArray[np.float32], where: NDArray[np.bool_]) -> list[float]:
    """Of `MEASURES`, the spread over the mean of each; nan with less than LEAST_HOLES holes."""
    holes = bright_blobs(plane, where, HOLES_PX, LEAST_CONTRAST)
    if len(holes) < LEAST_HOLES:
        return [np.nan] * len(MEASURES)
    places = np.stack([holes.x, holes.y], axis=1)
    distances = np.asarray(cKDTree(places).query(places, k=4)[0])
    lines = where & (plane < ndimage.gaussian_filter(plane, 2 * float(holes.radius.mean())))
    depth = ndimage.distance_transform_edt(lines)
    ridge = lines & (depth >= ndimage.maximum_filter(depth, 3))
    found = (holes.radius, distances[:, 1], distances[:, 1:].mean(axis=1), depth[ridge])
    return [float(one.std() / one.mean()) for one in found]


def _tell_skin(data: Path) -> None:
    records = [r for r in read_dataset("index", data) if r.mask and r.fold in (1, 2, 3)]
    records = [r for r in records if r.structures and r.structures.get("pigment_network")]
    random.Random(2).shuffle(records)
    truth, values = list[bool](), list[list[float]]()
    for malignant in (True, False):
        for record in [one for one in records if one.malignant is malignant][:50]:
            pixels = decode_image(read_file(record.path)).pixels
            assert record.mask
            with Image.open(record.folder / record.mask) as file:
                grey = np.asarray(file.convert("L").resize((pixels.shape[1], pixels.shape[0])))
            field = lesion_field(view_lesion(Small.of(pixels), grey > grey.max() / 2))
            values.append(measured(field.flat(), field.deep & field.clear))
            truth.append(malignant)
    _tell(f"{len(truth)} networks on skin, malignant against benign", truth, values)
    known = np.array(values)[~np.isnan(values).any(axis=1)]
    for name, of in zip(MEASURES, known.T, strict=True):
        print(f"  {name}: 5th, 50th, 95th percentile {np.round(np.percentile(of, [5, 50, 95]), 2)}")


def _tell(what: str, truth: list[bool], values: list[list[float]]) -> None:
    table, labels = np.array(values), np.array(truth)
    known = ~np.isnan(table).any(axis=1)
    said = []
    for index, name in enumerate(MEASURES):
        of = table[known, index]
        auc = area_under_roc(labels[known], of) if len(set(labels[known])) == 2 else np.nan
        regular, irregular = of[~labels[known]], of[labels[known]]
        ends = (
            f"{np.percentile(regular, 95):.2f} {np.percentile(irregular, 5):.2f}"
            if len(regular) and len(irregular)
            else "-"
        )
        said.append(f"{name} {auc:.2f} ({ends})")
    print(f"{what}: holes in {known.mean():.2f}; {', '.join(said)}", flush=True)


if __name__ == "__main__":
    main()

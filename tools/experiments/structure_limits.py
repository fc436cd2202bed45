"""From which size and difference of colour on the detectors of areas find what is planted in phantoms.

    .venv/bin/python tools/experiments/structure_limits.py [--phantoms 12] [blotch red_area ...]

A disc is planted anywhere in lesions of one brown and of varied form, size, blur and noise, within their true
mask. By size: in the detector's own colour. By colour: SHARE of the lesion, in steps from its colour to the
detector's own. By roughness: SHARE of it with a relief of so many L* (standard deviation), which a structure
would make. Prints what is found at each step, and in how many lesions without anything planted. No
photograph is used.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import lab2rgb

from augderm.analysis.artefacts import ArtefactMasks
from augderm.analysis.color import DERMOSCOPIC_COLOURS, to_lab
from augderm.analysis.lesion_view import LesionView
from augderm.analysis.phantom import SKIN_LAB, Phantom, PhantomSpec, draw_phantom, phantom_series
from augderm.analysis.structures.areas import LEAST_SHARE, find_areas
from augderm.analysis.structures.lesion_field import lesion_field
from augderm.domain.structures import StructureName

BASE = "light_brown"
PLANTED: dict[StructureName, str] = {
    "blotch": "black",
    "red_area": "red",
    "blue_whitish_veil": "blue_grey",
    "scar_like_depigmentation": "white",
}
SHARES = (0.03, 0.05, 0.06, 0.08, 0.1, 0.15, 0.3)
STEPS = np.linspace(0.1, 1, 13)
SHARE = 0.15
ROUGH_L = (0.0, 2.0, 3.0, 4.0, 6.0)
RELIEF_PX = 1.5
"""Blur of the relief, as wide as the lines and dots of a structure."""
WIDTH, HEIGHT = 400, 300
"""The size at which structures are looked for."""
NOISE, EDGE_PX = 2.0, 3.0


def main() -> None:
    """Print what each detector finds."""
    # Some planted colours lie a little outside sRGB.
    warnings.filterwarnings("ignore", "Conversion from CIE-LAB")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--phantoms", type=int, default=12)
    parser.add_argument("names", nargs="*", choices=PLANTED, default=list(PLANTED))
    asked = parser.parse_args()
    phantoms = _plain(asked.phantoms)
    skin, brown = np.array(SKIN_LAB), np.array(DERMOSCOPIC_COLOURS[BASE])
    print(f"{len(phantoms)} phantoms of one brown, L* {brown[0]:g}; skin L* {skin[0]:g}, a* {skin[1]:g}")
    bare = [_found(phantom.pixels, phantom) for phantom in phantoms]
    for name in asked.names:
        own = np.array(DERMOSCOPIC_COLOURS[PLANTED[name]])
        print(f"{name}: nothing planted, located in {np.mean([f[name].any() for f in bare]):.2f}")
        for share in SHARES:
            _tell(f"{share:4.0%} of the lesion", name, [_planted(p, own, share) for p in phantoms])
        for step in STEPS:
            mixed = brown + step * (own - brown)
            apart = mixed - skin
            where = (
                f"{mixed[0] - brown[0]:+5.1f} L* to the lesion, "
                f"{apart[0]:+5.1f} L* {apart[1]:+5.1f} a* {apart[2]:+5.1f} b* to the skin"
            )
            _tell(where, name, [_planted(p, mixed, SHARE) for p in phantoms])
        for rough in ROUGH_L:
            _tell(f"rough by {rough:g} L*", name, [_planted(p, own, SHARE, rough) for p in phantoms])


def _plain(count: int) -> list[Phantom]:
    """Lesions of one brown, formed as those of the demonstration, with nothing in the way."""
    phantoms = []
    for spec in phantom_series(count, 3):
        smaller = WIDTH / spec.width_px
        phantoms.append(
            draw_phantom(
                PhantomSpec(
                    width_px=WIDTH,
                    height_px=HEIGHT,
                    center=spec.center,
                    long_axis_px=spec.long_axis_px * smaller,
                    short_axis_px=spec.short_axis_px * smaller,
                    angle_deg=spec.angle_deg,
                    dent=spec.dent,
                    dent_deg=spec.dent_deg,
                    colours=((BASE, 1.0),),
                    edge_px=spec.edge_px,
                    noise=0,
                    seed=spec.seed,
                )
            )
        )
    return phantoms


def _planted(
    phantom: Phantom, colour: NDArray[np.float64], share: float, rough: float = 0.0
) -> tuple[dict[StructureName, NDArray[np.bool_]], NDArray[np.bool_]]:
    """What is found after a disc was planted, and where it is."""
    rng = np.random.default_rng(phantom.spec.seed)
    depth = ndimage.distance_transform_edt(phantom.mask)
    radius = float(np.sqrt(share * phantom.mask.sum() / np.pi))
    rows, columns = np.nonzero(depth >= min(radius + 2 * EDGE_PX, depth.max()))
    at = rng.integers(len(rows))
    ys, xs = np.indices(phantom.mask.shape)
    inwards = radius - np.hypot(xs - columns[at], ys - rows[at])
    relief = ndimage.gaussian_filter(rng.normal(size=phantom.mask.shape), RELIEF_PX)
    cover = (np.clip(inwards / EDGE_PX + 0.5, 0, 1) * phantom.mask)[..., None]
    lab = to_lab(phantom.pixels) * (1 - cover) + cover * colour
    lab[..., 0] += cover[..., 0] * relief / relief.std() * rough
    levels = lab2rgb(lab) * 255 + rng.normal(0, NOISE, lab.shape)
    pixels = np.clip(np.round(levels), 0, 255).astype(np.uint8)
    return _found(pixels, phantom), (inwards >= 0) & phantom.mask


def _found(pixels: NDArray[np.uint8], phantom: Phantom) -> dict[StructureName, NDArray[np.bool_]]:
    """Each area that is located, (h, w) bool over the phantom; False all over where it is not."""
    nothing = np.zeros(phantom.mask.shape, bool)
    # What is planted is no ink and no hair: whether it would be held for that is another question.
    artefacts = ArtefactMasks(*[nothing] * len(fields(ArtefactMasks)))
    view = LesionView(to_lab(pixels), phantom.mask.astype(np.float32), phantom.mask, artefacts, nothing, 1.0)
    field = lesion_field(view)
    found: dict[StructureName, NDArray[np.bool_]] = {}
    for name, where in find_areas(field).items():
        found[name] = nothing.copy()
        if field.share(where) >= LEAST_SHARE[name]:
            found[name][field.window] = where
    return found


def _tell(
    what: str,
    name: StructureName,
    found: list[tuple[dict[StructureName, NDArray[np.bool_]], NDArray[np.bool_]]],
) -> None:
    jaccards, others = [], []
    for areas, truth in found:
        others.append(any(where.any() for other, where in areas.items() if other != name))
        if areas[name].any():
            jaccards.append((areas[name] & truth).sum() / (areas[name] | truth).sum())
    overlap = f", Jaccard {np.median(jaccards):.2f}" if jaccards else ""
    located, also = len(jaccards) / len(found), np.mean(others)
    print(f"  {what}: located in {located:.2f}{overlap}; another area too in {also:.2f}", flush=True)


if __name__ == "__main__":
    main()

"""From which size and difference of colour on detectors find what is planted in phantoms: areas and red dots.

    .venv/bin/python tools/experiments/structure_limits.py [--phantoms 12] [blotch dotted_vessels ...]

A disc is planted anywhere in lesions of one brown and of varied form, size, blur and noise, within their true
mask. By size: in the detector's own colour. By colour: SHARE of the lesion, in steps from its colour to the
detector's own. By roughness: SHARE of it with a relief of so many L* (standard deviation), which a structure
would make; by blur of its edge, for what must be sharp. Of dotted vessels DOTS discs are planted: by radius,
by a*, and by how much they fall in L* for each a* that they rise, from none over that of blood to that of
melanin. Prints what is found at each step, and in how many lesions without anything planted. No photograph is
used.
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
from augderm.analysis.structures.coarse import Coarse
from augderm.analysis.structures.find import LEAST_SPOTS
from augderm.analysis.structures.lesion_field import lesion_field
from augderm.analysis.structures.lines import linear_vessels
from augderm.analysis.structures.red_dots import dotted_vessels
from augderm.analysis.structures.ulceration import LEAST_ULCER, ulceration
from augderm.domain.structures import StructureName

BASE = "light_brown"
DOTTED = "dotted_vessels"
PLANTED: dict[StructureName, tuple[float, float, float]] = {
    "blotch": DERMOSCOPIC_COLOURS["black"],
    "red_area": DERMOSCOPIC_COLOURS["red"],
    "blue_whitish_veil": DERMOSCOPIC_COLOURS["blue_grey"],
    "scar_like_depigmentation": DERMOSCOPIC_COLOURS["white"],
    "ulceration": (50.0, 32.0, 40.0),
}
"""Our own colour of raw flesh with serum, and the six of the ABCD rule."""
LEAST: dict[StructureName, float] = {**LEAST_SHARE, "ulceration": LEAST_ULCER}
SHARES = (0.03, 0.05, 0.06, 0.08, 0.1, 0.15, 0.3)
STEPS = np.linspace(0.1, 1, 13)
SHARE = 0.15
ROUGH_L = (0.0, 2.0, 3.0, 4.0, 6.0)
RELIEF_PX = 1.5
"""Blur of the relief, as wide as the lines and dots of a structure."""
WIDTH, HEIGHT = 400, 300
"""The size at which structures are looked for."""
NOISE, EDGE_PX = 2.0, 3.0
EDGES_PX = (3.0, 6.0, 9.0, 12.0, 16.0)
DOTS, DOT_APART_PX = 12, 11.0
DOT_RADII, DOT_RADIUS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0), 2.0
DOT_A, DOT_RISE = (4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0), 16.0
DOT_FALLS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""L* lost for each a* gained: blood 1.0 to 1.25, melanin 10 and more."""
DOT_BLUR_PX = 0.7


def main() -> None:
    """Print what each detector finds."""
    # Some planted colours lie a little outside sRGB.
    warnings.filterwarnings("ignore", "Conversion from CIE-LAB")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--phantoms", type=int, default=12)
    parser.add_argument("names", nargs="*", choices=[*PLANTED, DOTTED], default=[*PLANTED, DOTTED])
    asked = parser.parse_args()
    phantoms = _plain(asked.phantoms)
    skin, brown = np.array(SKIN_LAB), np.array(DERMOSCOPIC_COLOURS[BASE])
    print(f"{len(phantoms)} phantoms of one brown, L* {brown[0]:g}; skin L* {skin[0]:g}, a* {skin[1]:g}")
    bare = [_found(phantom.pixels, phantom) for phantom in phantoms]
    for name in asked.names:
        if name == DOTTED:
            _tell_dots(phantoms)
            continue
        own = np.array(PLANTED[name])
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
        for edge in EDGES_PX:
            _tell(f"edge of {edge:g} px", name, [_planted(p, own, SHARE, 0.0, edge) for p in phantoms])


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
    phantom: Phantom, colour: NDArray[np.float64], share: float, rough: float = 0.0, edge: float = EDGE_PX
) -> tuple[dict[StructureName, NDArray[np.bool_]], NDArray[np.bool_]]:
    """What is found after a disc was planted, and where it is."""
    rng = np.random.default_rng(phantom.spec.seed)
    depth = ndimage.distance_transform_edt(phantom.mask)
    radius = float(np.sqrt(share * phantom.mask.sum() / np.pi))
    rows, columns = np.nonzero(depth >= min(radius + 2 * edge, depth.max()))
    at = rng.integers(len(rows))
    ys, xs = np.indices(phantom.mask.shape)
    inwards = radius - np.hypot(xs - columns[at], ys - rows[at])
    relief = ndimage.gaussian_filter(rng.normal(size=phantom.mask.shape), RELIEF_PX)
    cover = (np.clip(inwards / edge + 0.5, 0, 1) * phantom.mask)[..., None]
    lab = to_lab(phantom.pixels) * (1 - cover) + cover * colour
    lab[..., 0] += cover[..., 0] * relief / relief.std() * rough
    levels = lab2rgb(lab) * 255 + rng.normal(0, NOISE, lab.shape)
    pixels = np.clip(np.round(levels), 0, 255).astype(np.uint8)
    return _found(pixels, phantom), (inwards >= 0) & phantom.mask


def _found(pixels: NDArray[np.uint8], phantom: Phantom) -> dict[StructureName, NDArray[np.bool_]]:
    """Each area that is located, (h, w) bool over the phantom; False all over where it is not."""
    coarse = _coarse(pixels, phantom)
    field = coarse.field
    areas = {**find_areas(coarse), "ulceration": ulceration(coarse)}
    found: dict[StructureName, NDArray[np.bool_]] = {}
    for name, where in areas.items():
        found[name] = np.zeros(phantom.mask.shape, bool)
        if field.share(where) >= LEAST[name]:
            found[name][field.window] = where
    return found


def _coarse(pixels: NDArray[np.uint8], phantom: Phantom) -> Coarse:
    nothing = np.zeros(phantom.mask.shape, bool)
    # What is planted is no ink and no hair: whether it would be held for that is another question.
    artefacts = ArtefactMasks(*[nothing] * len(fields(ArtefactMasks)))
    view = LesionView(to_lab(pixels), phantom.mask.astype(np.float32), phantom.mask, artefacts, nothing, 1.0)
    return Coarse.of(lesion_field(view))


def _tell_dots(phantoms: list[Phantom]) -> None:
    bare = [_dots(phantom, 0.0, 0.0, 0.0)[0] for phantom in phantoms]
    print(f"dotted_vessels: nothing planted, located in {np.mean([n >= LEAST_SPOTS for n in bare]):.2f}")
    steps = [(f"radius {radius:g} px", radius, DOT_RISE, 1.0) for radius in DOT_RADII]
    steps += [(f"a* {rise:+5.1f}", DOT_RADIUS, rise, 1.0) for rise in DOT_A]
    steps += [
        (f"L* {-fall:+5.1f} for each a*", DOT_RADIUS, DOT_RISE / max(1, fall), fall) for fall in DOT_FALLS
    ]
    for what, radius, rise, fall in steps:
        found = [_dots(phantom, radius, rise, fall) for phantom in phantoms]
        located = np.mean([count >= LEAST_SPOTS for count, _ in found])
        counted = sum(count for count, _ in found) / max(1, sum(planted for _, planted in found))
        print(f"  {what}: located in {located:.2f}, {counted:.2f} of those planted", flush=True)


def _dots(phantom: Phantom, radius: float, rise: float, fall: float) -> tuple[int, int]:
    """How many red dots are found after some were planted, and how many were."""
    rng = np.random.default_rng(phantom.spec.seed)
    rows, columns = np.nonzero(ndimage.distance_transform_edt(phantom.mask) > radius + 6)
    ys, xs = np.indices(phantom.mask.shape)
    cover, places = np.zeros(phantom.mask.shape), list[tuple[int, int]]()
    for at in rng.permutation(len(rows)):
        y, x = int(rows[at]), int(columns[at])
        if len(places) < DOTS and all(np.hypot(y - v, x - u) > DOT_APART_PX + radius for v, u in places):
            places.append((y, x))
            cover = np.maximum(cover, np.clip(radius - np.hypot(xs - x, ys - y) + 0.5, 0, 1) * (radius > 0))
    lab = to_lab(phantom.pixels).astype(float)
    lab += ndimage.gaussian_filter(cover, DOT_BLUR_PX)[..., None] * np.array([-fall * rise, rise, 0.0])
    levels = lab2rgb(lab) * 255 + rng.normal(0, NOISE, lab.shape)
    coarse = _coarse(np.clip(np.round(levels), 0, 255).astype(np.uint8), phantom)
    return len(dotted_vessels(coarse, linear_vessels(coarse.field))), len(places)


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

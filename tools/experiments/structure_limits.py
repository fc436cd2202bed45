"""From which size and difference of colour on the detectors of areas find what is planted in phantoms.

    .venv/bin/python tools/experiments/structure_limits.py [--phantoms 20]

A disc is planted anywhere in lesions of one brown and of varied form, size, blur and noise, within their true
mask. By size: in the detector's own colour. By colour: SHARE of the lesion, in steps from its colour to the
detector's own. By roughness: SHARE of it with a relief of so many L* (standard deviation), which a structure
would make. Prints what is found at each step, and in how many lesions without anything planted. No
photograph is used.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import lab2rgb

from augderm.analysis.color import DERMOSCOPIC_COLOURS, to_lab
from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.phantom import SKIN_LAB, Phantom, PhantomSpec, draw_phantom, phantom_series
from augderm.analysis.small import Small
from augderm.analysis.structures.find import find_structures
from augderm.domain.structures import StructureFinding, StructureName

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
    parser.add_argument("--phantoms", type=int, default=20)
    phantoms = _plain(parser.parse_args().phantoms)
    skin, brown = np.array(SKIN_LAB), np.array(DERMOSCOPIC_COLOURS[BASE])
    print(f"{len(phantoms)} phantoms of one brown, L* {brown[0]:g}; skin L* {skin[0]:g}, a* {skin[1]:g}")
    bare = [_found(phantom.pixels, phantom) for phantom in phantoms]
    for name, colour in PLANTED.items():
        own = np.array(DERMOSCOPIC_COLOURS[colour])
        print(f"{name}: nothing planted, located in {np.mean([f[name].located for f in bare]):.2f}")
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
) -> tuple[dict[str, StructureFinding], NDArray[np.bool_]]:
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


def _found(pixels: NDArray[np.uint8], phantom: Phantom) -> dict[str, StructureFinding]:
    height, width = phantom.mask.shape
    view = view_lesion(Small.of(pixels), phantom.mask)
    # What is planted is no ink and no hair: whether it would be held for that is another question.
    view = replace(view, hidden=np.zeros_like(view.hidden))
    return {one.name: one for one in find_structures(view, (width, height))}


def _tell(
    what: str,
    name: StructureName,
    found: list[tuple[dict[str, StructureFinding], NDArray[np.bool_]]],
) -> None:
    located = [bool(findings[name].located) for findings, _ in found]
    jaccards, ratios, others = [], [], []
    for (findings, truth), said in zip(found, located, strict=True):
        others.append(any(one.located for other, one in findings.items() if other != name))
        if said:
            mask = findings[name].mask
            jaccards.append((mask & truth).sum() / (mask | truth).sum())
            ratios.append(mask.sum() / truth.sum())
    area = (
        f", area {np.median(ratios):.2f} of the planted, Jaccard {np.median(jaccards):.2f}" if ratios else ""
    )
    print(
        f"  {what}: located in {np.mean(located):.2f}{area}; another too in {np.mean(others):.2f}", flush=True
    )


if __name__ == "__main__":
    main()

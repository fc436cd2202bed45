"""How many images that are no lesion a bundle refuses, with 95 % intervals (Wilson).

    .venv/bin/python tools/experiments/foreign_images.py CONFIG [BUNDLE]

CONFIG is the one that the bundle was trained with. Photographs: those that scikit-image ships. Drawn:
textures, and blank skin. Real blank skin: windows beside the lesions of calibration images. Nothing was
fitted to any of these: the network learned from no calibration image, and the regression that knows blank
skin took its windows from training images (`learn/export.py`). Not clean are the whole calibration images:
they set the limits of novelty, so that by construction some 3 % of them lie beyond; they are printed in
brackets. How many lesions are refused is measured on the fold that was held back, by `augderm evaluate`; it
is not read here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from augderm import assess
from augderm.evidence.statistics.proportions import proportion
from augderm.formats.raster import decode_image
from augderm.reader.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from augderm.reader.network import Network

if TYPE_CHECKING:  # needs torch, which the drawings, and the test that takes them from here, do not
    from augderm.learn.records import Record

MOST = 300
"""Windows of real skin, and lesions."""
SKIN = (205, 160, 140)
NOT_A_SCENE = ("multipage", "no_time")
"""Files of several pictures, which the decoder refuses."""

Pixels = NDArray[np.uint8]


def photographs() -> Iterable[Pixels]:
    """Every single picture that scikit-image carries."""
    for path in sorted((Path(skimage.__file__).parent / "data").iterdir()):
        if path.suffix in {".png", ".jpg", ".gif", ".tif"} and not path.name.startswith(NOT_A_SCENE):
            with Image.open(path) as image:
                yield np.asarray(image.convert("RGB"))


def textures() -> Iterable[Pixels]:
    """Noise, gradients, bars and checks in several scales and colours."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:300, :400]
    for index in range(40):
        scale = 2 + index % 10 * 4
        colour = rng.integers(40, 255, 3)
        patterns = (
            rng.random((300, 400)),
            x / 400,
            (x // scale + y // scale) % 2,
            (np.sin(x / scale) + 1) / 2,
        )
        yield (patterns[index % 4][..., None] * colour).astype(np.uint8)


def drawn_skin() -> Iterable[Pixels]:
    """Skin without anything on it: a colour, a shade across, fine noise."""
    for index in range(40):
        rng = np.random.default_rng(index)
        shade = np.linspace(-15, 15, 400)[None, :, None] * rng.uniform(-1, 1)
        noise = rng.normal(0, rng.uniform(1, 6), (300, 400, 1))
        yield np.clip(np.array(SKIN) * rng.uniform(0.5, 1.1) + shade + noise, 0, 255).astype(np.uint8)


def calibration_records(config: Path, bundle: Bundle) -> list[Record]:
    """The dermoscopic calibration images of the bundle; exits where the config is not the bundle's."""
    from augderm.learn.config import load_config
    from augderm.learn.workshop import read_sources, split_of

    settings = load_config(config)
    split = split_of(settings, read_sources(settings))
    ours = {
        "seed": settings.seed,
        "calibration_fold": settings.calibration_fold,
        "validation_fold": settings.validation_fold,
        "train_images": len(split.train),
        "calibration_images": len(split.calibration),
    }
    trained = bundle.manifest["training"]
    if other := sorted(name for name, value in ours.items() if trained.get(name) != value):
        sys.exit(f"{config}: not what {bundle.name.name} {bundle.name.version} was trained with: {other}")
    return [record for record in split.calibration if record.modality == "dermoscopic"]


def skin_windows(records: Sequence[Record]) -> Iterable[Pixels]:
    """Windows beside the lesion, one of each group."""
    from augderm.learn.blank_skin import blank_window

    seen: set[str] = set()
    for record in records:
        if record.group not in seen:
            window = blank_window(decode_image(record.path.read_bytes()).pixels, record)
            if window is not None:
                seen.add(record.group)
                yield window


def lesions(records: Sequence[Record]) -> Iterable[Pixels]:
    """Whole images, from all over the list."""
    for record in records[:: max(1, len(records) // MOST)]:
        yield decode_image(record.path.read_bytes()).pixels


def refused(network: Network, images: Iterable[Pixels]) -> list[bool]:
    """Of each image whether the machine abstains from it."""
    return [assess(np.ascontiguousarray(pixels), network=network).status == "abstained" for pixels in images]


def main(config: Path, folder: Path) -> None:
    """Print the share that abstains of each kind."""
    bundle = load_bundle(folder)
    network = Network(bundle)
    records = calibration_records(config, bundle)
    for name, images in (
        ("photographs", photographs()),
        ("drawn textures", textures()),
        ("drawn blank skin", drawn_skin()),
        ("windows of real blank skin", islice(skin_windows(records), MOST)),
        ("(lesions that set the limits)", lesions(records)),
    ):
        found = refused(network, images)
        share = proportion(sum(found), len(found))
        print(
            f"{name:30} {len(found):4} images, abstained {share.share:.3f} "
            f"({share.low:.3f} to {share.high:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_BUNDLE)

"""Fit a bundle's calibration anew, its network as it is, and show what its prediction sets hold.

    .venv/bin/python tools/experiments/recalibrate.py CONFIG BUNDLE [--write VERSION]

CONFIG made the bundle: it says which images calibrate it. `--write` puts the calibration and a version of
its own into the manifest. Fold 0 is not touched.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.domain.folds import share_of
from augderm.domain.taxonomy import CODES
from augderm.learn.calibrate import CROSS_FITS, CalibrationReads, cross_fitted, fit_calibrations
from augderm.learn.config import load_config
from augderm.learn.conformal import class_thresholds
from augderm.learn.read_records import read_records
from augderm.learn.records import Record
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import MANIFEST, load_bundle
from augderm.reader.calibration import to_entry
from augderm.reader.network import open_session


def main() -> None:
    """Print coverage by class and collection, and write the calibration where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--write", metavar="VERSION")
    asked = parser.parse_args()
    config = load_config(asked.config)
    records = split_of(config, read_sources(config)).calibration
    bundle = load_bundle(asked.bundle)
    found = read_records(open_session(bundle.network, threads=1), bundle.preprocessing, records)
    _show_sets(found["logits"], records)
    if asked.write:
        path = asked.bundle / MANIFEST
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["version"] = asked.write
        manifest["calibration"] = to_entry(fit_calibrations(CalibrationReads.of(found), records))
        path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        load_bundle(asked.bundle)


def _show_sets(logits: NDArray[np.float32], records: Sequence[Record]) -> None:
    """What sets hold whose thresholds were set without an image's own group, and how large they are."""
    rows = [i for i, r in enumerate(records) if r.modality == "dermoscopic" and r.label is not None]
    labels = np.array([records[row].label for row in rows], np.int64)
    places = np.array([records[row].dataset for row in rows])
    # Parts that the calibration itself does not use: the sets are judged outside their own fit.
    parts = np.array([int(share_of(f"judged {records[row].group}") * CROSS_FITS) for row in rows])
    probabilities = cross_fitted(logits[rows], labels, parts)
    for name, collections in (("by class", None), ("by class and collection", list(places))):
        inside = np.eye(len(CODES), dtype=bool)[probabilities.argmax(axis=1)]
        for part in range(CROSS_FITS):
            judged = parts == part
            of_others = None if collections is None else list(places[~judged])
            thresholds = class_thresholds(probabilities[~judged], labels[~judged], collections=of_others)
            inside[judged] |= probabilities[judged] >= np.array(thresholds)
        held, sizes = inside[np.arange(len(labels)), labels], inside.sum(axis=1)
        print(f"{name}: {len(labels)} images, held {held.mean():.3f}, {sizes.mean():.2f} classes")
        for place in np.unique(places):
            of_place = places == place
            by_class = [
                f"{code} {held[of_place & (labels == label)].mean():.2f}"
                for label, code in enumerate(CODES)
                if (of_place & (labels == label)).any()
            ]
            print(f"  {place:<10} {of_place.sum():>4} images, held {held[of_place].mean():.3f}:", *by_class)


if __name__ == "__main__":
    main()

"""How many photographs are in doubt between dermoscopic and clinical, and how many are taken for the other.

    .venv/bin/python tools/experiments/modality_doubt.py configs/dermoscopic-lite0-twins.toml [BUNDLE]

On the calibration images, for several probabilities from which a modality counts as sure; the one in use is
marked. At 0.5 nothing is in doubt: every photograph is read as the likelier one. Fold 0 is not read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from augderm.domain.assessment import MODALITY_SURE
from augderm.learn.config import load_config
from augderm.learn.read_records import read_records
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
from augderm.reader.network import open_session

SURE = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


def main(config: Path, folder: Path) -> None:
    """Print a line for each probability."""
    bundle = load_bundle(folder)
    curve = bundle.calibrations.clinical
    if curve is None:
        sys.exit(f"{folder}: this bundle cannot tell one modality from the other")
    settings = load_config(config)
    records = split_of(settings, read_sources(settings)).calibration
    found = read_records(open_session(bundle.network, threads=1), bundle.preprocessing, records)
    shares = np.array([curve.probability(float(logit)) for logit in found["modality"]])
    clinical = np.array([record.modality == "clinical" for record in records])
    for sure in SURE:
        doubt = np.maximum(shares, 1 - shares) < sure
        taken = shares > 0.5
        told = [
            f"{np.count_nonzero(kind & doubt):3} of {np.count_nonzero(kind)} {name} in doubt, "
            f"{np.count_nonzero(kind & ~doubt & (taken != clinical))} taken for {other}"
            for name, other, kind in (
                ("dermoscopic", "clinical", ~clinical),
                ("clinical", "dermoscopic", clinical),
            )
        ]
        print(f"sure from {sure:.2f}: {'; '.join(told)}{'  <- in use' if sure == MODALITY_SURE else ''}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_BUNDLE)

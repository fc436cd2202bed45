"""From what is no lesion the shipped bundle abstains."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from augderm import assess

PICTURES = runpy.run_path(str(Path(__file__).parents[2] / "tools/experiments/foreign_images.py"))
AT_LEAST = 0.95


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "at_least"), [("photographs", 20), ("textures", 40), ("drawn_skin", 40)])
def test_the_shipped_bundle_abstains_from_nearly_all_that_is_no_lesion(kind: str, at_least: int) -> None:
    reads = [assess(np.ascontiguousarray(pixels)) for pixels in PICTURES[kind]()]
    assert len(reads) >= at_least
    assert sum(read.status == "abstained" for read in reads) >= AT_LEAST * len(reads)
    # Not for being blurred or small alone: the reason is that the model does not know such images.
    assert sum(read.novelty is not None and read.novelty.beyond for read in reads) >= AT_LEAST * len(reads)

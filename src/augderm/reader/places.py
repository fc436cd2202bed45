"""Where a structure is that the network holds for likely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.border import enlarge
from augderm.domain.structures import LIKELY, StructureFinding, not_looked_for
from augderm.reader.structure_figures import StructureFigures, validation_of


def read_places(
    probabilities: Mapping[str, float | None],
    maps: NDArray[np.float32],
    lesion: NDArray[np.bool_],
    figures: Mapping[str, StructureFigures],
) -> tuple[StructureFinding, ...]:
    """Locate each structure within the lesion.

    A map alone claims nothing: a structure is located only where its calibrated probability reaches `LIKELY`,
    and then where its map reaches the logit from which that was measured to say where it is. Without such a
    measurement nothing is said of its place.

    Args:
        probabilities: calibrated, by structure, in the order of the maps.
        maps: (structures, rows, columns) float32 logits over the whole image.
        lesion: (h, w) bool.
        figures: by structure, what was measured of the network.
    """
    area = max(1, int(np.count_nonzero(lesion)))
    found = []
    for (name, probability), grid in zip(probabilities.items(), maps, strict=True):
        nothing = not_looked_for(name, "network", validation_of(figures, name))
        least = figures[name].map_from if name in figures else None
        if probability is None or least is None:
            found.append(nothing)
        elif probability < LIKELY:
            found.append(replace(nothing, located=False, share=0.0, mask=np.zeros_like(lesion)))
        else:
            mask = lesion & (enlarge(grid, lesion.shape[1], lesion.shape[0]) >= least)
            share = int(np.count_nonzero(mask)) / area
            found.append(replace(nothing, located=bool(mask.any()), share=share, mask=mask))
    return tuple(found)

"""How unlike a patient's other lesions each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """What of a lesion's read is held against the patient's others.

    Attributes:
        image: its name.
        reason: why it cannot be compared; "" where it can.
        modality: dermoscopic or clinical; None where not known.
        embedding: (E,) of the network; None where there is none.
        long_axis_mm, lab_mean, shape_asymmetry, circularity: as `domain.assessment.Measures`; None likewise.
    """

    image: str
    reason: str = ""
    modality: str | None = None
    embedding: NDArray[np.float32] | None = None
    long_axis_mm: float | None = None
    lab_mean: tuple[float, ...] | None = None
    shape_asymmetry: tuple[float, ...] | None = None
    circularity: float | None = None


@dataclass(frozen=True, slots=True)
class LesionAmongOthers:
    """One lesion beside the patient's others.

    Attributes:
        image: its name.
        distance: how far from the others' own centre, over how far they lie from theirs; 0 and above, about 1
            for a lesion like them. None where it was not compared: `reason` says why.
        features: the same for each feature alone, by name: "appearance" (the network's embedding), and the
            measures that all compared lesions have.
        unlike: whether the distance is beyond the limit; None where it was not compared.
        reason: why it was not compared; "" where it was.
    """

    image: str
    distance: float | None
    features: Mapping[str, float]
    unlike: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ducklings:
    """All lesions of one patient.

    Attributes:
        lesions: in the order given.
        compared: how many of them were compared.
        limit: the distance beyond which a lesion is unlike the others.
        reason: why nothing was compared; "" where something was.
    """

    lesions: tuple[LesionAmongOthers, ...]
    compared: int
    limit: float
    reason: str = ""

    @property
    def unlike(self) -> tuple[LesionAmongOthers, ...]:
        """The lesions unlike the others, farthest first."""
        found = [lesion for lesion in self.lesions if lesion.unlike]
        return tuple(sorted(found, key=lambda lesion: -(lesion.distance or 0.0)))

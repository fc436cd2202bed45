"""How unlike a patient's other lesions each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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

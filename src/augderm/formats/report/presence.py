"""The view of what the network finds in an image: dermoscopic structures, and artefacts over the lesion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from augderm.formats.report.wording import percent

NAMES = {
    "pigment_network": "Pigment network",
    "negative_network": "Negative network",
    "milia_like_cyst": "Milia-like cysts",
    "globules": "Globules and dots",
    "streaks": "Streaks",
    "dark_corner": "Dark corner",
    "hair": "Hair",
    "gel_border": "Edge of the gel",
    "gel_bubble": "Bubbles in the gel",
    "ruler": "Ruler",
    "ink": "Ink",
    "patches": "Colour patches",
}
"""In the words of a report, by the names of the taxonomy."""
NOTE = "Calibrated probability that each is present anywhere in the image."


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """One structure or artefact; `width` is its bar's length, 0..1."""

    name: str
    probability: str
    width: float


@dataclass(frozen=True, slots=True)
class PresenceView:
    """Structures and artefacts in the order of the taxonomy, and what the numbers mean."""

    structures: tuple[PresenceRow, ...]
    artefacts: tuple[PresenceRow, ...]
    note: str


def view_presence(
    structures: Mapping[str, float | None], artefacts: Mapping[str, float | None]
) -> PresenceView:
    """Name and round the probabilities; one that is None is shown as not determined."""
    return PresenceView(structures=_rows(structures), artefacts=_rows(artefacts), note=NOTE)


def _rows(found: Mapping[str, float | None]) -> tuple[PresenceRow, ...]:
    return tuple(
        PresenceRow(NAMES[name], percent(probability), probability or 0.0)
        for name, probability in found.items()
    )

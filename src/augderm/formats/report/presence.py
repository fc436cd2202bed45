"""The view of what the network finds in an image: dermoscopic structures, and artefacts over the lesion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from augderm.domain.assessment import Assessment
from augderm.domain.structures import NETWORK_DESCRIPTIVE, NOT_VALIDATED
from augderm.formats.report.located import NAMES as STRUCTURE_NAMES
from augderm.formats.report.located import presence_validation
from augderm.formats.report.wording import percent

NAMES = {
    **STRUCTURE_NAMES,
    "dark_corner": "Dark corner",
    "hair": "Hair",
    "gel_border": "Edge of the gel",
    "gel_bubble": "Bubbles in the gel",
    "ruler": "Ruler",
    "ink": "Ink",
    "patches": "Colour patches",
}
"""In the words of a report, by the names of the taxonomy."""
NOTE = "Calibrated probability of the network that each is present anywhere in the image."
AUC_NOTE = " AUC: on calibration images, which flatter; the model card has that of the images held back."


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """One structure or artefact; `width` is its bar's length, 0..1. `note` has a structure's descriptive term
    and how well the network was measured to answer for it; "" of an artefact.
    """

    name: str
    note: str
    probability: str
    width: float


@dataclass(frozen=True, slots=True)
class PresenceView:
    """Structures and artefacts in the order of the taxonomy, and what the numbers mean."""

    structures: tuple[PresenceRow, ...]
    artefacts: tuple[PresenceRow, ...]
    note: str


def view_presence(assessment: Assessment) -> PresenceView:
    """Name and round the probabilities; one that is None is shown as not determined."""
    measured = {one.name: one.validation for one in assessment.findings if one.source == "network"}
    notes = {
        name: f"{NETWORK_DESCRIPTIVE[name]}; {presence_validation(measured.get(name, NOT_VALIDATED))}"
        for name in assessment.structures
    }
    note = NOTE + (AUC_NOTE if any(one.auc is not None for one in measured.values()) else "")
    return PresenceView(_rows(assessment.structures, notes), _rows(assessment.artefacts, {}), note)


def _rows(found: Mapping[str, float | None], notes: Mapping[str, str]) -> tuple[PresenceRow, ...]:
    return tuple(
        PresenceRow(NAMES[name], notes.get(name, ""), percent(probability), probability or 0.0)
        for name, probability in found.items()
    )

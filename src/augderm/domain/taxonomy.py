"""The seven diagnoses of the dermoscopic reader, in the words of ISIC.

The abbreviations and their meaning are those of HAM10000 (Tschandl, Rosendahl, Kittler,
Sci Data 2018;5:180161). The order is the order of the network's outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Behaviour = Literal["benign", "malignant", "indeterminate"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One class of the reader: its abbreviation, its name, and how it behaves."""

    code: str
    name: str
    behaviour: Behaviour


DIAGNOSES: tuple[Diagnosis, ...] = (
    # The ISIC hierarchy places actinic keratosis under "Indeterminate": neither the malignant
    # nor the benign side of a binary figure may claim it silently.
    Diagnosis("akiec", "Actinic keratosis / intraepithelial carcinoma", "indeterminate"),
    Diagnosis("bcc", "Basal cell carcinoma", "malignant"),
    Diagnosis("bkl", "Benign keratosis", "benign"),
    Diagnosis("df", "Dermatofibroma", "benign"),
    Diagnosis("mel", "Melanoma", "malignant"),
    Diagnosis("nv", "Melanocytic nevus", "benign"),
    Diagnosis("vasc", "Vascular lesion", "benign"),
)
CODES: tuple[str, ...] = tuple(diagnosis.code for diagnosis in DIAGNOSES)
BY_CODE: dict[str, Diagnosis] = {diagnosis.code: diagnosis for diagnosis in DIAGNOSES}


def codes_behaving(behaviour: Behaviour) -> tuple[str, ...]:
    """The codes of all diagnoses with this behaviour, in output order."""
    return tuple(d.code for d in DIAGNOSES if d.behaviour == behaviour)


STRUCTURES: tuple[str, ...] = (
    "pigment_network",
    "negative_network",
    "milia_like_cyst",
    "globules",
    "streaks",
)
"""Dermoscopic structures that the network answers for, as ISIC 2018 Task 2 labels them (globules with
dots); the order of its outputs."""

ARTEFACTS: tuple[str, ...] = ("dark_corner", "hair", "gel_border", "gel_bubble", "ruler", "ink", "patches")
"""What may lie over or around the lesion (Bissoto, Valle, Avila, CVPR Workshops 2020); likewise."""

CHECKLIST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "pigment_network": ("absent", "typical", "atypical"),
        "streaks": ("absent", "regular", "irregular"),
        "pigmentation": ("absent", "regular", "irregular"),
        "regression_structures": ("absent", "present"),
        "dots_and_globules": ("absent", "regular", "irregular"),
        "blue_whitish_veil": ("absent", "present"),
        "vascular_structures": ("absent", "regular", "irregular"),
    }
)
"""The criteria of the 7-point checklist with the categories of Derm7pt (Kawahara, Daneshvar, Argenziano,
Hamarneh, IEEE JBHI 2019;23:538); the order of the outputs of a network that tells them. The last category of
each is the one that scores."""

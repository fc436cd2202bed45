"""The ISIC hierarchy of diagnoses, as the archive's exports and ISIC 2024 give it in up to five levels.

Names are those of isic-metadata 4.12.0, and the flat ones of exports before the hierarchy. The first
level decides malignancy; the class follows from the deepest level that is in the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from augderm.learn.datasets.meaning import Meaning
from augderm.learn.datasets.tables import stated

CODE_OF: Mapping[str, str] = MappingProxyType(
    {
        "solar or actinic keratosis": "akiec",
        "actinic keratosis": "akiec",
        "solar or actinic cheilitis": "akiec",
        "squamous cell carcinoma in situ": "akiec",
        "basal cell carcinoma": "bcc",
        "lichen planus like keratosis": "bkl",
        "lichenoid keratosis": "bkl",
        "pigmented benign keratosis": "bkl",
        "seborrheic keratosis": "bkl",
        "solar lentigo": "bkl",
        "dermatofibroma": "df",
        "malignant melanocytic proliferations (melanoma)": "mel",
        "melanoma": "mel",
        "melanoma metastasis": "mel",
        "nevus": "nv",
        "nevus spilus": "nv",
        "angioma": "vasc",
        "angiokeratoma": "vasc",
        "benign soft tissue proliferations - vascular": "vasc",
        "hemorrhagic lesions": "vasc",
        "pyogenic granuloma": "vasc",
        "vascular lesion": "vasc",
    }
)
NO_CLASS = frozenset({"lymphangioma", "glomus tumor", "nevus anemicus"})
"""Below a name of the table, and yet not what HAM10000 means by that class."""
MALIGNANT_OF: Mapping[str, bool | None] = MappingProxyType(
    {"benign": False, "malignant": True, "indeterminate": None}
)


def meaning_of(levels: Sequence[str]) -> Meaning:
    """What the levels say, from the first (Benign, Malignant, Indeterminate) to the deepest."""
    names = [name.strip().lower() for name in levels]
    malignant = MALIGNANT_OF.get(names[0]) if names else None
    if NO_CLASS & set(names):
        return Meaning(None, malignant)
    return Meaning(next((CODE_OF[name] for name in reversed(names) if name in CODE_OF), None), malignant)


def deepest(levels: Sequence[str]) -> str:
    """The name of the deepest level that is given; empty where none is."""
    return next((name for name in map(stated, reversed(levels)) if name), "")

"""The ISIC hierarchy of diagnoses, as the archive's exports and ISIC 2024 give it in up to five levels.

Names are those of isic-metadata 4.12.0, and the flat ones of exports before the hierarchy. The first
level decides malignancy; the class follows from the deepest level that is in the table. Where the two
contradict each other, neither is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from augderm.learn.datasets.meaning import (
    BOWEN,
    CLASS,
    CONTRADICTORY,
    INDETERMINATE,
    UNSTATED,
    Meaning,
    agreed,
)
from augderm.learn.datasets.tables import stated

_CODE_OF: Mapping[str, str] = MappingProxyType(
    {
        "solar or actinic keratosis": "akiec",
        "actinic keratosis": "akiec",
        "solar or actinic cheilitis": "akiec",
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
MEANING_OF: Mapping[str, Meaning] = MappingProxyType(
    {
        **{name: CLASS[code] for name, code in _CODE_OF.items()},
        "squamous cell carcinoma in situ": BOWEN,
        "squamous cell carcinoma in situ, bowens disease": BOWEN,
    }
)
NO_CLASS = frozenset({"lymphangioma", "glomus tumor", "nevus anemicus"})
"""Below a name of the table, and yet not what HAM10000 means by that class."""
BENIGN_OR_MALIGNANT: Mapping[str, bool] = MappingProxyType({"benign": False, "malignant": True})


def meaning_of(levels: Sequence[str]) -> Meaning:
    """What the levels say, from the first (Benign, Malignant, Indeterminate) to the deepest."""
    names = [name.strip().lower() for name in levels]
    first = names[0] if names else ""
    found = UNSTATED
    if not NO_CLASS & set(names):
        found = next((MEANING_OF[name] for name in reversed(names) if name in MEANING_OF), UNSTATED)
    if first == "indeterminate" and found.malignant is not None:
        return CONTRADICTORY
    if first.startswith("indeterminate") and found == UNSTATED:  # older: indeterminate/benign, /malignant
        return INDETERMINATE
    return agreed(found, BENIGN_OR_MALIGNANT.get(first))


def deepest(levels: Sequence[str]) -> str:
    """The name of the deepest level that is given; empty where none is."""
    return next((name for name in map(stated, reversed(levels)) if name), "")

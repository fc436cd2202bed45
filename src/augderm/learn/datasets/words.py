"""One word for one thing: how labels were confirmed and where lesions lie, whichever dataset says it.

The words are those of the ISIC archive where it has one (isic-metadata 4.12.0, `diagnosis_confirm_type` and
`anatom_site_general`). Only what means the same is joined: a part of a region (face, chest) keeps its own
word beside the region (head/neck, anterior torso), and whoever wants regions has to add them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from augderm.learn.datasets.tables import stated

CONFIRMATIONS: Mapping[str, str] = MappingProxyType(
    {
        # HAM10000's dx_type; the archive files the same images under these words.
        "histo": "histopathology",
        "follow_up": "serial imaging showing no change",
        "follow-up": "serial imaging showing no change",
        "consensus": "single image expert consensus",
        "confocal": "confocal microscopy with consensus dermoscopy",
    }
)
SITES: Mapping[str, str] = MappingProxyType(
    {
        "back": "posterior torso",
        "torso": "trunk",
        # Derm7pt
        "head neck": "head/neck",
        "upper limbs": "upper extremity",
        "lower limbs": "lower extremity",
        "genital areas": "genital",
        # MILK10k
        "head neck face": "head/neck",
    }
)


def confirmation_of(text: str | None) -> str | None:
    """How a label was confirmed; None where it is not stated."""
    value = stated(text)
    return None if value is None else CONFIRMATIONS.get(value.lower(), value.lower())


def site_of(text: str | None) -> str | None:
    """Site of the body; None where it is not stated."""
    value = stated(text)
    if value is None:
        return None
    word = " ".join(value.lower().replace("_", " ").split())
    return SITES.get(word, word)

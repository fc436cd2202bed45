"""One word for one thing: how labels were confirmed and where lesions lie, whichever dataset says it.

The words are those of the ISIC archive where it has one (isic-metadata 4.12.0, `diagnosis_confirm_type` and
`anatom_site_general`). Only what means the same is joined: a part of a region (face, chest) keeps its own
word beside the region (head/neck, anterior torso), and whoever wants regions has to add them up. The archive
itself has two vocabularies, the general sites and the hierarchy that follows them: its exports are read in
the general words, whichever of the two they hold, so that one image has one site in an old and a new export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
GENERAL_OF_LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "head and neck": "head/neck",
        "mouth": "oral/genital",
        "trunk": "trunk",
        "anterior trunk": "anterior torso",
        "lateral trunk": "lateral torso",
        "posterior trunk": "posterior torso",
        "upper extremity": "upper extremity",
        "palm of hand": "palms/soles",
        "lower extremity": "lower extremity",
        "sole of foot": "palms/soles",
        "anogenital region": "oral/genital",
        "inguinocrural fold": "anterior torso",
    }
)
"""General sites by names of the hierarchy (isic-metadata, `anatom_site_hierarchical`); every other name of it
lies below one of these. "Trunk" alone is the word of sources that do not say which side. The groin and the
skin around the anus are where `domain.body_sites` puts them."""
GENERAL_OF_SPECIAL: Mapping[str, str] = MappingProxyType(
    {"acral palms or soles": "palms/soles", "oral or genital": "oral/genital"}
)
"""General sites by `anatom_site_special`, where it says one: the hierarchy has no palm side of a finger."""


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


def general_site_of(levels: Sequence[str], special: str | None) -> str | None:
    """Site of the body in the archive's general words, from its hierarchy; None where it is not stated.

    Args:
        levels: `anatom_site_1` to `anatom_site_5`, blank below the deepest; the deepest that has a general
            site decides, and where none has, the first is taken as it is.
        special: `anatom_site_special`.
    """
    if general := GENERAL_OF_SPECIAL.get(site_of(special) or ""):
        return general
    words = [word for level in levels if (word := site_of(level))]
    known = [GENERAL_OF_LEVELS[word] for word in words if word in GENERAL_OF_LEVELS]
    return known[-1] if known else next(iter(words), None)

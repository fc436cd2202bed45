"""Where on the body, in the words of the ISIC archive (isic-metadata 4.12.0, `anatom_site_general`)."""

from __future__ import annotations

GENERAL_SITES: tuple[str, ...] = (
    "head/neck",
    "upper extremity",
    "lower extremity",
    "anterior torso",
    "posterior torso",
    "lateral torso",
    "palms/soles",
    "oral/genital",
)
LATERALITIES: tuple[str, ...] = ("left", "right", "midline")

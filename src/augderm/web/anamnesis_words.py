"""The answers that can be chosen in the anamnesis, in words; the questions' own are in `domain.anamnesis`."""

from __future__ import annotations

from augderm.web.words import N_

ANSWERS: dict[str, dict[str, str]] = {
    "sex": {"female": N_("female"), "male": N_("male"), "other": N_("other")},
    "ancestry": {"non_hispanic_white": N_("white, not Hispanic"), "other": N_("other")},
    "region": {"north": N_("north"), "central": N_("centre"), "south": N_("south")},
    "complexion": {"light": N_("light skin"), "medium": N_("medium skin"), "dark": N_("dark skin")},
    "hair_colour": {
        "red": N_("red"),
        "blond": N_("blond"),
        "light_brown": N_("light brown"),
        "dark_brown": N_("dark brown"),
        "black": N_("black"),
    },
    "eye_colour": {
        "blue": N_("blue"),
        "grey": N_("grey"),
        "green": N_("green"),
        "hazel": N_("hazel"),
        "brown": N_("brown"),
    },
    "tan": {
        "none": N_("no tan"),
        "light": N_("light tan"),
        "moderate": N_("moderate tan"),
        "deep": N_("deep tan"),
    },
    "freckling": {"none": N_("none"), "mild": N_("mild"), "moderate": N_("moderate"), "severe": N_("severe")},
    "solar_damage_on_shoulders": {
        "none": N_("none"),
        "mild": N_("mild"),
        "moderate": N_("moderate"),
        "severe": N_("severe"),
    },
    "site": {
        "scalp": N_("scalp"),
        "face": N_("face"),
        "ear": N_("ear"),
        "neck": N_("neck"),
        "chest": N_("chest"),
        "abdomen": N_("abdomen"),
        "back": N_("back"),
        "trunk": N_("trunk"),
        "upper_extremity": N_("arm"),
        "lower_extremity": N_("leg"),
        "hand": N_("hand"),
        "foot": N_("foot"),
        "palm_or_sole": N_("palm or sole"),
        "nail": N_("nail"),
        "genital": N_("genitals"),
        "mouth": N_("mouth"),
    },
    "growth": {"none": N_("does not grow"), "slow": N_("grows slowly"), "rapid": N_("grows rapidly")},
}
"""Of each question of a choice, by answer."""
UNITS: dict[str, str] = {"years": N_("years"), "months": N_("months"), "mm": N_("mm")}
"""Of numbers."""

"""How a photograph was taken, as far as its file or the sidecar beside it says."""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass, fields
from typing import Literal, get_args

from augderm.domain.errors import InvalidConfig

Polarisation = Literal["polarised", "non_polarised"]
Immersion = Literal["none", "alcohol", "gel", "oil", "water"]
POLARISATIONS: tuple[str, ...] = get_args(Polarisation)
IMMERSIONS: tuple[str, ...] = get_args(Immersion)

WAVELENGTHS_NM = (200.0, 2500.0)
"""From ultraviolet to the end of the near infrared that silicon and InGaAs cameras see."""
MAX_MAGNIFICATION = 1000.0
MAX_DEVICE_LETTERS = 100
MAX_NAME_LETTERS = 100
FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The parameters of one photograph; None where nobody said.

    Attributes:
        polarisation: "polarised" (crossed polarisers, no surface glare) or "non_polarised".
        contact: whether the instrument touched the skin.
        immersion: what lay between the instrument and the skin.
        wavelength_nm: of the light, where it is one band; `WAVELENGTHS_NM` bounds it.
        magnification: of the optics, times, above 0.
        device: maker and model, printable.
        patient, lesion: a name that tells them apart from others, printable; a pseudonym, never a person's
            name.
        taken_on: the day, YYYY-MM-DD.

    Raises:
        InvalidConfig: a value is of another kind, out of its range, or contradicts another.
    """

    polarisation: Polarisation | None = None
    contact: bool | None = None
    immersion: Immersion | None = None
    wavelength_nm: float | None = None
    magnification: float | None = None
    device: str | None = None
    patient: str | None = None
    lesion: str | None = None
    taken_on: str | None = None

    def __post_init__(self) -> None:
        _one_of("polarisation", self.polarisation, POLARISATIONS)
        _one_of("immersion", self.immersion, IMMERSIONS)
        if not isinstance(self.contact, bool | None):
            raise InvalidConfig(f"contact is {self.contact!r}; give true or false")
        _within("wavelength_nm", self.wavelength_nm, *WAVELENGTHS_NM, "nanometres")
        _within("magnification", self.magnification, 0.0, MAX_MAGNIFICATION, "times")
        _printable("device", self.device, MAX_DEVICE_LETTERS, "maker and model")
        _printable("patient", self.patient, MAX_NAME_LETTERS, "a pseudonym")
        _printable("lesion", self.lesion, MAX_NAME_LETTERS, "its name or number")
        if self.taken_on is not None and not is_day(self.taken_on):
            raise InvalidConfig(f"taken_on is {self.taken_on!r}; give a day that was, as YYYY-MM-DD")
        if self.contact is False and self.immersion not in (None, "none"):
            raise InvalidConfig(
                f'contact is false and immersion is "{self.immersion}": a fluid needs contact; correct one'
            )


CAPTURE_KEYS: tuple[str, ...] = tuple(each.name for each in fields(Capture))


def is_day(text: object) -> bool:
    """Whether this is a day of the calendar as YYYY-MM-DD, from `FIRST_YEAR` on."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    year, month, day = map(int, text.split("-"))
    return year >= FIRST_YEAR and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _printable(name: str, value: object, longest: int, what: str) -> None:
    if value is not None and not (
        isinstance(value, str) and value.strip() and len(value) <= longest and value.isprintable()
    ):
        raise InvalidConfig(f"{name} is no text of 1 to {longest} printable letters; give {what}")


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise InvalidConfig(f"{name} is {value!r}; known are {', '.join(known)}")


def _within(name: str, value: object, low: float, high: float, unit: str) -> None:
    if value is None:
        return
    # A bool is an int in Python, and no measurement.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidConfig(f"{name} is {value!r}; give a number of {unit}")
    if not low < value <= high:
        raise InvalidConfig(f"{name} is {value:g}; give more than {low:g} and at most {high:g} {unit}")

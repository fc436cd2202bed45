"""Whether photographs belong together, as far as their captures say: what is not stated is not checked."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Sequence
from typing import Literal, Protocol

from augderm.domain.capture import Capture
from augderm.domain.errors import InvalidConfig


class Photographed(Protocol):
    """What a photograph is called, the hash of its bytes, and how it was taken."""

    @property
    def image(self) -> str: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def capture(self) -> Capture | None: ...


def check_same(kind: Literal["patient", "lesion"], reads: Sequence[Photographed]) -> None:
    """Refuse photographs of two patients, or of two lesions.

    Raises:
        InvalidConfig: two captures name another one; the message names both photographs.
    """
    named = [(read, name) for read in reads if (name := _named(kind, read))]
    for read, name in named[1:]:
        first, other = named[0]
        if name != other:
            raise InvalidConfig(
                f"{first.image} is of {kind} {other} and {read.image} of {kind} {name}, by their capture "
                f"sidecars; compare photographs of one {kind}, or correct the sidecar"
            )


def check_after(first: Photographed, later: Sequence[Photographed]) -> None:
    """Refuse a follow-up from before its baseline.

    Raises:
        InvalidConfig: both days are known, and one is before the first's; the message names both.
    """
    start = taken_on(first)
    for read in later:
        day = taken_on(read)
        if start and day and day < start:
            raise InvalidConfig(
                f"{read.image} was taken on {day}, before the baseline {first.image} "
                f"({start}); give the earliest photograph first, or correct the date"
            )


def days_between(first: Photographed, read: Photographed) -> int | None:
    """Days from the one to the other; None where one is not known."""
    ours, theirs = taken_on(first), taken_on(read)
    return _day_number(theirs) - _day_number(ours) if ours and theirs else None


def taken_on(read: Photographed) -> str:
    """The day as YYYY-MM-DD, so that days sort as text; "" where it is not known."""
    return (read.capture.taken_on if read.capture else None) or ""


def latest_day(reads: Sequence[Photographed]) -> str | None:
    """The latest day of photographs in any order, YYYY-MM-DD; None where one of theirs is not known."""
    days = [taken_on(read) for read in reads]
    return max(days) if days and all(days) else None


def check_twice(reads: Sequence[Photographed]) -> None:
    """Refuse the same picture under two names.

    Raises:
        InvalidConfig: two files have the same bytes; the message names both.
    """
    seen: dict[str, str] = {}
    for read in reads:
        if read.sha256 is None:
            continue
        if read.sha256 in seen:
            raise InvalidConfig(
                f"{read.image} is the same picture as {seen[read.sha256]}; give another photograph"
            )
        seen[read.sha256] = read.image


def check_each_once(reads: Sequence[Photographed]) -> None:
    """Refuse two photographs of one lesion where each lesion counts once.

    Raises:
        InvalidConfig: two captures name one lesion of one patient.
    """
    seen: dict[tuple[str | None, str], str] = {}
    for read in reads:
        if name := _named("lesion", read):
            key = (_named("patient", read), name)
            if key in seen:
                raise InvalidConfig(
                    f"{read.image} and {seen[key]} are both of lesion {name}, by their capture sidecars; "
                    "give one photograph of each lesion"
                )
            seen[key] = read.image


def _named(kind: Literal["patient", "lesion"], read: Photographed) -> str | None:
    if read.capture is None:
        return None
    return read.capture.patient if kind == "patient" else read.capture.lesion


def _day_number(day: str) -> int:
    year, month, of_month = map(int, day.split("-"))
    return timegm((year, month, of_month, 0, 0, 0)) // 86_400

"""Whether photographs belong together, as far as their captures say: what is not stated is not checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from augderm.domain.assessment import Assessment
from augderm.domain.errors import InvalidConfig


def check_same(kind: Literal["patient", "lesion"], reads: Sequence[Assessment]) -> None:
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


def check_twice(reads: Sequence[Assessment]) -> None:
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


def check_each_once(reads: Sequence[Assessment]) -> None:
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


def _named(kind: Literal["patient", "lesion"], read: Assessment) -> str | None:
    if read.capture is None:
        return None
    return read.capture.patient if kind == "patient" else read.capture.lesion

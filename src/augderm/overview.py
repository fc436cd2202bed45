"""The lesions of a body region at two visits: two photographs in, a comparison out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.overview.detect import Cloud, find_spots
from augderm.analysis.overview.match import Matched, Pairing, Single, match
from augderm.analysis.overview.register import Registered, register
from augderm.analysis.overview.repeatability import MIN_PAIRS, repeatability
from augderm.domain.belonging import check_after, check_same, check_twice, days_between
from augderm.domain.errors import AugDermError
from augderm.domain.limits import OVERVIEW_SIDE_PX
from augderm.domain.overview import (
    LoneLesion,
    Overview,
    OverviewComparison,
    OverviewRegistration,
    SameLesion,
    SkinLesion,
)
from augderm.formats.capture import capture_of
from augderm.formats.raster import decode_image, from_array, read_file
from augderm.second_read import Source

LITTLE_SKIN = 0.15
"""Share of the frame below which it is said that little bare skin was found."""
SIZES_SHIFTED = 0.05
"""Median change of diameter of all lesions from which it is said: sharpness or light, hardly growth."""


def compare_overviews(baseline: Source, follow_up: Source) -> OverviewComparison:
    """Match the pigmented lesions of two photographs of one body region.

    Args:
        baseline, follow_up: a path; the bytes of an image file; or (H, W, 3) uint8 sRGB, upright.

    Returns:
        which lesions are in both, and of the others which are new or missing, and which cannot be judged.
        Photographs that cannot be laid onto each other give a `reason` and none of that.

    Raises:
        InvalidImage, LimitExceeded: a photograph cannot be read; the message names it.
        InvalidConfig: the captures name two patients, or a follow-up from before its baseline; or both are
            the same picture; or a capture sidecar is wrong.
        TypeError, ValueError: an array of another dtype or shape.
    """
    (first, ours), (second, theirs) = (
        _read(source, visit) for source, visit in ((baseline, "baseline"), (follow_up, "follow-up"))
    )
    check_same("patient", (first, second))
    check_after(first, (second,))
    check_twice((first, second))
    known = repeatability()
    found = register(ours, theirs)
    done = Matched((), (), ()) if found.reason else match(ours, theirs, found, known)
    factors = first.width_px / ours.skin.shape[1], second.width_px / theirs.skin.shape[1]
    return OverviewComparison(
        baseline=first,
        follow_up=second,
        reason=found.reason,
        days=days_between(first, second),
        registration=None if found.reason else _registration(found, *factors),
        same=tuple(_same(pair, factors[0]) for pair in done.pairs),
        baseline_only=tuple(_lone(single, factors[1]) for single in done.baseline_only),
        follow_up_only=tuple(_lone(single, factors[0]) for single in done.follow_up_only),
        repeatability=f"{known.basis} ({known.command})",
        notes=_notes((first, second), done),
    )


def _read(source: Source, visit: str) -> tuple[Overview, Cloud]:
    name = str(source) if isinstance(source, str | Path) else f"<{visit}>"
    capture = None
    try:
        if isinstance(source, np.ndarray):
            image = from_array(source, longest_px=OVERVIEW_SIDE_PX)
        else:
            data = source if isinstance(source, bytes) else read_file(Path(source))
            image = decode_image(data, longest_px=OVERVIEW_SIDE_PX)
            capture = capture_of(data, None if isinstance(source, bytes) else Path(source))
    except AugDermError as error:
        raise type(error)(f"{name}: {error}") from None
    cloud = find_spots(image.pixels)
    return (
        Overview(
            image=name,
            sha256=image.sha256,
            width_px=image.width_px,
            height_px=image.height_px,
            capture=capture,
            skin_share=float(cloud.skin.mean()),
            lesions=tuple(_lesions(cloud, image.reduction)),
            notes=image.notes,
            pixels=image.pixels,
        ),
        cloud,
    )


def _lesions(cloud: Cloud, reduction: float) -> list[SkinLesion]:
    rows = zip(cloud.at * reduction, cloud.diameter * reduction, cloud.contrast, cloud.listed, strict=True)
    return [
        SkinLesion(float(at[0]), float(at[1]), float(diameter), float(contrast), bool(listed))
        for at, diameter, contrast, listed in rows
    ]


def _registration(found: Registered, ours: float, theirs: float) -> OverviewRegistration:
    return OverviewRegistration(
        points=found.points,
        share=found.share,
        residual_px=found.residual_px * ours,
        scale=found.scale * ours / theirs,
        turn_deg=found.turn_deg,
        log10_chance=found.log_chance,
    )


def _same(pair: Pairing, reduction: float) -> SameLesion:
    return SameLesion(
        baseline=pair.baseline,
        follow_up=pair.follow_up,
        distance_px=pair.distance_px * reduction,
        size_ratio=pair.ratio,
        size_limit=pair.limit,
        size=pair.verdict,
        others_near=pair.others,
    )


def _lone(single: Single, reduction: float) -> LoneLesion:
    x, y = single.expected
    return LoneLesion(
        lesion=single.lesion,
        expected_px=(x * reduction, y * reduction),
        reach_px=single.reach_px * reduction,
        unjudged=single.unjudged or None,
    )


def _notes(photographs: tuple[Overview, Overview], done: Matched) -> tuple[str, ...]:
    notes = [f"{each.image}: {note}" for each in photographs for note in each.notes]
    notes += [
        f"{each.image}: bare skin was found in {100 * each.skin_share:.0f} % of the frame only; the rest was "
        "not searched."
        for each in photographs
        if each.skin_share < LITTLE_SKIN
    ]
    ratios: NDArray[np.float64] = np.array([pair.ratio for pair in done.pairs if pair.ratio is not None])
    if len(ratios) and abs(math.log(float(np.median(ratios)))) > SIZES_SHIFTED:
        notes.append(
            f"Lesions are {np.median(ratios):.2f} times as wide at the follow-up on the whole: sharpness or "
            "light differ rather than all lesions; no change as small as that is called one."
        )
    left_open = sum(pair.ratio is not None and pair.verdict == "not_determined" for pair in done.pairs)
    if left_open:
        notes.append(
            f"Only {len(ratios)} lesions are measured in both, fewer than {MIN_PAIRS}: growth cannot be told "
            f"from another sharpness or light where it is no greater than that of all, so the size of "
            f"{left_open} is left open."
        )
    return tuple(notes)

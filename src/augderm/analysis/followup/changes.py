"""Every quantity of a lesion at two visits, held against the repeatability of its measurement."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from augderm.analysis.color import DERMOSCOPIC_COLOURS
from augderm.analysis.followup.repeatability import Repeatability, effect
from augderm.domain.assessment import Assessment, LeastAsymmetry, Measures
from augderm.domain.followup import Change, ChangeGroup, ChangeKind
from augderm.domain.taxonomy import STRUCTURES

SMALLEST_PROBABILITY = 0.005
"""Below it (and above 1 less it) a probability counts as this much: log-odds beyond say nothing to a person,
and twice next to nothing is no change."""
CUT = "The lesion is cut by the frame in one of the photographs; centre it and photograph it again."
HIDDEN = "Too much of the lesion is hidden by hair, ink, bubbles or the like in one of the photographs."
MOST_USEFUL_ODDS = 10.0
"""Greatest limit, as a factor on the odds, within which a probability may be called unchanged: beyond it "no
change" would cover the step from harmless to malignant."""
NOT_READ = "One of the photographs was not diagnosed: the machine abstains from it."
NOT_CALIBRATED = "The model is not calibrated for it."


@dataclass(frozen=True, slots=True)
class Revisit:
    """The follow-up as far as it can be held against the baseline.

    Attributes:
        read: its own assessment.
        base, laid: measures of the baseline and of it, in the baseline's frame and light, by one rule.
        sizes: area and long axis of the baseline and of it, in one unit.
        in_mm: whether that unit is the millimetre; else the baseline's unreduced pixel.
        cut: why forms, cut by the frame or without a steady border, are not comparable; "" where they are.
            Likewise of sizes, colours and probabilities.
    """

    read: Assessment
    base: Measures
    laid: Measures
    sizes: tuple[tuple[float, float], tuple[float, float]]
    in_mm: bool
    cut: str
    no_size: str
    no_colour: str
    no_probability: str


def find_changes(baseline: Assessment, revisit: Revisit, known: Repeatability) -> tuple[Change, ...]:
    """All changes, in the order of the report. `baseline` has measures."""
    return (
        *_sizes(revisit, known),
        *_asymmetries(revisit, known),
        *_colours(revisit, known),
        *_probabilities(baseline, revisit, known),
    )


def _sizes(revisit: Revisit, known: Repeatability) -> Iterator[Change]:
    units = ("mm2", "mm") if revisit.in_mm else ("px2", "px")
    (area, axis), (later_area, later_axis) = revisit.sizes
    for name, unit, before, after in (
        ("area", units[0], area, later_area),
        ("long_axis", units[1], axis, later_axis),
    ):
        yield _held(name, "size", "ratio", unit, before, after, known, revisit.no_size)


def _asymmetries(revisit: Revisit, known: Repeatability) -> Iterator[Change]:
    pairs = (revisit.base.least_asymmetry, revisit.laid.least_asymmetry)
    for name in ("shape", "colour"):
        why = revisit.cut or (revisit.no_colour if name == "colour" else "") or ("" if all(pairs) else HIDDEN)
        before, after = (_mean(pair, name) for pair in pairs)
        yield _held(f"{name}_asymmetry", "asymmetry", "difference", "share", before, after, known, why)


def _mean(pair: LeastAsymmetry | None, name: str) -> float | None:
    return None if pair is None else sum(pair.shape if name == "shape" else pair.colour) / 2


def _colours(revisit: Revisit, known: Repeatability) -> Iterator[Change]:
    before, after = revisit.base, revisit.laid
    means = (before.lab_mean, after.lab_mean)
    why = revisit.cut or revisit.no_colour or ("" if all(means) else HIDDEN)
    moved = math.dist(means[0], means[1]) if means[0] and means[1] else None
    yield _held("mean_colour", "colour", "difference", "delta_e", 0.0, moved, known, why)
    for name in DERMOSCOPIC_COLOURS:
        shares = [each.colours[name].share if each.colours else None for each in (before, after)]
        yield _held(f"colour_{name}", "colour", "difference", "share", shares[0], shares[1], known, why)


def _probabilities(baseline: Assessment, revisit: Revisit, known: Repeatability) -> Iterator[Change]:
    reads = (baseline, revisit.read)
    unread = "" if all(read.status == "ok" for read in reads) else NOT_READ
    unread = unread or revisit.no_probability
    for name in STRUCTURES:
        before, after = (read.structures.get(name) for read in reads)
        why = unread or ("" if before is not None and after is not None else NOT_CALIBRATED)
        yield _held(f"structure_{name}", "structure", "log_odds", "probability", before, after, known, why)
    before, after = (read.malignancy.probability if read.malignancy else None for read in reads)
    yield _held("malignancy", "probability", "log_odds", "probability", before, after, known, unread)


def _held(
    name: str,
    group: ChangeGroup,
    kind: ChangeKind,
    unit: str,
    before: float | None,
    after: float | None,
    known: Repeatability,
    why: str,
) -> Change:
    limit = known.limits[name]
    if why or before is None or after is None:
        return Change(name, group, kind, unit, None, None, None, limit, "not_determined", why or NOT_READ)
    change = difference(kind, before, after)
    beyond = abs(effect(kind, change)) > effect(kind, limit)
    if not beyond and kind == "log_odds" and limit > math.log(MOST_USEFUL_ODDS):
        why = (
            f"{before:.0%} at the baseline, {after:.0%} now; too little is known of its repeatability to say "
            "whether it changed."
        )
        return Change(name, group, kind, unit, before, after, None, limit, "not_determined", why)
    return Change(
        name, group, kind, unit, before, after, change, limit, "changed" if beyond else "within_repeatability"
    )


def difference(kind: ChangeKind, before: float, after: float) -> float:
    """From one value of a quantity to the other, as `domain.followup.Change` has it for each kind."""
    if kind == "ratio":
        return after / max(before, 1e-9) - 1
    if kind == "log_odds":
        return _log_odds(after) - _log_odds(before)
    return after - before


def _log_odds(probability: float) -> float:
    held = min(max(probability, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY)
    return math.log(held / (1 - held))

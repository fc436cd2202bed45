"""One lesion over its visits: photographs in, a comparison out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.border import clean_mask, enlarge
from augderm.analysis.followup.changes import CUT, Revisit, find_changes
from augderm.analysis.followup.difference import colour_difference
from augderm.analysis.followup.laid import Laid, lay
from augderm.analysis.followup.register import MAX_AREA_ERROR, Registered, register
from augderm.analysis.followup.repeatability import Repeatability, repeatability
from augderm.analysis.followup.sight import Sight, see
from augderm.analysis.measures import measure_lesion
from augderm.analysis.ruler import RulerScale, find_ruler
from augderm.domain.assessment import Assessment, Measures, Pictures
from augderm.domain.belonging import check_after, check_same, check_twice, days_between, taken_on
from augderm.domain.errors import InvalidImage
from augderm.domain.followup import ComparedPictures, Comparison, FollowUp, Registration, SizeScale
from augderm.evidence.advice import Policy, advise, story_facts
from augderm.evidence.advice.default import default_policy
from augderm.reader.network import Network
from augderm.second_read import Source, assess, default_network

VIEWS_READ = 4
"""Flips of each photograph that are read and averaged: what flips change is noise, and a comparison has twice
as much of it as a read."""
MAX_SCALE_MISMATCH = 0.05
"""From this relative difference between the scale by the skin and that by millimetres on, the two are said to
disagree: more than a ruler's own uncertainty."""
MAX_OUTSIDE = 0.002
"""Greatest share of the lesion that may lie outside the follow-up's frame."""
CHANGES_OF_THE_LESION = ("size", "asymmetry", "colour")
"""Groups of changes that count as a change of the lesion for the advice. Structures and the probability are
the network's, and speak in the advice for themselves."""
OTHER_MODEL = (
    "The limits of change were measured with another model than the one that read these photographs: what "
    "counts as changed is not dependable. Compare the values and the pictures yourself."
)
NO_SIZE = (
    "Too few points on the skin around the lesion agree, and no scale in millimetres is known: growth "
    "cannot be told from a nearer camera. Photograph it with more skin, or a ruler, in view."
)
UNSTEADY = (
    "On a side the lesion is so like the skin that its border, and with it the change, depends on how it is "
    "drawn: compare the pictures yourself."
)
KIND_IN_DOUBT = (
    "Whether one of the two was taken through a dermatoscope is in doubt, so neither colours nor structures "
    "nor probabilities are compared; take both through the dermatoscope."
)
NO_COLOUR = (
    "Too little skin around the lesion is in view in one of the photographs to bring both under one light."
)


def compare(
    baseline: Source,
    follow_ups: Sequence[Source],
    *,
    network: Network | None = None,
    mm_per_px: float | None = None,
    novelty_limit: float | None = None,
    policy: Policy | None = None,
    names: Sequence[str] | None = None,
) -> Comparison:
    """Compare later photographs of a lesion with the first.

    Each follow-up is registered on the baseline, brought under its light, and every quantity is held against
    the repeatability of its measurement. One that cannot be registered is not compared, and says why.

    Args:
        baseline: as `assess` takes it; one photograph.
        follow_ups: at least one. Photographs are taken in the order of their dates where all have one, else
            as given.
        network: the model; the shipped one where None.
        mm_per_px: millimetres per pixel of every photograph, > 0, where known.
        novelty_limit: as `assess` takes it.
        policy: the rules of the advice; the shipped ones where None. A lesion whose size, asymmetry or
            colours changed beyond the repeatability counts as changing.
        names: of baseline and follow-ups, instead of their paths.

    Raises:
        InvalidConfig: the captures name two patients or two lesions, a follow-up was taken before the
            baseline or is the same file.
        InvalidImage: the baseline cannot be read, or no lesion is found in it.
        TypeError, ValueError, ModelMismatch: as `assess`.
    """
    if not follow_ups:
        raise ValueError("there is no follow-up; give at least one")
    network = network or default_network()
    sources = (baseline, *follow_ups)
    first, *later = (
        assess(
            source,
            network=network,
            name=name,
            mm_per_px=mm_per_px,
            views=VIEWS_READ,
            novelty_limit=novelty_limit,
            policy=policy,
        )
        for source, name in zip(sources, names or (None,) * len(sources), strict=True)
    )
    rules = policy or default_policy()
    check_same("patient", (first, *later))
    check_same("lesion", (first, *later))
    check_after(first, later)
    check_twice((first, *later))
    if first.pictures is None or first.measures is None:
        raise InvalidImage(f"{first.image}: the baseline cannot be compared with. {first.reason}")
    if all(taken_on(read) for read in later):
        later.sort(key=taken_on)
    known = repeatability()
    notes = [] if network.bundle.name.sha256 == known.model else [OTHER_MODEL]
    notes += [f"The baseline's read is limited. {note}" for note in first.notes]
    seen = _see(first, first.pictures)
    return Comparison(
        baseline=first,
        follow_ups=tuple(_advised(_follow_up(first, seen, read, known, network), rules) for read in later),
        repeatability=f"{known.pairs}; measured by {known.command}",
        notes=tuple(notes),
    )


def _advised(found: FollowUp, policy: Policy) -> FollowUp:
    """With what limits its read, and the advice that follows from the read and from the change, in place of
    the read's own.

    One that does not know of the change may be milder, and must not stand beside the other.
    """
    story = story_facts(found.assessment)
    if any(change.group in CHANGES_OF_THE_LESION for change in found.changed):
        story = replace(story, changing=True)
    advice = advise(found.assessment, policy, story)
    limits = [f"The follow-up's read is limited. {note}" for note in found.assessment.notes]
    return replace(
        found,
        notes=(*limits, *found.notes),
        advice=advice,
        assessment=replace(found.assessment, advice=advice),
    )


def _follow_up(
    first: Assessment, seen: Sight, read: Assessment, known: Repeatability, network: Network
) -> FollowUp:
    plain = FollowUp(read, days=days_between(first, read))
    if read.pictures is None or read.measures is None:
        return replace(plain, reason=read.reason or "No lesion was found in it.")
    there = _see(read, read.pictures)
    found = register(seen, there)
    if found.matrix is None:
        return replace(plain, reason=found.reason)
    plain = replace(plain, registration=_registration(found, first, read))
    return _compared(first, seen, plain, there, found, known, network)


def _compared(
    first: Assessment,
    seen: Sight,
    plain: FollowUp,
    there: Sight,
    found: Registered,
    known: Repeatability,
    network: Network,
) -> FollowUp:
    read = plain.assessment
    assert first.measures
    assert first.pictures
    assert read.measures
    assert read.pictures
    assert found.matrix is not None
    before = first.pictures

    def border(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
        height, width = pixels.shape[:2]
        return clean_mask(enlarge(network.read(pixels, VIEWS_READ).border, width, height))

    laid = lay(before.pixels, seen, read.pictures.pixels, there, found.matrix, border)
    if laid is None:
        return replace(plain, reason=f"{read.image}: no lesion was found in it, laid onto the baseline.")
    length = _reduction(before)
    base, after = (
        measure_lesion(
            pixels,
            mask,
            edge,
            reduction=length,
            mm_per_px=first.measures.mm_per_px,
            ruler=_ruler(first, pixels),
        )
        for pixels, mask, edge in (
            (before.pixels, laid.baseline_mask, laid.baseline_outline),
            (laid.pixels, laid.mask, laid.outline),
        )
    )
    scale = _size_scale(found, first.measures, read.measures)
    # Both lie in the baseline's frame, and so have its scale: not one that a ruler in either picture gives.
    unit = first.measures.mm_per_px or 1.0
    sizes = [(each.area_px2 * unit**2, each.long_axis_px * unit) for each in (base, after)]
    later = sizes[1]
    if scale == "millimetres":
        # Its own pixels, and not the baseline's, have that length.
        factor = found.scale * length / _reduction(read.pictures)
        factor = (read.measures.mm_per_px or 0.0) / (first.measures.mm_per_px or 1.0) / factor
        later = later[0] * factor**2, later[1] * factor
    unlike = _unlike(first, read)
    cut = _cut(first.measures, read.measures, laid) or ("" if laid.steady else UNSTEADY)
    revisit = Revisit(
        read=read,
        base=base,
        laid=after,
        sizes=(sizes[0], later),
        in_mm=first.measures.mm_per_px is not None,
        cut=cut,
        no_size=cut or ("" if scale else NO_SIZE),
        no_colour=unlike or ("" if laid.light else NO_COLOUR),
        no_probability=unlike,
    )
    return replace(
        plain,
        size_scale=scale,
        light=laid.light,
        changes=find_changes(first, revisit, known),
        notes=tuple(_notes(first, read, found, scale)),
        pictures=ComparedPictures(
            laid.pixels,
            laid.covered,
            colour_difference(before.pixels, laid.pixels, laid.covered),
            laid.outline,
            laid.baseline_outline,
        ),
    )


def _unlike(first: Assessment, read: Assessment) -> str:
    if any(each.modality and (each.modality.in_doubt or each.modality.mixed) for each in (first, read)):
        return KIND_IN_DOUBT
    kinds = [each.modality.name if each.modality else "unknown" for each in (first, read)]
    if kinds[0] == kinds[1]:
        return ""
    return (
        f"The baseline is read as {kinds[0]} and this photograph as {kinds[1]}; photograph it in the same "
        "way."
    )


def _cut(first: Measures, read: Measures, laid: Laid) -> str:
    cut = max(first.touches_frame, read.touches_frame) > 0 or laid.share_outside > MAX_OUTSIDE
    return CUT if cut else ""


def _size_scale(found: Registered, before: Measures, after: Measures) -> SizeScale | None:
    """The skin goes before millimetres: it is in the same plane as the lesion, and of both photographs."""
    if found.on_skin and found.area_error <= MAX_AREA_ERROR:
        return "registration"
    return "millimetres" if before.mm_per_px and after.mm_per_px else None


def _notes(first: Assessment, read: Assessment, found: Registered, scale: SizeScale | None) -> list[str]:
    assert first.measures
    assert first.pictures
    assert read.measures
    assert read.pictures
    notes = [f"{each.image}: {each.reason}" for each in (first, read) if each.status == "abstained"]
    if scale == "registration":
        notes.append(
            f"Sizes are compared by the scale of the skin around ({found.skin_points} points), in the "
            "baseline's pixels."
        )
        if first.measures.mm_per_px and read.measures.mm_per_px:
            by_skin = found.scale * _reduction(first.pictures) / _reduction(read.pictures)
            by_mm = read.measures.mm_per_px / first.measures.mm_per_px
            if abs(by_skin / by_mm - 1) > MAX_SCALE_MISMATCH:
                notes.append(
                    f"The scales in millimetres say that a pixel of the follow-up is {by_mm:.2f} pixels of "
                    f"the baseline, the skin around says {by_skin:.2f}: check the scales."
                )
    if scale == "millimetres":
        notes.append("Sizes are compared in millimetres: too little skin around for its own scale.")
    polarisation = [each.capture.polarisation if each.capture else None for each in (first, read)]
    if all(polarisation) and polarisation[0] != polarisation[1]:
        notes.append("One photograph is polarised and the other not: colours and structures look different.")
    return notes


def _reduction(pictures: Pictures) -> float:
    return pictures.size_px[0] / int(pictures.pixels.shape[1])


def _see(read: Assessment, pictures: Pictures) -> Sight:
    return see(pictures.pixels, pictures.mask, pictures.outline, _ruler(read, pictures.pixels))


def _ruler(read: Assessment, pixels: NDArray[np.uint8]) -> RulerScale | None:
    return find_ruler(pixels) if read.modality is not None and read.modality.surely_dermoscopic else None


def _registration(found: Registered, first: Assessment, read: Assessment) -> Registration:
    assert found.matrix is not None
    assert first.pictures
    assert read.pictures
    ours, theirs = (
        np.diag([width / pixels.shape[1], height / pixels.shape[0], 1.0])
        for pixels, (width, height) in (
            (each.pictures.pixels, each.pictures.size_px) for each in (first, read) if each.pictures
        )
    )
    matrix = ours @ found.matrix @ np.linalg.inv(theirs)
    matrix /= matrix[2, 2]
    rows = [(float(a), float(b), float(c)) for a, b, c in matrix]
    return Registration(
        matrix=(rows[0], rows[1], rows[2]),
        turn_deg=found.turn_deg,
        scale=found.scale * _reduction(first.pictures) / _reduction(read.pictures),
        tilt=found.tilt,
        error_px=found.error_px,
        points=found.points,
        skin_points=found.skin_points,
        on_skin=found.on_skin,
    )

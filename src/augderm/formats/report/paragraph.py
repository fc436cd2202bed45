"""The findings as one short paragraph in plain clinical words.

It names what was found and nothing else: a colour that is present, a structure that is likely, a score
that no open item can change. What is hidden, missing or undefined is "not measured", never absent; a
structure that is not likely is not mentioned at all. It gives no advice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from augderm.analysis.asymmetry import ASYMMETRIC_COLOUR, ASYMMETRIC_SHAPE
from augderm.analysis.color import PRESENT_SHARE
from augderm.analysis.edge import ends_abruptly
from augderm.domain.assessment import Assessment, Border, Measures, Novelty, Quality
from augderm.domain.scores import Score
from augderm.domain.taxonomy import BY_CODE
from augderm.domain.terms import TERMS
from augderm.formats.report.checklists import view_scores
from augderm.formats.report.colours import NAMES as COLOURS
from augderm.formats.report.lesion import SCALE_SOURCES
from augderm.formats.report.photographs import capture_text, is_clinical, is_unlike, kind_of
from augderm.formats.report.wording import NOT_DETERMINED, listed, lowered, number, percent

DOUBT = ((0.9, "very probably shows"), (0.66, "probably shows"), (0.33, "may show"))
"""From which calibrated probability a structure is worded how; below the last it is not named. The limits are
those of "very likely", "likely" and "about as likely as not" of the IPCC (Mastrandrea et al., Guidance Note,
2010); the first is also that from which the scores count a structure as present."""
MAY, PROBABLY, VERY_PROBABLY = (f"{100 * limit:.0f} %" for limit, _ in reversed(DOUBT))
NOTE = (
    "Put together from the findings in this report. A structure is named where its calibrated probability is "
    f"at least {MAY} (may), {PROBABLY} (probably) or {VERY_PROBABLY} (very probably). Of the others nothing "
    "is said: neither that they are there nor that they are absent."
)
HIDING = {
    "hair": "hair",
    "dark_corner": "a dark corner",
    "bubbles": "bubbles",
    "ink": "ink",
    "patches": "colour patches",
    "ruler": "a ruler",
}
AXES = ("symmetric", "asymmetric about one", "asymmetric about both")
"""By the number of asymmetric axes, of two."""
NO_LESION = "No lesion was found, so that size, symmetry, border and colours were not measured."
ABSTAINED = "The machine abstains: it gives no diagnosis."


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or two, and what they are about, such as "colours"."""

    about: str
    text: str


def in_words(assessment: Assessment) -> tuple[Sentence, ...]:
    """The paragraph of an assessment; empty where the image could not be read."""
    if assessment.status == "failed":
        return ()
    measures = assessment.measures
    texts = {
        "photographs": _photographs(assessment.photographs),
        "image": _image(assessment),
        "quality": f"The image is {_quality(assessment.quality, assessment.novelty)}",
    }
    texts |= _lesion(measures, assessment.border) if measures else {"size": NO_LESION}
    texts |= _structures(assessment) | {"scores": _scores(assessment.scores)}
    texts["diagnosis"] = _diagnosis(assessment) if assessment.status == "ok" else ABSTAINED
    return tuple(Sentence(about, text) for about, text in texts.items() if text)


def _photographs(photographs: tuple[Assessment, ...]) -> str:
    if not photographs:
        return ""
    read = sum(photograph.status == "ok" for photograph in photographs)
    first = "the first of them" if read else "the first"
    return (
        f"Of {len(photographs)} photographs of the lesion {read or 'none'} could be read; image and measures "
        f"are those of {first}."
    )


def _image(assessment: Assessment) -> str:
    kind = kind_of(assessment) if assessment.modality and not is_unlike(assessment) else ""
    capture = capture_text(assessment.capture) if assessment.capture else NOT_DETERMINED
    if capture == NOT_DETERMINED:
        return f"{kind}." if kind else ""
    return f"{kind}, taken {capture}." if kind else f"Taken {capture}."


def _quality(quality: Quality | None, novelty: Novelty | None) -> str:
    # That the frame cuts the lesion is said with the lesion's size.
    checks = [check for check in quality.checks if check.name != "lesion_in_frame"] if quality else []
    said = [check.sentence for check in checks if check.verdict != "good"]
    unknown = [check.name.replace("_", " ") for check in checks if check.value is None]
    if unknown:
        said.append(f"Not measured: {listed(unknown)}.")
    fit = {
        None: "of a quality that was not measured",
        "good": "fit to be read",
        "poor": "fit to be read, with reservations" if said else "fit to be read",
        "unfit": "not fit to be read",
    }[quality.verdict if quality else None]
    return " ".join([f"{fit}{_familiar(novelty)}.", *said])


def _familiar(novelty: Novelty | None) -> str:
    learned = "those that the model learned from"
    if novelty and novelty.beyond:
        return f", but unlike {learned} (novelty {number(novelty.score)}, limit {number(novelty.limit)})"
    if novelty is None or not math.isfinite(novelty.score + novelty.limit):
        return f"; how like it is to {learned} was not measured"
    return f", and like {learned}"


def _lesion(measures: Measures, border: Border | None) -> dict[str, str]:
    return {
        "size": _size(measures, border),
        "symmetry": _symmetry(measures),
        "border": _border(measures),
        "colours": _colours(measures),
    }


def _size(measures: Measures, border: Border | None) -> str:
    cut = measures.touches_frame > 0
    head = "The lesion is cut by the frame; it is at least" if cut else "The lesion is"
    share = f" and takes {percent(border.area_fraction)} of the image" if border else ""
    long, short, scale = measures.long_axis_mm, measures.short_axis_mm, measures.scale
    if not math.isfinite(measures.long_axis_px + measures.short_axis_px):
        return "The size of the lesion was not measured."
    if long is not None and short is not None and scale is not None:
        lengths = f"{number(long, digits=2)} by {number(short, 'mm', digits=2)}"
        size = f"{lengths} (scale {SCALE_SOURCES[scale.source]})"
    else:
        lengths = f"{number(measures.long_axis_px)} by {number(measures.short_axis_px, 'pixels')}"
        size = f"{lengths} (not measured in millimetres: no scale is known)"
    return f"{head} {size}{share}."


def _symmetry(measures: Measures) -> str:
    if measures.touches_frame > 0:
        return "Its symmetry was not measured, since a part of it is out of the frame."
    least = measures.least_asymmetry
    found = {
        "contour": _axes("is", least.shape if least else measures.shape_asymmetry, ASYMMETRIC_SHAPE),
        "colours": _axes("are", least.colour if least else None, ASYMMETRIC_COLOUR),
        "structures": "",
    }
    told = [f"its {what} {said}" for what, said in found.items() if said]
    missing = (
        f"the symmetry of its {listed([what for what, said in found.items() if not said])} was not measured"
    )
    return f"About two perpendicular axes {listed(told)}; {missing}." if told else f"{missing.capitalize()}."


def _axes(verb: str, pair: tuple[float, float] | None, limit: float) -> str:
    """How symmetric, such as "is symmetric"; "" where that was not measured."""
    if pair is None or not all(map(math.isfinite, pair)):
        return ""
    return f"{verb} {AXES[sum(value >= limit for value in pair)]}"


def _border(measures: Measures) -> str:
    eighths = measures.border_eighths
    told = [e for e in eighths if e.sharpness is not None and math.isfinite(e.sharpness)]
    if not told:
        return "How sharply the border ends was not measured."
    abrupt = sum(map(ends_abruptly, eighths))
    unknown = len(eighths) - len(told)
    were = "was" if unknown == 1 else "were"
    rest = f"; {unknown} of its {len(eighths)} parts {were} not measured" if unknown else ""
    if abrupt:
        of = f"at least {abrupt} of its" if abrupt < len(eighths) else "all of its"
        return f"The border ends abruptly in {of} {len(eighths)} parts{rest}."
    # The border found is not exact enough to deny an abrupt end (docs/explain/scores.md).
    return f"An abrupt end of the border was not found, and is not excluded{rest}."


def _colours(measures: Measures) -> str:
    if measures.colours is None:
        return f"Its colours were not measured. {measures.no_colours}".strip()
    found = sorted(measures.colours.items(), key=lambda entry: -entry[1].share)
    shown = [
        f"{lowered(COLOURS[name])} ({percent(colour.share)})" for name, colour in found if colour.present
    ]
    if not shown:
        return f"None of the six dermoscopic colours takes {percent(PRESENT_SHARE)} of it.{_hidden(measures)}"
    head = "Its colour is" if len(shown) == 1 else "Its colours are"
    return f"{head} {listed(shown)}.{_hidden(measures)}"


def _hidden(measures: Measures) -> str:
    """What lies over the lesion, where a colour that counts could lie under it; else ""."""
    if not measures.hidden_share >= PRESENT_SHARE:
        return ""
    by = [name for key, name in HIDING.items() if measures.hidden_by.get(key, 0) > 0]
    cause = f" by {listed(by)}" if by else ""
    return f" What is hidden{cause} ({percent(measures.hidden_share)} of it) was not measured."


def _structures(assessment: Assessment) -> dict[str, str]:
    if assessment.status != "ok" or not assessment.structures:
        why = ": it is no dermoscopic image" if is_clinical(assessment) else ""
        return {"structures": f"Dermoscopic structures were not measured{why}."}
    known = {name: p for name, p in assessment.structures.items() if p is not None and math.isfinite(p)}
    unknown = [TERMS[name].in_a_sentence for name in assessment.structures if name not in known]
    return {
        "structures": _likely(known) if known else "",
        "structures not measured": f"Whether it shows {listed(unknown)} was not measured." if unknown else "",
    }


def _likely(probabilities: Mapping[str, float]) -> str:
    groups = []
    above = math.inf
    for limit, verb in DOUBT:
        names = [name for name, p in probabilities.items() if limit <= p < above]
        names.sort(key=lambda name: -probabilities[name])
        if names:
            groups.append(f"{verb} {listed([_named(name, probabilities[name]) for name in names])}")
        above = limit
    if not groups:
        return "Of the structures that the network knows it finds none likely."
    return f"As the network sees it, the image {listed(groups)}."


def _named(structure: str, probability: float) -> str:
    term = TERMS[structure]
    return f"{term.in_a_sentence} ({term.descriptive}; {percent(probability)})"


def _scores(scores: Mapping[str, Score]) -> str:
    if not scores:
        return ""
    rows = [row for checklist in view_scores(scores).checklists for row in checklist.results if row.decided]
    if not rows:
        return "No dermoscopic score is settled, for want of items that were not measured."
    named = [f"{row.title}, {row.verdict} ({row.total})" for row in rows]
    return f"Settled, whatever was not measured: {'; '.join(named)}."


def _diagnosis(assessment: Assessment) -> str:
    diagnosis, malignancy = assessment.diagnosis, assessment.malignancy
    if diagnosis is None:
        return "A diagnosis is not given."
    likeliest = diagnosis.likeliest
    others = [_name(code) for code in diagnosis.prediction_set if code != likeliest]
    rest = f"{listed(others)} cannot be excluded" if others else "no other is in the prediction set"
    said = f"{_name(likeliest)} ({percent(diagnosis.probabilities[likeliest])})"
    chance = f" Malignancy: {percent(malignancy.probability)}." if malignancy else ""
    return f"The likeliest diagnosis is {said}; {rest}.{chance}"


def _name(code: str) -> str:
    return lowered(BY_CODE[code].name)

"""The paragraph of a report: it names what was found, in words that fit the doubt, and nothing else."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.color import DERMOSCOPIC_COLOURS, PRESENT_SHARE
from augderm.domain.assessment import (
    Assessment,
    BorderEighth,
    ColourShare,
    DiagnosisRead,
    LeastAsymmetry,
    Malignancy,
    Measures,
    ModalityRead,
    Novelty,
    Quality,
    Scale,
)
from augderm.domain.capture import Capture
from augderm.domain.taxonomy import BY_CODE, CODES, STRUCTURES
from augderm.domain.terms import TERMS
from augderm.evidence.scores import overruled, read_scores
from augderm.evidence.scores.seen import PRESENT_FROM
from augderm.formats.report.paragraph import DOUBT, NOTE, in_words
from support.reports import (
    abstained,
    abstained_without_lesion,
    assessment_of,
    clinical,
    failed,
    several_photographs,
)

BASE = assessment_of()
assert BASE.measures
assert BASE.quality
MEASURES, QUALITY = BASE.measures, BASE.quality
LEAST_NAMED = DOUBT[-1][0]
ADVICE = (
    r"excis|biops|\btreat|\brefer|\bremov|follow.?up|monitor|should|recommend|urgent|reassur|therap|surg|must"
)
DENIALS = r"\babsent\b|\bwithout\b|\black|\bno (pigment|negative|milia|globules|dots|streaks|colour|asymm)"

share = st.floats(0, 1)
unsure = st.one_of(share, st.just(math.nan))
pair = st.tuples(share, share)


def colours_of(shares: list[float]) -> dict[str, ColourShare]:
    return {
        name: ColourShare(value, value >= PRESENT_SHARE)
        for name, value in zip(DERMOSCOPIC_COLOURS, shares, strict=True)
    }


@st.composite
def measures(draw: Any) -> Measures:
    seen = draw(st.booleans())
    colours = colours_of(draw(st.lists(share, min_size=6, max_size=6))) if seen else None
    return dataclasses.replace(
        MEASURES,
        long_axis_px=draw(st.one_of(st.floats(1, 9000), st.just(math.nan))),
        shape_asymmetry=(draw(unsure), draw(unsure)),
        least_asymmetry=draw(st.builds(LeastAsymmetry, st.floats(-90, 90), pair, pair) | st.none())
        if seen
        else None,
        border_eighths=tuple(
            draw(st.builds(BorderEighth, st.none() | st.floats(-50, 50), st.none() | unsure))
            for _ in range(8)
        ),
        colours=colours,
        touches_frame=draw(st.sampled_from([0.0, 0.0, 0.01, 0.4])),
        scale=draw(
            st.none()
            | st.builds(Scale, st.floats(0.001, 0.2), st.none() | share, st.sampled_from(["given", "ruler"]))
        ),
        hidden_share=draw(share),
        hidden_by=draw(st.dictionaries(st.sampled_from(["hair", "ink", "ruler", "bubbles"]), share)),
        no_colours="" if seen else "62 % of the lesion is hidden by hair.",
    )


@st.composite
def qualities(draw: Any) -> Quality:
    verdicts = ("good", "poor", "unfit")
    checks = tuple(
        dataclasses.replace(check, verdict=draw(st.sampled_from(verdicts)), value=draw(st.none() | share))
        for check in QUALITY.checks
    )
    return Quality(max((check.verdict for check in checks), key=verdicts.index), checks)


@st.composite
def assessments(draw: Any) -> Assessment:
    """Reads of one image, whatever was measured of it, also such as no read would give."""
    weights = draw(st.lists(st.floats(0.001, 1), min_size=7, max_size=7))
    probabilities = {code: w / sum(weights) for code, w in zip(CODES, weights, strict=True)}
    found = draw(st.none() | measures())
    made = Assessment(
        image="lesion.jpg",
        sha256=None,
        model=BASE.model,
        status=draw(st.sampled_from(["ok", "ok", "abstained", "failed"])),
        modality=draw(
            st.none()
            | st.builds(ModalityRead, st.sampled_from(["dermoscopic", "clinical"]), st.none() | share)
        ),
        novelty=draw(st.none() | st.builds(Novelty, st.floats(0, 5), st.sampled_from([1.3, math.inf]))),
        quality=draw(st.none() | qualities()),
        border=BASE.border if found else None,
        measures=found,
        diagnosis=draw(
            st.none()
            | st.builds(
                DiagnosisRead,
                st.just(probabilities),
                st.lists(st.sampled_from(CODES), min_size=1, unique=True).map(tuple),
                st.just(0.9),
                st.just(probabilities),
            )
        ),
        malignancy=draw(st.none() | st.builds(Malignancy, share, share)),
        structures=draw(
            st.just({}) | st.fixed_dictionaries({name: st.none() | share for name in STRUCTURES})
        ),
        capture=draw(
            st.none()
            | st.builds(
                Capture,
                polarisation=st.sampled_from([None, "polarised"]),
                contact=st.none() | st.booleans(),
            )
        ),
    )
    return dataclasses.replace(made, scores=read_scores(made))


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def by_topic(assessment: Assessment) -> dict[str, str]:
    sentences = in_words(assessment)
    told = {sentence.about: plain(sentence.text) for sentence in sentences}
    assert len(told) == len(sentences)
    return told


def whole(assessment: Assessment) -> str:
    return " ".join(by_topic(assessment).values())


some = settings(max_examples=60)


@some
@given(assessments())
def test_every_named_structure_is_likely_and_every_likely_one_is_named(assessment: Assessment) -> None:
    told = by_topic(assessment)
    unknown = told.pop("structures not measured", "")
    rest = " ".join(told.values())
    for name, term in TERMS.items():
        probability = assessment.structures.get(name) if assessment.status == "ok" else None
        likely = probability is not None and probability >= LEAST_NAMED
        assert (term.metaphoric in rest) is likely
        assert (f"({term.descriptive}; " in rest) is likely
        asked = assessment.status == "ok" and name in assessment.structures
        assert (term.metaphoric in unknown) is (asked and probability is None)
    assert not unknown or "not measured" in unknown


@some
@given(assessments())
def test_every_named_colour_is_present_and_every_present_one_is_named(assessment: Assessment) -> None:
    told = by_topic(assessment)
    named = told.get("colours", "")
    found = assessment.measures.colours if assessment.measures else None
    for name in DERMOSCOPIC_COLOURS:
        word = name.replace("_", "-" if name == "blue_grey" else " ")
        present = found is not None and found[name].present and assessment.status != "failed"
        assert bool(re.search(rf"\b{word} \(", named)) is present
        # Colours stand elsewhere only within the terms of structures.
        others = " ".join(text for about, text in told.items() if about not in ("colours", "structures"))
        assert not re.search(rf"\b{word}\b", others)


@some
@given(assessments())
def test_every_named_diagnosis_is_the_likeliest_or_cannot_be_excluded(assessment: Assessment) -> None:
    told = by_topic(assessment)
    named = told.get("diagnosis", "")
    diagnosis = assessment.diagnosis if assessment.status == "ok" else None
    open_ones = {diagnosis.likeliest, *diagnosis.prediction_set} if diagnosis else set()
    for code, known in BY_CODE.items():
        assert (known.name.lower() in named.lower()) is (code in open_ones)
    if diagnosis:
        assert f"likeliest diagnosis is {BY_CODE[diagnosis.likeliest].name.lower()} (" in named.lower()
    if assessment.status != "ok" or assessment.malignancy is None:
        assert "Malignancy" not in named


@some
@given(assessments())
def test_only_a_score_that_no_open_item_can_change_is_told(assessment: Assessment) -> None:
    named = by_topic(assessment).get("scores", "")
    assert bool(named) is (bool(assessment.scores) and assessment.status != "failed")
    for score in assessment.scores.values():
        assert (score.title in named) is (score.verdict != "undecided" and assessment.status != "failed")


@some
@given(assessments())
def test_what_is_missing_is_not_measured_and_never_absent(assessment: Assessment) -> None:
    told = by_topic(assessment)
    if assessment.status == "failed":
        assert told == {}
        return
    # "Without contact" is how an image was taken, and was stated.
    assert not re.search(DENIALS, " ".join(text for about, text in told.items() if about != "image"))
    found = assessment.measures
    if found is None:
        assert "not measured" in told["size"]
        assert not {"symmetry", "border", "colours"} & set(told)
    else:
        long = found.long_axis_px
        assert ("millimetres" in told["size"] or "not measured" in told["size"]) is (
            found.scale is None or not math.isfinite(long)
        )
        assert bool(re.search(r"\d mm\b", told["size"])) is (found.scale is not None and math.isfinite(long))
        if found.colours is None:
            assert "colours were not measured" in told["colours"]
        if found.touches_frame:
            assert "symmetry was not measured" in told["symmetry"]
            assert "at least" in told["size"] or not math.isfinite(long)
        elif found.least_asymmetry is None:
            assert re.search(r"symmetry of its .*colours.* was not measured", told["symmetry"])
        sharp = [e.sharpness for e in found.border_eighths]
        if all(value is None or math.isnan(value) for value in sharp):
            assert "not measured" in told["border"]
            assert "not found" not in told["border"]
    if assessment.status != "ok" or not assessment.structures:
        assert "structures were not measured" in told["structures"]
    if assessment.novelty is None or math.isinf(assessment.novelty.limit):
        assert "not measured" in told["quality"]


@some
@given(assessments())
def test_it_is_one_short_paragraph_of_whole_sentences_without_advice(assessment: Assessment) -> None:
    text = whole(assessment)
    assert not re.search(ADVICE, text, re.IGNORECASE)
    assert not re.search(r"\bnan\b|\binf\b|None(?! of)|undefined|  |_", text)
    for sentence in by_topic(assessment).values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    # However much was found, without what the quality gate says in its own words.
    assert len(text) - len(by_topic(assessment).get("quality", "")) < 1900


def test_the_words_fit_the_doubt() -> None:
    structures = dict(zip(STRUCTURES, (0.9, 0.329, 0.66, 0.659, 0.89), strict=True))
    told = by_topic(dataclasses.replace(BASE, structures=structures))
    assert told["structures"] == (
        "As the network sees it, the image very probably shows a pigment network (reticular lines; 90 %), "
        "probably shows streaks (radial lines at the periphery; 89 %) and milia-like cysts (white dots or "
        "clods; 66 %) and may show globules or dots (clods or dots; 66 %)."
    )
    none = by_topic(dataclasses.replace(BASE, structures=dict.fromkeys(STRUCTURES, 0.2)))
    assert none["structures"] == "Of the structures that the network knows it finds none likely."


def test_very_probably_is_what_the_scores_call_present() -> None:
    assert DOUBT[0] == (PRESENT_FROM, "very probably shows")
    for limit, _ in DOUBT:
        assert f"{100 * limit:.0f} %" in NOTE


def test_lengths_are_in_millimetres_only_where_a_scale_is_known() -> None:
    assert by_topic(BASE)["size"] == (
        "The lesion is 258 by 188 pixels (not measured in millimetres: no scale is known) and takes 13 % of "
        "the image."
    )
    told = by_topic(assessment_of(mm_per_px=0.03))["size"]
    assert told == "The lesion is 7.7 by 5.6 mm (scale as given) and takes 13 % of the image."


def test_asymmetry_is_counted_by_axes() -> None:
    least = LeastAsymmetry(0.0, (0.02, 0.15), (0.2, 0.11))
    folded = dataclasses.replace(MEASURES, least_asymmetry=least)
    assert by_topic(dataclasses.replace(BASE, measures=folded))["symmetry"] == (
        "About two perpendicular axes its contour is asymmetric about one and its colours are asymmetric "
        "about both; the symmetry of its structures was not measured."
    )


def test_an_abrupt_border_is_counted_and_its_lack_is_not_claimed() -> None:
    def told(*eighths: BorderEighth) -> str:
        changed = dataclasses.replace(MEASURES, border_eighths=eighths)
        return by_topic(dataclasses.replace(BASE, measures=changed))["border"]

    soft, cut, unknown = BorderEighth(20.0, 0.3), BorderEighth(20.0, 0.8), BorderEighth(None, None)
    assert told(*[cut] * 2, *[soft] * 6) == "The border ends abruptly in at least 2 of its 8 parts."
    assert told(*[soft] * 7, unknown) == (
        "An abrupt end of the border was not found, and is not excluded; 1 of its 8 parts was not measured."
    )


def test_hidden_parts_are_said_with_the_colours() -> None:
    hidden = dataclasses.replace(
        MEASURES, hidden_share=0.12, hidden_by={"hair": 0.1, "ink": 0.02, "ruler": 0.0}
    )
    assert by_topic(dataclasses.replace(BASE, measures=hidden))["colours"] == (
        "Its colours are dark brown (46 %), light brown (31 %) and blue-grey (23 %). What is hidden by hair "
        "and ink (12 % of it) was not measured."
    )


def test_a_settled_score_is_told_with_its_points() -> None:
    everything = {f"abcd.{name}": 1 for name in ("asymmetry", "border", "colours", "structures")}
    told = by_topic(dataclasses.replace(BASE, scores=overruled(BASE.scores, everything)))["scores"]
    assert told == "Settled, whatever was not measured: ABCD rule (TDS), benign (2.4 points)."
    assert by_topic(BASE)["scores"].startswith("No dermoscopic score is settled")


def test_the_prediction_set_is_put_into_words() -> None:
    assert by_topic(BASE)["diagnosis"] == (
        "The likeliest diagnosis is melanoma (41 %); melanocytic nevus and benign keratosis cannot be "
        "excluded. Malignancy: 47 %."
    )
    assert BASE.diagnosis
    alone = dataclasses.replace(BASE.diagnosis, prediction_set=("mel",))
    told = by_topic(dataclasses.replace(BASE, diagnosis=alone))["diagnosis"]
    assert "; no other is in the prediction set." in told


@pytest.mark.parametrize("kept", [BASE.diagnosis, None])
def test_an_abstained_read_gives_its_measures_and_no_diagnosis(kept: DiagnosisRead | None) -> None:
    told = by_topic(dataclasses.replace(abstained(BASE, "Unfit."), diagnosis=kept))
    assert told["diagnosis"] == "The machine abstains: it gives no diagnosis."
    assert "258 by 188 pixels" in told["size"]


def test_of_an_unlike_image_the_kind_is_not_told() -> None:
    unlike = dataclasses.replace(abstained(BASE, "Unlike."), novelty=Novelty(3.0, 1.5))
    told = by_topic(unlike)
    assert "image" not in told
    assert told["quality"] == (
        "The image is fit to be read, but unlike those that the model learned from (novelty 3.00, limit "
        "1.50)."
    )


def test_a_clinical_photograph_a_missing_lesion_and_several_photographs_are_told_as_such() -> None:
    told = by_topic(clinical())
    assert told["image"] == "Clinical photograph, not dermoscopy (97 %)."
    assert told["structures"] == "Dermoscopic structures were not measured: it is no dermoscopic image."
    assert "No lesion was found" in by_topic(abstained_without_lesion())["size"]
    assert by_topic(several_photographs())["photographs"].startswith(
        "Of 3 photographs of the lesion 1 could be"
    )
    assert in_words(failed()) == ()


def test_how_the_image_was_taken_is_told_where_it_is_known() -> None:
    capture = Capture(polarisation="polarised", contact=True, immersion="gel")
    told = by_topic(dataclasses.replace(BASE, capture=capture))
    assert told["image"] == "Dermoscopic image (99.6 %), taken polarised, contact, immersion in gel."
    assert by_topic(BASE)["image"] == "Dermoscopic image (99.6 %)."

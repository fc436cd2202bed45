"""Photographs of one lesion, joined."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.assessment import (
    Assessment,
    DiagnosisRead,
    Malignancy,
    ModalityName,
    ModalityRead,
    ModelName,
)
from augderm.domain.structures import LIKELY, NOT_VALIDATED, StructureFinding
from augderm.domain.taxonomy import CODES
from augderm.reader.calibrated import IN_DOUBT
from augderm.reader.joined import BOTH_KINDS, DOUBT_JOINED, join_photographs, sha256_of_all

MODEL = ModelName("toy", "1", "ab" * 32)
EVEN = dict.fromkeys(CODES, 1 / 7)


def read(
    probabilities: dict[str, float], members: tuple[str, ...] = ("nv",), *, malignant: float = 0.5
) -> Assessment:
    return Assessment(
        image="a.jpg",
        sha256="cd" * 32,
        model=MODEL,
        status="ok",
        diagnosis=DiagnosisRead(probabilities, members, 0.9, mixture=EVEN),
        malignancy=Malignancy(malignant, probabilities["akiec"]),
        structures={"globules": malignant},
        artefacts={"hair": malignant},
    )


def shares(weights: list[float]) -> dict[str, float]:
    return {code: weight / sum(weights) for code, weight in zip(CODES, weights, strict=True)}


weights7 = st.lists(st.floats(0.001, 1), min_size=7, max_size=7)


@given(weights7, st.integers(1, 5))
def test_the_same_photograph_again_changes_nothing(weights: list[float], times: int) -> None:
    one = read(shares(weights), malignant=0.3)
    joined = join_photographs([one] * times, "lesion")
    assert joined.diagnosis
    assert joined.malignancy
    assert joined.diagnosis.probabilities == pytest.approx(shares(weights))
    assert joined.malignancy.probability == pytest.approx(0.3)
    assert joined.structures["globules"] == pytest.approx(0.3)


@given(st.lists(weights7, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_photographs_does_not_matter_for_what_is_joined(
    several: list[list[float]], random: object
) -> None:
    reads = [read(shares(weights)) for weights in several]
    joined, turned = join_photographs(reads, "x").diagnosis, join_photographs(reads[::-1], "x").diagnosis
    assert joined
    assert turned
    assert joined.probabilities == pytest.approx(turned.probabilities)
    assert sum(joined.probabilities.values()) == pytest.approx(1)


def test_two_photographs_agree_with_a_hand_computed_value() -> None:
    one = read(shares([1, 1, 1, 1, 1, 4, 1]), malignant=0.2)
    other = read(shares([1, 1, 1, 1, 1, 1, 1]), malignant=0.5)
    joined = join_photographs([one, other], "x")
    assert joined.diagnosis
    # Geometric mean of odds 4 and 1.
    odds = joined.diagnosis.probabilities["nv"] / joined.diagnosis.probabilities["mel"]
    assert odds == pytest.approx(2)
    assert joined.malignancy
    assert joined.malignancy.probability == pytest.approx(1 / 3)
    assert joined.artefacts["hair"] == 0.5


def test_a_diagnosis_is_excluded_only_where_every_photograph_excludes_it() -> None:
    mel_first = read(shares([1, 1, 1, 1, 9, 4, 1]), ("mel", "nv"))
    nv_first = read(shares([1, 1, 2, 1, 1, 9, 1]), ("nv", "bkl"))
    joined = join_photographs([mel_first, nv_first], "x").diagnosis
    assert joined
    assert set(joined.prediction_set) == {"mel", "nv", "bkl"}
    assert joined.prediction_set[0] == joined.likeliest


@pytest.mark.parametrize(("other", "kept"), [(0.9, True), (0.001, False)])
def test_a_place_that_all_photographs_together_contradict_is_not_told(other: float, kept: bool) -> None:
    places = [
        StructureFinding("globules", "network", True, 0.2, NOT_VALIDATED, mask=np.ones((4, 4), bool)),
        StructureFinding("dots_and_globules", "image analysis", True, 0.1, NOT_VALIDATED),
        StructureFinding("blotch", "image analysis", True, 0.1, NOT_VALIDATED),
    ]
    first = replace(read(EVEN, malignant=0.8), findings=tuple(places))
    joined = join_photographs([first, read(EVEN, malignant=other)], "x")
    assert ((joined.structures["globules"] or 0) >= LIKELY) is kept
    assert [one.name for one in joined.findings] == [one.name for one in places]
    assert [one.located for one in joined.findings] == [kept or None, kept or None, True]


@pytest.mark.parametrize("turned", [False, True])
def test_a_photograph_of_another_kind_does_not_talk_malignancy_down(turned: bool) -> None:
    dermoscopic, clinical = ModalityRead("dermoscopic", None), ModalityRead("clinical", None)
    seen = [
        replace(read(EVEN, malignant=0.6), modality=dermoscopic),
        replace(read(EVEN, malignant=0.4), modality=dermoscopic),
        replace(read(EVEN, malignant=0.01), modality=clinical),
    ]
    joined = join_photographs(seen[::-1] if turned else seen, "x")
    assert joined.malignancy
    assert joined.malignancy.probability == pytest.approx(0.5), "the mean of the two dermoscopic ones"


@pytest.mark.parametrize(("doubtful", "joined"), [(0.7, 0.7), (0.05, 0.1)])
@pytest.mark.parametrize("clinical", [0.49, 0.51])
def test_a_photograph_of_doubtful_kind_is_taken_for_the_kind_that_is_less_harmless(
    clinical: float, doubtful: float, joined: float
) -> None:
    sure = replace(read(EVEN, malignant=0.1), modality=ModalityRead("dermoscopic", 0.01))
    likelier: ModalityName = "clinical" if clinical > 0.5 else "dermoscopic"
    other = replace(read(EVEN, malignant=doubtful), modality=ModalityRead(likelier, clinical, in_doubt=True))
    found = join_photographs([sure, sure, other], "x")
    assert found.malignancy
    assert found.malignancy.probability == pytest.approx(joined)


def test_certainty_in_one_photograph_stays_finite() -> None:
    certain = read({**dict.fromkeys(CODES, 0.0), "nv": 1.0}, malignant=0.0)
    joined = join_photographs([certain, read(EVEN, malignant=1.0)], "x")
    assert joined.diagnosis
    assert all(math.isfinite(p) for p in joined.diagnosis.probabilities.values())
    assert joined.malignancy
    assert joined.malignancy.probability == pytest.approx(0.5)


def test_only_photographs_that_could_be_read_count() -> None:
    unread = Assessment("b.jpg", None, MODEL, "failed", reason="Broken.")
    one = read(EVEN)
    joined = join_photographs([unread, one, unread], "lesion")
    assert joined.status == "ok"
    assert joined.diagnosis
    assert joined.diagnosis.probabilities == pytest.approx(EVEN)
    assert joined.photographs == (unread, one, unread)
    assert joined.sha256 is None


def test_photographs_that_were_not_used_are_named_with_their_reasons() -> None:
    unfit = replace(
        read(EVEN), image="c.jpg", status="abstained", reason="Blurred.", diagnosis=None, malignancy=None
    )
    failed = Assessment("b.jpg", None, MODEL, "failed", reason="Broken.")
    joined = join_photographs([failed, read(EVEN), unfit], "lesion")
    assert (joined.status, joined.reason) == ("ok", "")
    assert joined.notes == (
        "1 of 3 photographs were used.",
        "Not used: b.jpg. Broken.",
        "Not used: c.jpg. Blurred.",
    )
    assert join_photographs([read(EVEN), read(EVEN)], "lesion").notes == ()


@pytest.mark.parametrize("turned", [False, True])
def test_dermoscopic_and_clinical_photographs_joined_are_called_neither(turned: bool) -> None:
    reads = [
        replace(read(EVEN), modality=ModalityRead("dermoscopic", 0.02)),
        replace(read(EVEN), modality=ModalityRead("clinical", 0.97), structures={}, artefacts={}),
    ]
    joined = join_photographs(reads[::-1] if turned else reads, "x")
    assert joined.modality
    assert joined.modality.name == "mixed"
    assert joined.modality.clinical_probability == 0.97
    assert not joined.modality.surely_dermoscopic
    assert joined.notes == (BOTH_KINDS,)
    # What was measured, and what is alike, is of the first.
    assert joined.modality.likelier == ("clinical" if turned else "dermoscopic")


def test_photographs_of_one_kind_keep_it_and_one_in_doubt_leaves_them_in_doubt() -> None:
    sure = replace(read(EVEN), modality=ModalityRead("dermoscopic", 0.02))
    doubtful = replace(
        sure,
        image="b.jpg",
        modality=ModalityRead("dermoscopic", 0.4, in_doubt=True),
        notes=(IN_DOUBT, "Dark."),
    )
    unused = replace(
        sure, modality=ModalityRead("clinical", 0.99), status="abstained", reason="Blurred.", diagnosis=None
    )
    assert join_photographs([sure, sure, unused], "x").modality == sure.modality
    joined = join_photographs([sure, doubtful, replace(doubtful, image="c.jpg")], "x")
    assert joined.modality == ModalityRead("dermoscopic", 0.4, in_doubt=True)
    assert joined.notes == (
        "Taken through a dermatoscope or not, that is in doubt of: b.jpg, c.jpg.",
        DOUBT_JOINED,
        "Dark.",
    )


def test_a_photograph_in_doubt_is_not_told_to_be_of_another_kind_than_the_others() -> None:
    sure = replace(read(EVEN), modality=ModalityRead("dermoscopic", 0.02))
    doubtful = replace(read(EVEN), modality=ModalityRead("clinical", 0.7, in_doubt=True), notes=(IN_DOUBT,))
    joined = join_photographs([sure, doubtful], "x")
    assert joined.modality
    assert (joined.modality.name, joined.modality.in_doubt) == ("mixed", True)
    assert not {BOTH_KINDS, IN_DOUBT} & set(joined.notes)
    clinical = replace(doubtful, modality=ModalityRead("clinical", 0.9), notes=())
    assert BOTH_KINDS in join_photographs([sure, doubtful, clinical], "x").notes


def test_where_none_could_be_read_each_reason_is_told() -> None:
    unfit = replace(read(EVEN), status="abstained", reason="Blurred.", diagnosis=None, malignancy=None)
    failed = Assessment("b.jpg", None, MODEL, "failed", reason="Broken.")
    joined = join_photographs([failed, unfit], "lesion")
    assert joined.status == "abstained"
    assert joined.reason == ("None of the 2 photographs could be read. b.jpg: Broken. a.jpg: Blurred.")
    assert join_photographs([failed], "lesion").status == "failed"


def test_the_hash_of_a_lesion_changes_with_its_photographs_and_their_order() -> None:
    hashes = [sha256_of_all(some) for some in (["aa"], ["aa", "bb"], ["bb", "aa"])]
    assert len(set(hashes)) == 3
    assert sha256_of_all(["aa", None]) is None


def test_a_checklist_is_joined_criterion_by_criterion() -> None:
    def telling(absent: float) -> Assessment:
        streaks = {"absent": absent, "regular": 0.5 - absent / 2, "irregular": 0.5 - absent / 2}
        return replace(read(EVEN), checklist={"streaks": streaks, "pigmentation": None})

    joined = join_photographs([telling(0.2), telling(0.8), read(EVEN)], "lesion").checklist
    # Geometric means: 0.4 for absent, sqrt(0.4 * 0.1) = 0.2 for each of the others.
    assert joined["streaks"] == pytest.approx({"absent": 0.5, "regular": 0.25, "irregular": 0.25})
    assert joined["pigmentation"] is None


def test_as_much_is_painted_over_as_in_the_photograph_used_with_most_hair() -> None:
    bare, hairy = replace(read(EVEN), painted_over=0.0), replace(read(EVEN), painted_over=0.2)
    unfit = replace(hairy, status="abstained", painted_over=0.9, diagnosis=None, malignancy=None)
    for order in ([bare, hairy, unfit], [unfit, hairy, bare]):
        assert join_photographs(order, "x").painted_over == 0.2
    assert join_photographs([read(EVEN), read(EVEN)], "x").painted_over is None

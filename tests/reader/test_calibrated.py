"""Logits to probabilities: sums, orders and limits that hold for any logits."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from augderm.domain.assessment import MODALITY_SURE, ModalityName, ModalityRead
from augderm.domain.taxonomy import CHECKLIST, CODES
from augderm.reader.calibrated import (
    class_probabilities,
    likeliest_log_odds,
    malignant_log_odds,
    read_checklist,
    read_diagnosis,
    read_lesion,
    read_malignancy,
    read_modality,
    read_presence,
    softmax,
    with_confidence,
)
from augderm.reader.calibration import Calibration, CriterionCalibration, LogisticCurve, calibrations_from
from support.bundles import calibration

PLAIN = Calibration(
    temperature=1.0,
    biases=(0.0,) * 7,
    confidence=LogisticCurve(1.0, 0.0),
    mixture=(1 / 7,) * 7,
    malignancy=LogisticCurve(1.0, 0.0),
    set_thresholds=(0.1,) * 7,
    set_coverage=0.9,
    images=1000,
)
Logits = NDArray[np.float64]
some = settings(max_examples=150)
logits7 = arrays.arrays(np.float64, 7, elements=st.floats(-30, 30))
wild7 = arrays.arrays(np.float64, 7, elements=st.floats(-1e5, 1e5))
AKIEC, BCC, MEL, NV = (CODES.index(code) for code in ("akiec", "bcc", "mel", "nv"))


@some
@given(wild7, st.floats(0.05, 20))
def test_softmax_sums_to_one_and_keeps_the_order(logits: Logits, temperature: float) -> None:
    shares = softmax(logits, temperature)
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all()
    order = np.argsort(logits)
    assert (np.diff(shares[order]) >= 0).all()


@some
@given(logits7, st.integers(0, 6), st.floats(0.01, 10))
def test_softmax_rises_with_its_own_logit_and_lowers_the_others(
    logits: Logits, which: int, step: float
) -> None:
    raised = logits.copy()
    raised[which] += step
    before, after = softmax(logits), softmax(raised)
    assert after[which] >= before[which]
    assert (np.delete(after, which) <= np.delete(before, which) + 1e-15).all()


@some
@given(logits7, st.floats(-1000, 1000))
def test_softmax_does_not_change_with_a_common_constant(logits: Logits, constant: float) -> None:
    np.testing.assert_allclose(softmax(logits + constant), softmax(logits), atol=1e-9)


def test_softmax_agrees_with_a_hand_computed_value() -> None:
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625])
    np.testing.assert_allclose(softmax(2 * np.log([1.0, 2.0, 5.0]), 2.0), [0.125, 0.25, 0.625])


def test_softmax_runs_along_the_last_axis() -> None:
    assert softmax(np.zeros((3, 4, 7))).sum(axis=-1) == pytest.approx(np.ones((3, 4)))


@some
@given(logits7)
def test_a_higher_temperature_is_less_sure(logits: Logits) -> None:
    highest = [softmax(logits, temperature).max() for temperature in (0.5, 1, 2, 5)]
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(highest))


@some
@given(logits7, st.floats(0.05, 20), arrays.arrays(np.float64, 7, elements=st.floats(-5, 5)))
def test_biases_multiply_the_odds(logits: Logits, temperature: float, biases: Logits) -> None:
    tuned = dataclasses.replace(PLAIN, temperature=temperature, biases=tuple(biases))
    found = class_probabilities(logits, tuned)
    expected = softmax(logits, temperature) * np.exp(biases)
    np.testing.assert_allclose(found, expected / expected.sum(), atol=3e-9)


@some
@given(wild7, st.floats(0.05, 5), st.floats(-5, 5))
def test_confidence_changes_neither_the_likeliest_nor_the_shares_of_the_others(
    logits: Logits, slope: float, offset: float
) -> None:
    found = with_confidence(logits, LogisticCurve(slope, offset))
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    top = int(logits.argmax())
    assert int(found.argmax()) == top
    rest, before = np.delete(found, top), np.delete(logits, top)
    np.testing.assert_allclose(rest, softmax(before) * (1 - found[top]), atol=1e-12)


@some
@given(logits7)
def test_the_plain_confidence_changes_nothing(logits: Logits) -> None:
    plain = with_confidence(logits, LogisticCurve(1.0, 0.0))
    np.testing.assert_allclose(plain, softmax(logits), atol=3e-9)


def test_confidence_agrees_with_a_hand_computed_value() -> None:
    logits = np.log([6.0, 1.0, 1.0])
    assert likeliest_log_odds(logits) == pytest.approx(math.log(3))
    np.testing.assert_allclose(with_confidence(logits, LogisticCurve(2.0, 0.0)), [0.9, 0.05, 0.05])
    # It would be 1/4, and the others 3/8 each: it may not fall below them.
    lowered = with_confidence(logits, LogisticCurve(-0.0 + 1e-9, -math.log(3)))
    np.testing.assert_allclose(lowered, [1 / 3, 1 / 3, 1 / 3], atol=1e-6)
    assert lowered.argmax() == 0


thresholds7 = st.tuples(*[st.floats(0, 1)] * 7)


@some
@given(logits7, st.floats(0.05, 20), thresholds7)
def test_the_prediction_set_is_led_by_the_likeliest_and_holds_all_above_their_thresholds(
    logits: Logits, temperature: float, thresholds: tuple[float, ...]
) -> None:
    read = read_diagnosis(
        logits, dataclasses.replace(PLAIN, temperature=temperature, set_thresholds=thresholds)
    )
    assert tuple(read.probabilities) == CODES
    assert sum(read.probabilities.values()) == pytest.approx(1)
    assert read.probabilities[read.prediction_set[0]] == max(read.probabilities.values())
    assert read.prediction_set[0] == read.likeliest
    assert set(read.prediction_set[1:]) == {
        code for code, t in zip(CODES, thresholds, strict=True) if read.probabilities[code] >= t
    } - {read.likeliest}
    shares = [read.probabilities[code] for code in read.prediction_set]
    assert shares == sorted(shares, reverse=True)
    assert read.coverage == PLAIN.set_coverage
    assert set(read.never_excluded) == {c for c, t in zip(CODES, thresholds, strict=True) if t == 0}
    assert set(read.never_excluded) <= set(read.prediction_set)


@some
@given(logits7, thresholds7, thresholds7)
def test_the_prediction_set_grows_as_thresholds_fall(
    logits: Logits, some: tuple[float, ...], others: tuple[float, ...]
) -> None:
    lower = tuple(map(min, some, others))
    small = read_diagnosis(logits, dataclasses.replace(PLAIN, set_thresholds=some)).prediction_set
    large = read_diagnosis(logits, dataclasses.replace(PLAIN, set_thresholds=lower)).prediction_set
    assert set(small) <= set(large)


def test_a_set_is_never_empty_and_may_hold_all() -> None:
    for threshold, size in ((1.0, 1), (0.0, 7)):
        tuned = dataclasses.replace(PLAIN, set_thresholds=(threshold,) * 7)
        assert len(read_diagnosis(np.arange(7.0), tuned).prediction_set) == size


def test_the_mixture_travels_with_the_probabilities() -> None:
    tuned = dataclasses.replace(PLAIN, mixture=(0.1, 0.0, 0.0, 0.0, 0.2, 0.7, 0.0))
    assert read_diagnosis(np.zeros(7), tuned).mixture == dict(zip(CODES, tuned.mixture, strict=True))


@pytest.mark.parametrize(("logit", "name"), [(-2.0, "dermoscopic"), (2.0, "clinical")])
def test_the_modality_is_the_likelier_one(logit: float, name: str) -> None:
    found = read_modality(logit, calibrations_from(calibration()))
    assert found.name == name
    assert found.clinical_probability == pytest.approx(1 / (1 + math.exp(-logit)))


@pytest.mark.parametrize("other", ["dermoscopic", "clinical"])
def test_where_one_modality_is_known_it_is_said_not_to_be_recognised(other: str) -> None:
    only = calibrations_from(calibration() | {"modality": None, other: None})
    found = read_modality(50.0, only)
    assert found.name != other
    assert (found.clinical_probability, found.in_doubt) == (None, False)


@given(st.floats(0.001, 0.999))
def test_a_modality_is_in_doubt_where_neither_is_likely_enough(clinical: float) -> None:
    found = read_modality(math.log(clinical / (1 - clinical)), calibrations_from(calibration()))
    assert found.clinical_probability == pytest.approx(clinical)
    assert found.clinical_probability is not None
    likelier = max(found.clinical_probability, 1 - found.clinical_probability)
    assert found.in_doubt == (likelier < MODALITY_SURE)


@given(logits7, st.floats(0.001, 0.999))
def test_a_photograph_in_doubt_is_never_read_as_more_harmless_than_by_either_calibration(
    logits: Logits, clinical: float
) -> None:
    both = calibrations_from(calibration())
    found = read_lesion(logits, ModalityRead("dermoscopic", clinical, in_doubt=True), both)
    assert found
    diagnosis, malignancy = found
    each = [calibration for calibration in both.by_modality.values() if calibration]
    alone = [read_diagnosis(logits, one) for one in each]
    assert set(diagnosis.prediction_set) >= {code for read in alone for code in read.prediction_set}
    assert diagnosis.prediction_set[0] == diagnosis.likeliest
    assert malignancy.probability == max(read_malignancy(logits, one).probability for one in each)
    assert sum(diagnosis.probabilities.values()) == pytest.approx(1)
    assert sum(diagnosis.mixture.values()) == pytest.approx(1)
    for code in CODES:
        shares = sorted(read.probabilities[code] for read in alone)
        assert shares[0] - 1e-12 <= diagnosis.probabilities[code] <= shares[1] + 1e-12
    assert set(diagnosis.never_excluded) == {code for read in alone for code in read.never_excluded}


def test_either_modality_weighs_as_much_as_it_is_likely() -> None:
    both = calibrations_from(calibration())
    logits = np.arange(7.0)
    found = read_lesion(logits, ModalityRead("dermoscopic", 0.25, in_doubt=True), both)
    by = both.by_modality
    assert by["clinical"]
    assert by["dermoscopic"]
    assert found
    wanted = (
        0.25 * class_probabilities(logits, by["clinical"])[NV]
        + 0.75 * class_probabilities(logits, by["dermoscopic"])[NV]
    )
    assert found[0].probabilities["nv"] == pytest.approx(wanted)


@pytest.mark.parametrize("name", ["dermoscopic", "clinical"])
def test_a_modality_that_is_sure_is_read_with_its_own_calibration_alone(name: ModalityName) -> None:
    both = calibrations_from(calibration())
    own = both.by_modality[name]
    assert own
    found = read_lesion(np.arange(7.0), ModalityRead(name, 0.9), both)
    assert found == (read_diagnosis(np.arange(7.0), own), read_malignancy(np.arange(7.0), own))


def test_what_has_no_calibration_is_not_read() -> None:
    only = calibrations_from(calibration() | {"clinical": None})
    assert read_lesion(np.zeros(7), ModalityRead("clinical", 0.9), only) is None
    assert read_lesion(np.zeros(7), ModalityRead("dermoscopic", 0.3, in_doubt=True), only) is None
    assert read_lesion(np.zeros(7), ModalityRead("dermoscopic", 0.1), only)


def test_a_presence_without_a_curve_has_no_probability() -> None:
    curves = {"hair": LogisticCurve(2.0, 1.0), "ink": None}
    found = read_presence(np.array([1.0, 5.0]), curves)
    assert found == {"hair": pytest.approx(1 / (1 + math.exp(-3))), "ink": None}


@some
@given(logits7, st.sampled_from([BCC, MEL]), st.floats(0.01, 20))
def test_malignancy_rises_with_a_malignant_logit(logits: Logits, which: int, step: float) -> None:
    raised = logits.copy()
    raised[which] += step
    assert read_malignancy(raised, PLAIN).probability >= read_malignancy(logits, PLAIN).probability


def test_malignancy_rises_visibly_and_falls_with_a_benign_logit() -> None:
    logits = np.zeros(7)
    plain = read_malignancy(logits, PLAIN).probability
    for which, sign in ((BCC, 1), (MEL, 1), (NV, -1)):
        raised = logits.copy()
        raised[which] += 2
        assert sign * (read_malignancy(raised, PLAIN).probability - plain) > 0.1


def test_malignancy_agrees_with_a_hand_computed_value() -> None:
    # Two malignant against four benign classes, all alike: odds 1/2.
    assert malignant_log_odds(np.zeros(7)) == pytest.approx(math.log(0.5))
    assert read_malignancy(np.zeros(7), PLAIN).probability == pytest.approx(1 / 3)
    curved = dataclasses.replace(PLAIN, malignancy=LogisticCurve(2.0, math.log(4)))
    assert read_malignancy(np.zeros(7), curved).probability == pytest.approx(0.5)


@some
@given(logits7, st.floats(-100, 100))
def test_malignancy_does_not_change_with_a_common_constant(logits: Logits, constant: float) -> None:
    one, other = read_malignancy(logits, PLAIN), read_malignancy(logits + constant, PLAIN)
    assert other.probability == pytest.approx(one.probability, abs=1e-9)
    # Within the lead of the likeliest, which may change between equal ones.
    assert other.indeterminate == pytest.approx(one.indeterminate, abs=3e-9)


@some
@given(logits7, st.floats(-30, 30))
def test_actinic_keratosis_stands_apart_from_the_odds(logits: Logits, akiec: float) -> None:
    other = logits.copy()
    other[AKIEC] = akiec
    assert malignant_log_odds(other) == malignant_log_odds(logits)
    assert read_malignancy(other, PLAIN).probability == read_malignancy(logits, PLAIN).probability
    assert read_malignancy(other, PLAIN).indeterminate == pytest.approx(
        read_diagnosis(other, PLAIN).probabilities["akiec"]
    )


@some
@given(wild7)
def test_extreme_logits_never_fail(logits: Logits) -> None:
    read = read_malignancy(logits.astype(np.float32), PLAIN)
    assert 0 <= read.probability <= 1
    assert 0 <= read.indeterminate <= 1
    assert all(0 <= p <= 1 for p in read_diagnosis(logits.astype(np.float32), PLAIN).probabilities.values())


@some
@given(arrays.arrays(np.float64, (5, 7), elements=st.floats(-30, 30)))
def test_log_odds_of_many_images_are_those_of_each(logits: Logits) -> None:
    np.testing.assert_allclose(malignant_log_odds(logits), [malignant_log_odds(row) for row in logits])


LOGITS = sum(map(len, CHECKLIST.values()))


@given(st.lists(st.floats(-20, 20), min_size=LOGITS, max_size=LOGITS), st.floats(0.1, 10))
def test_each_criterion_has_probabilities_of_its_own_that_sum_to_1(
    logits: list[float], temperature: float
) -> None:
    calibrations = {
        criterion: CriterionCalibration(temperature, (0.0,) * len(names), 10)
        for criterion, names in CHECKLIST.items()
    }
    found = read_checklist(np.array(logits), calibrations)
    start = 0
    for criterion, names in CHECKLIST.items():
        probabilities = found[criterion]
        assert probabilities
        assert tuple(probabilities) == names
        assert sum(probabilities.values()) == pytest.approx(1)
        own = logits[start : start + len(names)]
        assert probabilities[names[int(np.argmax(own))]] == max(probabilities.values())
        start += len(names)


def test_a_criterion_s_bias_makes_its_category_likelier_and_none_is_not_told() -> None:
    calibrations: dict[str, CriterionCalibration | None] = dict.fromkeys(CHECKLIST)
    calibrations["streaks"] = CriterionCalibration(1.0, (0.0, 0.0, 2.0), 10)
    found = read_checklist(np.zeros(LOGITS), calibrations)
    assert found["streaks"]
    assert found["streaks"]["irregular"] == pytest.approx(np.exp(2) / (2 + np.exp(2)))
    assert found["pigment_network"] is None

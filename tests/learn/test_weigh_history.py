"""Weighing age, sex and site: what is in the data is found, what only a source brings is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from augderm.domain.assessment import ModelName
from augderm.domain.together import Gain
from augderm.evidence.together import SITE_GROUPS, Weights, shipped_weights
from augderm.learn.records import Record
from augderm.learn.weigh_history import (
    GROUPS,
    LEAST_MALIGNANT,
    PARTS,
    YOUNGEST,
    Fitted,
    Shape,
    Told,
    cross_fitted,
    fit,
    log_losses,
    told_of,
    youngest_with,
)

COUNT = 6000
AGE_ALONE = Shape(("age_years",), (), 1.0)


def drawn(
    *, per_decade: float = 0.0, male: float = 0.0, head: float = 0.0, other_source: float = 0.0, seed: int = 7
) -> Told:
    """Images whose malignancy follows from their log-odds and what is asked for, in two sources.

    The older half is of the second source, whose lesions are malignant more often by `other_source`.
    Age counts from `YOUNGEST` on.
    """
    rng = np.random.default_rng(seed)
    age = (5 * rng.integers(4, 18, COUNT)).astype(np.float64)
    sex = rng.choice(["female", "male"], COUNT)
    site = rng.choice(GROUPS, COUNT)
    second = age + rng.normal(0, 8, COUNT) > 55
    log_odds = rng.normal(-1, 2, COUNT)
    aged = per_decade * (np.maximum(age, YOUNGEST) - 55) / 10
    truth = log_odds + aged + male * (sex == "male") + head * (site == "head_and_neck")
    return Told(
        log_odds=log_odds,
        malignant=rng.random(COUNT) < special.expit(truth + other_source * second),
        age=age,
        sex=sex,
        site=site,
        source=np.where(second, "second", "first"),
        group=np.arange(COUNT).astype(str),
    )


def slope_per_decade(fitted: Fitted) -> float:
    assert fitted.age_years
    (young, low), (old, high) = fitted.age_years[0], fitted.age_years[-1]
    return 10 * (high - low) / (old - young)


def test_planted_parts_are_found() -> None:
    fitted = fit(drawn(per_decade=0.4, male=0.6, head=1.0), Shape(PARTS, (), 0.1))
    assert slope_per_decade(fitted) == pytest.approx(0.4, abs=0.08)
    assert fitted.sex
    assert fitted.sex["male"] - fitted.sex["female"] == pytest.approx(0.6, abs=0.15)
    assert fitted.site
    others = [fitted.site[group] for group in GROUPS if group != "head_and_neck"]
    assert fitted.site["head_and_neck"] - np.mean(others) == pytest.approx(1.0, abs=0.2)


def test_a_source_that_holds_more_malignant_lesions_of_old_people_teaches_nothing_of_age() -> None:
    told = drawn(other_source=2.0)
    assert slope_per_decade(fit(told, AGE_ALONE)) == pytest.approx(0.0, abs=0.06)
    merged = replace(told, source=np.full(COUNT, "one"))
    assert slope_per_decade(fit(merged, AGE_ALONE)) > 0.25  # what it would have learned


def test_a_knot_bends_the_curve() -> None:
    told = drawn()
    rng = np.random.default_rng(3)
    truth = told.log_odds + 0.8 * np.maximum(told.age - 50, 0) / 10
    bent = replace(told, malignant=rng.random(COUNT) < special.expit(truth), source=np.full(COUNT, "one"))
    fitted = fit(bent, Shape(("age_years",), (50.0,), 0.1))
    assert fitted.age_years
    (_, at_20), (knot, at_50), (_, at_85) = fitted.age_years
    assert knot == 50
    assert at_50 - at_20 == pytest.approx(0.0, abs=0.35)
    assert at_85 - at_50 == pytest.approx(0.8 * 3.5, abs=0.5)


def test_each_part_leaves_the_mean_probability_as_it_was() -> None:
    told = drawn(per_decade=0.5, male=1.0, head=1.5)
    before = special.expit(told.log_odds).mean()
    for part in PARTS:
        shift = fit(told, Shape((part,))).shift(told)
        assert np.abs(shift).max() > 0.1
        assert special.expit(told.log_odds + shift).mean() == pytest.approx(before, abs=1e-6)


def test_unknown_shifts_nothing_and_hides_no_known_part() -> None:
    told = drawn(per_decade=0.4, male=0.6)
    fitted = fit(told, Shape())
    nobody = replace(told, age=np.full(COUNT, np.nan), sex=np.full(COUNT, ""), site=np.full(COUNT, ""))
    assert not fitted.shift(nobody).any()
    only_age = replace(told, sex=np.full(COUNT, ""), site=np.full(COUNT, ""))
    assert fitted.age_years
    years, odds = np.array(fitted.age_years).T
    assert fitted.shift(only_age) == pytest.approx(np.interp(told.age, years, odds))


def test_images_of_unknown_age_teach_nothing_of_age() -> None:
    told = drawn(per_decade=0.4)
    unknown = np.arange(COUNT) % 2 == 0
    age = np.where(unknown, np.nan, told.age)
    # Every lesion of unknown age malignant: what is missing must not become an age.
    odd = replace(told, age=age, malignant=told.malignant | unknown, source=np.where(unknown, "a", "b"))
    assert slope_per_decade(fit(odd, AGE_ALONE)) == pytest.approx(0.4, abs=0.1)


def test_a_part_that_is_not_looked_at_is_none() -> None:
    fitted = fit(drawn(), AGE_ALONE)
    assert (fitted.sex, fitted.site) == (None, None)
    nothing = fit(drawn(), Shape(()))
    assert nothing.age_years is None
    assert not nothing.shift(drawn()).any()


def test_a_greater_penalty_holds_back() -> None:
    told = drawn(per_decade=0.4)
    slopes = [slope_per_decade(fit(told, Shape(("age_years",), (), p))) for p in (1, 1e3, 1e6)]
    assert slopes[0] > slopes[1] > slopes[2] > 0
    assert slopes[2] < 0.02


def test_no_image_is_joined_by_what_its_own_group_taught() -> None:
    told = drawn(per_decade=0.4)
    told = replace(told, group=np.array([f"{i // 3}" for i in range(COUNT)]))
    of_it = told.group == "17"
    turned = replace(told, malignant=np.where(of_it, ~told.malignant, told.malignant))
    one, other = (cross_fitted(each, AGE_ALONE) for each in (told, turned))
    assert (one[of_it] == other[of_it]).all()
    assert (one != other).any()


def test_what_is_measured_is_what_is_shown() -> None:
    told = drawn(per_decade=0.4, male=0.5)
    fitted = fit(told, Shape(PARTS, (45.0, 65.0)))
    weights = Weights(
        ModelName("toy", "1", "ab" * 32), fitted.age_years, fitted.sex, fitted.site, Gain(1, 1, {})
    )
    by_hand = [
        (weights.of_age(age) or 0.0) + (weights.sex or {})[sex] + (weights.site or {})[site]
        for age, sex, site in zip(told.age, told.sex, told.site, strict=True)
    ]
    assert fitted.shift(told) == pytest.approx(np.array(by_hand))


def test_records_are_told_as_their_sources_write_them() -> None:
    record = Record(
        folder=Path(), image="a.jpg", dataset="isic2018", group="g", fold=4, aspect=1.0, label=4,
        malignant=True, age_years=55.0, sex="male", site="posterior torso",
    )  # fmt: skip
    bare = replace(record, dataset="ham10000", malignant=False, age_years=None, sex=None, site="unknown")
    told = told_of([record, bare], np.array([0.5, 0.2]))
    assert told.log_odds == pytest.approx([0.0, np.log(0.25)])
    assert told.malignant.tolist() == [True, False]
    assert told.source.tolist() == ["isic2017", "ham10000"]
    assert (told.sex.tolist(), told.site.tolist()) == (["male", ""], ["trunk", ""])
    assert told.age[0] == 55
    assert np.isnan(told.age[1])
    sites = ["lower extremity", "palms/soles", "genital", "head/neck", "acral", *SITE_GROUPS]
    found = told_of(
        [replace(record, site=site.replace("_", " ")) for site in sites], np.full(len(sites), 0.5)
    )
    assert found.site.tolist() == ["lower_extremity", "", "", "head_and_neck", "", *SITE_GROUPS.values()]


def test_log_losses_by_hand() -> None:
    odds = np.log([3.0, 3.0])
    assert log_losses(np.array([True, False]), odds) == pytest.approx(-np.log([0.75, 0.25]))


def test_the_curve_starts_where_malignant_lesions_enough_are_as_young() -> None:
    told = drawn()
    ages = np.sort(told.age[told.malignant])
    assert youngest_with(told) == ages[LEAST_MALIGNANT - 1]
    assert youngest_with(told, 1) == ages[0]
    unknown = replace(told, age=np.where(told.malignant, np.nan, told.age))
    with pytest.raises(ValueError, match="0 malignant lesions of known age"):
        youngest_with(unknown)


def test_the_absence_of_malignant_lesions_among_the_youngest_takes_nothing_from_them_alone() -> None:
    told = drawn()
    spared = replace(told, malignant=told.malignant & (told.age >= 30))
    fitted = fit(spared, AGE_ALONE)
    assert fitted.age_years
    assert fitted.age_years[0][0] == YOUNGEST
    young = replace(told.rows(np.arange(3)), age=np.array([5.0, 25.0, YOUNGEST]))
    assert np.ptp(fitted.shift(young)) == 0


def test_the_shipped_curve_holds_one_value_for_all_the_young() -> None:
    weights = shipped_weights()
    assert weights.age_years
    assert weights.age_years[0][0] == YOUNGEST
    assert weights.of_age(5) == weights.of_age(20) == weights.of_age(YOUNGEST)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_known_of_no_image_is_left_out_and_the_others_are_found(part: str) -> None:
    told = drawn(per_decade=0.3, male=0.6)
    blank = np.full(COUNT, np.nan) if part == "age_years" else np.full(COUNT, "")
    named = {"age_years": "age"}.get(part, part)
    fitted = fit(replace(told, **{named: blank}), Shape())
    without = fit(told, Shape(tuple(each for each in PARTS if each != part)))
    assert getattr(fitted, part) is None
    for each in PARTS:
        assert getattr(fitted, each) == getattr(without, each)


def test_where_nothing_is_known_nothing_is_added() -> None:
    unknown = np.full(COUNT, "")
    told = replace(drawn(), age=np.full(COUNT, np.nan), sex=unknown, site=unknown)
    fitted = fit(told, Shape())
    assert [getattr(fitted, part) for part in PARTS] == [None] * len(PARTS)
    assert cross_fitted(told, Shape()) == pytest.approx(told.log_odds)


def test_a_record_that_is_neither_benign_nor_malignant_is_refused_by_name() -> None:
    record = Record(
        folder=Path(), image="odd.jpg", dataset="d", group="g", fold=4, aspect=1.0, label=None, malignant=None
    )
    with pytest.raises(ValueError, match=r"1 of 1 records .*odd.*leave them out"):
        told_of([record], np.array([0.5]))

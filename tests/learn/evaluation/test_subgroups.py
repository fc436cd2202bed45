"""Figures by subgroup, and small groups that say so."""

from __future__ import annotations

import dataclasses

import pytest

from augderm.learn.evaluation.cases import Case
from augderm.learn.evaluation.subgroups import UNKNOWN, Subgroup, subgroups
from support.cases import abstained, case_of_code, many, record_of


def groups_of(found: list[Subgroup], trait: str) -> dict[str, Subgroup]:
    return {group.value: group for group in found if group.trait == trait}


def with_facts(case: Case, **facts: object) -> Case:
    return dataclasses.replace(case, record=dataclasses.replace(case.record, **facts))  # type: ignore[arg-type]


def test_the_groups_of_a_trait_hold_every_case_once() -> None:
    cases = many(200)
    found = subgroups(cases, replicates=20)
    for trait in ("age", "sex", "site", "label confirmed by", "skin tone (ITA, estimated)", "artefact: hair"):
        assert sum(group.images for group in groups_of(found, trait).values()) == 200, trait
    assert list(groups_of(found, "sex")) == ["female", "male", UNKNOWN]


def test_a_group_is_judged_by_its_own_cases_alone() -> None:
    # A dataset that is read well on the back and upside down on the face.
    back = [
        case_of_code(i, "mel" if i % 2 else "nv", "mel" if i % 2 else "nv", 0.9 if i % 2 else 0.1)
        for i in range(40)
    ]
    face = [
        case_of_code(i, "mel" if i % 2 else "nv", "nv" if i % 2 else "mel", 0.1 if i % 2 else 0.9)
        for i in range(40)
    ]
    cases = [with_facts(c, site="back") for c in back] + [with_facts(c, site="face") for c in face]
    sites = groups_of(subgroups(cases, replicates=20), "site")
    assert sites["back"].melanoma_auc is not None
    assert sites["face"].melanoma_auc is not None
    assert sites["face"].melanoma_recall is not None
    assert sites["back"].melanoma_auc.value == 1
    assert sites["face"].melanoma_auc.value == 0
    assert sites["face"].melanoma_recall.value == 0


@pytest.mark.parametrize(("melanomas", "others"), [(4, 40), (40, 4), (6, 13)])
def test_a_small_group_says_so_instead_of_a_number(melanomas: int, others: int) -> None:
    cases = [with_facts(case_of_code(i, "mel", "mel", 0.9), sex="female") for i in range(melanomas)]
    cases += [with_facts(case_of_code(100 + i, "nv", "nv", 0.1), sex="female") for i in range(others)]
    group = groups_of(subgroups(cases, replicates=20), "sex")["female"]
    assert group.melanoma_auc is None
    assert (group.images, group.melanomas) == (melanomas + others, melanomas)


def test_twenty_pictures_of_four_lesions_are_a_small_group() -> None:
    cases = [with_facts(case_of_code(i, "mel", "mel", 0.9), sex="male", group=f"g{i % 4}") for i in range(20)]
    cases += [with_facts(case_of_code(100 + i, "nv", "nv", 0.1), sex="male") for i in range(40)]
    group = groups_of(subgroups(cases, replicates=20), "sex")["male"]
    assert group.melanoma_auc is group.melanoma_recall is group.melanoma_found is None
    assert group.accuracy is not None


def test_a_subgroup_tells_its_melanomas_that_were_not_read() -> None:
    cases = [with_facts(case_of_code(i, "mel", "mel", 0.9), sex="male") for i in range(5)]
    cases += [with_facts(case_of_code(100 + i, "nv", "nv", 0.1), sex="male") for i in range(40)]
    cases += [with_facts(abstained(200 + i, "mel"), sex="male") for i in range(45)]
    group = groups_of(subgroups(cases, replicates=20), "sex")["male"]
    assert (group.melanomas, group.melanomas_not_read) == (5, 45)
    assert group.melanoma_recall is not None
    assert group.melanoma_found is not None
    assert group.melanoma_recall.value == 1
    assert group.melanoma_found.value == pytest.approx(0.1)


def test_images_that_were_not_read_are_counted_apart() -> None:
    cases = [with_facts(case_of_code(i, "nv", "nv", 0.1), sex="male") for i in range(3)]
    cases.append(with_facts(abstained(9, "mel"), sex="male"))
    group = groups_of(subgroups(cases, replicates=20), "sex")["male"]
    assert group.images == 3
    assert group.not_read == 0.25
    assert (group.melanomas, group.melanomas_not_read) == (0, 1)


def test_a_trait_that_nobody_recorded_is_left_out() -> None:
    assert subgroups([case_of_code(0, "nv", "nv", 0.1)], replicates=20) == []


def test_a_pair_of_skin_types_is_a_group_of_its_own() -> None:
    pair, single = (
        case_of_code(row, "nv", "nv", 0.1, record=record_of(row, 5, skin_type=kind))
        for row, kind in enumerate(((1, 2), 2))
    )
    groups = [group for group in subgroups([pair, single]) if group.trait == "skin type (Fitzpatrick)"]
    assert [(group.value, group.images) for group in groups] == [("II", 1), ("I or II", 1)]


def test_a_recorded_skin_type_is_not_estimated_again() -> None:
    typed = case_of_code(0, "nv", "nv", 0.1, record=record_of(0, 5, skin_type=5), ita_deg=60.0)
    estimated = case_of_code(1, "nv", "nv", 0.1, ita_deg=-40.0)
    found = subgroups([typed, estimated], replicates=20)
    assert {v: g.images for v, g in groups_of(found, "skin type (Fitzpatrick)").items()} == {
        "V": 1,
        UNKNOWN: 1,
    }
    assert {v: g.images for v, g in groups_of(found, "skin tone (ITA, estimated)").items()} == {"dark": 1}


@pytest.mark.parametrize(
    ("age", "band"),
    [(29.9, "0 to 29 years"), (30.0, "30 to 44 years"), (90.0, "75 years and more"), (None, UNKNOWN)],
)
def test_an_age_falls_into_its_band(age: float | None, band: str) -> None:
    cases = [with_facts(case_of_code(0, "nv", "nv", 0.1), age_years=age), *many(10)]
    found = groups_of(subgroups(cases, replicates=20), "age")
    others = groups_of(subgroups(many(10), replicates=20), "age")
    assert found[band].images == 1 + (others[band].images if band in others else 0)

"""Figures that stand on too few patients or lesions."""

from __future__ import annotations

import dataclasses

import numpy as np

from augderm.learn.evaluation.cases import Case, Columns
from augderm.learn.evaluation.few import shares, too_few
from augderm.learn.evaluation.figures import weighted_figures
from support.cases import case_of_code, many, record_of


def of_group(case: Case, group: str) -> Case:
    return dataclasses.replace(case, record=dataclasses.replace(case.record, group=group))


def test_five_pictures_of_one_lesion_are_one_case() -> None:
    melanomas = [case_of_code(i, "mel", "mel", 0.9) for i in range(5)]
    others = [case_of_code(100 + i, "nv", "nv", 0.1) for i in range(30)]
    told = {"recall mel", "melanoma AUC", "coverage mel", "AUC mel", "malignancy AUC (akiec left out)"}
    assert not told & too_few(Columns.of([*melanomas, *others]))
    assert told <= too_few(Columns.of([*(of_group(case, "one") for case in melanomas), *others]))


def test_of_hardly_any_patients_nothing_is_told() -> None:
    cases = [of_group(case, str(number % 3)) for number, case in enumerate(many(90))]
    columns = Columns.of(cases)
    assert too_few(columns) == {*weighted_figures(columns, np.ones((1, len(cases))))}


def test_a_mean_over_classes_wants_some_cases_of_each_that_occurs() -> None:
    nevi = [case_of_code(100 + i, "nv", "nv", 0.1) for i in range(30)]
    means = {"mean class recall", "mean class AUC", "mean class recall, not read counted as missed"}
    for melanomas, few in ((0, frozenset[str]()), (2, means), (5, frozenset[str]())):
        cases = [*nevi, *(case_of_code(i, "mel", "mel", 0.9) for i in range(melanomas))]
        assert too_few(Columns.of(cases)) & means == few


def test_of_many_patients_everything_is_told() -> None:
    assert too_few(Columns.of(many(400))) == frozenset()


def test_without_a_case_an_area_of_a_structure_is_too_few_and_so_is_their_mean() -> None:
    cases = [*many(400), case_of_code(999, "nv", "nv", 0.1, record=record_of(999, 5))]
    cases = [
        dataclasses.replace(
            case,
            record=dataclasses.replace(case.record, structures={**case.record.structures, "globules": True}),
        )
        for case in cases
    ]
    assert too_few(Columns.of(cases)) == {"structure AUC globules", "structures mean AUC"}


def test_what_is_called_a_share_is_the_mean_of_yes_and_no_over_its_cases() -> None:
    """Hence Wilson's interval holds for it: a case alone gives 0 or 1, or nothing where it is none of it."""
    columns = Columns.of(many(60))
    found = weighted_figures(columns, np.eye(len(columns)))
    for name, chosen in shares(columns).items():
        assert set(found[name][chosen]) <= {0.0, 1.0}, name
        assert np.isnan(found[name][~chosen]).all(), name

"""The seven diagnoses: their codes, order and behaviour are part of every stored result."""

from __future__ import annotations

from typing import get_args

from augderm.domain.taxonomy import BY_CODE, CODES, DIAGNOSES, Behaviour, codes_behaving


def test_the_codes_are_those_of_ham10000_in_the_order_of_the_network() -> None:
    assert CODES == ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")


def test_every_code_finds_its_diagnosis() -> None:
    assert tuple(BY_CODE) == CODES
    for code, diagnosis in BY_CODE.items():
        assert diagnosis.code == code
        assert diagnosis.name
    assert len({diagnosis.name for diagnosis in DIAGNOSES}) == len(CODES)


def test_melanoma_and_basal_cell_carcinoma_are_malignant() -> None:
    assert codes_behaving("malignant") == ("bcc", "mel")


def test_actinic_keratosis_is_neither_malignant_nor_benign() -> None:
    assert codes_behaving("indeterminate") == ("akiec",)


def test_every_diagnosis_behaves_in_exactly_one_way() -> None:
    every = [code for behaviour in get_args(Behaviour) for code in codes_behaving(behaviour)]
    assert sorted(every) == sorted(CODES)

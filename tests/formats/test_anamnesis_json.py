"""The anamnesis as JSON: nothing is lost, and what is of no question is refused with the nearest name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.anamnesis import Anamnesis, LesionStory, Person
from augderm.domain.errors import AugDermError, InvalidAnamnesis
from augderm.formats.anamnesis_json import (
    ANAMNESIS_SCHEMA_FILE,
    anamnesis_from_object,
    anamnesis_schema,
    anamnesis_to_object,
    read_anamnesis_json,
)
from support.answers import ANAMNESES

VALIDATOR = jsonschema.Draft202012Validator(json.loads(ANAMNESIS_SCHEMA_FILE.read_text()))


def test_the_published_schema_is_that_of_the_questions() -> None:
    assert json.loads(ANAMNESIS_SCHEMA_FILE.read_text()) == anamnesis_schema()
    jsonschema.Draft202012Validator.check_schema(anamnesis_schema())


@given(ANAMNESES)
def test_writing_and_reading_gives_the_same_and_fits_the_schema(told: Anamnesis) -> None:
    written = json.loads(json.dumps(anamnesis_to_object(told)))
    VALIDATOR.validate(written)
    again = anamnesis_from_object(written)
    if "\\" not in repr(told.lesion.worry):  # a lone surrogate is spelt out
        assert again == told
    assert anamnesis_to_object(again) == written


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from(["schema", "answered_on", "person", "lesion"]),
)
def test_any_other_json_is_refused_or_read_and_never_breaks(value: Any, key: str) -> None:
    try:
        anamnesis_from_object({key: value})
    except InvalidAnamnesis:
        return
    assert value in (None, {}) or key in ("schema", "answered_on")


def test_what_the_schema_refuses_the_reader_refuses() -> None:
    wrong: dict[str, Any]
    for wrong in (
        {"person": {"age_years": -1}},
        {"person": {"age": 40}},
        {"lesion": {"diameter_mm": 0}},
        {"lesion": {"itch": "unknown"}},
        {"answered_on": "yesterday"},
        {"schema": "augderm.anamnesis/2"},
        {"person": []},
    ):
        assert not VALIDATOR.is_valid(wrong)
        with pytest.raises(InvalidAnamnesis):
            anamnesis_from_object(wrong)


def test_left_out_is_unknown_and_whole_numbers_may_have_a_point() -> None:
    assert anamnesis_from_object({}) == Anamnesis()
    told = anamnesis_from_object({"person": {"skin_type": 2.0}, "lesion": {"itch": False}})
    assert told == Anamnesis(person=Person(skin_type=2), lesion=LesionStory(itch=False))


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidAnamnesis, match='"ulcerated" is the nearest'):
        anamnesis_from_object({"lesion": {"ulceration": True}})
    with pytest.raises(InvalidAnamnesis, match="known are age_years"):
        anamnesis_from_object({"person": {"\u202ezzz": 1}})


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{", b"\xff\xfe", b'{"person": {"pregnant": true, "pregnant": false}}', b"[" * 100_000,
        b'{"lesion": {"diameter_mm": 1e999}}', b'{"lesion": {"diameter_mm": NaN}}', b'{"who": 1}',
        b'{"person": {"age_years": ' + b"9" * 5000 + b"}}", b'{"person": {"age_years": ' + b"9" * 400 + b"}}",
        b'{"person": {"skin_type": ' + b"9" * 400 + b"}}",
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(data)
    with pytest.raises(AugDermError, match=r"answers\.json"):
        read_anamnesis_json(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    told = Anamnesis(answered_on="2026-11", person=Person(sex="female"), lesion=LesionStory(worry="Ärger"))
    path.write_text(json.dumps(anamnesis_to_object(told)), encoding="utf-8")
    assert read_anamnesis_json(path) == told

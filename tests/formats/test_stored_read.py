"""What a stored read says of its kind of photograph, also one of an earlier version."""

from __future__ import annotations

from typing import Any

import pytest

from augderm.formats.stored_read import READ_AS_ONE, is_outdated, kind_in_doubt, notes_of


def read(clinical: float | None, **changes: Any) -> dict[str, Any]:
    """Of an earlier version, unless `in_doubt` is given."""
    name = "clinical" if clinical is not None and clinical > 0.5 else "dermoscopic"
    told = {"in_doubt": changes.pop("in_doubt")} if "in_doubt" in changes else {}
    return {"status": "ok", "modality": {"name": name, "clinical_probability": clinical, **told}, **changes}


def joined(*photographs: dict[str, Any]) -> dict[str, Any]:
    return read(0.01, photographs=list(photographs))


@pytest.mark.parametrize(
    ("clinical", "in_doubt"), [(0.0, False), (0.2, False), (0.21, True), (0.79, True), (0.8, False)]
)
def test_a_read_that_does_not_say_is_judged_by_its_probability(clinical: float, in_doubt: bool) -> None:
    assert kind_in_doubt(read(clinical)) is in_doubt
    assert is_outdated(read(clinical)) is in_doubt
    assert notes_of(read(clinical, notes=["Dark."])) == (["Dark.", READ_AS_ONE] if in_doubt else ["Dark."])


@pytest.mark.parametrize("in_doubt", [True, False])
def test_what_a_read_says_itself_holds(in_doubt: bool) -> None:
    told = read(0.5, in_doubt=in_doubt, notes=["Dark."])
    assert kind_in_doubt(told) is in_doubt
    assert not is_outdated(told)
    assert notes_of(told) == ["Dark."]


def test_of_several_photographs_one_in_doubt_is_enough_if_it_was_used() -> None:
    unused = read(0.5) | {"status": "abstained"}
    assert kind_in_doubt(joined(read(0.01), read(0.5)))
    assert not kind_in_doubt(joined(read(0.01), unused))
    assert is_outdated(joined(read(0.01), read(0.5)))
    assert is_outdated(joined(read(0.01), read(0.99))), "both kinds were joined, and it does not say so"
    assert not is_outdated(joined(read(0.01), read(0.02), unused))


def test_where_nothing_is_known_of_the_kind_there_is_no_doubt_of_it() -> None:
    for nothing in (read(None), {"status": "failed", "modality": None}, {"status": "failed"}):
        assert not kind_in_doubt(nothing)
        assert notes_of(nothing) == []

"""Every error that a person can mend has one root, so that a door may catch them all."""

from __future__ import annotations

import inspect

import pytest

from augderm.domain import errors

CAUSES = [
    cause
    for _, cause in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cause, Exception) and cause is not errors.AugDermError
]


def test_the_causes_are_known() -> None:
    names = {cause.__name__ for cause in CAUSES}
    assert {"InvalidImage", "LimitExceeded", "ModelMismatch", "InvalidConfig", "InvalidDataset"} <= names


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_has_the_one_root_a_meaning_and_its_message(cause: type[Exception]) -> None:
    assert issubclass(cause, errors.AugDermError)
    assert cause.__doc__
    assert str(cause("what, value, limit, remedy")) == "what, value, limit, remedy"


def test_a_program_error_is_not_among_them() -> None:
    assert not issubclass(errors.AugDermError, ValueError | OSError | TypeError)

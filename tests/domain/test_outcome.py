"""Outcomes: each diagnosis has a behaviour, and none is contradicted."""

from __future__ import annotations

import pytest

from augderm.domain.outcome import BEHAVIOURS, OUTCOMES, behaviours_of


@pytest.mark.parametrize("diagnosis", OUTCOMES)
def test_every_diagnosis_has_a_known_behaviour(diagnosis: str) -> None:
    assert set(behaviours_of(diagnosis)) <= set(BEHAVIOURS)
    assert behaviours_of(diagnosis)


def test_malignant_ones_are_never_benign() -> None:
    for diagnosis in ("mel", "bcc", "scc"):
        assert behaviours_of(diagnosis) == ("malignant",)
    assert "benign" not in behaviours_of("akiec"), "actinic keratosis, or Bowen's disease"
    assert behaviours_of("nv") == ("benign",)

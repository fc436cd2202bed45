"""The alert: shown where reader and machine contradict each other, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from augderm.clinic.alerts import alert_of
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS
from augderm.evidence.advice.default import default_policy

POLICY = default_policy()
HIGH, LOW = 0.22, 0.03
"""Of the shipped policy: "malignancy_high" asks for urgent, "malignancy_not_low" for 3 months."""


def read(probability: float, **changes: Any) -> dict[str, Any]:
    return {
        "status": "ok",
        "malignancy": {"probability": probability},
        "modality": {"name": "dermoscopic"},
        "advice": {"rules": []},
        **changes,
    }


@pytest.mark.parametrize(
    ("impression", "management", "probability", "kind"),
    [
        ("nv", "reassure", HIGH, "machine_malignant"),
        ("nv", "soon", 0.9, "machine_malignant"),
        ("nv", "reassure", HIGH - 0.001, None),
        ("nv", "urgent", 0.9, None),
        ("mel", "urgent", LOW - 0.001, "machine_benign"),
        ("bcc", "soon", 0.001, "machine_benign"),
        ("mel", "urgent", LOW, None),
        ("akiec", "soon", 0.001, None),
        ("nv", "monitor_3", HIGH, "machine_malignant"),
        ("mel", "reassure", HIGH, "machine_malignant"),
        ("akiec", "reassure", HIGH, "machine_malignant"),
        ("other", "reassure", HIGH, "machine_malignant"),
        ("other", "monitor_3", HIGH, "machine_malignant"),
        ("other", "reassure", HIGH - 0.001, None),
        ("mel", "soon", 0.9, None),
        ("akiec", "soon", 0.9, None),
        ("other", "soon", 0.9, None),
        ("other", "urgent", 0.9, None),
    ],
)
def test_it_is_shown_from_the_policys_limits_on(
    impression: str, management: str, probability: float, kind: str | None
) -> None:
    found = alert_of(impression, management, [read(probability)], POLICY)
    assert (found.kind if found else None) == kind
    if found:
        assert found.probability == probability
        assert found.limit == (HIGH if kind == "machine_malignant" else LOW)
        assert found.origin


@pytest.mark.parametrize(
    "other",
    [
        None,
        read(0.001, status="abstained"),
        read(0.001, malignancy=None),
        read(0.001, modality={"name": "clinical"}),
        read(0.001, modality={"name": "dermoscopic", "in_doubt": True}),
        read(0.001, modality={"name": "dermoscopic", "clinical_probability": 0.3}),
        read(0.001, advice={"rules": [{"fact": "novel"}]}),
    ],
    ids=["not read yet", "abstained", "nothing said", "clinical", "in doubt", "in doubt, untold", "unlike"],
)
def test_a_machine_that_is_not_sure_of_everything_never_speaks_for_harmless(
    other: dict[str, Any] | None,
) -> None:
    assert alert_of("mel", "urgent", [read(0.001)], POLICY) is not None
    assert alert_of("mel", "urgent", [read(0.001), other], POLICY) is None


def test_one_photograph_is_enough_to_warn_even_beside_one_that_was_not_read() -> None:
    for other in (None, read(0.001), read(0.5, advice={"rules": [{"fact": "novel"}]})):
        assert alert_of("nv", "reassure", [other, read(0.9)], POLICY) is not None


def test_where_the_machine_says_nothing_there_is_no_alert() -> None:
    for impression in IMPRESSIONS:
        for management in MANAGEMENTS:
            assert alert_of(impression, management, [None, read(0, malignancy=None)], POLICY) is None

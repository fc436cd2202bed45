"""Places in memory: the nearest of each patient, as comparing all of them one by one gives them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.nearest import unit
from augderm.clinic.known_cases import Known, place_of

SIZE = 6


def known(patients: list[int], seed: int) -> Known:
    """Random places; every third is a clinical photograph, row 0 and 1 have the same file."""
    vectors = np.random.default_rng(seed).normal(size=(len(patients), SIZE))
    return Known(
        revision=0,
        vectors=np.stack([unit(vector) for vector in vectors]),
        images=tuple(f"image-{row}" for row in range(len(patients))),
        patients=np.array(patients, np.int64),
        numbers={f"patient-{number}": number for number in patients},
        modalities=np.array(["clinical" if row % 3 == 2 else "dermoscopic" for row in range(len(patients))]),
        files={"same": [0, 1]} | {f"file-{row}": [row] for row in range(2, len(patients))},
        unplaced=0,
    )


@settings(max_examples=60)
@given(st.lists(st.integers(0, 7), min_size=2, max_size=60), st.integers(0, 99), st.integers(1, 10))
def test_the_nearest_of_each_patient_come_in_order(patients: list[int], seed: int, count: int) -> None:
    held = known(patients, seed)
    query = unit(np.random.default_rng(seed + 1).normal(size=SIZE))
    allowed = held.comparable("dermoscopic", "patient-3", "none")
    distances = 1 - held.vectors.astype(float) @ query
    best: dict[int, float] = {}
    for row in np.flatnonzero(allowed):
        number = patients[row]
        best[number] = min(best.get(number, 9.0), distances[row])
    found = held.nearest(query, count, allowed)
    assert found.distances.tolist() == pytest.approx(sorted(best.values())[:count], abs=1e-5)
    assert len({patients[row] for row in found.rows}) == len(found.rows)
    assert held.patients_of(allowed) == len(best)


def test_neither_the_same_patient_nor_who_has_the_same_file_is_compared() -> None:
    held = known([0, 1, 2, 2, 3, 1, 4], 0)
    assert np.flatnonzero(held.comparable("dermoscopic", "patient-4", "none")).tolist() == [0, 1, 3, 4]
    assert np.flatnonzero(held.comparable("dermoscopic", "patient-4", "same")).tolist() == [3, 4]
    assert np.flatnonzero(held.comparable("dermoscopic", "nobody", "file-4")).tolist() == [0, 1, 3, 6]
    assert np.flatnonzero(held.comparable("clinical", "patient-2", "none")).tolist() == [5]


def test_an_empty_clinic_has_no_nearest() -> None:
    held = Known(0, np.zeros((0, 1), np.float32), (), np.zeros(0, np.int64), {}, np.zeros(0, np.str_), {}, 0)
    allowed = held.comparable("dermoscopic", "patient", "file")
    assert held.nearest(unit(np.ones(SIZE)), 10, allowed).rows.tolist() == []
    assert held.patients_of(allowed) == 0


@pytest.mark.parametrize("stored", [None, b"", b"\0" * 16, np.array([1, np.nan], "<f4").tobytes()])
def test_an_embedding_without_direction_is_no_place(stored: bytes | None) -> None:
    assert place_of(stored) is None


def test_a_stored_embedding_is_brought_to_length_one() -> None:
    place = place_of(np.array([3, 4], "<f4").tobytes())
    assert place is not None
    assert place.tolist() == pytest.approx([0.6, 0.8])

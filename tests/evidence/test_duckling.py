"""The ugly duckling: found among its own patient's lesions, and never among too few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.assessment import Assessment, ModalityRead, Scale
from augderm.evidence.duckling import LIMIT, MIN_LESIONS, distances_from_others, find_ducklings
from support.reports import abstained, assessment_of, clinical

SIZE = 256
"""That of the shipped embedding; in 32 dimensions noise alone now and then put a lesion beyond the limit."""
READ = assessment_of()
SEEDS = st.integers(0, 2**32 - 1)


def lesion(name: str, vector: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Assessment:
    assert READ.pictures
    pictures = replace(READ.pictures, embedding=vector.astype(np.float32))
    return replace(READ, image=name, pictures=pictures)


def patient(seed: int, count: int = 12, odd: int = 0) -> list[Assessment]:
    """Lesions alike up to noise; the last `odd` ones point elsewhere."""
    rng = np.random.default_rng(seed)
    usual = 5 * np.eye(SIZE)[0]
    away = [12 * np.eye(SIZE)[1 + index] for index in range(odd)]
    centres = [usual] * (count - odd) + away
    return [
        lesion(f"{index}.jpg", centre + rng.normal(size=SIZE) * 0.1) for index, centre in enumerate(centres)
    ]


@given(SEEDS, st.integers(MIN_LESIONS, 20))
def test_the_one_that_is_unlike_is_found_and_no_other(seed: int, count: int) -> None:
    found = find_ducklings(patient(seed, count, odd=1))
    assert [each.image for each in found.unlike] == [f"{count - 1}.jpg"]
    assert (found.compared, found.reason) == (count, "")


@given(SEEDS)
def test_a_second_one_does_not_hide_the_first(seed: int) -> None:
    assert {each.image for each in find_ducklings(patient(seed, 12, odd=2)).unlike} == {"10.jpg", "11.jpg"}


@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_changes_nothing(seed: int, random: object) -> None:
    lesions = patient(seed, 9, odd=1)
    shuffled = list(lesions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before = {each.image: each for each in find_ducklings(lesions).lesions}
    after = find_ducklings(shuffled).lesions
    assert [each.image for each in after] == [each.image for each in shuffled]
    for each in after:
        assert each.distance == pytest.approx(before[each.image].distance)


@given(SEEDS, st.floats(0.01, 100), st.integers(3, 30), st.integers(1, 5))
def test_distances_do_not_depend_on_unit_or_origin(seed: int, factor: float, count: int, width: int) -> None:
    points = np.random.default_rng(seed).normal(size=(count, width))
    found = distances_from_others(points, 1e-9)
    assert (found >= 0).all()
    assert distances_from_others(points * factor + 7, 1e-9 * factor) == pytest.approx(found, rel=1e-6)


@given(SEEDS, st.floats(10, 1e6))
def test_how_far_another_lies_changes_nothing_for_the_rest(seed: int, far: float) -> None:
    points = np.random.default_rng(seed).normal(size=(11, 1))
    points[-1] = 10
    moved = points.copy()
    moved[-1] = far
    assert distances_from_others(moved, 1e-9)[:-1] == pytest.approx(distances_from_others(points, 1e-9)[:-1])


def test_a_value_computed_by_hand() -> None:
    # 9 against 0, 1, 2, 3, 4: centre 2, their distances 2, 1, 0, 1, 2, of which the median is 1; 7 / 1.
    points = np.array([[0.0], [1], [2], [3], [4], [9]])
    assert distances_from_others(points, 0.1)[-1] == pytest.approx(7)
    assert distances_from_others(points, 2.0)[-1] == pytest.approx(3.5)


def test_lesions_that_are_the_same_are_none_unlike() -> None:
    found = find_ducklings([lesion(f"{index}", np.ones(SIZE)) for index in range(8)])
    assert {each.distance for each in found.lesions} == {0.0}
    assert found.unlike == ()


@pytest.mark.parametrize("count", range(MIN_LESIONS))
def test_too_few_lesions_say_so(count: int) -> None:
    found = find_ducklings(patient(1, count))
    assert (found.compared, found.unlike, len(found.lesions)) == (0, (), count)
    assert f"fewer than {MIN_LESIONS}" in found.reason
    assert {(each.distance, each.unlike) for each in found.lesions} <= {(None, None)}


def test_what_was_not_read_is_not_compared_and_says_why() -> None:
    lesions = [*patient(3, 7), abstained(READ, "Blurred."), clinical()]
    found = find_ducklings(lesions)
    assert found.compared == 7
    assert [each.reason for each in found.lesions[-2:]] == [
        "Blurred.",
        "It is no dermoscopic image, as the others are.",
    ]
    few = find_ducklings(lesions[3:])
    assert few.reason.startswith("4 of 6 lesions")
    assert few.lesions[-2].reason == "Blurred."


def test_among_clinical_photographs_the_dermoscopic_one_is_left_out() -> None:
    kind = ModalityRead("clinical", 0.99)
    lesions = [replace(each, modality=kind) for each in patient(4, 7)]
    found = find_ducklings([*lesions, patient(5, 1)[0]])
    assert "no clinical image" in found.lesions[-1].reason


def test_size_counts_only_where_every_lesion_has_a_scale() -> None:
    assert READ.measures
    lesions = patient(6, 8)
    assert {tuple(each.features) for each in find_ducklings(lesions).lesions} == {
        ("appearance", "colour", "shape")
    }
    scaled = [
        replace(each, measures=replace(READ.measures, scale=Scale(0.03 if index else 0.09)))
        for index, each in enumerate(lesions)
    ]
    found = find_ducklings(scaled).lesions
    assert found[0].features["size"] == pytest.approx(np.log(3) / 0.1)
    assert found[1].features["size"] == pytest.approx(0)
    assert found[0].unlike is False, "a measure alone names no duckling"


def test_the_distance_is_that_of_the_appearance() -> None:
    for each in find_ducklings(patient(7, 10, odd=1)).lesions:
        assert each.distance == each.features["appearance"]
        assert each.unlike == (each.features["appearance"] > LIMIT)


def test_reads_of_two_models_are_refused() -> None:
    with pytest.raises(ValueError, match="one model"):
        find_ducklings([*patient(8, 7), lesion("x", np.ones(SIZE + 1))])

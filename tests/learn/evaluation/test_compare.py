"""Two bundles on the same cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from augderm.domain.errors import InvalidDataset
from augderm.learn.evaluation.compare import compare, compare_modalities, mcnemar
from augderm.learn.evaluation.few import MISSED_MELANOMA
from support.cases import abstained, case_of_code, many


def test_mcnemar_agrees_with_the_binomial_by_hand() -> None:
    first = np.array([True] * 8 + [False] * 1 + [True] * 5)
    second = np.array([False] * 8 + [True] * 1 + [True] * 5)
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (8, 1)
    # 9 torn cases, 1 or fewer on one side: 2 (1 + 9) / 2^9.
    assert found.p_value == pytest.approx(2 * (1 + 9) / 2**9)


def test_two_readers_that_never_differ_have_no_p() -> None:
    assert math.isnan(mcnemar(np.ones(5, bool), np.ones(5, bool)).p_value)


def test_a_bundle_does_not_differ_from_itself() -> None:
    found = compare(many(60), many(60), replicates=50)
    assert found.images == 60
    assert (found.likeliest.only_first, found.likeliest.only_second) == (0, 0)
    assert all(figure.value == 0 for figure in found.second_less_first.values())


def test_a_better_bundle_is_seen_to_be_better() -> None:
    found = compare(many(300, seed=1, skill=0.5), many(300, seed=2, skill=3.0), replicates=200)
    for name in ("melanoma AUC", "mean class recall"):
        assert found.second_less_first[name].low > 0, name
        assert found.second[name] - found.first[name] == pytest.approx(found.second_less_first[name].value)
    assert found.likeliest.p_value < 0.001


def test_the_paired_interval_is_narrower_than_the_difference_of_two() -> None:
    from augderm.learn.evaluation.figures import figures

    # The second is the first with a slight noise: alone each is uncertain, their difference is not.
    first = many(200, seed=1)
    second = many(200, seed=1, skill=2.05)
    paired = compare(first, second, replicates=200).second_less_first["melanoma AUC"]
    alone = figures(first, replicates=200)["melanoma AUC"]
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_what_one_of_them_did_not_read_is_left_out_and_counted() -> None:
    first = [case_of_code(0, "nv", "nv", 0.1), case_of_code(1, "nv", "nv", 0.1)]
    second = [abstained(0, "nv"), case_of_code(1, "nv", "mel", 0.9)]
    found = compare(first, second, replicates=20)
    assert (found.images, found.only_first_read, found.only_second_read, found.neither_read) == (1, 1, 0, 0)
    assert found.likeliest.only_first == 1


def test_a_bundle_gains_nothing_by_leaving_melanomas_unread() -> None:
    nevi = [case_of_code(100 + i, "nv", "nv", 0.1) for i in range(30)]
    half_right = [case_of_code(i, "mel", "mel" if i % 2 else "nv", 0.6) for i in range(20)]
    # The second leaves unread what the first got wrong, and half of what it got right.
    choosy = [abstained(i, "mel") if i % 4 != 1 else case_of_code(i, "mel", "mel", 0.6) for i in range(20)]
    found = compare([*half_right, *nevi], [*choosy, *nevi], replicates=50)
    assert (found.only_first_read, found.only_second_read) == (15, 0)
    assert found.second_less_first["mean class recall"].value == 0, "of what both read both are right"
    assert found.second_less_first[MISSED_MELANOMA].value == pytest.approx(0.25 - 0.5)


def test_dermoscopic_and_clinical_images_are_compared_apart() -> None:
    first, second = many(60), many(60, seed=1)
    clinical = [*many(20, modality="clinical")]
    found = compare_modalities([*first, *clinical], [*second, *clinical], replicates=20)
    assert {name: part.images for name, part in found.items()} == {"dermoscopic": 60, "clinical": 20}
    assert found["clinical"].second_less_first["accuracy"].value == 0
    assert found["dermoscopic"].second_less_first["accuracy"].value != 0


def test_reads_of_other_images_are_refused() -> None:
    with pytest.raises(InvalidDataset, match="different images"):
        compare_modalities(many(5), many(4))


def test_a_difference_on_too_few_lesions_is_marked_as_such() -> None:
    few = compare(many(6), many(6, seed=1), replicates=20).second_less_first
    assert all(figure.few for figure in few.values())
    enough = compare(many(300), many(300, seed=1), replicates=20).second_less_first
    assert not any(figure.few for figure in enough.values())

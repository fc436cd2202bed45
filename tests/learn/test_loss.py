"""The loss asks only for what a record says, and teaches no source's mixture."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES
from augderm.learn.config import TrainConfig, load_config
from augderm.learn.records import Record
from support.dataset import write_config

torch = pytest.importorskip("torch", reason="training needs the train extra")

NEVUS, MELANOMA = CODES.index("nv"), CODES.index("mel")
PLAIN = Record(
    folder=Path("d"), image="a.png", dataset="d", group="g", fold=1, aspect=1.0, label=NEVUS, mask="a.png"
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    return load_config(write_config(tmp_path_factory.mktemp("c") / "c.toml"))


def outputs(count: int, **changes: Any) -> Any:
    from augderm.learn.network import NetworkOutput

    found = NetworkOutput(
        logits=torch.zeros(count, len(CODES)),
        border=torch.zeros(count, 1, 16, 16),
        embedding=torch.zeros(count, 8),
        attention=torch.zeros(count, len(CODES), 2, 2),
        structures=torch.zeros(count, len(STRUCTURES)),
        structure_maps=torch.zeros(count, len(STRUCTURES), 8, 8),
        artefacts=torch.zeros(count, len(ARTEFACTS)),
        modality=torch.zeros(count),
        features=torch.zeros(count, 4),
    )
    return found._replace(**changes)


def loss_of(records: list[Record], config: TrainConfig, **changes: Any) -> Any:
    from augderm.learn.loss import network_loss, targets_of

    targets = targets_of(records, torch.ones(len(records)))
    return network_loss(
        outputs(len(records), **changes), torch.ones(len(records), 1, 64, 64), targets, config
    )


def gradients(records: list[Record], config: TrainConfig, name: str, shape: tuple[int, ...]) -> Any:
    leaf = torch.zeros(len(records), *shape, requires_grad=True)
    loss_of(records, config, **{name: leaf}).backward()
    return leaf.grad


def test_what_is_not_labelled_is_not_asked_for(config: TrainConfig) -> None:
    labelled = dataclasses.replace(
        PLAIN,
        structures=dict.fromkeys(STRUCTURES, True),
        artefacts=dict.fromkeys(ARTEFACTS, False),
    )
    bare = dataclasses.replace(PLAIN, mask=None, label=None)
    records = [labelled, bare]
    for name, shape in (
        ("structures", (len(STRUCTURES),)),
        ("artefacts", (len(ARTEFACTS),)),
        ("border", (1, 16, 16)),
        ("logits", (len(CODES),)),
    ):
        found = gradients(records, config, name, shape)
        assert found[0].abs().sum() > 0, name
        assert found[1].abs().sum() == 0, name


def test_a_batch_without_any_label_still_has_a_gradient_of_zero(config: TrainConfig) -> None:
    bare = dataclasses.replace(PLAIN, mask=None, label=None)
    found = gradients([bare, bare], config, "structures", (len(STRUCTURES),))
    assert torch.equal(found, torch.zeros_like(found))


def test_a_carcinoma_outside_of_the_taxonomy_may_be_any_malignant_class(config: TrainConfig) -> None:
    outside = dataclasses.replace(PLAIN, label=None, malignant=True)
    pull = gradients([outside], config, "logits", (len(CODES),))[0]
    up = {code for code, slope in zip(CODES, pull.tolist(), strict=True) if slope < 0}
    assert up == {"bcc", "mel"}


def test_a_benign_lesion_without_a_class_may_be_any_benign_class(config: TrainConfig) -> None:
    """Or a source that names malignancy alone would teach that whatever looks like it is malignant."""
    pull = gradients(
        [dataclasses.replace(PLAIN, label=None, malignant=False)], config, "logits", (len(CODES),)
    )
    up = {code for code, slope in zip(CODES, pull[0].tolist(), strict=True) if slope < 0}
    assert up == {"bkl", "df", "nv", "vasc"}


def test_what_is_planted_is_labelled_where_artefacts_are_labelled() -> None:
    from augderm.learn.loss import targets_of

    labelled = dataclasses.replace(PLAIN, artefacts=dict.fromkeys(ARTEFACTS, False))
    targets = targets_of([labelled, labelled, PLAIN], torch.ones(3))
    planted = targets.with_planted({"hair": torch.tensor([True, False, True])}).artefacts
    hair = ARTEFACTS.index("hair")
    assert planted[:2, hair].tolist() == [1.0, 0.0]
    assert planted[2].isnan().all()
    assert planted[0].sum() == 1
    assert targets.artefacts[0].sum() == 0


def test_a_mixture_is_not_taught() -> None:
    """A source of 9 naevi for each melanoma: with logits of zero its prior alone explains the labels."""
    from augderm.learn.loss import targets_of

    records = [PLAIN] * 90 + [dataclasses.replace(PLAIN, label=MELANOMA)] * 10
    prior = targets_of(records, torch.ones(100)).log_prior[0].exp()
    assert prior.sum() == pytest.approx(1)
    assert prior[NEVUS] / prior[MELANOMA] == pytest.approx(9, rel=0.1)


def test_a_source_without_a_class_does_not_teach_that_the_class_is_absent(config: TrainConfig) -> None:
    """Two-class source: the pull on classes it never shows is small beside that on its own two."""
    from augderm.learn.loss import network_loss, targets_of

    records = [PLAIN] * 500 + [dataclasses.replace(PLAIN, label=MELANOMA)] * 500
    targets = targets_of(records, torch.ones(1000))
    leaf = torch.zeros(1000, len(CODES), requires_grad=True)
    network_loss(outputs(1000, logits=leaf), torch.ones(1000, 1, 64, 64), targets, config).backward()
    assert leaf.grad is not None
    pull = leaf.grad[0].abs()
    absent = [index for index, code in enumerate(CODES) if code not in {"nv", "mel"}]
    assert pull[absent].max() < 0.01 * pull[NEVUS]


def test_a_better_border_costs_less(config: TrainConfig) -> None:
    good = loss_of([PLAIN], config, border=torch.full((1, 1, 16, 16), 4.0))
    bad = loss_of([PLAIN], config, border=torch.full((1, 1, 16, 16), -4.0))
    assert good < bad


def test_two_views_that_agree_cost_nothing_and_the_more_the_further_they_are_apart() -> None:
    from augderm.learn.loss import twins_loss

    one = torch.randn(3, len(CODES), generator=torch.Generator().manual_seed(0))
    costs = [float(twins_loss(torch.cat([one, one + apart * one.flip(1)]))) for apart in (0.0, 0.5, 1.0)]
    assert costs[0] == pytest.approx(0, abs=1e-6)
    assert 0 < costs[1] < costs[2]
    shifted = torch.cat([one, one + 3.0])  # the same probabilities
    assert float(twins_loss(shifted)) == pytest.approx(0, abs=1e-6)


def test_twins_are_mixed_with_the_twins_of_the_same_image() -> None:
    from augderm.learn.train import _partners

    partner = _partners(16, 2, torch.Generator().manual_seed(1))
    assert sorted(partner.tolist()) == list(range(16))
    assert (partner[8:] - partner[:8]).tolist() == [8] * 8


CATEGORIES = [category for names in CHECKLIST.values() for category in names]
ALL_SEVEN = {criterion: (names[-1],) for criterion, names in CHECKLIST.items()}


def test_a_criterion_without_a_label_is_not_asked_for(config: TrainConfig) -> None:
    config = dataclasses.replace(config, checklist_weight=1.0)
    labelled = dataclasses.replace(PLAIN, checklist={"streaks": ("irregular",)})
    found = gradients([labelled, PLAIN], config, "checklist", (len(CATEGORIES),))
    start = len(CHECKLIST["pigment_network"])
    inside = slice(start, start + len(CHECKLIST["streaks"]))
    assert found[0, inside].abs().min() > 0
    assert found[0].abs().sum() == found[0, inside].abs().sum()
    assert found[1].abs().sum() == 0


def test_a_label_of_several_categories_allows_each_of_them(config: TrainConfig) -> None:
    config = dataclasses.replace(config, checklist_weight=1.0)
    present = dataclasses.replace(PLAIN, checklist={"streaks": ("regular", "irregular")})
    pull = gradients([present], config, "checklist", (len(CATEGORIES),))[0]
    start = len(CHECKLIST["pigment_network"])
    assert [bool(slope < 0) for slope in pull[start : start + 3]] == [False, True, True]


def test_the_checklist_counts_by_its_weight_and_each_label_alike(config: TrainConfig) -> None:
    import math

    seven = dataclasses.replace(PLAIN, checklist=ALL_SEVEN)
    zeros = torch.zeros(1, len(CATEGORIES))
    without = loss_of([seven], config)
    once, twice = (
        loss_of([seven], dataclasses.replace(config, checklist_weight=weight), checklist=zeros) - without
        for weight in (1.0, 2.0)
    )
    assert twice == pytest.approx(2 * once.item(), rel=1e-4)
    # Logits of zero leave the prior of the source: one image and SEEN_ELSEWHERE spread over the categories.
    from augderm.learn.loss import SEEN_ELSEWHERE

    expected = [math.log((SEEN_ELSEWHERE * len(n) + 1) / (SEEN_ELSEWHERE + 1)) for n in CHECKLIST.values()]
    assert once.item() == pytest.approx(sum(expected) / 7, rel=1e-4)

"""The last layers learn once more from whole images: a convex fit that changes nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.learn.records import Record
from support.dataset import write_dataset, write_labels

torch = pytest.importorskip("torch", reason="training needs the train extra")
functional = torch.nn.functional


def problem(seed: int, count: int = 200, size: int = 4) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, size, generator=generator) * torch.tensor([1.0, 5.0, 0.2, 1.0])[:size]
    odds = inputs @ torch.tensor([[1.0], [-0.3], [2.0], [0.0]])[:size] + 0.5
    return inputs, (torch.rand(count, 1, generator=generator) < torch.sigmoid(odds)).double()


def summed(wanted: Any) -> Any:
    return lambda found: functional.binary_cross_entropy_with_logits(found, wanted, reduction="sum")


def test_the_fit_is_the_regularised_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    from augderm.learn.refit import refit_linear

    inputs, wanted = problem(0)
    layer = torch.nn.Linear(4, 1)
    torch.nn.init.zeros_(layer.weight)
    refit_linear(layer, inputs, summed(wanted), precision=20.0)
    spread = inputs.numpy().std(axis=0, ddof=1)
    peer = LogisticRegression(C=1 / 20, max_iter=1000, tol=1e-8)
    peer.fit(inputs.numpy() / spread, wanted.numpy()[:, 0])
    np.testing.assert_allclose(layer.weight.detach().numpy() * spread, peer.coef_, atol=2e-3)
    np.testing.assert_allclose(layer.bias.detach().numpy(), peer.intercept_, atol=2e-3)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(0.1, 1e4))
def test_the_fit_is_never_worse_than_what_it_starts_from(seed: int, precision: float) -> None:
    from augderm.learn.refit import refit_linear

    inputs, wanted = problem(seed)
    torch.manual_seed(seed)
    layer = torch.nn.Linear(4, 1)
    loss = summed(wanted)
    before = loss(layer(inputs).double()).item()
    refit_linear(layer, inputs, loss, precision)
    assert loss(layer(inputs).double()).item() <= before + 1e-3


def test_a_strong_prior_keeps_the_weights() -> None:
    from augderm.learn.refit import refit_linear

    inputs, wanted = problem(0)
    layer = torch.nn.Linear(4, 1)
    before = layer.weight.detach().clone()
    refit_linear(layer, inputs, summed(wanted), precision=1e9)
    torch.testing.assert_close(layer.weight.detach(), before, atol=1e-4, rtol=0)


def test_an_input_that_is_always_the_same_does_no_harm() -> None:
    from augderm.learn.refit import refit_linear

    inputs, wanted = problem(0)
    inputs[:, 3] = 2.0
    layer = torch.nn.Linear(4, 1)
    refit_linear(layer, inputs, summed(wanted), precision=1.0)
    assert torch.isfinite(layer.weight).all()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, list[Record]]:
    """A network, what its heads are given of 42 phantoms, and these."""
    from augderm.learn.cache import cache_images
    from augderm.learn.datasets.index_csv import read_index
    from augderm.learn.network import build_network
    from augderm.learn.refit import head_inputs

    folder = tmp_path_factory.mktemp("refit")
    write_dataset(folder / "data", images=42)
    write_labels(folder / "data", images=42)
    records = read_index(folder / "data")
    cached = cache_images(records, stored_px=64, cache=folder / "cache", on_progress=lambda *_: None)
    torch.manual_seed(0)
    network = build_network("lite0", embedding_size=16, dropout=0.2)
    progress: list[tuple[int, int]] = []
    inputs = head_inputs(network, cached, records, 64, lambda *at: progress.append(at))
    assert progress[-1] == (42, 42)
    return network, inputs, records


def test_the_inputs_are_those_that_the_heads_have_when_reading(seen: Any, tmp_path: Path) -> None:
    from augderm.learn.batches import load_batch, normalise
    from augderm.learn.cache import cache_images

    network, inputs, records = seen
    cached = cache_images(records, stored_px=64, cache=tmp_path, on_progress=lambda *_: None)
    images, _ = load_batch(cached, np.arange(3))
    with torch.no_grad():
        found = network(normalise(images.flip(3)))
        rows = [16, 17, 18]  # of the first batch of 16, mirrored
        embedding = inputs.whole[rows, :16]
        torch.testing.assert_close(network.artefacts(inputs.whole[rows]), found.artefacts)
        torch.testing.assert_close(network.structures(embedding) + inputs.strongest[rows], found.structures)
        torch.testing.assert_close(network.diagnosis(embedding), found.logits)
    assert inputs.row[rows].tolist() == [0, 1, 2]


def test_three_heads_fit_better_and_nothing_else_changes(seen: Any) -> None:
    from copy import deepcopy

    from augderm.learn.loss import binary_losses, diagnosis_losses, targets_of
    from augderm.learn.refit import refit_heads

    network, inputs, records = seen
    network = deepcopy(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    drawn = torch.ones(len(records), dtype=torch.float64)
    targets = targets_of(records, drawn)
    wanted = targets[inputs.row]

    def misfits() -> list[float]:
        embedding = inputs.whole[:, :16]
        with torch.no_grad():
            return [
                float(diagnosis_losses(network.diagnosis(embedding), wanted, 0.0).mean()),
                float(
                    binary_losses(network.structures(embedding) + inputs.strongest, wanted.structures).mean()
                ),
                float(binary_losses(network.artefacts(inputs.whole), wanted.artefacts).mean()),
            ]

    start = misfits()
    refit_heads(network, inputs, targets, drawn, precision=1.0)
    assert all(after < 0.9 * earlier for after, earlier in zip(misfits(), start, strict=True))
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    heads = ("diagnosis", "structures", "artefacts")
    assert changed == {f"{head}.{part}" for head in heads for part in ("weight", "bias")}


def test_heads_without_a_label_stay(seen: Any) -> None:
    from copy import deepcopy
    from dataclasses import replace

    from augderm.learn.loss import targets_of
    from augderm.learn.refit import refit_heads

    network, inputs, records = seen
    network = deepcopy(network)
    drawn = torch.ones(len(records), dtype=torch.float64)
    bare = targets_of([replace(record, structures={}, artefacts={}) for record in records], drawn)
    before = network.structures.weight.detach().clone()
    refit_heads(network, inputs, bare, drawn)
    torch.testing.assert_close(network.structures.weight.detach(), before)


def test_an_image_that_was_drawn_more_often_weighs_more(seen: Any) -> None:
    from copy import deepcopy

    from augderm.learn.loss import diagnosis_losses, targets_of
    from augderm.learn.refit import refit_heads

    network, inputs, records = seen
    even = torch.ones(len(records), dtype=torch.float64)
    often = even.clone()
    often[0] = 50.0
    targets = targets_of(records, even)

    def misfit_of_the_first(drawn: Any) -> float:
        fitted = deepcopy(network)
        refit_heads(fitted, inputs, targets, drawn, precision=30.0)
        with torch.no_grad():
            losses = diagnosis_losses(fitted.diagnosis(inputs.whole[:, :16]), targets[inputs.row], 0.0)
        return float(losses[inputs.row == 0].mean())

    assert misfit_of_the_first(often) < misfit_of_the_first(even)

"""The linear heads, learned once more on whole images, as they are read.

Augmentation zooms in: a ruler or a dark corner that was cut away is still labelled as present, and the
network's last layers learn to guess it. So after training they are fitted anew on whole images, all before
them being fixed (decoupled training: Kang et al., ICLR 2020), and held by a normal prior around what training
gave them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from augderm.learn.batches import BATCH, load_batch, normalise, reduced
from augderm.learn.cache import CachedImages
from augderm.learn.loss import Targets, binary_losses, checklist_losses, diagnosis_losses
from augderm.learn.network import DermoscopyNetwork
from augderm.learn.records import Record

PRECISION = 300.0
"""Of the prior of each weight, on inputs of unit spread; the loss is the sum over the images. Chosen on the
calibration images (tools/experiments/refit.py)."""
STEPS = 200
"""Of L-BFGS; the loss is convex, and flat long before."""
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class HeadInputs:
    """What the linear heads are given for N images, seen as they are and mirrored: 2 N rows.

    Attributes:
        row: (2 N,) int64, which image.
        whole: (2 N, W) input of the artefacts' and the checklist's head, which begins with that of the other
            two, the embedding.
        strongest: (2 N, 5) what the structures' maps add to their head.
    """

    row: Tensor
    whole: Tensor
    strongest: Tensor


@torch.no_grad()
def head_inputs(
    network: DermoscopyNetwork,
    cached: CachedImages,
    records: Sequence[Record],
    size_px: int,
    on_progress: Callable[[int, int], None],
) -> HeadInputs:
    """Run the network, where it lies, over whole images at this side, without augmentation; on the CPU."""
    network.eval()
    seen: list[Tensor] = []
    strongest, numbers = [], []
    hook = network.artefacts.register_forward_pre_hook(lambda _, given: seen.append(given[0].cpu()))
    rows = np.array(cached.rows(records), dtype=np.int64)
    try:
        for start in range(0, len(records), BATCH):
            images, _ = load_batch(cached, rows[start : start + BATCH])
            images = reduced(images, size_px)
            for view in (images, images.flip(3)):
                found = network(normalise(view).to(network.diagnosis.weight.device))
                own = network.structures(found.embedding)
                strongest.append((found.structures - own).cpu())
                numbers.append(torch.arange(start, start + len(images)))
            on_progress(min(start + BATCH, len(records)), len(records))
    finally:
        hook.remove()
    return HeadInputs(torch.cat(numbers), torch.cat(seen), torch.cat(strongest))


def refit_heads(
    network: DermoscopyNetwork,
    inputs: HeadInputs,
    targets: Targets,
    drawn: Tensor,
    *,
    precision: float = PRECISION,
) -> None:
    """Fit the heads of diagnosis, structures, artefacts and, where there is one, checklist anew, in place.

    Args:
        network: trained, in evaluation mode.
        inputs: of N images.
        targets: labels of the same N images.
        drawn: (N,) how often each was drawn in training, any scale: so much it weighs for the diagnosis.
        precision: see `PRECISION`.
    """
    wanted = targets[inputs.row]
    embedding = inputs.whole[:, : network.diagnosis.in_features]
    weights = (drawn / drawn.mean())[inputs.row][wanted.allowed.sum(dim=1) > 0]
    refit_linear(
        network.diagnosis,
        embedding,
        lambda found: (weights * diagnosis_losses(found, wanted, smoothing=0.0)).sum(),
        precision,
    )
    refit_linear(
        network.structures,
        embedding,
        lambda found: binary_losses(found + inputs.strongest, wanted.structures).sum(),
        precision,
    )
    refit_linear(
        network.artefacts,
        inputs.whole,
        lambda found: binary_losses(found, wanted.artefacts).sum(),
        precision,
    )
    if network.checklist is not None:
        refit_linear(
            network.checklist,
            inputs.whole,
            lambda found: checklist_losses(found, wanted, smoothing=0.0).sum(),
            precision,
        )


def refit_linear(
    layer: nn.Linear, inputs: Tensor, loss: Callable[[Tensor], Tensor], precision: float
) -> None:
    """Fit a linear layer anew, in place, around what it is.

    Args:
        layer: of D inputs and C outputs.
        inputs: (N, D).
        loss: of the outputs (N, C), a sum over the rows, convex.
        precision: of the normal prior of each weight on inputs of unit spread; the biases have none.
    """
    spread = inputs.double().std(dim=0).clamp(min=SMALLEST_SPREAD)
    scaled = inputs.double() / spread
    start = layer.weight.detach().double() * spread
    weight, bias = start.clone().requires_grad_(), layer.bias.detach().double().requires_grad_()
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = loss(scaled @ weight.T + bias) + precision / 2 * ((weight - start) ** 2).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        layer.weight.copy_(weight / spread)
        layer.bias.copy_(bias)

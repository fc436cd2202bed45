"""Trained networks as teachers: what they say of the very views that a network is shown.

A pupil that is asked for more than the label, how likely each other diagnosis is, learns what looks alike
(Hinton et al. 2015). Teachers see the same augmented and mixed views as the pupil: both are then held to one
function of the image, and not to an answer that the teacher knows by heart (Beyer et al., CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig, ModelMismatch
from augderm.learn.folded import is_bundle, load_folded
from augderm.learn.network import DermoscopyNetwork, NetworkOutput, build_network
from augderm.learn.run_folder import RunFolder
from augderm.reader.bundle import load_bundle

TEMPERATURE = 2.0
"""Logits are divided by it: less of the likeliest class, more of what it is weighed against."""


@dataclass(frozen=True, slots=True)
class Told:
    """What teachers say of B images: means of their logits.

    logits: (B, C), each teacher's as log-probabilities. structures: (B, 5).
    """

    logits: Tensor
    structures: Tensor


class Teachers:
    """Trained networks, asked together; they never learn. There may be none."""

    def __init__(self, networks: Sequence[DermoscopyNetwork]) -> None:
        self._networks = [network.requires_grad_(False).eval() for network in networks]

    @torch.no_grad()
    def tell(self, images: Tensor) -> Told:
        """What they say of normalised images (B, 3, S, S) on their device; the answer is on the CPU."""
        found = [network(images) for network in self._networks]
        return Told(
            torch.stack([nn.functional.log_softmax(one.logits.float(), 1) for one in found]).mean(0).cpu(),
            torch.stack([one.structures.float() for one in found]).mean(0).cpu(),
        )

    def loss(self, images: Tensor, found: NetworkOutput) -> Tensor:
        """How far a network is from them (`teaching_loss`); 0 where there are none.

        Args:
            images: as of `tell`.
            found: what the network says of them, on the CPU.
        """
        return teaching_loss(found, self.tell(images)) if self._networks else torch.zeros(())


def load_teachers(
    folders: Sequence[Path], settings: Mapping[str, Any], train_images: int, device: torch.device
) -> Teachers:
    """The networks of runs (their averaged weights) and of bundles.

    Args:
        folders: of each.
        settings: of the run that begins.
        train_images: how many it trains on.
        device: where they work.

    Raises:
        InvalidConfig: there are no weights, a run did not end, or they may have been learned from images that
            this run holds back.
    """
    networks = []
    for folder in folders:
        if is_bundle(folder):
            network = build_network(_encoder(folder), embedding_size=settings["embedding_size"], dropout=0.0)
            load_folded(network, folder, {**settings, "train_images": train_images})
        else:
            state = RunFolder(folder).state_for(settings)
            made = state["settings"]
            epochs = sum(stage["epochs"] for stage in made["stages"])
            if state["epoch"] < epochs:
                raise InvalidConfig(
                    f"{folder}: that run stands at epoch {state['epoch']} of {epochs}; end it with --resume "
                    "before it teaches"
                )
            network = build_network(
                made["encoder"],
                embedding_size=made["embedding_size"],
                dropout=0.0,
                checklist=made.get("checklist_weight") is not None,
            )
            network.load_state_dict(state["averaged"])
        networks.append(network.to(device))
    return Teachers(networks)


def _encoder(bundle: Path) -> str:
    try:
        encoder: str = load_bundle(bundle).manifest["training"]["encoder"]
    except ModelMismatch as error:
        raise InvalidConfig(str(error)) from None
    except KeyError:
        raise InvalidConfig(
            f"{bundle}: does not say which encoder it was trained with; take another teacher"
        ) from None
    return encoder


def teaching_loss(found: NetworkOutput, told: Told) -> Tensor:
    """How far a network is from its teachers: the diagnosis (Kullback-Leibler) and the structures, summed.

    Every image counts, also for structures that nobody labelled. Scaled by the square of the temperature, so
    that its gradient weighs as that of labels does.

    Args:
        found: of B images.
        told: of the same.
    """
    wanted = nn.functional.log_softmax(told.logits / TEMPERATURE, dim=1)
    likely = nn.functional.log_softmax(found.logits / TEMPERATURE, dim=1)
    diagnosis = nn.functional.kl_div(likely, wanted, log_target=True, reduction="batchmean")
    present, said = torch.sigmoid(told.structures), found.structures
    # Less the teachers' own entropy: 0 where both say the same.
    structures = nn.functional.binary_cross_entropy_with_logits(
        said, present
    ) - nn.functional.binary_cross_entropy_with_logits(told.structures, present)
    return TEMPERATURE**2 * diagnosis + structures

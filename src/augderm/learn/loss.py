"""What the network is asked for, and how wrong it is: each part only where a record has the label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES, codes_behaving
from augderm.learn.config import TrainConfig
from augderm.learn.network import NetworkOutput
from augderm.learn.records import Record

UNKNOWN = math.nan
"""Stands for a label that a record does not have."""
SEEN_ELSEWHERE = 1.0
"""Images that a class without any counts as, in the prior of a source."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of N records; NaN where one has none.

    Attributes:
        allowed: (N, C) 1 for every class that would be right, 0 elsewhere. A lesion without a class that is
            known to be malignant (a squamous cell carcinoma) or benign allows every such class.
        log_prior: (N, C) log of how often a class is drawn within the record's own source.
        structures: (N, 5). artefacts: (N, 7). clinical: (N,). All 0, 1 or NaN.
        has_mask: (N,) bool.
        categories: (N, 19) as `allowed`, for the categories of `taxonomy.CHECKLIST`; all 0 for a criterion
            that has no label.
        categories_log_prior: (N, 19) as `log_prior`, criterion by criterion.
    """

    allowed: Tensor
    log_prior: Tensor
    structures: Tensor
    artefacts: Tensor
    clinical: Tensor
    has_mask: Tensor
    categories: Tensor
    categories_log_prior: Tensor

    def __getitem__(self, rows: Tensor) -> Targets:
        return Targets(
            self.allowed[rows],
            self.log_prior[rows],
            self.structures[rows],
            self.artefacts[rows],
            self.clinical[rows],
            self.has_mask[rows],
            self.categories[rows],
            self.categories_log_prior[rows],
        )

    def with_planted(self, planted: Mapping[str, Tensor]) -> Targets:
        """The same, with artefacts that augmentation planted; (N,) bool by name. Unlabelled stays so."""
        artefacts = self.artefacts.clone()
        for name, where in planted.items():
            column = artefacts[:, ARTEFACTS.index(name)]
            column[where & ~column.isnan()] = 1.0
        return replace(self, artefacts=artefacts)


def targets_of(records: Sequence[Record], drawn: Tensor) -> Targets:
    """The labels of records.

    Args:
        records: N of them.
        drawn: (N,) how often each is drawn, any scale; makes the priors.
    """
    allowed = torch.zeros(len(records), len(CODES))
    for row, record in enumerate(records):
        if record.label is not None:
            allowed[row, record.label] = 1
        elif record.malignant is not None:
            behaving = codes_behaving("malignant" if record.malignant else "benign")
            allowed[row, [CODES.index(code) for code in behaving]] = 1
    categories = _categories(records)
    return Targets(
        allowed=allowed,
        log_prior=_log_priors(records, allowed, drawn),
        structures=_presence([record.structures for record in records], STRUCTURES),
        artefacts=_presence([record.artefacts for record in records], ARTEFACTS),
        clinical=torch.tensor([float(record.modality == "clinical") for record in records]),
        has_mask=torch.tensor([record.mask is not None for record in records]),
        categories=categories,
        categories_log_prior=torch.cat(
            [_log_priors(records, part, drawn) for part in _by_criterion(categories)], dim=1
        ),
    )


def _categories(records: Sequence[Record]) -> Tensor:
    categories = [(criterion, name) for criterion, names in CHECKLIST.items() for name in names]
    return torch.tensor(
        [
            [float(name in record.checklist.get(criterion, ())) for criterion, name in categories]
            for record in records
        ]
    ).reshape(len(records), len(categories))


def _by_criterion(values: Tensor) -> tuple[Tensor, ...]:
    """The columns (N, 19) of each criterion of the checklist."""
    return values.split([len(categories) for categories in CHECKLIST.values()], dim=1)


def _presence(labels: Sequence[object], names: Sequence[str]) -> Tensor:
    return torch.tensor(
        [[float(label[name]) if name in label else UNKNOWN for name in names] for label in labels]  # type: ignore[operator, index]
    ).reshape(len(labels), len(names))


def _log_priors(records: Sequence[Record], allowed: Tensor, drawn: Tensor) -> Tensor:
    """Log share of each class among what is drawn of a record's source and modality.

    Within its source: a collection that has naevi and melanomas alone then teaches what parts the two,
    and not that everything which looks like that collection is one of them.
    """
    priors = torch.zeros(allowed.shape)
    places = [(record.dataset, record.modality) for record in records]
    for place in set(places):
        rows = [row for row, other in enumerate(places) if other == place]
        # Where several classes would be right, each gets its part.
        shares = allowed[rows] / allowed[rows].sum(dim=1, keepdim=True).clamp(min=1)
        weights = (drawn[rows] / drawn[rows].mean()).to(shares.dtype)
        counts = SEEN_ELSEWHERE + weights @ shares
        priors[rows] = torch.log(counts / counts.sum())
    return priors


def network_loss(found: NetworkOutput, masks: Tensor, wanted: Targets, config: TrainConfig) -> Tensor:
    """Weighted sum of the parts, each a mean over the records that have the label.

    Args:
        found: for B images.
        masks: (B, 1, S, S), 0..1, the lesion.
        wanted: labels of the B images.
        config: weights and smoothing.
    """
    loss = _mean(diagnosis_losses(found.logits, wanted, config.label_smoothing))
    loss = loss + config.border_weight * _border_loss(found.border, masks, wanted.has_mask)
    loss = loss + config.structures_weight * _mean(binary_losses(found.structures, wanted.structures))
    loss = loss + config.artefacts_weight * _mean(binary_losses(found.artefacts, wanted.artefacts))
    loss = loss + config.modality_weight * _mean(binary_losses(found.modality, wanted.clinical))
    if found.checklist is None:
        return loss
    losses = checklist_losses(found.checklist, wanted, config.label_smoothing)
    return loss + (config.checklist_weight or 0.0) * _mean(losses)


def diagnosis_losses(logits: Tensor, wanted: Targets, smoothing: float) -> Tensor:
    """Cross-entropy with the source's prior in the logits (balanced softmax, Ren et al., NeurIPS 2020).

    The network's own logits then speak for classes of equal frequency. Where several classes would be
    right, their probabilities are added up.

    Returns:
        (K,) of the K records that have a diagnosis.
    """
    return _balanced_losses(logits, wanted.allowed, wanted.log_prior, smoothing)


def checklist_losses(logits: Tensor, wanted: Targets, smoothing: float) -> Tensor:
    """As `diagnosis_losses`, of the categories of each criterion; logits (N, 19).

    Returns:
        (K,) of the K labels, over all criteria.
    """
    parts = zip(
        *map(_by_criterion, (logits, wanted.categories, wanted.categories_log_prior)),
        strict=True,
    )
    return torch.cat([_balanced_losses(some, allowed, prior, smoothing) for some, allowed, prior in parts])


def _balanced_losses(logits: Tensor, allowed: Tensor, log_prior: Tensor, smoothing: float) -> Tensor:
    known = allowed.sum(dim=1) > 0
    likely = nn.functional.log_softmax(logits + log_prior, dim=1)
    right = torch.logsumexp(likely.masked_fill(allowed == 0, -math.inf)[known], dim=1)
    # Smoothing goes by the prior: a class that the source never shows gets none of it.
    smooth = (log_prior.exp() * likely).sum(dim=1)[known]
    return -((1 - smoothing) * right + smoothing * smooth)


def twins_loss(logits: Tensor) -> Tensor:
    """How far the diagnoses of two views of the same images are apart: both divergences' mean.

    As R-Drop (Liang et al., NeurIPS 2021) has it for two dropouts of one image.

    A lesion is the same from every side: what changes with the view was not seen in the lesion.

    Args:
        logits: (2 N, C); row n and row N + n are of one image.
    """
    first, second = nn.functional.log_softmax(logits, dim=1).chunk(2)
    apart = (first.exp() - second.exp()) * (first - second)
    return apart.sum(dim=1).mean() / 2


def _border_loss(border: Tensor, masks: Tensor, has_mask: Tensor) -> Tensor:
    wanted = nn.functional.interpolate(masks, border.shape[2:], mode="area")[has_mask]
    border = border[has_mask]
    cross_entropy = nn.functional.binary_cross_entropy_with_logits(border, wanted, reduction="none")
    likely = torch.sigmoid(border)
    overlap = (likely * wanted).sum(dim=(1, 2, 3))
    total = (likely + wanted).sum(dim=(1, 2, 3))
    # The soft Jaccard is the figure that borders are judged by; +1 keeps empty masks defined.
    soft_jaccard = (overlap + 1) / (total - overlap + 1)
    return _mean(cross_entropy.mean(dim=(1, 2, 3)) + 1 - soft_jaccard)


def binary_losses(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy (K,) of the K labels that are not NaN; logits and labels (N, M)."""
    known = ~wanted.isnan()
    return nn.functional.binary_cross_entropy_with_logits(
        logits[known], wanted[known].to(logits.dtype), reduction="none"
    )


def _mean(losses: Tensor) -> Tensor:
    """The mean, and 0 (with a gradient of 0) over none."""
    return losses.sum() / max(1, losses.numel())

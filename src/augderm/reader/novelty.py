"""How unlike an image is to those that the network learned from.

Two questions, one score. Is it like those images at all: the Mahalanobis distance of the network's
features (Lee et al., NeurIPS 2018) with a shrunk covariance (Ledoit and Wolf, 2004), taken to all images of
a modality at once. And is there a lesion: a logistic regression on the same features, blank skin against
lesions, since blank skin is familiar to a network from the surroundings of every lesion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import Novelty
from augderm.domain.errors import ModelMismatch

LARGEST_EXCESS = 2.0
"""Blankness raises the score to at most exp(2) = 7.4 times the limit."""


@dataclass(frozen=True, slots=True, eq=False)
class NoveltyModel:
    """What images of one modality look like to the network.

    Attributes:
        mean: (F,) float32 of their features.
        whitening: (F, F) float32, which makes their features' spread that of independent units.
        blankness: (F + 1,) float32: weights of the whitened features, and an offset; above 0 the image is
            blank skin. All 0 where it was not learned.
        limit: a score that few of them exceed.
    """

    mean: NDArray[np.float32]
    whitening: NDArray[np.float32]
    blankness: NDArray[np.float32]
    limit: float

    def __post_init__(self) -> None:
        size = len(self.mean) if self.mean.ndim == 1 else 0
        for name, array, shape in (
            ("mean", self.mean, (size,)),
            ("whitening", self.whitening, (size, size)),
            ("blankness", self.blankness, (size + 1,)),
        ):
            if array.dtype != np.float32 or array.shape != shape or not np.isfinite(array).all():
                raise ModelMismatch(
                    f"novelty: {name} is {array.dtype} of shape {array.shape}, it must be finite float32 of "
                    f"shape {shape}; write the bundle anew"
                )
        if not self.limit > 0:
            raise ModelMismatch(f"novelty: limit is {self.limit}, it must be above 0; write the bundle anew")

    def whitened(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Features (..., F) as independent units (..., F)."""
        centred = np.asarray(features, np.float32) - self.mean
        units: NDArray[np.float32] = np.matmul(centred, self.whitening, dtype=np.float32)
        return units

    def scores(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scores (...,) of features (..., F): the distance, whose mean square over the images learned from
        is about 1, or what blankness raises it to.
        """
        units = self.whitened(features)
        distance = np.sqrt(np.mean(np.square(units, dtype=np.float64), axis=-1))
        blank = units @ self.blankness[:-1] + self.blankness[-1]
        raised = self.limit * np.exp(np.minimum(blank, LARGEST_EXCESS, dtype=np.float64))
        scores: NDArray[np.float64] = np.where(blank > 0, np.maximum(distance, raised), distance)
        return scores

    def read(self, features: NDArray[np.float32]) -> Novelty:
        """The novelty of one image, features (F,)."""
        if features.shape != self.mean.shape:
            raise ModelMismatch(
                f"novelty: fitted to {len(self.mean)} features, the network gives {len(features)}; write the "
                "bundle anew"
            )
        return Novelty(score=float(self.scores(features)), limit=self.limit)

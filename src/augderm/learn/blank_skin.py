"""Skin without a lesion, cut from training images: what to abstain on, which no dataset shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from augderm.learn.datasets.masks import open_mask
from augderm.learn.records import Record

WINDOW_SHARE = 0.4
"""Side of a window over the image's: small enough to find one beside most lesions."""
MARGIN_SHARE = 0.03
"""Around the lesion's mask, of the image's side: masks end where the lesion fades."""
DARKEST_MEAN = 60.0
"""Levels of 0..255; a darker window lies in the corner that the dermatoscope does not light."""
RIDGE = 30.0
"""Precision of the prior of each weight, on whitened features."""
MIN_WINDOWS = 30
"""Fewest windows of blank skin to learn from."""


def blank_window(pixels: NDArray[np.uint8], record: Record) -> NDArray[np.uint8] | None:
    """A window (h, w, 3) of an image (H, W, 3) that is skin alone; None where there is none."""
    mask = _mask(record)
    if mask is None:
        return None
    rows, columns = mask.shape
    height, width = round(rows * WINDOW_SHARE), round(columns * WINDOW_SHARE)
    for top in (0, rows - height):
        for left in (0, columns - width, (columns - width) // 2):
            if not mask[top : top + height, left : left + width].any():
                window = _cut(pixels, top / rows, left / columns)
                if window.mean() >= DARKEST_MEAN:
                    return window
    return None


def lesion_window(pixels: NDArray[np.uint8], record: Record) -> NDArray[np.uint8] | None:
    """A window of the same size on the lesion: enlarged as much, so that blur tells nothing."""
    mask = _mask(record)
    if mask is None or not mask.any():
        return None
    row, column = ndimage.center_of_mass(mask)
    rows, columns = mask.shape
    top, left = (
        float(np.clip(place / side - WINDOW_SHARE / 2, 0, 1 - WINDOW_SHARE))
        for place, side in ((row, rows), (column, columns))
    )
    return _cut(pixels, top, left)


def _cut(pixels: NDArray[np.uint8], top: float, left: float) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    row, column = round(top * height), round(left * width)
    return pixels[row : row + round(WINDOW_SHARE * height), column : column + round(WINDOW_SHARE * width)]


def _mask(record: Record) -> NDArray[np.bool_] | None:
    """The lesion with a margin, at the mask's own size; None where there is no mask."""
    if record.mask is None:
        return None
    mask = np.asarray(open_mask(record.folder / record.mask))
    grown: NDArray[np.bool_] = ndimage.binary_dilation(
        mask > mask.max() / 2, iterations=max(1, round(MARGIN_SHARE * min(mask.shape)))
    )
    return grown


def fit_blankness(
    blank: NDArray[np.floating], lesions: NDArray[np.floating]
) -> tuple[NDArray[np.float64], float]:
    """Weights (D,) and offset of a logistic regression, blank skin against lesions, each half.

    An outlier exposure (Hendrycks et al., ICLR 2019) on top of a network that is done.

    Args:
        blank: (N, D) whitened vectors.
        lesions: (M, D) likewise.
    """
    vectors = np.vstack([blank, lesions]).astype(np.float64)
    wanted = np.repeat([1.0, 0.0], [len(blank), len(lesions)])
    weights = np.repeat([0.5 / len(blank), 0.5 / len(lesions)], [len(blank), len(lesions)]) * len(vectors)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = vectors @ parameters[:-1] + parameters[-1]
        wrong = weights * (np.exp(-np.logaddexp(0, -z)) - wanted)
        value = float(weights @ (np.logaddexp(0, z) - wanted * z))
        slopes = parameters[:-1]
        gradient = np.append(vectors.T @ wrong + RIDGE * slopes, wrong.sum())
        return value + RIDGE / 2 * float(slopes @ slopes), gradient

    found = optimize.minimize(loss, np.zeros(vectors.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return found[:-1], float(found[-1])

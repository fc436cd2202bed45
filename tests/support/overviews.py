"""Clouds of lesions without photographs: places drawn at random, on bare skin all over the frame."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from augderm.analysis.overview.detect import Cloud

SIDE_PX = 1000


def cloud_of(at: np.ndarray, diameter: np.ndarray | None = None, side: int = SIDE_PX) -> Cloud:
    """All of them dark and listed."""
    count = len(at)
    return Cloud(
        at=np.asarray(at, np.float64).reshape(-1, 2),
        diameter=np.full(count, 10.0) if diameter is None else diameter,
        contrast=np.full(count, 0.3),
        listed=np.ones(count, bool),
        skin=np.ones((side, side), bool),
        plane=np.zeros((side, side), np.float32),
    )


def scattered(seed: int, count: int = 30, apart_px: float = 60.0) -> np.ndarray:
    """Places (n, 2) within the middle of the frame, none nearer to another than `apart_px`."""
    rng = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    while len(found) < count:
        at = rng.uniform(0.2 * SIDE_PX, 0.8 * SIDE_PX, 2)
        if all(math.hypot(*(at - other)) >= apart_px for other in found):
            found.append(at)
    return np.array(found)


def turned(at: np.ndarray, degrees: float, scale: float = 1.0) -> np.ndarray:
    """About the middle of the frame."""
    angle = math.radians(degrees)
    matrix = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return np.asarray((at - SIDE_PX / 2) @ matrix.T + SIDE_PX / 2)


def ordered(cloud: Cloud, order: np.ndarray) -> Cloud:
    """The same lesions in another order."""
    return replace(
        cloud,
        at=cloud.at[order],
        diameter=cloud.diameter[order],
        contrast=cloud.contrast[order],
        listed=cloud.listed[order],
    )

"""Folds by a hash of the group: the same on every machine, and when images are added."""

from __future__ import annotations

import hashlib

FOLDS = 5
"""Folds that a dataset without folds of its own is cut into, by a hash of the group."""


def share_of(text: str) -> float:
    """A fixed draw in 0..1 from a name: the same on every machine, and when images are added."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def fold_of(group: str) -> int:
    """The fold of a group in a dataset that brings none."""
    return int(share_of(f"fold {group}") * FOLDS)

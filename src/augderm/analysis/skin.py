"""What counts as skin in view, for all that is measured against it."""

from __future__ import annotations

VIEW_MIN_L = 15.0
"""Pixels darker than this (L*) outside the lesion are the dark corners of the lens, not skin."""
MIN_SKIN_PIXELS = 200
"""Fewest pixels of skin from which its colour can be told."""

"""The licence that weights carry: their training data's, in words."""

from __future__ import annotations

from collections.abc import Collection

from augderm.learn.datasets.registry import DATASETS

INDEX = "index"
HEAD = "# Licence of these weights\n\nNon-commercial research only. The weights were learned from:\n"
OF_INDEX = """
- HAM10000, CC BY-NC 4.0: Tschandl, Rosendahl, Kittler, Sci Data 2018;5:180161 (ViDIR Group, Medical
  University of Vienna), and its segmentation masks.
- ISIC 2017 and ISIC 2018 images, CC-0: Codella et al., ISBI 2018 (arXiv 1710.05006).
- ISIC 2018 Task 2 labels of structures, CC BY-NC 4.0: Codella et al., arXiv 1902.03368.
- PAD-UFES-20, CC BY 4.0: Pacheco et al., Data in Brief 2020;32:106221.
- Labels of artefacts: Bissoto, Valle, Avila, CVPR Workshops 2020; no licence stated.
"""
FOOT = """- The encoder started from ImageNet weights of EfficientNet-Lite, Apache-2.0.

Not a medical device. Whoever uses them names these sources and keeps this file beside them.
"""


def licence_of(readers: Collection[str]) -> str:
    """The licence of weights that learned from these datasets of the registry, as Markdown."""
    others = sorted(set(readers) - {INDEX})
    named = [
        f"- {DATASETS[name].title}, {DATASETS[name].licence}: {DATASETS[name].citation}.\n" for name in others
    ]
    return HEAD + (OF_INDEX if INDEX in readers else "\n") + "".join(named) + FOOT

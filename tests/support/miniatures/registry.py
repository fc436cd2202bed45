"""The miniature of each dataset in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from support.miniatures import isic, others

MINIATURES: Mapping[str, Callable[[Path], None]] = {
    maker.__name__: maker
    for maker in (
        isic.ham10000,
        isic.isic2016,
        isic.isic2017,
        isic.isic2018,
        isic.isic2019,
        isic.isic2020,
        isic.isic2024,
        isic.isic_archive,
        isic.bcn20000,
        isic.milk10k,
        others.derm7pt,
        others.ph2,
        others.pad_ufes_20,
        others.fitzpatrick17k,
        others.ddi,
        others.class_folders,
        others.index,
    )
}

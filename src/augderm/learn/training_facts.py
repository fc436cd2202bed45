"""What a bundle's manifest says of its training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from augderm.domain.taxonomy import CODES
from augderm.learn.config import TrainConfig
from augderm.learn.records import Record, Split
from augderm.learn.run_settings import IMAGES, START, TEACHERS, Settings


def training_facts(
    config: TrainConfig, records: Sequence[Record], split: Split, settings: Settings
) -> dict[str, Any]:
    """The entry `training` of a manifest.

    Args:
        config: of the run.
        records: of all its sources.
        split: of them.
        settings: of the run; without `run_settings.IMAGES` nothing is said of the images' bytes.
    """
    facts: dict[str, Any] = {
        "readers": sorted({source.dataset for source in config.sources}),
        "datasets": sorted({record.dataset for record in records}),
        "data_sha256": settings["data_sha256"],
        **({IMAGES: settings[IMAGES]} if IMAGES in settings else {}),
        "train_images": len(split.train),
        "calibration_images": len(split.calibration),
        "train_images_by_class": images_by_class(split.train),
        "calibration_images_by_class": images_by_class(split.calibration),
        "validation_fold": config.validation_fold,
        "calibration_fold": config.calibration_fold,
        **({"official_splits": list(config.official_splits)} if config.official_splits else {}),
        "encoder": config.encoder,
        "kept_of_start": config.keep_of_start,
        "refitted": config.refit,
        **({START: settings[START]} if config.keep_of_start else {}),
    }
    if config.teachers:
        facts |= {
            "teachers": [folder.name for folder in config.teachers],
            TEACHERS: settings[TEACHERS],
            "teachers_weight": config.teachers_weight,
        }
    return facts | {
        "started_from": config.start_from.name if config.start_from else "ImageNet",
        "epochs": config.epochs,
        "seed": config.seed,
    }


def images_by_class(records: Sequence[Record]) -> dict[str, int]:
    """How many images have each class of the taxonomy: by its code, in the taxonomy's order, zeros too.

    Images without a class (outside the taxonomy, or never diagnosed) are not in it, so its sum may be less
    than the number of images. CLEAR Derm (Daneshjou et al., JAMA Dermatology 2022) asks for it.
    """
    counts = Counter(record.label for record in records)
    return {code: counts[label] for label, code in enumerate(CODES)}

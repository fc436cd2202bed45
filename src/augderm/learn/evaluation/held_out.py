"""Which images a bundle may be judged on: none that it was trained or calibrated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augderm.domain.errors import InvalidConfig, InvalidDataset
from augderm.learn.records import Record, SplitName

INDEX_READER = "index"
"""How a dataset that comes by this project's `index.csv` is called among the readers of the registry."""
SHARED_IMAGES: tuple[frozenset[str], ...] = (
    frozenset({"ham10000", "isic2018", "isic2019", "isic_archive"}),
    frozenset({"bcn20000", "isic2019", "isic_archive"}),
    frozenset({"isic2016", "isic2017", "isic2018", "isic2019", "isic_archive"}),
    frozenset({"isic2020", "isic_archive"}),
    frozenset({"isic2024", "isic_archive"}),
    frozenset({"milk10k", "isic_archive"}),
)
"""Datasets that publish partly the same images under several names: ISIC 2018 Task 3 trains on HAM10000,
ISIC 2019 on HAM10000, BCN20000 and earlier challenges, and the archive holds them all."""


def choose_held_out(
    records: Sequence[Record],
    manifest: Mapping[str, Any],
    *,
    reader: str,
    fold: int | None,
    split: SplitName | None,
) -> tuple[list[Record], str]:
    """The records to judge a bundle on, and which they are in words.

    A dataset that the bundle was trained on is judged on the fold that was held back, which is taken
    where none is named; on its official test images, where training kept its official split. One that
    shares images with those, read by another reader, has other folds: of it only the official test images
    are safe. Any other is taken as asked.

    Args:
        records: of one dataset.
        manifest: the bundle's; its training facts name the datasets, the readers and the fold.
        reader: the registry's name of the dataset, `INDEX_READER` for an `index.csv`.
        fold, split: as asked for; None for no wish.

    Raises:
        InvalidConfig: the bundle has seen the images that were asked for, or does not say what it saw.
        InvalidDataset: no image is left.
    """
    training = manifest.get("training", {})
    held_back, trained = training.get("validation_fold"), set(training.get("datasets", ()))
    if held_back is None or not trained:
        raise InvalidConfig(
            "the bundle's manifest does not say what it was trained on (training.datasets and "
            "training.validation_fold), so no figure can be told from memory; train it with `augderm train`"
        )
    names = {record.dataset for record in records}
    official = names & set(training.get("official_splits", ()))
    same_reader = reader in training.get("readers", [INDEX_READER])
    if official:
        if split not in {None, "test"} or fold is not None:
            raise InvalidConfig(
                f"this bundle was trained on the official split of {', '.join(sorted(official))}; figures on "
                "its other images would measure memory. Use --split test"
            )
        split = "test"
    elif names & trained and same_reader:
        if fold not in {None, held_back}:
            raise InvalidConfig(
                f"this bundle has seen fold {fold}; figures on it would measure memory. Use "
                f"--fold {held_back}"
            )
        fold = held_back
    elif (seen := sorted(trained & {other for name in names for other in sharing(name)})) and split != "test":
        raise InvalidConfig(
            f"{', '.join(sorted(names))} shares images with {', '.join(seen)}, which this bundle was trained "
            "on, and its folds are not those of the training; use --split test, the official test images"
        )
    chosen = [r for r in records if fold in {None, r.fold} and split in {None, r.split}]
    words = " and ".join(
        [f"fold {fold}"] * (fold is not None) + [f"the official {split} split"] * (split is not None)
    )
    if not chosen:
        raise InvalidDataset(
            f"{records[0].folder if records else 'the dataset'}: no image in {words or 'it'}; see its folds "
            "and splits with `augderm data check`"
        )
    return chosen, words or "all images"


def sharing(name: str) -> set[str]:
    """All datasets that share images with this one, itself among them."""
    return {name}.union(*(names for names in SHARED_IMAGES if name in names))

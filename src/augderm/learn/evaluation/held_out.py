"""Which images a bundle may be judged on: none that it was trained or calibrated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidConfig, InvalidDataset
from augderm.learn.learned import Hashes, are_learned
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
NAMED_ANEW = "bcn20000"
"""Its authors' names are not those by which the archive and ISIC 2019 have the same images."""
LEAST_LEFT = 0.2
"""Least share of the images asked for that must remain: fewer are no sample of what was asked for."""
BY_NAME_ALONE = "the bundle does not list the images that it learned from: told by the names of folds alone"
LISTED_NOW = "A bundle that this version exports lists them, so that they can be left out"


class HeldOut(NamedTuple):
    """What a bundle may be judged on.

    Attributes:
        records: the images.
        words: which they are.
        met: datasets from which the bundle is known to have learned images.
    """

    records: list[Record]
    words: str
    met: tuple[str, ...]


def choose_held_out(
    records: Sequence[Record],
    manifest: Mapping[str, Any],
    *,
    learned: Hashes | None,
    reader: str,
    fold: int | None,
    split: SplitName | None,
) -> HeldOut:
    """The records to judge a bundle on.

    Images that the bundle learned from are left out, with all of their group, and the words say how many;
    with no wish all others are taken, but of a dataset whose official split training kept, its test images
    alone. A bundle that does not list what it learned from is judged on what was held back by the names of
    datasets and folds, and on nothing that shares images with these.

    Args:
        records: all of one dataset.
        manifest: the bundle's; its training facts name the datasets, the readers and the fold.
        learned: what the bundle learned from; None where it does not say.
        reader: the registry's name of the dataset, `INDEX_READER` for an `index.csv`.
        fold, split: as asked for; None for no wish.

    Raises:
        InvalidConfig: the bundle has seen the images that were asked for, or does not say what it saw, or the
            names of these images do not tell whether it saw them.
        InvalidDataset: no image is in the fold or split.
    """
    training = manifest.get("training", {})
    held_back, trained = training.get("validation_fold"), set(training.get("datasets", ()))
    if held_back is None or not trained:
        raise InvalidConfig(
            "the bundle's manifest does not say which images were held back from its training; evaluate a "
            "bundle that `augderm train` made"
        )
    names = {record.dataset for record in records}
    official = names & set(training.get("official_splits", ()))
    same_folds = bool(names & trained) and reader in training.get("readers", [INDEX_READER])
    if learned is None:
        _check_by_name(names, training, fold, split, same_folds=same_folds)
        if official and fold is None and split is None:
            split = "test"
        elif same_folds and not official:
            fold = held_back
        chosen, words = _wished(records, fold, split)
        return HeldOut(chosen, f"{words} ({BY_NAME_ALONE})", tuple(sorted(names & trained)))
    seen = are_learned(learned, records)
    _check_comparable(records, trained, seen)
    wished = fold is not None or split is not None
    asked, words = _wished(records, fold, split)
    if not wished:
        asked = [r for r in asked if r.dataset not in official or r.split in {None, "test"}]
        if official == names and all(record.split == "test" for record in asked):
            words = "the official test split"
    groups = {record.group for record, was_seen in zip(records, seen, strict=True) if was_seen}
    left = [record for record in asked if record.group not in groups]
    remedy = _remedy(official, held_back if same_folds and wished else None, fold, split)
    if not left or (wished and len(left) < LEAST_LEFT * len(asked)):
        raise InvalidConfig(
            f"this bundle learned from {len(asked) - len(left)} of {len(asked)} images ({words}), or from "
            "others of the same lesion or patient; figures on them would measure memory, and what is left is "
            f"less than {LEAST_LEFT:.0%}. Use {remedy}"
        )
    if not wished and same_folds and {record.fold for record in left} == {held_back}:
        words = f"fold {held_back}"  # the very images that training held back
    elif len(left) < len(asked):
        words += (
            f" without {len(asked) - len(left)} of {len(asked)} images that the bundle learned from, or "
            "from others of the same lesion or patient"
        )
    met = {record.dataset for record, was_seen in zip(records, seen, strict=True) if was_seen}
    return HeldOut(left, words, tuple(sorted(met)))


def held_out_of_both(one: HeldOut, other: HeldOut, other_name: str) -> HeldOut:
    """What two bundles may be compared on: what neither learned from.

    Args:
        one, other: of the same dataset, as `choose_held_out` gives them.
        other_name: of the other bundle, for the words.

    Raises:
        InvalidConfig: there is no such image.
    """
    paths = {record.path for record in other.records}
    common = [record for record in one.records if record.path in paths]
    if not common:
        raise InvalidConfig(
            f"no image was held back from both bundles ({one.words}; for {other_name} {other.words}); give "
            "two bundles with images held back in common"
        )
    left_out = len(one.records) - len(common)
    words = f"{one.words}, less {left_out} that {other_name} learned from" if left_out else one.words
    return HeldOut(common, words, one.met)


def _wished(records: Sequence[Record], fold: int | None, split: SplitName | None) -> tuple[list[Record], str]:
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


def _remedy(official: set[str], held_back: int | None, fold: int | None, split: SplitName | None) -> str:
    """What to ask for instead; `held_back` is None where these are not the training's folds."""
    if official and split != "test":
        return "--split test"
    if not official and held_back is not None:
        if fold != held_back:
            return f"--fold {held_back}, or images from elsewhere"
        return "images from elsewhere, or the folds that the training had: these were drawn anew"
    return "images from elsewhere"


def _check_by_name(
    names: set[str],
    training: Mapping[str, Any],
    fold: int | None,
    split: SplitName | None,
    *,
    same_folds: bool,
) -> None:
    """Refuse what a bundle without a list has seen, or may have seen, by the names of datasets and folds."""
    trained, held_back = set(training["datasets"]), training["validation_fold"]
    if official := names & set(training.get("official_splits", ())):
        if split not in {None, "test"} or fold is not None:
            raise InvalidConfig(
                f"this bundle was trained on the official split of {', '.join(sorted(official))}; figures on "
                "its other images would measure memory. Use --split test"
            )
    elif same_folds and fold not in {None, held_back}:
        raise InvalidConfig(
            f"this bundle has seen fold {fold}; figures on it would measure memory. Use --fold {held_back}"
        )
    own = names & trained if official or same_folds else set()
    if shared := {name: sharing(name) & trained for name in names - own if sharing(name) & trained}:
        name, others = min(shared.items())
        raise InvalidConfig(
            f"{name} shares images with {', '.join(sorted(others))}, which this bundle was trained on, and "
            "its folds and splits are not those of the training; the bundle does not list the images that it "
            f"learned from, so which of these it has seen is not known. {LISTED_NOW}"
        )


def _check_comparable(records: Sequence[Record], trained: set[str], seen: NDArray[np.bool_]) -> None:
    """Refuse images that a list cannot tell from those learned from, since they bear other names there."""
    hits = {record.dataset for record, was_seen in zip(records, seen, strict=True) if was_seen}
    unnamed = {record.dataset for record in records if not record.isic_id}
    for name in sorted({record.dataset for record in records}):
        others = sharing(name) & (trained - {name})
        if (
            (others and name in unnamed)
            or NAMED_ANEW in others
            or (name == NAMED_ANEW and name in trained - hits)
        ):
            raise InvalidConfig(
                f"{name} shares images with {', '.join(sorted(others or {name}))}, which this bundle was "
                "trained on, and the same image need not bear the same name in both; which of these it has "
                "seen is not known. Use images from elsewhere"
            )


def sharing(name: str) -> set[str]:
    """All datasets that share images with this one, itself among them."""
    return {name}.union(*(names for names in SHARED_IMAGES if name in names))

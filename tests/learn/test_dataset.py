"""The training images: an index that is checked, a split that leaks nothing, a cache that is whole."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import CODES
from augderm.learn.dataset import CACHE_MARGIN, CachedImages, Record, cache_images, read_index, split_records
from support.dataset import COLUMNS, write_dataset

ROW = {
    "image": "a.jpg",
    "mask": "a.png",
    "dataset": "ham10000",
    "group_id": "g1",
    "fold": "3",
    "diagnosis": "mel",
    "modality": "dermoscopic",
    "width": "600",
    "height": "450",
}


def write_index(folder: Path, *changes: dict[str, str], columns: list[str] = COLUMNS) -> Path:
    """An index with one row for each set of changes to ROW."""
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows([ROW | change for change in changes])
    return folder


# --- index ---


def test_a_row_becomes_a_record(tmp_path: Path) -> None:
    (record,) = read_index(write_index(tmp_path, {}), ["ham10000"])
    assert record == Record("a.jpg", "a.png", "ham10000", "g1", 3, CODES.index("mel"), 600 / 450)


def test_only_dermoscopic_rows_with_a_mask_of_the_named_datasets_are_taken_in_file_order(
    tmp_path: Path,
) -> None:
    write_index(
        tmp_path,
        {"image": "2"},
        {"image": "no mask", "mask": ""},
        {"image": "clinical", "modality": "clinical", "diagnosis": "scc"},
        {"image": "other", "dataset": "isic2017", "diagnosis": "not ours"},
        {"image": "1"},
    )
    assert [record.image for record in read_index(tmp_path, ["ham10000"])] == ["2", "1"]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    write_index(tmp_path, {}, columns=[name for name in COLUMNS if name != column])
    with pytest.raises(InvalidDataset, match=rf"no column {column}"):
        read_index(tmp_path, ["ham10000"])


def test_an_empty_index_lacks_all_columns(tmp_path: Path) -> None:
    (tmp_path / "index.csv").touch()
    with pytest.raises(InvalidDataset, match="no column"):
        read_index(tmp_path, ["ham10000"])


def test_an_unknown_dataset_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    write_index(tmp_path, {}, {"dataset": "isic2017"})
    with pytest.raises(InvalidDataset, match=r"no dataset ham1000; it has ham10000, isic2017"):
        read_index(tmp_path, ["ham10000", "ham1000"])


def test_a_diagnosis_outside_the_taxonomy_is_refused_with_its_image(tmp_path: Path) -> None:
    write_index(tmp_path, {}, {"image": "b.jpg", "diagnosis": "scc"})
    with pytest.raises(InvalidDataset, match=r"b\.jpg: diagnosis 'scc' is none of akiec"):
        read_index(tmp_path, ["ham10000"])


def test_a_missing_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"no such file.*data"):
        read_index(tmp_path, ["ham10000"])


# --- split ---


def record(index: int, group: str, fold: int) -> Record:
    return Record(f"{index}.jpg", f"{index}.png", "mini", group, fold, index % len(CODES), 4 / 3)


def records_of(groups: list[int]) -> list[Record]:
    """Records of these groups; a group has one fold, as in the index."""
    return [record(index, f"g{group}", group % 5) for index, group in enumerate(groups)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=120), st.floats(0, 0.99), st.permutations(range(5)))
def test_the_split_tears_no_group_apart_and_loses_no_record(
    groups: list[int], share: float, folds: list[int]
) -> None:
    records = records_of(groups)
    split = split_records(
        records, validation_fold=folds[0], calibration_fold=folds[1], calibration_share=share
    )
    parts = [split.train, split.calibration, split.validation]
    names = [{r.group for r in part} for part in parts]
    assert not names[0] & names[1]
    assert not names[0] & names[2]
    assert not names[1] & names[2]
    assert sorted(r.image for part in parts for r in part) == sorted(r.image for r in records)
    assert {r.fold for r in split.validation} <= {folds[0]}
    assert {r.fold for r in split.calibration} <= {folds[1]}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=60), st.lists(st.integers(41, 80), max_size=60))
def test_a_group_keeps_its_place_when_images_are_added(groups: list[int], more: list[int]) -> None:
    def places(records: list[Record]) -> dict[str, str]:
        split = split_records(records, validation_fold=0, calibration_fold=4, calibration_share=0.5)
        return {
            r.group: part for part in ("train", "calibration", "validation") for r in getattr(split, part)
        }

    before, after = places(records_of(groups)), places(records_of(groups + more))
    assert before.items() <= after.items()


def test_about_the_asked_share_of_one_fold_calibrates() -> None:
    records = [record(index, f"group-{index}", index % 5) for index in range(5000)]
    counts = []
    for share in (0.0, 0.25, 0.5, 0.9):
        split = split_records(records, validation_fold=0, calibration_fold=4, calibration_share=share)
        counts.append(len(split.calibration) / 1000)
        assert len(split.validation) == 1000
        assert len(split.train) == 4000 - len(split.calibration)
    assert counts == pytest.approx([0.0, 0.25, 0.5, 0.9], abs=0.05)
    assert counts[0] == 0


# --- cache ---


class Progress:
    """Counts its calls, and breaks off where told to."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.seen: list[tuple[int, int]] = []
        self._stop_at = stop_at

    def __call__(self, done: int, of: int) -> None:
        self.seen.append((done, of))
        if done == self._stop_at:
            raise KeyboardInterrupt


@pytest.fixture
def mini(tmp_path: Path) -> tuple[Path, list[Record]]:
    write_dataset(tmp_path / "mini", images=6)
    return tmp_path / "mini", read_index(tmp_path / "mini", ["mini"])


@pytest.fixture
def fill(mini: tuple[Path, list[Record]], tmp_path: Path) -> Callable[[Progress], CachedImages]:
    folder, records = mini
    return lambda progress: cache_images(
        folder, records, input_size_px=64, cache=tmp_path / "cache", on_progress=progress
    )


def test_the_cache_holds_every_image_and_mask(
    mini: tuple[Path, list[Record]], fill: Callable[[Progress], CachedImages]
) -> None:
    folder, records = mini
    progress = Progress()
    cached = fill(progress)
    side = round(64 * CACHE_MARGIN)
    assert cached.images.shape == (6, side, side, 3)
    assert cached.masks.shape == (6, side, side)
    assert progress.seen == [(done, 6) for done in range(1, 7)]
    for one in records:
        row = cached.row_of[one.image]
        with Image.open(folder / one.image) as image:
            squashed = image.resize((side, side), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(cached.images[row], np.asarray(squashed))
        with Image.open(folder / one.mask) as mask:
            share = np.asarray(mask).mean()
        assert set(np.unique(cached.masks[row])) == {0, 255}
        assert (cached.masks[row] == 255).mean() == pytest.approx(share, abs=0.01)


def test_a_second_run_opens_the_cache_and_decodes_nothing(
    fill: Callable[[Progress], CachedImages],
) -> None:
    first = fill(Progress())
    progress = Progress()
    second = fill(progress)
    assert progress.seen == []
    np.testing.assert_array_equal(second.images, first.images)
    np.testing.assert_array_equal(second.masks, first.masks)
    assert second.row_of == first.row_of


def test_a_changed_file_is_decoded_anew(
    mini: tuple[Path, list[Record]], fill: Callable[[Progress], CachedImages]
) -> None:
    fill(Progress())
    changed = mini[0] / "images" / "0.png"
    changed.write_bytes((mini[0] / "images" / "1.png").read_bytes())
    os.utime(changed, ns=(1, 1))
    progress = Progress()
    again = fill(progress)
    assert progress.seen
    np.testing.assert_array_equal(again.images[0], again.images[1])


def test_a_group_in_two_folds_is_refused(mini: tuple[Path, list[Record]]) -> None:
    index = mini[0] / "index.csv"
    with index.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"group_id": "torn", "fold": "1"}
    rows[1] |= {"group_id": "torn", "fold": "2"}
    with index.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(InvalidDataset, match="torn is in folds 1 and 2"):
        read_index(mini[0], [rows[0]["dataset"]])


@pytest.mark.parametrize("stop_at", [1, 6])
def test_an_interrupted_run_leaves_no_usable_cache_and_the_next_fills_it(
    fill: Callable[[Progress], CachedImages], tmp_path: Path, stop_at: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fill(Progress(stop_at))
    assert not list((tmp_path / "cache").glob("*.npy"))
    progress = Progress()
    cached = fill(progress)
    assert len(progress.seen) == 6
    assert all(cached.images[row].any() and cached.masks[row].any() for row in range(6))
    assert not list((tmp_path / "cache").glob("*.partial"))


def test_a_run_that_ended_between_its_two_files_is_filled_anew(
    fill: Callable[[Progress], CachedImages], tmp_path: Path
) -> None:
    fill(Progress())
    (masks,) = (tmp_path / "cache").glob("*-masks.npy")
    masks.unlink()
    progress = Progress()
    assert fill(progress).masks.any()
    assert len(progress.seen) == 6


def test_another_size_or_other_records_have_a_cache_of_their_own(
    mini: tuple[Path, list[Record]], tmp_path: Path
) -> None:
    folder, records = mini
    for chosen, size in ((records, 64), (records[:3], 64), (records[:3], 96)):
        progress = Progress()
        cached = cache_images(
            folder, chosen, input_size_px=size, cache=tmp_path / "cache", on_progress=progress
        )
        assert len(progress.seen) == len(chosen) == len(cached.images)


@pytest.mark.parametrize("kind", ["images", "masks"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "text"])
def test_a_broken_file_is_named_and_leaves_no_cache(
    mini: tuple[Path, list[Record]],
    fill: Callable[[Progress], CachedImages],
    tmp_path: Path,
    kind: str,
    damage: str,
) -> None:
    broken = mini[0] / kind / "4.png"
    data = broken.read_bytes()
    if damage == "missing":
        broken.unlink()
    else:
        broken.write_bytes(data[: len(data) // 2] if damage == "truncated" else b"no image")
    with pytest.raises(InvalidDataset, match=r"/4\.png.*restore"):
        fill(Progress())
    assert not list((tmp_path / "cache").glob("*.npy"))

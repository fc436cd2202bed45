"""The decoded cache is whole, current, and never half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from augderm.domain.errors import InvalidDataset, OutputRefused
from augderm.learn.cache import CachedImages, cache_images, stored_size_px
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.records import Record
from support.dataset import write_dataset


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
    return tmp_path / "mini", read_index(tmp_path / "mini")


@pytest.fixture
def fill(mini: tuple[Path, list[Record]], tmp_path: Path) -> Callable[[Progress], CachedImages]:
    return lambda progress: cache_images(
        mini[1], stored_px=64, cache=tmp_path / "cache", on_progress=progress
    )


def test_the_cache_holds_every_image_and_mask(
    mini: tuple[Path, list[Record]], fill: Callable[[Progress], CachedImages]
) -> None:
    folder, records = mini
    progress = Progress()
    cached = fill(progress)
    side = 64
    assert cached.images.shape == (6, side, side, 3)
    assert cached.masks.shape == (6, side, side)
    assert progress.seen == [(done, 6) for done in range(1, 7)]
    for one in records:
        row = cached.row_of[one.path]
        with Image.open(folder / one.image) as image:
            squashed = image.resize((side, side), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(cached.images[row], np.asarray(squashed))
        assert one.mask
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
    assert not list((tmp_path / "cache").glob("partial-*"))


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
    _, records = mini
    for chosen, size in ((records, 64), (records[:3], 64), (records[:3], 96)):
        progress = Progress()
        cached = cache_images(chosen, stored_px=size, cache=tmp_path / "cache", on_progress=progress)
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


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("truncated", "cannot be read"),
        ("missing", "[Nn]o such file"),
        ("empty", "no pixel is lesion"),
        ("square", "50 x 50, of another shape than its image"),
    ],
)
def test_an_unusable_mask_is_refused_by_its_own_name(
    mini: tuple[Path, list[Record]], fill: Callable[[Progress], CachedImages], damage: str, why: str
) -> None:
    mask = mini[0] / "masks" / "4.png"
    with Image.open(mask) as file:
        size = file.size
    if damage == "truncated":
        mask.write_bytes(mask.read_bytes()[: mask.stat().st_size // 2])
    elif damage == "missing":
        mask.unlink()
    else:
        Image.new("L", size if damage == "empty" else (50, 50), 255 * (damage == "square")).save(mask)
    with pytest.raises(InvalidDataset, match=rf"masks/4\.png: .*{why}"):
        fill(Progress())


def test_a_record_without_a_mask_has_an_empty_one(mini: tuple[Path, list[Record]], tmp_path: Path) -> None:
    import dataclasses

    bare = dataclasses.replace(mini[1][0], mask=None)
    cached = cache_images([bare], stored_px=64, cache=tmp_path / "cache", on_progress=lambda *_: None)
    assert not cached.masks.any()
    assert cached.images.any()


def test_a_full_disk_is_told_with_what_it_takes(
    fill: Callable[[Progress], CachedImages], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OutputRefused, match=r"No space left.*GB.*--cache"):
        fill(Progress())
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["lock"]


def test_without_a_way_to_reserve_disk_its_free_space_is_asked(
    fill: Callable[[Progress], CachedImages], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "posix_fallocate")
    assert len(fill(Progress()).images) == 6
    (tmp_path / "cache").rename(tmp_path / "earlier")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OutputRefused, match=r"No space left.*--cache"):
        fill(Progress())


def test_what_a_killed_run_left_is_cleared_by_the_next(
    fill: Callable[[Progress], CachedImages], tmp_path: Path
) -> None:
    left = tmp_path / "cache" / "partial-of-a-killed-run"
    left.mkdir(parents=True)
    (left / "images.npy").write_bytes(b"half")
    fill(Progress())
    assert not list((tmp_path / "cache").glob("partial-*"))


def test_a_run_waits_while_another_fills_the_cache(
    fill: Callable[[Progress], CachedImages], tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    second = Progress()
    with ThreadPoolExecutor(1) as other:
        with FileLock(tmp_path / "cache" / "lock", is_singleton=False):
            waiting = other.submit(fill, second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        waiting.result(timeout=60)
    assert second.seen


def test_a_decoding_process_that_the_system_ends_is_told(
    fill: Callable[[Progress], CachedImages], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("augderm.learn.cache._decode", _end_abruptly)
    with pytest.raises(InvalidDataset, match=r"memory.*data check"):
        fill(Progress())
    assert not list((tmp_path / "cache").glob("*.npy"))


def _end_abruptly(*_: object) -> None:
    os._exit(9)


def test_the_stored_square_leaves_room_to_zoom_in() -> None:
    assert stored_size_px(224) == 256


def test_masks_of_0_and_1_are_masks_too(mini: tuple[Path, list[Record]], tmp_path: Path) -> None:
    folder, records = mini
    one = records[0]
    assert one.mask
    before = cache_images([one], stored_px=64, cache=tmp_path / "a", on_progress=lambda *_: None).masks
    with Image.open(folder / one.mask) as file:
        levels = (np.asarray(file.convert("L")) > 127).astype(np.uint8)
    Image.fromarray(levels).save(folder / one.mask)
    after = cache_images([one], stored_px=64, cache=tmp_path / "b", on_progress=lambda *_: None).masks
    assert (before != after).mean() < 0.01
    assert after.max() == 255


def test_images_of_one_hdf5_file_are_told_apart_by_their_names(tmp_path: Path) -> None:
    import dataclasses
    import io

    h5py = pytest.importorskip("h5py", reason="HDF5 needs the train extra")
    ramp = np.arange(64, dtype=np.uint8)[:, None, None].repeat(64, 1).repeat(3, 2)
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for name, level in (("A", 0), ("B", 150)):
            buffer = io.BytesIO()
            Image.fromarray(ramp + np.uint8(level)).save(buffer, "PNG")
            file[name] = np.frombuffer(buffer.getvalue(), np.uint8)
    first = Record(
        folder=tmp_path, image="images.hdf5#A", dataset="d", group="a", fold=1, aspect=1.0, label=0
    )
    second = dataclasses.replace(first, image="images.hdf5#B", group="b")
    for records in ([first], [second], [first, second], [second, first]):
        cached = cache_images(records, stored_px=64, cache=tmp_path / "c", on_progress=lambda *_: None)
        bright = [bool(cached.images[row].mean() > 100) for row in cached.rows(records)]
        assert bright == [record is second for record in records]

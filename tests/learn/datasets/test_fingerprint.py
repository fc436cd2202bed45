from __future__ import annotations

import io
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.learn.datasets.fingerprint import MAX_DISTANCE, near_pairs, perceptual_hash, thumbnail
from support.miniatures.files import drawn


@pytest.fixture(scope="module")
def lesion() -> NDArray[np.uint8]:
    return draw_phantom(
        PhantomSpec(
            width_px=300,
            height_px=225,
            long_axis_px=130,
            short_axis_px=90,
            center=(0.42, 0.55),
            hairs=6,
            layout="sectors",
            dent=0.4,
        )
    ).pixels


def distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return (perceptual_hash(one) ^ perceptual_hash(other)).bit_count()


def pairs(*images: NDArray[np.uint8]) -> list[tuple[int, int]]:
    return near_pairs([perceptual_hash(image) for image in images], [thumbnail(image) for image in images])


def test_a_copy_that_is_scaled_compressed_or_brighter_looks_the_same(lesion: NDArray[np.uint8]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(lesion).save(buffer, "JPEG", quality=40)
    compressed = np.asarray(Image.open(buffer))
    scaled = np.asarray(Image.fromarray(lesion).resize((223, 167)))
    brighter = np.clip(lesion.astype(int) + 12, 0, 255).astype(np.uint8)
    for copy in (compressed, scaled, brighter):
        assert distance(lesion, copy) <= MAX_DISTANCE
    assert pairs(lesion, compressed, scaled, brighter)[0] == (0, 1)


def test_other_lesions_do_not_look_the_same() -> None:
    images = [drawn(seed).pixels for seed in range(12)]
    assert pairs(*images) == []


def test_like_hashes_with_other_pixels_are_no_pair(lesion: NDArray[np.uint8]) -> None:
    other = thumbnail(lesion[:, ::-1])
    assert near_pairs([7, 7], [thumbnail(lesion), other]) == []
    assert near_pairs([7, 7], [other, other]) == [(0, 1)]


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.sets(st.integers(0, 63), max_size=9)), max_size=12),
)
def test_bands_find_what_comparing_all_finds(bases: list[int], changed: list[tuple[int, set[int]]]) -> None:
    hashes = [*bases, *(bases[i % len(bases)] ^ sum(1 << bit for bit in bits) for i, bits in changed)]
    unique = list(dict.fromkeys(hashes))
    near = {
        (i, j)
        for i in range(len(unique))
        for j in range(i + 1, len(unique))
        if (unique[i] ^ unique[j]).bit_count() <= MAX_DISTANCE
    }
    assert set(near_pairs(unique, [bytes(256)] * len(unique))) == near


def test_a_thousand_copies_give_a_thousand_pairs() -> None:
    assert near_pairs([5] * 1000, [bytes(256)] * 1000) == [(0, other) for other in range(1, 1000)]


@pytest.mark.slow
def test_thirty_thousand_images_take_seconds() -> None:
    hashes = [int(value) for value in np.random.default_rng(1).integers(0, 2**64, 30_000, dtype=np.uint64)]
    start = time.process_time()
    near_pairs(hashes, [bytes(256)] * len(hashes))
    assert time.process_time() - start < 10

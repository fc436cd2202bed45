"""Labelled images are read as the reader reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from augderm.domain.errors import InvalidDataset
from augderm.formats.raster import decode_image, read_file
from augderm.learn.datasets.images import load_image
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.read_records import BATCH, KEPT, read_records
from augderm.learn.records import Record
from augderm.reader.network import Network, open_session
from support.dataset import write_dataset

pytest_plugins = ("support.miniatures.fixtures",)

COUNT = BATCH + 3
"""More than a batch, and not a whole number of them."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    folder = tmp_path_factory.mktemp("records") / "data"
    write_dataset(folder, images=COUNT)
    return read_index(folder)


def test_each_row_is_what_the_reader_says_of_that_image(toy_network: Network, records: list[Record]) -> None:
    bundle = toy_network.bundle
    found = read_records(open_session(bundle.network), bundle.preprocessing, records)
    assert set(found) == set(KEPT)
    for row, record in enumerate(records):
        read = toy_network.read(decode_image(read_file(record.path)).pixels)
        for name in ("logits", "structures", "artefacts", "embedding", "features"):
            np.testing.assert_allclose(found[name][row], getattr(read, name), atol=1e-5)
        assert found["modality"][row] == pytest.approx(read.modality, abs=1e-5)


def test_no_images_give_no_rows(toy_network: Network) -> None:
    bundle = toy_network.bundle
    found = read_records(open_session(bundle.network), bundle.preprocessing, [])
    assert {len(values) for values in found.values()} == {0}


def test_images_inside_an_hdf5_file_are_read_as_files_are(
    toy_network: Network, mini: Callable[[str], Path], tmp_path: Path
) -> None:
    bundle = toy_network.bundle
    packed = read_dataset("isic2024", mini("isic2024"))
    unpacked = [replace(record, folder=tmp_path, image=f"{i}.jpg") for i, record in enumerate(packed)]
    for inside, file in zip(packed, unpacked, strict=True):
        file.path.write_bytes(load_image(inside))
    found, wanted = (
        read_records(open_session(bundle.network), bundle.preprocessing, records)
        for records in (packed, unpacked)
    )
    assert len(found["logits"]) == 3
    np.testing.assert_array_equal(found["logits"], wanted["logits"])


def test_a_broken_image_is_named(toy_network: Network, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    record = Record(folder=tmp_path, image="broken.jpg", dataset="d", group="g", fold=1, aspect=1.0, label=0)
    with pytest.raises(InvalidDataset, match=r"broken\.jpg"):
        read_records(open_session(toy_network.bundle.network), toy_network.bundle.preprocessing, [record])

"""Records as cases of a library, placed exactly where the reader places them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from augderm.analysis.nearest import unit
from augderm.formats.raster import decode_image
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.library_cases import BATCH, embedding_size, read_cases
from augderm.library.segment import Row, check_thumbnail
from augderm.reader.network import Network
from support.bundles import EMBEDDING
from support.dataset import write_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_dataset(folder, images=BATCH + 3)
    return folder


def test_cases_lie_where_the_reader_sees_them_and_keep_their_labels(
    dataset: Path, toy_network: Network
) -> None:
    records = read_index(dataset)
    found = list(read_cases(records, toy_network.bundle, "index", threads=2))
    assert [record for record, _ in found] == records
    for record, row in found:
        assert isinstance(row, Row)
        seen = toy_network.read(decode_image(record.path.read_bytes()).pixels)
        np.testing.assert_allclose(row.vector, unit(seen.embedding), atol=1e-6)
        assert row.case is not None
        assert (row.case.image, row.case.code, row.case.fold) == (record.image, record.diagnosis, record.fold)
        assert row.case.group == f"index:{record.group}"
        assert check_thumbnail(row.thumbnail)


def test_broken_images_are_named_and_the_others_are_read(tmp_path: Path, toy_network: Network) -> None:
    write_dataset(tmp_path, images=4)
    (tmp_path / "images/1.png").write_bytes(b"broken")
    (tmp_path / "images/2.png").unlink()
    found = [row for _, row in read_cases(read_index(tmp_path), toy_network.bundle, "index", threads=1)]
    assert [isinstance(row, Row) for row in found] == [True, False, False, True]
    assert "not an image" in str(found[1])
    assert "no such file" in str(found[2])


def test_the_embedding_s_size_is_the_network_s(toy_network: Network) -> None:
    assert embedding_size(toy_network.bundle) == EMBEDDING


def test_making_a_library_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'torch': raise ImportError(name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "import augderm.cli.library, augderm.cli.filling, augderm.cli.similar, augderm.learn.library_cases\n"
        "import augderm.cli.evaluating.dataset, augderm.library.similar"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)

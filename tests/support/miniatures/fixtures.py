"""Fixtures that write the miniature of a dataset; a test module names them in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from augderm.learn.datasets.registry import read_dataset
from augderm.learn.records import Record
from support.miniatures.registry import MINIATURES


@pytest.fixture
def mini(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the miniature of a dataset and gives its folder."""

    def write(name: str) -> Path:
        folder = tmp_path / name
        MINIATURES[name](folder)
        return folder

    return write


@pytest.fixture
def records_of(mini: Callable[[str], Path]) -> Callable[[str], dict[str, Record]]:
    """Reads a fresh miniature; records by the name of their image without folder and ending."""

    def read(name: str) -> dict[str, Record]:
        records = read_dataset(name, mini(name))
        return {
            record.image.rpartition("#")[2].rpartition("/")[2].split(".")[0]: record for record in records
        }

    return read

"""From a config to records: what a config asks for and the sources do not have is told before training."""

from __future__ import annotations

from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig
from augderm.learn.config import load_config
from support.dataset import write_config, write_dataset

pytest.importorskip("torch", reason="training needs the train extra")


@pytest.mark.parametrize("name", ["index", "derm7pt"])
def test_an_official_split_of_what_the_sources_do_not_hold_is_refused(tmp_path: Path, name: str) -> None:
    from augderm.learn.workshop import read_sources, split_of

    write_dataset(tmp_path / "data", images=40)
    config = load_config(write_config(tmp_path / "c.toml", official_splits=[name]))
    with pytest.raises(
        InvalidConfig, match=rf"official_splits names {name}, of which there is no image.*mini"
    ):
        split_of(config, read_sources(config))

"""From a config to records: what a config asks for and the sources do not have is told before training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from augderm.domain.errors import AugDermError, InvalidConfig, InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.config import load_config
from augderm.learn.records import Record
from support.dataset import write_config, write_dataset
from support.miniatures.files import write_image
from support.miniatures.isic import isic2016, isic2017
from support.miniatures.others import class_folders, derm7pt

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


HEADER = "image,mask,dataset,group_id,fold,diagnosis,modality,width,height"


def write_index(folder: Path, *rows: str) -> None:
    folder.mkdir()
    (folder / "index.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def sources_of(folder: Path, *sources: Mapping[str, object]) -> list[Record]:
    from augderm.learn.workshop import read_sources

    path = write_config(folder / "c.toml", sources=[dict(source) for source in sources])
    return read_sources(load_config(path))


@pytest.mark.parametrize(
    ("second", "what"),
    [
        ("1.jpg,,a,g1,1,mel,dermoscopic,600,450", "label 'bkl' and once with 'mel'"),
        ("1.jpg,,a,g2,1,bkl,dermoscopic,600,450", "group 'g1' and once with 'g2'"),
        ("1.jpg,,a,g1,1,bkl,clinical,600,450", "modality"),
    ],
)
def test_an_image_that_is_listed_twice_and_not_as_the_same_is_refused(
    tmp_path: Path, second: str, what: str
) -> None:
    write_index(tmp_path / "data", "1.jpg,,a,g1,1,bkl,dermoscopic,600,450", second)
    with pytest.raises(InvalidDataset, match=rf"1\.jpg: listed twice.*{what}.*data check"):
        sources_of(tmp_path, {"dataset": "index", "path": "data"})


def test_an_image_that_is_listed_twice_as_the_same_is_there_once(tmp_path: Path) -> None:
    row = "1.jpg,,a,g1,1,bkl,dermoscopic,600,450"
    write_index(tmp_path / "data", row, row)
    source = {"dataset": "index", "path": "data"}
    assert len(sources_of(tmp_path, source, source)) == 1


def test_each_record_has_the_weight_of_its_own_source_where_two_readers_share_a_folder(
    tmp_path: Path,
) -> None:
    isic2016(tmp_path / "isic")
    isic2017(tmp_path / "isic")
    records = sources_of(
        tmp_path,
        {"dataset": "isic2016", "path": "isic", "weight": 2.0},
        {"dataset": "isic2017", "path": "isic", "weight": 5.0},
    )
    assert {(r.dataset, r.weight) for r in records} == {("isic2016", 2.0), ("isic2017", 5.0)}


def test_a_second_source_that_gives_the_same_images_another_weight_is_refused(tmp_path: Path) -> None:
    write_index(tmp_path / "data", "1.jpg,,a,g1,1,bkl,dermoscopic,600,450")
    with pytest.raises(InvalidDataset, match=r"weight 2\.0 and once with 1\.0; .*keep"):
        sources_of(
            tmp_path,
            {"dataset": "index", "path": "data", "keep": ["a"], "weight": 2.0},
            {"dataset": "index", "path": "data"},
        )


def test_a_test_image_of_one_source_is_not_learned_from_by_another(tmp_path: Path) -> None:
    from augderm.learn.workshop import split_of

    isic2016(tmp_path / "isic2016")
    tested = "ISIC_0000040"
    assert (tmp_path / "isic2016" / "ISBI2016_ISIC_Part3_Test_Data" / f"{tested}.jpg").exists()
    fold = fold_of(tested)
    rows = [f"{name}.jpg,,isic2017,{name},{fold},nv,dermoscopic,600,450" for name in (tested, "ISIC_0000099")]
    write_index(tmp_path / "data", *rows)
    records = sources_of(
        tmp_path, {"dataset": "isic2016", "path": "isic2016"}, {"dataset": "index", "path": "data"}
    )
    config = load_config(
        write_config(
            tmp_path / "c.toml",
            sources=[{"dataset": "index", "path": "data"}],
            validation_fold=(fold + 1) % 5,
            calibration_fold=(fold + 2) % 5,
        )
    )
    split = split_of(config, records)
    names = {record.isic_id for record in [*split.train, *split.calibration]}
    assert "ISIC_0000099" in names
    assert tested not in names


def test_diagnoses_that_are_not_understood_are_told_before_training(tmp_path: Path) -> None:
    from augderm.learn.workshop import read_sources

    class_folders(tmp_path / "folders")
    source = {"dataset": "class_folders", "path": "folders"}
    told: list[str] = []
    read_sources(load_config(write_config(tmp_path / "c.toml", sources=[source])), told.append)
    assert len(told) == 1
    assert "zzz: 1 image" in told[0]
    for name in "abcde":
        write_image(tmp_path / f"folders/{name * 3}/x.jpg", 1)
    told.clear()
    read_sources(load_config(tmp_path / "c.toml"), told.append)
    assert re.search(r"\(\w+: 1 images; \w+: 1 images; \w+: 1 images; and 3 more\)", told[0])
    assert f"augderm data check class_folders {tmp_path / 'folders'}" in told[0]


def test_a_dataset_whose_cases_share_a_photograph_can_be_trained_on(tmp_path: Path) -> None:
    derm7pt(tmp_path / "derm7pt")
    records = sources_of(tmp_path, {"dataset": "derm7pt", "path": "derm7pt"})
    assert len({record.path for record in records}) == len(records) == 6


class _Silent:
    def hashed(self, done: int, count: int) -> None: ...
    def decoded(self, done: int, count: int) -> None: ...
    def trained(self, progress: object) -> None: ...
    def looked_over(self, done: int, count: int) -> None: ...


@pytest.mark.parametrize(
    ("resume", "changes", "said"),
    [
        (False, {}, "holds a run already"),
        (True, {"dropout": 0.123}, "other settings or data.*dropout"),
    ],
)
def test_a_run_that_cannot_begin_is_told_before_a_single_image_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    resume: bool,
    changes: dict[str, object],
    said: str,
) -> None:
    from augderm.learn import workshop
    from augderm.learn.records import records_hash
    from augderm.learn.run_folder import RunFolder
    from augderm.learn.train import settings_of

    write_dataset(tmp_path / "data", images=70)
    config = load_config(write_config(tmp_path / "c.toml"))
    run = RunFolder(tmp_path / "run")
    settings = settings_of(config, records_hash(workshop.read_sources(config)))
    run.open(settings, resume=False)
    run.save({"epoch": 1, "settings": settings, "averaged": {}})
    changed = write_config(tmp_path / "c.toml", **changes)

    def read(*_: object) -> str:
        pytest.fail("the images were read first")

    monkeypatch.setattr(workshop, "images_sha256", read)
    monkeypatch.setattr(workshop, "MIN_IMAGES", {"dermoscopic": 5, "clinical": 5})  # of phantoms few do
    with pytest.raises(AugDermError, match=said):
        workshop.train_bundle(changed, run.path, resume=resume, cache=None, say=print, reporter=_Silent())

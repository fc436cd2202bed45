"""A training config is complete, known and in range, or it is refused with the setting's name."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from augderm.domain.errors import InvalidConfig
from augderm.learn.config import Augment, TrainConfig, load_config
from support.dataset import AUGMENT, config_values, to_toml, write_config

SHIPPED = Path(__file__).parents[2] / "configs"


def load(folder: Path, **changes: object) -> TrainConfig:
    """The miniature's config with these settings replaced."""
    path = folder / "configs" / "run.toml"
    path.parent.mkdir(exist_ok=True)
    return load_config(write_config(path, **changes))


def load_without(folder: Path, key: str) -> TrainConfig:
    values = config_values()
    del values[key]
    path = folder / "run.toml"
    path.write_text("\n".join(f"{name} = {to_toml(value)}" for name, value in values.items()))
    return load_config(path)


def test_a_whole_config_is_read(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.name == "mini"
    assert config.sources[0].keep == ("mini",)
    assert config.sources[0].weight == 1.0
    assert config.augment.zoom_in == 0.7
    assert config.calibration_share["dermoscopic"] == 0.99


def test_every_setting_is_tried_here() -> None:
    settings = {field.name for field in dataclasses.fields(TrainConfig)}
    assert set(config_values()) == settings - {
        "start_from",
        "keep_of_start",
        "teachers",
        "teachers_weight",
        "refit",
        "official_splits",
        "checklist_weight",
    }
    assert set(AUGMENT) == {field.name for field in dataclasses.fields(Augment)}


def test_a_source_is_looked_for_from_the_file_not_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert load(tmp_path).sources[0].path == (tmp_path / "configs" / "data").resolve()
    absolute = load(tmp_path, sources=[{"dataset": "index", "path": "/absolute"}])
    assert absolute.sources[0].path == Path("/absolute")


def test_an_earlier_run_is_looked_for_from_the_file(tmp_path: Path) -> None:
    assert load(tmp_path).start_from is None
    assert load(tmp_path, start_from="../runs/a").start_from == (tmp_path / "runs" / "a").resolve()


def test_only_what_a_config_asks_for_has_a_checklist_or_an_official_split(tmp_path: Path) -> None:
    plain = load(tmp_path)
    assert (plain.checklist_weight, plain.official_splits) == (None, None)
    asked = load(tmp_path, checklist_weight=1, official_splits=["index"])
    assert (asked.checklist_weight, asked.official_splits) == (1.0, ("index",))


def test_what_is_kept_of_the_start_needs_a_start_and_a_share(tmp_path: Path) -> None:
    assert load(tmp_path, start_from="a", keep_of_start=0.7).keep_of_start == 0.7
    with pytest.raises(InvalidConfig, match=r"keep_of_start is 0\.7; name the start_from"):
        load(tmp_path, keep_of_start=0.7)
    with pytest.raises(InvalidConfig, match="keep_of_start"):
        load(tmp_path, start_from="a", keep_of_start=1.5)


def test_the_last_layers_are_fitted_once_more_unless_told(tmp_path: Path) -> None:
    assert load(tmp_path).refit is True
    assert load(tmp_path, refit=False).refit is False
    with pytest.raises(InvalidConfig, match="refit = 1 is not of the type bool"):
        load(tmp_path, refit=1)


def test_a_whole_number_does_for_a_decimal_one(tmp_path: Path) -> None:
    config = load(tmp_path, border_weight=2)
    assert config.border_weight == 2.0
    assert isinstance(config.border_weight, float)


def test_stages_follow_each_other(tmp_path: Path) -> None:
    config = load(tmp_path, stages=[{"side_px": 64, "epochs": 2}, {"side_px": 96, "epochs": 1}])
    assert config.epochs == 3
    assert [config.side_px(epoch) for epoch in range(3)] == [64, 64, 96]
    with pytest.raises(IndexError):
        config.side_px(3)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.name)
def test_every_shipped_config_is_read(path: Path) -> None:
    assert load_config(path).name


def test_an_unknown_setting_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"unknown setting epoch; known are .*stages"):
        load(tmp_path, epoch=3)


def test_an_unknown_setting_of_a_part_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"unknown setting flip in augment"):
        load(tmp_path, augment=AUGMENT | {"flip": 1})
    with pytest.raises(InvalidConfig, match=r"unknown setting wight in sources"):
        load(tmp_path, sources=[{"dataset": "index", "path": "data", "wight": 2}])
    with pytest.raises(InvalidConfig, match=r"missing setting epochs in stages"):
        load(tmp_path, stages=[{"side_px": 64}])


@pytest.mark.parametrize("key", sorted(set(config_values()) - {"frozen_blocks", "twins_weight"}))
def test_a_missing_setting_is_refused_with_its_name(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidConfig, match=rf"missing setting {key};"):
        load_without(tmp_path, key)


@pytest.mark.parametrize("key", sorted(config_values()))
def test_a_value_of_the_wrong_type_is_refused_with_its_name(tmp_path: Path, key: str) -> None:
    wrong: object = "text" if not isinstance(config_values()[key], str) else 1
    with pytest.raises(InvalidConfig, match=rf"{key} = .* is not of the type"):
        load(tmp_path, **{key: wrong})


def test_a_decimal_number_does_not_do_for_a_whole_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"batch_size = 3\.5 is not of the type int"):
        load(tmp_path, batch_size=3.5)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in ("moving_average", "dropout", "label_smoothing")
          for value in (-0.1, 1.0, math.nan, math.inf)),
        *((key, value) for key in ("batch_size", "embedding_size") for value in (0, -1)),
        *(("learning_rate", value) for value in (0, -1e-3, math.nan)),
        *((key, value) for key in ("weight_decay", "warmup_epochs", "border_weight", "structures_weight",
                                   "artefacts_weight", "modality_weight", "mixup", "twins_weight")
          for value in (-0.1, math.nan)),
        *((key, -1) for key in ("validation_fold", "calibration_fold", "seed")),
        *((key, 5) for key in ("validation_fold", "calibration_fold")),
        *(("input_size_px", value) for value in (0, 32, 225, -224)),
        ("sources", []),
        ("stages", []),
        ("stages", [{"side_px": 64, "epochs": 0}]),
        ("stages", [{"side_px": 100, "epochs": 1}]),
        ("balance", "some"),
        *(("checklist_weight", value) for value in (0, -1.0, math.nan)),
        ("calibration_share", {"dermoscopic": 1.5}),
        ("calibration_share", {"histology": 0.5}),
        ("augment", AUGMENT | {"zoom_in": 0.0}),
        ("augment", AUGMENT | {"zoom_out": 0.9}),
        ("augment", AUGMENT | {"hair_share": 1.5}),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_with_its_name(tmp_path: Path, key: str, value: Any) -> None:
    with pytest.raises(InvalidConfig, match="side" if key in {"input_size_px"} else rf"{key}|side"):
        load(tmp_path, **{key: value})


def test_each_image_twice_halves_the_images_of_a_batch_which_must_be_even(tmp_path: Path) -> None:
    twice = load(tmp_path, batch_size=16, twins_weight=1.0)
    assert (twice.views, twice.images_per_step) == (2, 8)
    once = load(tmp_path, batch_size=15)
    assert (once.views, once.images_per_step) == (1, 15)
    with pytest.raises(InvalidConfig, match=r"batch_size is 15.*even"):
        load(tmp_path, batch_size=15, twins_weight=1.0)


@pytest.mark.parametrize("size", [64, 96, 224, 384])
def test_sizes_that_the_encoder_can_halve_are_accepted(tmp_path: Path, size: int) -> None:
    assert load(tmp_path, input_size_px=size).input_size_px == size


def test_validation_images_may_not_calibrate(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"both 4.*two folds"):
        load(tmp_path, validation_fold=4)


@pytest.mark.parametrize("text", [b"name = ", b"[[", b"\xff\xfe\x00", b"a = 1\na = 2"])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(text)
    with pytest.raises(InvalidConfig, match="not a TOML file"):
        load_config(path)


def test_a_missing_file_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="no such file"):
        load_config(tmp_path / "nowhere.toml")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_config(tmp_path)


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(tmp_path).seed = 3  # type: ignore[misc]


def test_teachers_are_relative_to_the_file_and_need_a_weight(tmp_path: Path) -> None:
    config = load(tmp_path, teachers=["../runs/a", "b"], teachers_weight=1.5)
    assert config.teachers == ((tmp_path / "runs/a").resolve(), (tmp_path / "configs/b").resolve())
    with pytest.raises(InvalidConfig, match=r"names 1 and teachers_weight is 0\.0; give both, or neither"):
        load(tmp_path, teachers=["a"])
    with pytest.raises(InvalidConfig, match=r"teachers = \['a', 3\] is not of the type"):
        load(tmp_path, teachers=["a", 3])


def test_a_stage_is_no_larger_than_what_images_are_decoded_to(tmp_path: Path) -> None:
    stages = [{"side_px": 128, "epochs": 1}]
    assert load(tmp_path, input_size_px=128, stages=stages).side_px(0) == 128
    with pytest.raises(InvalidConfig, match=r"side_px 128 of a stage is above 110.*input_size_px 96"):
        load(tmp_path, input_size_px=96, stages=stages)


def test_the_warm_up_ends_before_the_run_does(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"warmup_epochs is 2 of 2 epochs in all"):
        load(tmp_path, warmup_epochs=2, stages=[{"side_px": 64, "epochs": 2}])

"""A training config is complete, known and in range, or it is refused with the setting's name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig
from augderm.learn.config import TrainConfig, load_config

SHIPPED = Path(__file__).parents[2] / "configs"
VALUES = {
    "name": '"reader"',
    "version": '"0.1"',
    "data": '"../data"',
    "datasets": '["ham10000", "isic2018"]',
    "validation_fold": "0",
    "calibration_fold": "4",
    "calibration_share": "0.25",
    "encoder": '"lite0"',
    "input_size_px": "224",
    "embedding_size": "256",
    "epochs": "14",
    "batch_size": "32",
    "learning_rate": "6e-4",
    "weight_decay": "0.02",
    "warmup_epochs": "0.5",
    "moving_average": "0.998",
    "dropout": "0.2",
    "label_smoothing": "0.05",
    "balance_power": "0.5",
    "border_weight": "1.0",
    "seed": "7",
}


def load(folder: Path, **changes: str | None) -> TrainConfig:
    """The config with these settings replaced, or left out where None."""
    path = folder / "configs" / "run.toml"
    path.parent.mkdir(exist_ok=True)
    lines = [f"{key} = {value}" for key, value in (VALUES | changes).items() if value is not None]
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_config(path)


def test_a_whole_config_is_read(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.name == "reader"
    assert config.datasets == ("ham10000", "isic2018")
    assert config.learning_rate == 6e-4
    assert config.seed == 7


def test_every_setting_is_tried_here() -> None:
    assert set(VALUES) == {field.name for field in dataclasses.fields(TrainConfig)}


def test_the_data_folder_is_taken_from_the_file_not_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert load(tmp_path).data == (tmp_path / "data").resolve()
    assert load(tmp_path, data='"/absolute"').data == Path("/absolute")


def test_a_whole_number_does_for_a_decimal_one(tmp_path: Path) -> None:
    config = load(tmp_path, border_weight="2")
    assert config.border_weight == 2.0
    assert isinstance(config.border_weight, float)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.name)
def test_every_shipped_config_is_read(path: Path) -> None:
    assert load_config(path).name


def test_an_unknown_setting_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"unknown setting epoch; known are .*epochs"):
        load(tmp_path, epoch="3")


@pytest.mark.parametrize("key", VALUES)
def test_a_missing_setting_is_refused_with_its_name(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidConfig, match=rf"missing setting {key};"):
        load(tmp_path, **{key: None})


@pytest.mark.parametrize("key", VALUES)
def test_a_value_of_the_wrong_type_is_refused_with_its_name(tmp_path: Path, key: str) -> None:
    for wrong in ("true", "{ a = 1 }", "1979-05-27", "[1, 2]", '""' if VALUES[key][0] != '"' else "1"):
        with pytest.raises(InvalidConfig, match=rf"{key} = .* is not of the type"):
            load(tmp_path, **{key: wrong})


def test_a_decimal_number_does_not_do_for_a_whole_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"epochs = 3\.5 is not of the type int"):
        load(tmp_path, epochs="3.5")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in ("calibration_share", "moving_average", "dropout", "label_smoothing")
          for value in ("-0.1", "1.0", "nan", "inf")),
        *((key, value) for key in ("epochs", "batch_size", "embedding_size") for value in ("0", "-1")),
        *(("learning_rate", value) for value in ("0", "-1e-3", "nan", "inf")),
        *((key, value) for key in ("weight_decay", "warmup_epochs", "balance_power", "border_weight")
          for value in ("-0.1", "nan", "inf")),
        *((key, "-1") for key in ("validation_fold", "calibration_fold", "seed")),
        *(("input_size_px", value) for value in ("0", "32", "225", "-224")),
        ("datasets", "[]"),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_with_its_name(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(InvalidConfig, match=key):
        load(tmp_path, **{key: value})


@pytest.mark.parametrize("size", [64, 96, 224, 384])
def test_sizes_that_the_encoder_can_halve_are_accepted(tmp_path: Path, size: int) -> None:
    assert load(tmp_path, input_size_px=str(size)).input_size_px == size


def test_validation_images_may_not_calibrate(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"both 4.*two folds"):
        load(tmp_path, validation_fold="4")


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
        load(tmp_path).epochs = 3  # type: ignore[misc]

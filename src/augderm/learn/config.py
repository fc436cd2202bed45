"""All settings of a training run, from one TOML file."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from augderm.domain.errors import InvalidConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """The settings of one run. Sizes in pixels, shares and rates in 0..1, times in epochs."""

    name: str
    version: str
    data: Path
    datasets: tuple[str, ...]
    validation_fold: int
    calibration_fold: int
    calibration_share: float
    encoder: str
    input_size_px: int
    embedding_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup_epochs: float
    moving_average: float
    dropout: float
    label_smoothing: float
    balance_power: float
    border_weight: float
    seed: int

    def __post_init__(self) -> None:
        if not self.datasets:
            raise InvalidConfig("datasets is empty; name at least one dataset of index.csv")
        if self.input_size_px % 32 or self.input_size_px < 64:
            raise InvalidConfig(
                f"input_size_px is {self.input_size_px}; the encoder halves five times, "
                "so give a multiple of 32 from 64 up, such as 224"
            )
        if self.validation_fold == self.calibration_fold:
            raise InvalidConfig(
                f"validation_fold and calibration_fold are both {self.validation_fold}; "
                "thresholds set on the validation images would flatter them: use two folds"
            )
        for name in ("calibration_share", "moving_average", "dropout", "label_smoothing"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise InvalidConfig(f"{name} is {value}; it must lie in 0 <= {name} < 1")
        for name in ("epochs", "batch_size", "embedding_size", "learning_rate"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise InvalidConfig(f"{name} is {value}; it must be above 0")
        for name in ("weight_decay", "warmup_epochs", "balance_power", "border_weight"):
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise InvalidConfig(f"{name} is {value}; it must be 0 or above")
        for name in ("validation_fold", "calibration_fold", "seed"):
            value = getattr(self, name)
            if value < 0:
                raise InvalidConfig(f"{name} is {value}; it must be 0 or above")


def load_config(path: Path) -> TrainConfig:
    """Read a run's settings from a TOML file; `data` is taken relative to that file.

    Raises:
        InvalidConfig: the file is missing or not TOML, or a key is unknown, missing or out of range.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidConfig(f"{path}: no such file; give the path of a training config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"{path}: not a TOML file: {error}") from None
    except OSError as error:
        raise InvalidConfig(
            f"{path}: cannot be read ({error.strerror}); give the path of a training config"
        ) from None
    return _from_values(path, values)


def _from_values(path: Path, values: dict[str, Any]) -> TrainConfig:
    types = {field.name: str(field.type) for field in fields(TrainConfig)}
    if unknown := sorted(set(values) - set(types)):
        raise InvalidConfig(f"{path}: unknown setting {', '.join(unknown)}; known are {', '.join(types)}")
    if missing := sorted(set(types) - set(values)):
        raise InvalidConfig(f"{path}: missing setting {', '.join(missing)}; add it to the file")
    for name, value in values.items():
        values[name] = _typed(path, name, types[name], value)
    values["data"] = (path.parent / values["data"]).resolve()
    return TrainConfig(**values)


def _typed(path: Path, name: str, wanted: str, value: Any) -> Any:
    match wanted, value:
        case "float", int() | float() if not isinstance(value, bool):
            return float(value)
        case "int", int() if not isinstance(value, bool):
            return value
        case "str" | "Path", str():
            return value
        case "tuple[str, ...]", list() if all(isinstance(item, str) for item in value):
            return tuple(value)
    raise InvalidConfig(f"{path}: {name} = {value!r} is not of the type {wanted}; mend it in the file")

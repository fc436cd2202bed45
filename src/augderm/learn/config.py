"""All settings of a training run, from one TOML file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from augderm.domain.errors import InvalidConfig
from augderm.domain.folds import FOLDS
from augderm.learn.cache import stored_size_px

MODALITIES = ("dermoscopic", "clinical")
BALANCES = ("square_root", "none", "equal")
"""How often a class is drawn: by the root of its count, as it comes, or as often as every other."""
JUST_ABOVE_1 = math.nextafter(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One dataset to learn from.

    Attributes:
        dataset: a name of `augderm data list`.
        path: its folder, relative to the config file.
        keep: names within it to keep (the column `dataset` of index.csv); all where empty.
        weight: how often its images are drawn, against 1 for others.
    """

    dataset: str
    path: Path
    keep: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Some epochs at one side of the training images, in pixels."""

    side_px: int
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Augment:
    """How far a training image is changed. Each share is the chance of the change for an image.

    Attributes:
        zoom_in, zoom_out: side of the sampled window over the image's side, from zoom_in (below 1) to
            zoom_out (above 1: the image is mirrored at its frame).
        colour: factor on the usual spreads of brightness, white balance, contrast and saturation.
        sharpness: largest part of a blurred copy that is mixed in, or half as much taken away.
        noise: standard deviation of the noise at most, in levels of 0..255.
        constancy_share: colours levelled by shades of grey (Finlayson and Trezzi 2004).
        hair_share, corner_share: hairs and dark corners planted.
        erase_share: a rectangle blanked.
    """

    zoom_in: float
    zoom_out: float
    colour: float
    sharpness: float
    noise: float
    constancy_share: float
    hair_share: float
    corner_share: float
    erase_share: float

    def __post_init__(self) -> None:
        _require("augment.zoom_in", self.zoom_in, 0.1, below=JUST_ABOVE_1)
        _require("augment.zoom_out", self.zoom_out, 1)
        for name in ("colour", "noise"):
            _require(f"augment.{name}", getattr(self, name), 0)
        _require("augment.sharpness", self.sharpness, 0, below=JUST_ABOVE_1)
        for name in ("constancy_share", "hair_share", "corner_share", "erase_share"):
            _require(f"augment.{name}", getattr(self, name), 0, below=JUST_ABOVE_1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """The settings of one run. Sizes in pixels, shares and rates in 0..1, times in epochs.

    Attributes:
        official_splits: datasets among the sources whose official split is kept instead of folds: trained on
            its training images, calibrated on all its validation images, its test images held back.
        checklist_weight: of the loss of the 7-point checklist; where it is given, the network has a head for
            it.
        start_from: folder of an earlier run (its averaged weights) or of a bundle, relative to the config
            file, whose weights are the start in place of ImageNet's. It must have held the same images back.
        keep_of_start: share that the start's weights have in those that are exported: the mean of both, with
            batch norms measured anew on whole images.
        teachers: folders of earlier runs (their averaged weights) or of bundles, relative to the config file,
            whose say on every view is learned beside the labels. They must have held the same images back.
        teachers_weight: of what they say, beside 1 for the labels.
        refit: whether the last layers are fitted once more on whole images (`learn.refit`).
        twins_weight: of the loss between the diagnoses of two views of one image. Above 0 every batch holds
            half as many images, each twice, and an epoch draws half as many.
        frozen_blocks: first blocks of the encoder that keep the weights of the start; with them its stem.
            What they see (edges, colours) changes least, and they cost much: three a quarter of the time.
    """

    name: str
    version: str
    sources: tuple[Source, ...]
    validation_fold: int
    calibration_fold: int
    calibration_share: Mapping[str, float]
    encoder: str
    input_size_px: int
    embedding_size: int
    stages: tuple[Stage, ...]
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup_epochs: float
    moving_average: float
    dropout: float
    label_smoothing: float
    balance: str
    mixup: float
    border_weight: float
    structures_weight: float
    artefacts_weight: float
    modality_weight: float
    seed: int
    augment: Augment
    twins_weight: float = 0.0
    official_splits: tuple[str, ...] | None = None
    checklist_weight: float | None = None
    start_from: Path | None = None
    keep_of_start: float = 0.0
    teachers: tuple[Path, ...] = ()
    teachers_weight: float = 0.0
    refit: bool = True
    frozen_blocks: int = 0

    @property
    def views(self) -> int:
        """How often each image of a batch is in it, seen differently."""
        return 2 if self.twins_weight else 1

    @property
    def images_per_step(self) -> int:
        """Images of a batch, each counted once."""
        return self.batch_size // self.views

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)

    def side_px(self, epoch: int) -> int:
        """Side of the training images in an epoch, counted from 0."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage.side_px
            epoch -= stage.epochs
        raise IndexError(f"epoch is beyond the {self.epochs} of the stages")

    def __post_init__(self) -> None:
        if not self.sources:
            raise InvalidConfig("sources is empty; name at least one dataset")
        if not self.stages or any(stage.epochs < 1 for stage in self.stages):
            raise InvalidConfig("stages needs at least one entry, each with epochs above 0")
        for side in (self.input_size_px, *(stage.side_px for stage in self.stages)):
            if side % 32 or side < 64:
                raise InvalidConfig(
                    f"a side of {side} px; the encoder halves five times, so give a multiple of 32 from 64 "
                    "up, such as 224"
                )
        if self.validation_fold == self.calibration_fold:
            raise InvalidConfig(
                f"validation_fold and calibration_fold are both {self.validation_fold}; "
                "thresholds set on the validation images would flatter them: use two folds"
            )
        if self.balance not in BALANCES:
            raise InvalidConfig(f"balance is {self.balance!r}; choose one of {', '.join(BALANCES)}")
        if unknown := sorted(set(self.calibration_share) - set(MODALITIES)):
            raise InvalidConfig(f"calibration_share names {', '.join(unknown)}; it takes {MODALITIES}")
        self._check_ranges()
        self._check_pairs()

    def _check_ranges(self) -> None:
        for modality, share in self.calibration_share.items():
            _require(f"calibration_share.{modality}", share, 0, below=JUST_ABOVE_1)
        for name in ("moving_average", "dropout", "label_smoothing"):
            _require(name, getattr(self, name), 0, below=1)
        for name in ("batch_size", "embedding_size"):
            _require(name, getattr(self, name), 1)
        _require("learning_rate", self.learning_rate, 1e-12)
        weights = ("border_weight", "structures_weight", "artefacts_weight", "modality_weight")
        for name in ("weight_decay", "warmup_epochs", "twins_weight", "teachers_weight", *weights):
            _require(name, getattr(self, name), 0)
        for name in ("mixup", "keep_of_start"):
            _require(name, getattr(self, name), 0, below=JUST_ABOVE_1)
        for name in ("validation_fold", "calibration_fold"):
            _require(name, getattr(self, name), 0, below=FOLDS)
        _require("seed", self.seed, 0)
        _require("frozen_blocks", self.frozen_blocks, 0)
        if self.checklist_weight is not None:
            _require("checklist_weight", self.checklist_weight, 1e-12)
        for source in self.sources:
            _require(f"weight of {source.dataset}", source.weight, 1e-12)

    def _check_pairs(self) -> None:
        if self.warmup_epochs >= self.epochs:
            raise InvalidConfig(
                f"warmup_epochs is {self.warmup_epochs:g} of {self.epochs} epochs in all; it must be "
                "less, or the learning rate never falls"
            )
        most = stored_size_px(self.input_size_px)
        if large := [stage.side_px for stage in self.stages if stage.side_px > most]:
            raise InvalidConfig(
                f"side_px {max(large)} of a stage is above {most}, to which images are decoded for "
                f"input_size_px {self.input_size_px}; lower it, or raise input_size_px"
            )
        if self.keep_of_start and not self.start_from:
            raise InvalidConfig(f"keep_of_start is {self.keep_of_start}; name the start_from that it keeps")
        if bool(self.teachers) != bool(self.teachers_weight):
            raise InvalidConfig(
                f"teachers names {len(self.teachers)} and teachers_weight is {self.teachers_weight}; give "
                "both, or neither"
            )
        if self.twins_weight and self.batch_size % 2:
            raise InvalidConfig(f"batch_size is {self.batch_size}; with twins_weight it must be even")


def _require(name: str, value: float, least: float, *, below: float = math.inf) -> None:
    if not (least <= value < below):
        limit = f"from {least:g} to below {below:g}" if math.isfinite(below) else f"{least:g} or above"
        raise InvalidConfig(f"{name} is {value}; it must be {limit}")


def load_config(path: Path) -> TrainConfig:
    """Read a run's settings from a TOML file; paths of sources are taken relative to that file.

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
    try:
        return _build(TrainConfig, values, path.parent, "")
    except InvalidConfig as error:
        raise InvalidConfig(f"{path}: {error}") from None


def _build(kind: type[Any], values: Mapping[str, Any], base: Path, place: str) -> Any:
    """An instance of a dataclass from a TOML table, every key checked by name and type."""
    known = {entry.name: entry for entry in fields(kind)}
    where = f" in {place}" if place else ""
    if unknown := sorted(set(values) - set(known)):
        raise InvalidConfig(f"unknown setting {', '.join(unknown)}{where}; known are {', '.join(known)}")
    missing = [
        name
        for name, entry in known.items()
        if name not in values and entry.default is MISSING and entry.default_factory is MISSING
    ]
    if missing:
        raise InvalidConfig(f"missing setting {', '.join(missing)}{where}; add it to the file")
    typed = {
        name: _typed(f"{place}{name}", str(known[name].type), value, base) for name, value in values.items()
    }
    return kind(**typed)


def _typed(name: str, wanted: str, value: Any, base: Path) -> Any:  # noqa: PLR0911  (a table of types)
    match wanted, value:
        case "float" | "float | None", int() | float() if not isinstance(value, bool):
            return float(value)
        case "int", int() if not isinstance(value, bool):
            return value
        case "str", str():
            return value
        case "bool", bool():
            return value
        case "Path" | "Path | None", str():
            return (base / value).resolve()
        case "tuple[Path, ...]", list() if all(isinstance(item, str) for item in value):
            return tuple((base / item).resolve() for item in value)
        case "tuple[str, ...]" | "tuple[str, ...] | None", list() if all(
            isinstance(item, str) for item in value
        ):
            return tuple(value)
        case "Mapping[str, float]", dict():
            return {key: _typed(f"{name}.{key}", "float", item, base) for key, item in value.items()}
        case "Augment", dict():
            return _build(Augment, value, base, f"{name}.")
        case "tuple[Source, ...]" | "tuple[Stage, ...]", list() if all(isinstance(x, dict) for x in value):
            kind = Source if "Source" in wanted else Stage
            return tuple(_build(kind, item, base, f"{name}.") for item in value)
    raise InvalidConfig(f"{name} = {value!r} is not of the type {wanted}; mend it in the file")

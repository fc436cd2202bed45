"""`augderm evaluate`: what a bundle reaches on images with known truth."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED

if TYPE_CHECKING:
    from augderm.learn.dataset import Record
    from augderm.learn.figures import Case


def evaluate(
    data: Annotated[Path, typer.Argument(help="Folder with index.csv (see the training data's README).")],
    fold: Annotated[
        int, typer.Option(min=0, help="The fold to read; it must be one that was not trained on.")
    ] = 0,
    dataset: Annotated[
        list[str] | None, typer.Option(help="Only this dataset; repeatable [default: all dermoscopic ones].")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=256, help="Processes that read.")
    ] = None,
) -> int:
    """Read one fold of a dataset as `augderm read` would, and compare with its labels and masks."""
    from augderm.cli.reading.display import Display
    from augderm.cli.reading.pool import read_all
    from augderm.cli.reading.sources import Source
    from augderm.cli.reading.worker import ReadSettings
    from augderm.domain.errors import InvalidConfig, InvalidDataset, OutputRefused
    from augderm.learn.dataset import dermoscopic_datasets, read_index
    from augderm.learn.figures import figures
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle

    if json_file and not json_file.parent.is_dir():
        raise OutputRefused(f"{json_file}: there is no folder {json_file.parent}; make it first")
    bundle = load_bundle(model or DEFAULT_BUNDLE)
    held_back = bundle.manifest.get("training", {}).get("validation_fold")
    if fold != held_back:
        raise InvalidConfig(
            f"this bundle has seen fold {fold}; figures on it would measure memory. Use --fold {held_back}"
        )
    records = [r for r in read_index(data, dataset or dermoscopic_datasets(data)) if r.fold == fold]
    if not records:
        raise InvalidDataset(f"{data}: no image in fold {fold}; see the column fold of index.csv")
    by_path = {str(data / record.image): record for record in records}
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as masks, Display(len(records), rows=False) as display:
        settings = ReadSettings(model or DEFAULT_BUNDLE, masks=Path(masks))
        sources = [Source(path, PurePath(record.image).with_suffix("")) for path, record in by_path.items()]
        for source, assessment in read_all(sources, settings, jobs):
            found = source.file_under(Path(masks), ".png")
            cases.append(_case(assessment, by_path[source.path], data, found))
            found.unlink(missing_ok=True)
            display.add(assessment)
    parts = {name: [c for c in cases if c.dataset == name] for name in sorted({c.dataset for c in cases})}
    if len(parts) > 1:
        parts["all"] = cases
    table = {name: figures(some) for name, some in parts.items()}
    _show(table, bundle.name.name, bundle.name.version, fold)
    if json_file:
        written = {
            part: {name: _or_null(value) for name, value in row.items()} for part, row in table.items()
        }
        json_file.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return SOME_FAILED if display.failed else ALL_READ


def _case(assessment: Mapping[str, Any], record: Record, data: Path, found: Path) -> Case:
    import numpy as np
    from PIL import Image

    from augderm.domain.taxonomy import CODES
    from augderm.learn.figures import Case
    from augderm.learn.scores import jaccard

    with Image.open(data / record.mask) as file:
        wanted = file.convert("L")
    overlap = 0.0
    if found.exists():
        with Image.open(found) as file:
            mask = np.asarray(file) >= 128
        # The reference mask is coarser than the image: it is enlarged, not the border reduced.
        enlarged = np.asarray(wanted.resize(mask.shape[::-1], Image.Resampling.BILINEAR)) >= 128
        overlap = jaccard(mask, enlarged)
    diagnosis, malignancy = assessment["diagnosis"], assessment["malignancy"]
    return Case(
        dataset=record.dataset,
        label=record.label,
        status=assessment["status"],
        probabilities=np.array([diagnosis["probabilities"][code] for code in CODES]) if diagnosis else None,
        malignancy=malignancy["probability"] if malignancy else None,
        prediction_set=tuple(diagnosis["prediction_set"]) if diagnosis else (),
        jaccard=overlap,
    )


def _show(table: Mapping[str, Mapping[str, float]], name: str, version: str, fold: int) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=f"{name} {version}, fold {fold}", title_justify="left")
    shown.add_column("figure")
    for part in table:
        shown.add_column(part, justify="right")
    for figure in next(iter(table.values())):
        shown.add_row(figure, *(_number(figure, row[figure]) for row in table.values()))
    Console().print(shown)


def _number(figure: str, value: float) -> str:
    if math.isnan(value):
        return "undefined"
    return f"{value:.0f}" if figure.startswith("images") else f"{value:.3f}"


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)

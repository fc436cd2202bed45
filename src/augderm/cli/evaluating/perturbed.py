"""Reading the same photographs again after changes that leave the lesion what it is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from augderm.cli.evaluating.sources import PreparedSources
from augderm.cli.reading.display import Display
from augderm.cli.reading.pool import read_all
from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import ReadSettings
from augderm.domain.errors import AugDermError
from augderm.domain.runtime import RuntimeName
from augderm.formats.raster import decode_image
from augderm.learn.datasets.images import load_image
from augderm.learn.evaluation.perturb import PERTURBATIONS, Pixels, unchanged
from augderm.learn.evaluation.robustness import Decision, Flips, flips, quarter_turn_flips, sample, seed_of
from augderm.learn.records import Record

CHANGES = {"unchanged": unchanged, **PERTURBATIONS}


def read_perturbed(
    records: Sequence[Record],
    model: Path,
    *,
    count: int,
    threshold: float,
    jobs: int | None,
    runtime: RuntimeName = "onnx",
) -> list[Flips]:
    """How many decisions each change turns over.

    The photographs are decoded and reduced to working size first, changed or not, and written without
    loss, so that the change is the only difference.

    Args:
        records: of which `count` are taken, always the same.
        model: the bundle's folder.
        count: how many photographs to change; each is read once for every change.
        threshold: of malignancy, 0..1; nan where there is none.
        jobs: processes; None for one a core.
        runtime: what runs the network.
    """
    chosen = sample(records, count)
    names = list(CHANGES)
    decisions: dict[str, list[Decision | None]] = {name: [] for name in names}
    started = time.perf_counter()
    total = len(chosen) * len(names)
    with TemporaryDirectory() as scratch, Display(total, rows=False) as display:
        maker = _Maker(chosen, Path(scratch))
        sources = PreparedSources(total, maker.source)
        settings = ReadSettings(model, runtime=runtime)
        for index, (source, assessment) in enumerate(read_all(sources, settings, jobs)):
            decisions[names[index % len(names)]].append(_decision(assessment))
            display.add(assessment)
            if not source.problem:
                Path(source.path).unlink(missing_ok=True)
    display.close(skipped=0, seconds=time.perf_counter() - started)
    groups = [record.group for record in chosen]
    found = {
        name: flips(name, decisions["unchanged"], decisions[name], groups, threshold)
        for name in PERTURBATIONS
    }
    return [quarter_turn_flips(found), *found.values()]


class _Maker:
    """Makes the changed photographs one after the other, decoding each image once."""

    def __init__(self, records: Sequence[Record], folder: Path) -> None:
        self._records, self._folder = records, folder
        self._pixels: Pixels | None = None
        self._row, self._problem = -1, ""

    def source(self, index: int) -> Source:
        row, change = divmod(index, len(CHANGES))
        record = self._records[row]
        if row != self._row:
            self._decode(row, record)
        output = PurePath(str(index))
        if self._pixels is None:
            return Source(str(record.path), output, problem=self._problem)
        path = self._folder / f"{index}.bmp"
        pixels = list(CHANGES.values())[change](self._pixels, seed_of(record))
        Image.fromarray(pixels).save(path)
        return Source(str(path), output)

    def _decode(self, row: int, record: Record) -> None:
        self._row, self._pixels, self._problem = row, None, ""
        try:
            self._pixels = decode_image(load_image(record)).pixels
        except AugDermError as error:
            self._problem = str(error)


def _decision(assessment: Mapping[str, Any]) -> Decision | None:
    if not assessment["diagnosis"]:
        return None
    probabilities = assessment["diagnosis"]["probabilities"]
    return Decision(
        likeliest=max(probabilities, key=probabilities.__getitem__),
        malignancy=assessment["malignancy"]["probability"],
    )

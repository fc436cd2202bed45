"""Reading a dataset's records with a bundle, by the pool of `augderm read`, and going on after a stop."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augderm.cli.evaluating.measured import measure
from augderm.cli.evaluating.sources import record_sources
from augderm.cli.reading.display import Display
from augderm.cli.reading.outputs import go_on, open_results, refuse_other_runtime
from augderm.cli.reading.pool import read_all
from augderm.cli.reading.worker import WITHHELD, ReadSettings, structure_ending
from augderm.domain.errors import AugDermError, InvalidDataset
from augderm.domain.runtime import RuntimeName
from augderm.domain.text import storable
from augderm.formats.stored_read import is_outdated
from augderm.learn.datasets.images import load_image
from augderm.learn.datasets.masks import check_outlines
from augderm.learn.evaluation.cases import Case, case_of
from augderm.learn.records import Record
from augderm.reader.bundle import Bundle
from augderm.reader.structure_figures import places_told

MEASURED = "evaluation"
"""Key of a line of reads.jsonl beside those of the assessment: what was measured with the truth at hand."""
MASK = "mask_sha256"
"""Key of the reference masks' hash beside what was measured by them; null where there is none."""


def read_records(
    records: Sequence[Record],
    model: Path,
    bundle: Bundle,
    *,
    jobs: int | None,
    keep_in: Path | None,
    resume: bool,
    runtime: RuntimeName = "onnx",
) -> tuple[list[Case], int]:
    """Read every record once, and measure it against its labels.

    Args:
        records: what to read.
        model: the bundle's folder, and `bundle` what is in it.
        jobs: processes; None for one a core.
        keep_in: JSON Lines file of the reads; None where nothing is kept.
        resume: take what `keep_in` holds of this model, of unchanged images and reference masks.
        runtime: what runs the network.

    Returns:
        a case for each record in their order, and how many failed.

    Raises:
        OutputRefused: `keep_in` is of another model or runtime, or cannot be written.
        ModelMismatch: the bundle changed meanwhile.
        InvalidDataset: a reference mask cannot be read.
    """
    check_outlines(records)
    told = places_told(bundle.structure_figures)
    by_name = {storable(str(record.path)): record for record in records}
    done: dict[str, Mapping[str, Any]] = {}
    if keep_in and resume and keep_in.exists():
        done = _done_before(keep_in, by_name, bundle.name.sha256, runtime)
    todo = [record for name, record in by_name.items() if name not in done]
    failed = 0
    started = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as scratch,
        open_results(str(keep_in) if keep_in else None, None, append=bool(done)) as results,
        Display(len(todo), rows=False) as display,
    ):
        masks = Path(scratch)
        sources = record_sources(todo, masks)
        settings = ReadSettings(
            model,
            masks=masks,
            runtime=runtime,
            withheld=True,
            structure_masks=any(record.structure_masks for record in todo),
        )
        for record, (source, assessment) in zip(todo, read_all(sources, settings, jobs), strict=True):
            found = source.file_under(masks, ".png")
            name = storable(str(record.path))
            located = {name: source.file_under(masks, structure_ending(name)) for name in told}
            line = {**assessment, "image": name, MEASURED: _measured(record, found, located or None)}
            results.add(line)
            done[name] = line
            display.add(line)
            for path in (found, *located.values()):
                path.unlink(missing_ok=True)
            if source.path != str(record.path):
                Path(source.path).unlink(missing_ok=True)
    display.close(skipped=len(records) - len(todo), seconds=time.perf_counter() - started)
    failed = display.failed
    lines = [done[storable(str(record.path))] for record in records]
    return [
        case_of(record, line, line[MEASURED], line.get(WITHHELD))
        for record, line in zip(records, lines, strict=True)
    ], failed


def _measured(record: Record, border: Path, located: Mapping[str, Path] | None) -> dict[str, Any]:
    return {**measure(record, border, located), MASK: _mask_sha256(record)}


def _done_before(
    path: Path, by_name: Mapping[str, Record], model_sha256: str, runtime: RuntimeName
) -> dict[str, Mapping[str, Any]]:
    """The reads that still hold, and a file that holds nothing else."""

    def keep(line: Mapping[str, Any]) -> bool:
        refuse_other_runtime(path, line, runtime)
        record = by_name.get(line["image"])
        if record is None or MEASURED not in line or line["sha256"] != _sha256(record):
            return False
        if is_outdated(line):
            return False
        if MASK not in line[MEASURED]:
            # Of an earlier version, which told neither the mask nor what was withheld.
            return line["status"] == "ok" and not (record.mask or record.structure_masks)
        if record.mask and "mask_fault" not in line[MEASURED]:
            return False  # of an earlier version, which measured by masks that show no lesion of their image
        return bool(line[MEASURED][MASK] == _mask_sha256(record))

    go_on(path, None, model_sha256, keep=keep, accept=lambda _: None)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["image"]: line for line in lines}


def _mask_sha256(record: Record) -> str | None:
    border = _file_sha256(record.folder / record.mask) if record.mask else None
    if not record.structure_masks:
        return border
    outlines = {name: _file_sha256(record.folder / mask) for name, mask in record.structure_masks.items()}
    return hashlib.sha256(json.dumps([border, outlines], sort_keys=True).encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidDataset(f"{path}: the mask cannot be read ({error}); restore the file") from None


def _sha256(record: Record) -> str | None:
    try:
        return hashlib.sha256(load_image(record)).hexdigest()
    except AugDermError:
        return None  # it fails when it is read, with its reason

"""`augderm data`: the datasets that can be trained on, and whether a folder is fit for it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED

if TYPE_CHECKING:
    from augderm.learn.datasets.dataset import Dataset
    from augderm.learn.datasets.findings import Finding
    from augderm.learn.datasets.probe import Probe
    from augderm.learn.records import Record

SCHEMA = "augderm.data_check/1"
PROGRESS_EVERY_S = 10.0
SHOWN_PLACES = 8
"""Places shown of a finding; all are in the JSON file."""

data = typer.Typer(
    no_args_is_help=True, help="Datasets: what there is, and whether a folder is fit to train on."
)


@data.command("list")
def list_datasets(
    name: Annotated[str | None, typer.Argument(help="Show this one: its layout, labels, traps.")] = None,
) -> int:
    """Show the datasets that can be read, or all about one of them."""
    from augderm.learn.datasets.registry import DATASETS, dataset_named

    if name:
        _show_dataset(dataset_named(name))
        return ALL_READ
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("name", "images", "modality", "licence"):
        table.add_column(column, justify="right" if column == "images" else "left")
    for dataset in DATASETS.values():
        table.add_row(dataset.name, str(dataset.images or ""), dataset.modality, dataset.licence)
    Console().print(table)
    typer.echo("\nLayout, labels and traps of one: augderm data list NAME")
    return ALL_READ


@data.command("check")
def check(
    name: Annotated[str, typer.Argument(help="A name of `augderm data list`.")],
    path: Annotated[Path, typer.Argument(help="The folder that holds it, as published.")],
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Read only N images, spread over all.")
    ] = None,
    skip_images: Annotated[
        bool, typer.Option("--skip-images", help="Check the tables only: seconds, whatever the size.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write counts and all findings as JSON.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=256, help="Processes that read images.")
    ] = None,
) -> int:
    """Look for what stands between a dataset and honest training, and say what to do about it.

    Counts by class, fold and split; no image to learn from; missing and broken files, and images without a
    row; diagnoses outside of the taxonomy; lesions torn apart by splits; duplicates. Exits with 0 when
    nothing must be solved, with 2 when something must, with 1 when a table cannot be read or has no row.
    """
    from augderm.domain.errors import OutputRefused
    from augderm.learn.datasets.check import (
        count_findings,
        counts,
        duplicate_findings,
        file_findings,
        label_findings,
        record_findings,
        sampled,
        split_findings,
        unlisted_findings,
    )
    from augderm.learn.datasets.registry import dataset_named

    if json_file and not json_file.parent.is_dir():
        raise OutputRefused(f"{json_file}: there is no folder {json_file.parent}; make it first")
    dataset = dataset_named(name)
    records = dataset.read(path)
    findings = [
        *record_findings(records),
        *label_findings(dataset, records),
        *count_findings(dataset, path),
        *unlisted_findings(records),
        *split_findings(records),
        *dataset.inspect(path),
    ]
    looked_at = [] if skip_images else sampled(records, limit)
    if looked_at:
        probes = _probed(looked_at, jobs)
        findings += [*file_findings(looked_at, probes), *duplicate_findings(looked_at, probes)]
    findings.sort(key=lambda finding: finding.level != "problem")
    table = counts(records)
    _show(dataset, records, len(looked_at), table, findings)
    if json_file:
        report = {
            "schema": SCHEMA,
            "dataset": name,
            "folder": str(path),
            "images": len(records),
            "images_read": len(looked_at),
            "counts": table,
            "findings": [finding.to_json() for finding in findings],
        }
        _write(json_file, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return SOME_FAILED if any(finding.level == "problem" for finding in findings) else ALL_READ


def _probed(records: Sequence[Record], jobs: int | None) -> list[Probe]:
    """All probes, with a bar on a terminal and a line every few seconds elsewhere."""
    from rich.console import Console
    from rich.progress import track

    from augderm.learn.datasets.probe import probe_all

    console = Console(stderr=True)
    found = probe_all(records, jobs)
    if console.is_terminal:
        return list(
            track(found, total=len(records), description="reading images", console=console, transient=True)
        )
    probes = []
    last = time.monotonic()
    for probe in found:
        probes.append(probe)
        if time.monotonic() - last >= PROGRESS_EVERY_S:
            last = time.monotonic()
            typer.echo(f"read {len(probes)} of {len(records)} images", err=True)
    return probes


def _show(
    dataset: Dataset,
    records: Sequence[Record],
    read: int,
    counts: dict[str, dict[str, int]],
    findings: Sequence[Finding],
) -> None:
    from rich.console import Console
    from rich.table import Table

    from augderm.domain.text import visible

    console = Console(highlight=False)
    groups = len({record.group for record in records})
    masks = sum(record.mask is not None for record in records)
    typer.echo(
        f"{dataset.title}: {len(records)} images, {groups} groups (lesions or patients), {masks} with a "
        f"mask; {read or 'no'} images read. Licence: {dataset.licence}."
    )
    table = Table(box=None, pad_edge=False)
    columns = sorted({column for row in counts.values() for column in row}, key=_column_order)
    table.add_column("images")
    for label in counts:
        table.add_column(label, justify="right")
    for column in columns:
        table.add_row(column, *(str(row.get(column, 0)) for row in counts.values()))
    console.print(table)
    for finding in findings:
        count = f" ({len(finding.where)})" if finding.where else ""
        typer.echo(f"\n{finding.level}{count}: {visible(finding.what)}")
        for place in finding.where[:SHOWN_PLACES]:
            typer.echo(f"  {visible(place)}")
        if len(finding.where) > SHOWN_PLACES:
            typer.echo(f"  and {len(finding.where) - SHOWN_PLACES} more (--json FILE writes all)")
        typer.echo(f"  do: {visible(finding.remedy)}")
    problems = sum(finding.level == "problem" for finding in findings)
    notes = len(findings) - problems
    typer.echo(
        f"\n{problems or 'no'} problem{'s' * (problems != 1)}, {notes or 'no'} note{'s' * (notes != 1)}"
    )


def _column_order(column: str) -> tuple[int, str]:
    order = ("all", "train", "validation", "test", "dermoscopic", "clinical")
    if column in order:
        return order.index(column), ""
    return (len(order) + 1 if column.startswith("fold ") else len(order)), column


def _show_dataset(dataset: Dataset) -> None:
    facts: tuple[tuple[str, Any], ...] = (
        ("cite", dataset.citation),
        ("licence", dataset.licence),
        ("images", f"{dataset.images or 'varies'}, {dataset.modality}"),
        ("gives", dataset.gives),
    )
    typer.echo(f"{dataset.name}: {dataset.title}")
    for name, fact in facts:
        typer.echo(f"  {name}: {fact}")
    for name, lines in (("the folder holds", dataset.layout), ("beware", dataset.traps)):
        typer.echo(f"  {name}:")
        for line in lines:
            typer.echo(f"    {line}")


def _write(path: Path, text: str) -> None:
    from augderm.domain.errors import OutputRefused
    from augderm.domain.text import storable

    try:
        path.write_text(storable(text), encoding="utf-8")
    except OSError as error:
        raise OutputRefused(f"{path}: cannot be written ({error.strerror}); give another --json") from None

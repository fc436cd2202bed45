"""`augderm read`: images in, assessments out."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from augderm.cli.exit_status import ALL_READ, INTERRUPTED, SOME_FAILED
from augderm.domain.runtime import RuntimeName


def read(
    paths: Annotated[
        list[str],
        typer.Argument(help="Images, folders (searched recursively), or - for a list on standard input."),
    ],
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write JSON Lines, one assessment a line; - for standard output."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write an HTML and a PDF report for each image.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each lesion's border as a PNG mask (0 and 255).")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a table, one row an image.")] = None,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=256, help="Processes that read [default: one a core]."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with an earlier run's --json file; failed images are tried again."
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier run wrote.")
    ] = False,
    mm_per_px: Annotated[
        float | None,
        typer.Option(metavar="MM", help="Millimetres per pixel of the images, where known."),
    ] = None,
    group_by_folder: Annotated[
        bool,
        typer.Option(
            "--group-by-folder", help="The images in one folder are photographs of one lesion: one read each."
        ),
    ] = False,
    views: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=8, help="Average over N flips and turns: steadier, slower."),
    ] = 1,
    hairless_view: Annotated[
        bool,
        typer.Option(
            "--hairless-view",
            help="Where there is dark hair, average with a second view in which it is painted over: slower.",
        ),
    ] = False,
    novelty_limit: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Abstain above this novelty score [default: the model's own]; inf: never, as for phantoms.",
        ),
    ] = None,
    anamnesis: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What the patients told: CSV, one row an image; JSON for one image."
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rules of the advice, TOML [default: the shipped ones]."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")
    ] = None,
    runtime: Annotated[
        RuntimeName,
        typer.Option(help="What runs the network; openvino needs the extra `fast`."),
    ] = "onnx",
) -> int:
    """Read skin lesions, dermoscopic or clinical: border, measures, quality, diagnosis, each with its doubt.

    Exit status: 0 all were read, 2 some failed (named at the end), 1 misuse, 130 interrupted. Not a
    medical device: the dermatologist decides.
    """
    # Imported here: the image libraries take longer than `augderm --help` may.
    from augderm.cli.reading.anamneses import with_anamneses
    from augderm.cli.reading.display import Display
    from augderm.cli.reading.outputs import STANDARD_OUTPUT, open_results, refuse_existing, refuse_same
    from augderm.cli.reading.policy import read_policy
    from augderm.cli.reading.pool import read_all
    from augderm.cli.reading.resume import still_to_read
    from augderm.cli.reading.sources import find_sources
    from augderm.cli.reading.worker import ReadSettings
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
    from augderm.reader.network import check_runtime

    if resume and (json is None or json == STANDARD_OUTPUT):
        raise typer.BadParameter("--resume goes on with a file: name it with --json FILE")
    if resume and overwrite:
        raise typer.BadParameter("--resume keeps earlier results, --overwrite replaces them: give one")
    if mm_per_px is not None and not 0 < mm_per_px < 10:
        raise typer.BadParameter(f"--mm-per-px is {mm_per_px}; a dermatoscope gives about 0.005 to 0.1")
    if novelty_limit is not None and not novelty_limit > 0:
        raise typer.BadParameter(f"--novelty-limit is {novelty_limit}; give a number above 0, or inf")
    refuse_same(json, csv)
    going_on = resume and json is not None and Path(json).exists()
    if not going_on and not overwrite:
        # An interrupted run that had written no line yet has nothing to go on with but its folders.
        refuse_existing(json, csv, *(() if resume else (report, masks)))
    settings = ReadSettings(
        model or DEFAULT_BUNDLE,
        masks,
        report,
        mm_per_px,
        views=views,
        hairless_view=hairless_view,
        novelty_limit=novelty_limit,
        policy=read_policy(policy) if policy else None,
        runtime=runtime,
    )
    check_runtime(runtime)
    # Before any file is touched: a wrong model must not cost an earlier run's results.
    model_sha256 = load_bundle(settings.model).name.sha256
    sources = find_sources(
        _listed(paths),
        leave_out=[folder for folder in (report, masks) if folder],
        group_by_folder=group_by_folder,
    )
    if anamnesis is not None:
        sources, notes = with_anamneses(sources, anamnesis, date.today().isoformat())
        for note in notes:
            typer.echo(f"anamnesis: {note}", err=True)
    waiting = sources
    if going_on and json:
        waiting = still_to_read(sources, settings, Path(json), csv, model_sha256)

    rows = json != STANDARD_OUTPUT and (sys.stdout.isatty() or not any((json, report, masks, csv)))
    _stop_on_termination()
    started = time.monotonic()
    with open_results(json, csv, append=going_on) as results, Display(len(waiting), rows=rows) as display:
        try:
            for _, assessment in read_all(waiting, settings, jobs):
                results.add(assessment)
                display.add(assessment)
        except KeyboardInterrupt:
            how = "; go on with --resume" if json and json != STANDARD_OUTPUT else ""
            typer.echo(f"interrupted: every result that was written is whole{how}", err=True)
            return INTERRUPTED
    display.close(skipped=len(sources) - len(waiting), seconds=time.monotonic() - started)
    return SOME_FAILED if display.failed else ALL_READ


def _listed(paths: list[str]) -> list[str]:
    """The paths, with a lone "-" replaced by the lines of standard input."""
    listed: list[str] = []
    for path in paths:
        if not path:
            raise typer.BadParameter("a path is empty; give an image or a folder")
        if path == "-":
            # Bytes, since a file name need not be valid text.
            lines = sys.stdin.buffer.read().split(b"\n")
            listed += [os.fsdecode(line.rstrip(b"\r")) for line in lines if line.strip()]
        else:
            listed.append(path)
    return listed


def _stop_on_termination() -> None:
    """Treat SIGTERM as Ctrl-C, so that the workers are stopped and files are closed."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)

"""`augderm similar`: the known cases that look like an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED
from augderm.cli.write_text import write_text

if TYPE_CHECKING:
    from augderm.domain.similar import Similar

MAX_COUNT = 100
STANDARD_OUTPUT = "-"


def similar(
    image: Annotated[str, typer.Argument(help="The image.")],
    library: Annotated[
        Path, typer.Option("--library", metavar="DIR", help="A library of `augderm library build`.")
    ],
    count: Annotated[int, typer.Option(metavar="K", min=1, max=MAX_COUNT, help="How many cases.")] = 10,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the answer as JSON; - for standard output.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one HTML page with the thumbnails.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier files.")] = False,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")
    ] = None,
) -> int:
    """Show the nearest known cases, with diagnosis, distance and how it was confirmed.

    An image that cannot be read, or that the network abstains from, has no similar cases. Exit status: 0, or
    2 where the image could not be read, 1 on misuse. Not a medical device: the dermatologist decides.
    """
    import json as json_module

    from augderm.cli.reading.outputs import refuse_existing
    from augderm.domain.errors import OutputRefused
    from augderm.domain.text import storable
    from augderm.formats.report.similar import report_similar
    from augderm.formats.similar_json import similar_json
    from augderm.library.library import Library
    from augderm.library.similar import find_similar
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
    from augderm.reader.network import Network

    if json and report and Path(json).absolute() == report.absolute():
        raise OutputRefused(f"{report} is named for both --json and --report; give two names")
    if not overwrite:
        refuse_existing(json, report)
    network = Network(load_bundle(model or DEFAULT_BUNDLE))
    answer = find_similar(image, Library(library), network=network, count=count)
    text = storable(json_module.dumps(similar_json(answer), ensure_ascii=False, indent=1)) + "\n"
    if report:
        write_text(report, report_similar(answer))
    if json == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
    elif json:
        write_text(Path(json), text)
    if json != STANDARD_OUTPUT:
        _show(answer)
    return SOME_FAILED if answer.assessment.status == "failed" else ALL_READ


def _show(answer: Similar) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from augderm.domain.text import visible
    from augderm.formats.report.similar import view_case, view_share

    console = Console(highlight=False)
    for note in (*(f"They disagree: {warning}" for warning in answer.warnings), *answer.notes):
        console.print(escape(visible(note)))
    if answer.reason:
        console.print(escape(visible(answer.reason)))
        return
    cases = Table(
        "", "diagnosis", "distance", "confirmed by", "patient, site", "case", box=None, pad_edge=False
    )
    for rank, neighbour in enumerate(answer.neighbours, 1):
        case = view_case(rank, neighbour)
        mark = " (malignant)" if case.malignant else ""
        cells = (str(rank), case.diagnosis + mark, case.distance, case.confirmed, case.patient, case.name)
        cases.add_row(*map(escape, cells))
    console.print(cases)
    shares = Table("diagnosis", "similar cases", "network", "whole library", box=None, pad_edge=False)
    for share in answer.shares:
        row = view_share(share, answer.library)
        shares.add_row(row.name, row.share, row.probability, row.in_library)
    console.print()
    console.print(shares)
    console.print("\nNot a medical device: the dermatologist decides.")

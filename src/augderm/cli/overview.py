"""`augderm overview`: the lesions of a body region at two visits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED

if TYPE_CHECKING:
    from augderm.domain.overview import OverviewComparison

JSON_NAME, PAGE_NAME = "overview.json", "overview.html"


def overview(
    baseline: Annotated[str, typer.Argument(help="The first photograph of a body region.")],
    follow_up: Annotated[str, typer.Argument(help="A later photograph of the same region.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write overview.json, and overview.html with numbered marks."),
    ] = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="The photographs are phantoms: the page says so.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier files.")] = False,
) -> int:
    """Match the pigmented lesions of two photographs of one body region: new, missing, changed in size.

    Not validated on photographs of patients. What cannot be judged is listed as such, never as new or
    missing. Exit status: 0, 2 where the photographs cannot be laid onto each other, 1 on misuse. Not a
    medical device: the dermatologist decides.
    """
    import json as json_module

    from augderm.cli.reading.outputs import refuse_existing
    from augderm.cli.write_text import write_text
    from augderm.domain.errors import OutputRefused
    from augderm.formats.overview_json import overview_json
    from augderm.formats.report.overview import report_overview
    from augderm.overview import compare_overviews

    if out and not overwrite:
        refuse_existing(None, None, out)
    found = compare_overviews(baseline, follow_up)
    if out:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputRefused(
                f"{out} cannot be made ({error.strerror}); give the name of a folder"
            ) from None
        write_text(out / PAGE_NAME, report_overview(found, synthetic=synthetic))
        text = json_module.dumps(overview_json(found), ensure_ascii=False, allow_nan=False, indent=1)
        write_text(out / JSON_NAME, text + "\n")
    _show(found)
    if out:
        typer.echo(f"{out / PAGE_NAME}, {out / JSON_NAME}")
    return SOME_FAILED if found.reason else ALL_READ


def _show(found: OverviewComparison) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from augderm.domain.overview import NOT_VALIDATED
    from augderm.domain.text import visible
    from augderm.formats.report.overview import KINDS, finding_of, lesion_rows, registration_text

    console = Console(highlight=False)
    console.print(f"[bold]{escape(finding_of(found))}[/bold]")
    for note in (found.reason, *found.notes):
        if note:
            console.print(escape(visible(note)))
    if found.registration:
        console.print(escape(registration_text(found.registration)))
        table = Table("lesion", "", "diameter", "", box=None, pad_edge=False)
        for kind, rows in lesion_rows(found, pictures=False).items():
            for row in rows:
                words = " ".join(filter(None, (row.change, row.note)))
                table.add_row(*map(escape, (row.label, KINDS[kind], row.size, words)))
        console.print(table)
    console.print(f"\n{escape(NOT_VALIDATED)}\nNot a medical device: the dermatologist decides.")

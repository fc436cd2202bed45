"""`augderm compare`: what changed of a lesion between photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED

if TYPE_CHECKING:
    from rich.console import Console

    from augderm.domain.followup import Comparison
    from augderm.formats.report.followup import VisitView

STANDARD_OUTPUT = "-"


def compare(
    baseline: Annotated[str, typer.Argument(help="The first photograph.")],
    follow_ups: Annotated[list[str], typer.Argument(help="Later photographs of the same lesion.")],
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the comparison as JSON; - for standard output.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write one HTML page: flicker, slider, difference map, every change."
        ),
    ] = None,
    mm_per_px: Annotated[
        float | None,
        typer.Option(
            "--mm-per-px", metavar="MM", help="Millimetres per pixel of every photograph, where known."
        ),
    ] = None,
    synthetic: Annotated[
        bool,
        typer.Option(
            "--synthetic", help="The images are phantoms: the page says so, and their novelty is no limit."
        ),
    ] = False,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rules of the advice [default: the shipped ones].")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier files.")] = False,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")
    ] = None,
) -> int:
    """Compare photographs of one lesion: registered, in one light, each change held against repeatability.

    Photographs of two patients or lesions, by their capture sidecars, and a follow-up from before its
    baseline, are refused. Exit status: 0, or 2 where a follow-up could not be compared, 1 on misuse. Not a
    medical device: the dermatologist decides.
    """
    import json as json_module
    import math

    from augderm.cli.reading.outputs import refuse_existing
    from augderm.cli.reading.policy import read_policy
    from augderm.cli.write_text import write_text
    from augderm.domain.errors import OutputRefused
    from augderm.domain.text import storable
    from augderm.followup import compare as compare_photographs
    from augderm.formats.comparison_json import comparison_json
    from augderm.formats.report.followup import report_comparison
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
    from augderm.reader.network import Network

    if mm_per_px is not None and not (math.isfinite(mm_per_px) and mm_per_px > 0):
        raise typer.BadParameter(f"--mm-per-px is {mm_per_px}; give millimetres per pixel, above 0")
    if json and report and Path(json).absolute() == report.absolute():
        raise OutputRefused(f"{report} is named for both --json and --report; give two names")
    if not overwrite:
        refuse_existing(json, report)
    found = compare_photographs(
        baseline,
        follow_ups,
        network=Network(load_bundle(model or DEFAULT_BUNDLE)),
        mm_per_px=mm_per_px,
        novelty_limit=math.inf if synthetic else None,
        policy=read_policy(policy) if policy else None,
    )
    text = (
        storable(json_module.dumps(comparison_json(found), ensure_ascii=False, allow_nan=False, indent=1))
        + "\n"
    )
    if report:
        write_text(report, report_comparison(found, synthetic=synthetic))
    if json == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
    elif json:
        write_text(Path(json), text)
    if json != STANDARD_OUTPUT:
        _show(found)
    undone = any(len(each.left_open) == len(each.changes) for each in found.follow_ups)
    return SOME_FAILED if undone else ALL_READ


def _show(found: Comparison) -> None:
    from rich.console import Console
    from rich.markup import escape

    from augderm.domain.text import visible
    from augderm.formats.report.followup import view_visit

    console = Console(highlight=False)
    for note in found.notes:
        console.print(escape(visible(note)))
    for place, each in enumerate(found.follow_ups, 1):
        view = view_visit(place, each)
        console.print(f"\n[bold]{escape(view.name)}[/bold] ({escape(view.when)}): {escape(view.finding)}")
        for note in (view.reason, *view.notes):
            if note:
                console.print(escape(note))
        if view.advice:
            advice = f"Advice: {view.advice.band}. {view.advice.action} {view.advice.recall}"
            console.print(escape(advice.rstrip()))
        if view.groups:
            _show_changes(console, view)
    console.print("\nNot a medical device: the dermatologist decides.")


def _show_changes(console: Console, view: VisitView) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("", "", "baseline", "now", "change", "repeatable to", box=None, pad_edge=False)
    for _, rows in view.groups:
        for row in rows:
            if row.grade != "none":
                mark = "▲" if row.grade == "changed" else ""
                cells = (mark, row.name, row.baseline, row.follow_up, row.change, row.limit)
                table.add_row(*map(escape, cells))
    console.print(table)
    console.print("▲ changed beyond the repeatability")
    left_open: dict[str, list[str]] = {}
    for _, rows in view.groups:
        for row in rows:
            if row.grade == "none":
                left_open.setdefault(row.reason, []).append(row.name)
    for reason, names in left_open.items():
        console.print(escape(f"Not determined: {', '.join(names)}. {reason}"))

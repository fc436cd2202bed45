"""`augderm simulate`: what a change of the clinic's ways would do, before anybody changes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augderm.domain.advice import Band
    from augderm.evidence.simulation.triage import TriageResult

simulate = typer.Typer(no_args_is_help=True, help="Simulate a clinic: what sorting its worklist would gain.")


@simulate.callback()
def _commands() -> None:
    # Without it typer would make the only command the group itself.
    pass


@simulate.command()
def triage(
    arrivals: Annotated[float, typer.Option(metavar="N", help="Lesions that come in a working day.")] = 20.0,
    readers: Annotated[int, typer.Option(metavar="N", help="People who read.")] = 2,
    reads_per_day: Annotated[float, typer.Option(metavar="N", help="What each of them reads a day.")] = 10.5,
    malignant_share: Annotated[
        float, typer.Option(metavar="P", help="Share of lesions that are malignant.")
    ] = 0.05,
    backlog: Annotated[int, typer.Option(metavar="N", help="Lesions that wait at the start.")] = 150,
    warm_up_days: Annotated[
        float, typer.Option(metavar="N", help="Days at the start that are not counted.")
    ] = 0.0,
    days: Annotated[float, typer.Option(metavar="N", help="Days whose arrivals are counted.")] = 90.0,
    replications: Annotated[int, typer.Option(metavar="N", help="How often all is done anew.")] = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same figures.")] = 1,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its days to the first look [default: the shipped ones]."),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the figures; - for standard output.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one HTML page: plot, tables, assumptions.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier run wrote.")
    ] = False,
) -> int:
    """Days until malignant and benign lesions are first read, by how the worklist is sorted.

    First-come or by priority, with or without the machine's pre-sorting; its assumptions are printed too.
    """
    import json as json_module

    from augderm.cli.reading.outputs import STANDARD_OUTPUT, refuse_existing
    from augderm.cli.reading.policy import read_policy
    from augderm.cli.simulating.triage_page import to_json, triage_page
    from augderm.cli.write_text import write_text
    from augderm.evidence.advice.default import default_policy
    from augderm.evidence.simulation.setting import Setting
    from augderm.evidence.simulation.triage import simulate_triage

    if json and report and Path(json).absolute() == report.absolute():
        raise typer.BadParameter(f"{report} is named for both --json and --report; give two names")
    if not overwrite:
        refuse_existing(json, report)
    allowed = (read_policy(policy) if policy else default_policy()).read_within_days
    setting = Setting(
        arrivals_per_day=arrivals,
        readers=readers,
        reads_per_day=reads_per_day,
        malignant_share=malignant_share,
        backlog=backlog,
        warm_up_days=warm_up_days,
        days=days,
        replications=replications,
        seed=seed,
    )
    result = simulate_triage(setting, allowed)
    if report:
        write_text(report, triage_page(result, allowed))
    text = json_module.dumps(to_json(result, allowed), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if json == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return ALL_READ
    if json:
        write_text(Path(json), text)
    _show(result, allowed)
    return ALL_READ


def _show(result: TriageResult, allowed: Mapping[Band, float]) -> None:
    from rich.console import Console
    from rich.table import Table

    from augderm.cli.simulating.triage_page import COLUMNS, rows
    from augderm.evidence.simulation.triage import KINDS, assumptions

    console = Console(highlight=False)
    for kind in KINDS:
        # A terminal of 80 columns has room for three figures; all are in the page and the JSON.
        table = Table(
            f"{kind}, {result.counted[kind]}", *COLUMNS[:1], *COLUMNS[2::2], box=None, pad_edge=False
        )
        for way, mean, _, within, _, gain in rows(result, kind):
            table.add_row(way, mean, within, gain)
        console.print(table)
        console.print()
    console.print("Working days to the first read; mean over replications (95 % interval). Assumed:")
    for sentence in assumptions(result.setting, allowed):
        console.print(f"- {sentence}", markup=False)
    console.print("\nA simulation, no clinic. Not a medical device: the dermatologist decides.")

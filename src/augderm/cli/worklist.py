"""`augderm worklist`: in what order unread cases are to be looked at, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augderm.cli.exit_status import ALL_READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augderm.cli.listing.worklist_json import ArrivalSource, Waiting
    from augderm.formats.arrivals_csv import Arrival
    from augderm.formats.unread_cases import UnreadCase

STANDARD_OUTPUT = "-"
MAX_NAMED = 10
"""Cases without a day of arrival, and rows without a case, that are named."""


def worklist(
    files: Annotated[list[Path], typer.Argument(help="JSON lines that augderm read --json wrote.")],
    arrivals: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV: image, arrived_on, referred_on (which may be left out)."),
    ] = None,
    arrived: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day of arrival of all that the table does not name.")
    ] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DAY", help="Count up to this day, YYYY-MM-DD [default: today].")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy of the advice [default: the shipped one].")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the list as JSON; - for standard output.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file.")] = False,
) -> int:
    """The order in which cases are to be looked at, the most pressing first, with the reason for each place.

    A case without a day of arrival in the table has that of --arrived, else the day of its photograph; one
    with none of them is refused, and so are arrivals after today. Every case of the files is in the list,
    also those that could not be read. Not a medical device: the dermatologist decides.
    """
    import json as json_module
    from datetime import date

    from augderm.cli.listing.worklist_json import worklist_json
    from augderm.cli.reading.outputs import refuse_existing
    from augderm.cli.reading.policy import read_policy
    from augderm.cli.write_text import write_text
    from augderm.domain.capture import is_day
    from augderm.domain.errors import InvalidConfig
    from augderm.evidence.advice.default import default_policy
    from augderm.evidence.priority import worklist as in_order
    from augderm.formats.arrivals_csv import read_arrivals
    from augderm.formats.unread_cases import read_unread_cases

    for option, day in (("--arrived", arrived), ("--today", today)):
        if day is not None and not is_day(day):
            raise typer.BadParameter(f"{option} is {day!r}; give a day as YYYY-MM-DD")
    if not overwrite:
        refuse_existing(json, None)
    rules = read_policy(policy) if policy else default_policy()
    cases = read_unread_cases(files)
    if not cases:
        typer.echo("There is no case in these files.", err=True)
    if cases and cases[0].policy.sha256 != rules.name.sha256:
        ours, theirs = rules.name, cases[0].policy
        raise InvalidConfig(
            f"the advice of {files[0]} is by the policy {theirs.name} {theirs.version} "
            f"({theirs.sha256[:12]}), the days of this list by {ours.name} {ours.version} "
            f"({ours.sha256[:12]}); name that policy with --policy"
        )
    day = today or date.today().isoformat()
    waiting = _waiting(cases, read_arrivals(arrivals) if arrivals else [], arrived, day)
    by_name = {each.case.name: each for each in waiting}
    ordered = [by_name[c.name] for c in in_order([e.case for e in waiting], rules.read_within_days)]
    found = worklist_json(ordered, rules.read_within_days, rules.name, day)
    text = json_module.dumps(found, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    if json == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return ALL_READ
    if json:
        write_text(Path(json), text)
    _show(found)
    return ALL_READ


def _waiting(
    cases: Sequence[UnreadCase], arrivals: Sequence[Arrival], arrived: str | None, today: str
) -> list[Waiting]:
    """Each case with its days.

    Raises:
        InvalidConfig: a case has no day of arrival, or one after today; a row could be of two cases.
    """
    from datetime import date

    from augderm.cli.listing.worklist_json import Waiting
    from augderm.domain.errors import InvalidConfig
    from augderm.domain.text import visible
    from augderm.evidence.priority import Case

    rows = _rows_of(cases, arrivals)
    found, nameless = [], []
    for each in cases:
        row = rows.get(each.image)
        day, source = _arrival(each, row, arrived)
        if day is None:
            nameless.append(visible(each.image))
            continue
        if day > today:
            raise InvalidConfig(
                f"{visible(each.image)} arrived on {day}, after {today}; correct the day, or give --today"
            )
        since = date.fromisoformat(day)
        referred = date.fromisoformat(row.referred_on) if row and row.referred_on else since
        case = Case(
            name=each.image,
            band=each.band,
            probability=each.probability,
            unread_days=float((date.fromisoformat(today) - since).days),
            waited_days=float((since - referred).days),
        )
        found.append(Waiting(each, day, source, case))
    if nameless:
        raise InvalidConfig(
            f"no day of arrival is known for {_named(nameless)}; name them in "
            "--arrivals, or give --arrived DAY for all of them"
        )
    return found


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{', '.join(names[:MAX_NAMED])}{more}"


def _arrival(case: UnreadCase, row: Arrival | None, arrived: str | None) -> tuple[str | None, ArrivalSource]:
    """The day on which a case came in, and who says so."""
    if row:
        return row.arrived_on, "table"
    return (arrived, "option") if arrived else (case.taken_on, "photograph")


def _rows_of(cases: Sequence[UnreadCase], arrivals: Sequence[Arrival]) -> dict[str, Arrival]:
    """The row of each case, by its path, else by its file name."""
    from augderm.domain.errors import InvalidConfig
    from augderm.domain.text import visible

    images = {each.image for each in cases}
    names = Counter(Path(image).name for image in images)
    by_name = {Path(image).name: image for image in images}
    found: dict[str, Arrival] = {}
    lost = []
    for row in sorted(arrivals, key=lambda row: row.image not in images):
        image = row.image if row.image in images else by_name.get(row.image)
        if image is None:
            lost.append(visible(row.image))
            continue
        if row.image not in images and names[row.image] > 1:
            raise InvalidConfig(
                f"{visible(row.image)} of the arrivals is the name of several cases; give their paths"
            )
        if image in found:
            raise InvalidConfig(f"two rows of the arrivals are of {visible(image)}; give one")
        found[image] = row
    if lost:
        typer.echo(
            f"Rows of the arrivals without a case in these files, {len(lost)}: {_named(lost)}. Is a name "
            "mistyped, its case counts from --arrived or from its photograph's date.",
            err=True,
        )
    return found


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from augderm.domain.text import visible

    console = Console(highlight=False)
    table = Table("", "case", "why here", box=None, pad_edge=False)
    for case in found["cases"]:
        table.add_row(str(case["place"]), escape(visible(case["image"])), escape(visible(case["reason"])))
    console.print(table)
    console.print(
        f"\n{len(found['cases'])} cases on {found['today']}; nothing that comes later passes a case that has "
        f"been unread for more than {found['passed_by_nothing_after_days']:g} days.\n"
        "Not a medical device: the dermatologist decides."
    )

"""`augderm duckling`: which of one patient's lesions is unlike the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED
from augderm.cli.write_text import write_text

if TYPE_CHECKING:
    from augderm.domain.duckling import Ducklings

STANDARD_OUTPUT = "-"


def duckling(
    paths: Annotated[
        list[str], typer.Argument(help="Images of one patient, one of each lesion; or a folder of them.")
    ],
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the answer as JSON; - for standard output.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file.")] = False,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")
    ] = None,
) -> int:
    """Hold each lesion of one patient against the others: the ugly duckling sign.

    All images must be of one patient, one of each lesion: checked where their capture sidecars say so. Exit
    status: 0, or 2 where a lesion could not be compared, 1 on misuse. Not a medical device: the
    dermatologist decides.
    """
    import json as json_module

    from augderm.cli.reading.outputs import refuse_existing
    from augderm.cli.reading.sources import find_sources
    from augderm.domain.assessment import Assessment
    from augderm.domain.belonging import check_each_once, check_same, check_twice
    from augderm.evidence.duckling import find_ducklings
    from augderm.formats.duckling_json import duckling_json
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
    from augderm.reader.network import Network
    from augderm.second_read import assess

    if not overwrite:
        refuse_existing(json, None)
    network = Network(load_bundle(model or DEFAULT_BUNDLE))
    name = network.bundle.name
    lesions = [
        Assessment(source.path, None, name, "failed", reason=source.problem)
        if source.problem
        else assess(source.path, network=network)
        for source in find_sources(paths)
    ]
    check_same("patient", lesions)
    check_each_once(lesions)
    check_twice(lesions)
    found = find_ducklings(lesions)
    text = json_module.dumps(duckling_json(found, name), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    if json == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
    else:
        if json:
            write_text(Path(json), text)
        _show(found)
    return SOME_FAILED if found.reason or any(each.distance is None for each in found.lesions) else ALL_READ


def _show(found: Ducklings) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from augderm.domain.text import visible

    console = Console(highlight=False)
    if found.reason:
        console.print(escape(found.reason))
    table = Table("lesion", "unlike the others", "distance", "by feature", box=None, pad_edge=False)
    for lesion in sorted(found.lesions, key=lambda each: -(each.distance or 0.0)):
        features = ", ".join(f"{name} {value:.1f}" for name, value in lesion.features.items())
        word = {True: "unlike", False: "", None: "not compared"}[lesion.unlike]
        distance = "" if lesion.distance is None else f"{lesion.distance:.2f}"
        table.add_row(
            *map(escape, (visible(lesion.image), word, distance, features or visible(lesion.reason)))
        )
    console.print(table)
    console.print(
        f"\nUnlike from {found.limit:g} times the others' own distance. Unlike is not malignant, alike not "
        "benign.\nNot a medical device: the dermatologist decides."
    )

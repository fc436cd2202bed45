"""`augderm phantom`: synthetic lesions with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augderm.cli.exit_status import ALL_READ


def phantom(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the images.")],
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many to draw.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same phantoms.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> int:
    """Draw synthetic lesions with known truth (area, axes, asymmetry, colours, hair, ruler, corners).

    Writes phantom-NNN.png, and truth.jsonl with the truth of each, its outline among it.
    """
    from augderm.cli.reading.outputs import refuse_existing
    from augderm.formats.phantom_files import write_phantoms

    if not overwrite:
        refuse_existing(None, None, out)
    write_phantoms(out, count=count, seed=seed)
    typer.echo(f"{count} synthetic phantoms in {out}, their truth in {out / 'truth.jsonl'}")
    return ALL_READ

"""`augderm clinic`: what is done with a clinic's data outside of the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

clinic = typer.Typer(no_args_is_help=True, help="A clinic's data: export of its own cases as a training set.")


@clinic.callback()
def _clinic() -> None:
    pass


@clinic.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the training set.")],
    user: Annotated[
        str,
        typer.Option(
            metavar="LOGIN", help="In whose name it is exported: an administrator; the log says so."
        ),
    ],
    data: Annotated[Path, typer.Option(metavar="DIR", help="The clinic's folder.")] = Path("augderm-clinic"),
    database: Annotated[str, typer.Option(metavar="URL", help="Another database, as for `serve`.")] = "",
    blobs: Annotated[str, typer.Option(metavar="URL", help="Another place for images, likewise.")] = "",
) -> int:
    """Write the photographs whose cases have an outcome, in this project's index.csv format.

    Without identity: random groups for patients, no dates, age in years, images coded anew. What stands in
    the pixels (a name on a label, a tattoo, a face) stays: look through the images before they leave the
    clinic. Check what was written with `augderm data check index DIR`.
    """
    from augderm.clinic.accounts.console import person_at_console
    from augderm.clinic.platform import open_platform
    from augderm.clinic.settings import Settings
    from augderm.clinic.training_export import export_training_set
    from augderm.domain.errors import InvalidConfig

    if not database and not (data / "augderm.db").exists():
        raise InvalidConfig(f"{data} holds no clinic; give the folder that `augderm serve --data` has")
    platform = open_platform(Settings(data=data, database_url=database, blobs_url=blobs))
    try:
        found = export_training_set(platform, person_at_console(platform, user), folder)
    finally:
        platform.database.close()
    typer.echo(f"{found.images} photographs of {found.patients} patients in {folder}")
    for diagnosis, count in sorted(found.by_diagnosis.items()):
        typer.echo(f"  {diagnosis}: {count}")
    for reason, count in sorted(found.left_out.items()):
        typer.echo(f"  left out: {count}, {reason}")
    typer.echo("Look through the images before they leave the clinic: pixels may show names or faces.")
    return 0

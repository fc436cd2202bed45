"""`augderm clinic`: what is done to a clinic's folder beside its pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED

if TYPE_CHECKING:
    from augderm.clinic.platform import Platform

clinic = typer.Typer(
    no_args_is_help=True,
    help="A clinic's folder: further clinics, its log, backups, a training set. See `augderm serve`.",
)
Data = Annotated[Path, typer.Option(metavar="DIR", help="The folder that `augderm serve` was given.")]
DataUrl = Annotated[str, typer.Option(metavar="URL", help="Another database, as for `augderm serve`.")]
BlobsUrl = Annotated[str, typer.Option(metavar="URL", help="Another place for images, likewise.")]
DATA = Path("augderm-clinic")
_OTHER = "Look whether it is the database that you mean."


@clinic.command()
def add(
    name: Annotated[str, typer.Argument(help="Name of the clinic.")],
    login: Annotated[str, typer.Option(metavar="LOGIN", help="Its administrator's name for signing in.")],
    administrator: Annotated[str, typer.Option(metavar="NAME", help="Its administrator's name.")],
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Such as Europe/Berlin.")] = "UTC",
    address: Annotated[
        str, typer.Option(metavar="URL", help="Where browsers reach the server.")
    ] = "http://localhost:8411",
    data: Data = DATA,
    database: DataUrl = "",
    blobs: BlobsUrl = "",
) -> int:
    """Add another clinic to a server; what one clinic has no other sees.

    Prints a link that works once, within three days: there its administrator sets a password.
    """
    from augderm.clinic.clinics import add_clinic

    platform = _opened(data, database, blobs, migrating=True)
    token = add_clinic(platform, name, timezone, login, administrator)
    typer.echo(f"The clinic was added. Its administrator sets a password here:\n\n  {address}/link/{token}")
    return ALL_READ


@clinic.command()
def verify_log(data: Data = DATA, database: DataUrl = "") -> int:
    """Follow the audit log's chain of hashes, of all clinics, and say where it breaks.

    Note what it prints somewhere else: a later log that has another hash at that entry was changed.
    Exit status: 0 whole, 2 broken or empty, 1 misuse.
    """
    from augderm.clinic.audit import verify

    head = verify(_opened(data, database, ""))
    if head.broken_at is not None:
        typer.echo(
            f"The log is broken at entry {head.broken_at}: it, or one before it, was changed or taken out. "
            "Compare it with the last backup.",
            err=True,
        )
        return SOME_FAILED
    if not head.entries:
        typer.echo(f"The log is empty: nobody has worked in this clinic. {_OTHER}", err=True)
        return SOME_FAILED
    typer.echo(f"The log is whole: {head.entries} entries, the last has the hash {head.hash}")
    return ALL_READ


@clinic.command()
def verify_files(data: Data = DATA, database: DataUrl = "", blobs: BlobsUrl = "") -> int:
    """Read every file that the database names, and compare it with its hash; after a restore by other tools.

    Exit status: 0 all are whole, 2 some are missing, cannot be read or have changed (they are named), or
    there is none, 1 misuse.
    """
    from augderm.clinic.backup import verify_files as verify

    found = verify(_opened(data, database, blobs))
    for sha256, reason in found.damaged.items():
        typer.echo(f"{sha256}: {reason}", err=True)
    if found.damaged:
        typer.echo(f"{len(found.damaged)} of {found.count} files must come from a backup", err=True)
        return SOME_FAILED
    if not found.count:
        typer.echo(f"The database names no file: no image was taken in. {_OTHER}", err=True)
        return SOME_FAILED
    typer.echo(f"All {found.count} files are whole")
    return ALL_READ


@clinic.command()
def sweep(
    yes: Annotated[
        bool, typer.Option("--yes", help="Delete every file that the database does not name, however many.")
    ] = False,
    data: Data = DATA,
    database: DataUrl = "",
    blobs: BlobsUrl = "",
) -> int:
    """Delete files older than a day that the database does not name, as the server does by itself.

    With --yes also where the server refuses: where they are many, or the files are another database's or a
    newer state's. Then they may be photographs that nobody else has: look first whether the database is the
    latest, and whether there is a backup of the files.
    Exit status: 0 done, 2 refused, 1 misuse.
    """
    from augderm.clinic.sweep import sweep as delete

    deleted = delete(_opened(data, database, blobs), confirmed=yes)
    if deleted is None:
        return SOME_FAILED  # the reason was told
    typer.echo(f"{deleted} files were deleted")
    return ALL_READ


@clinic.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    data: Data = DATA,
    database: DataUrl = "",
    blobs: BlobsUrl = "",
) -> int:
    """Copy database and images into a new folder while the clinic works; every file's hash is checked.

    The copy holds all patients' data: keep it as safe as the clinic. PostgreSQL is refused: it has pg_dump.
    """
    from augderm.clinic.backup import backup as make

    made = make(_opened(data, database, blobs), folder)
    typer.echo(f"{folder}: {made.blobs} files, a log of {made.log_entries} entries, all verified")
    return ALL_READ


@clinic.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `backup` wrote.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="The clinic's folder; made anew.")] = DATA,
) -> int:
    """Make a clinic's folder from a backup, after everything in it was verified.

    Patients who were erased since the backup are there again: erase them anew. Accounts are as they were
    too, also of people who have left since; everybody signs in again.
    """
    from augderm.clinic.backup import restore as make

    made = make(folder, data)
    typer.echo(f"{data}: {made.blobs} files, a log of {made.log_entries} entries, as of {made.made_at}")
    typer.echo(
        "Everybody signs in again, and earlier links are ended. Before the clinic opens to others, look "
        "through the accounts: one that was closed since then is open again, and so are old passwords."
    )
    return ALL_READ


@clinic.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the training set.")],
    user: Annotated[
        str,
        typer.Option(
            metavar="LOGIN", help="In whose name it is exported: an administrator; the log says so."
        ),
    ],
    signed_too: Annotated[
        bool,
        typer.Option(
            "--signed-too",
            help="Also signed cases without an outcome; their readers had seen the machine's read.",
        ),
    ] = False,
    data: Data = DATA,
    database: DataUrl = "",
    blobs: BlobsUrl = "",
) -> int:
    """Write the photographs whose cases have an outcome, in this project's index.csv format.

    The column label_from says where each diagnosis comes from: outcome, or signature (with --signed-too).

    Without identity: random groups for patients, no dates, age in years, images coded anew. What stands in
    the pixels (a name on a label, a tattoo, a face) stays: look through the images before they leave the
    clinic. Check what was written with `augderm data check index DIR`.
    """
    from augderm.clinic.accounts.console import person_at_console
    from augderm.clinic.training_export import export_training_set

    platform = _opened(data, database, blobs)
    try:
        found = export_training_set(
            platform, person_at_console(platform, user), folder, signed_too=signed_too
        )
    finally:
        platform.database.close()
    typer.echo(f"{found.images} photographs of {found.patients} patients in {folder}")
    for diagnosis, count in sorted(found.by_diagnosis.items()):
        typer.echo(f"  {diagnosis}: {count}")
    for reason, count in sorted(found.left_out.items()):
        typer.echo(f"  left out: {count}, {reason}")
    typer.echo("Look through the images before they leave the clinic: pixels may show names or faces.")
    return ALL_READ


def _opened(data: Path, database: str, blobs: str, *, migrating: bool = False) -> Platform:
    from augderm.clinic.platform import open_platform
    from augderm.clinic.settings import Settings
    from augderm.domain.errors import InvalidConfig

    settings = Settings(data=data, database_url=database, blobs_url=blobs)
    if not database and not (data / "augderm.db").is_file():
        # Not made here: a mistyped folder would otherwise be a new and empty clinic, with a whole log.
        raise InvalidConfig(f"{data} holds no clinic (no augderm.db); give --data the folder of `serve`")
    return open_platform(settings, migrating=migrating)

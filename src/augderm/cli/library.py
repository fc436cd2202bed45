"""`augderm library`: making a library of labelled cases, adding to it, taking cases out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from augderm.cli.exit_status import ALL_READ, INTERRUPTED

if TYPE_CHECKING:
    from augderm.learn.records import Record

library = typer.Typer(
    no_args_is_help=True, help="Libraries of labelled cases, which `augderm similar` searches."
)
Dataset = Annotated[
    str, typer.Argument(help="A folder with index.csv, or NAME:FOLDER with a name of `augderm data list`.")
]
Folds = Annotated[
    str | None, typer.Option(metavar="LIST", help="Only these folds, such as 1,2,3,4 to keep fold 0 out.")
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this dataset of an index.csv; repeatable.")
]
Model = Annotated[Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")]
Jobs = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=256, help="Threads that read [default: one a core].")
]


@library.command()
def build(
    dataset: Dataset,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the library; made anew.")],
    folds: Folds = None,
    only: Only = None,
    model: Model = None,
    jobs: Jobs = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a build that was stopped.")] = False,
) -> int:
    """Make a library of a dataset's cases. Ctrl-C keeps what was read; --resume goes on.

    Exit status: 0 all were read, 2 some failed (named at the end), 1 misuse, 130 interrupted.
    """
    from augderm.cli.filling import fill_library
    from augderm.learn.library_cases import embedding_size
    from augderm.library.writer import LibraryWriter
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle

    bundle = load_bundle(model or DEFAULT_BUNDLE)
    records, reader = _records(dataset, folds, only)
    opened = (
        LibraryWriter.resume(out, bundle.name)
        if resume
        else LibraryWriter.create(out, bundle.name, embedding_size(bundle))
    )
    with opened as writer:
        status = fill_library(writer, records, bundle, reader, jobs)
        if status != INTERRUPTED:
            writer.finish()
    if status == INTERRUPTED:
        typer.echo("interrupted: what was read is kept; go on with --resume", err=True)
    return status


@library.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="LIBRARY", help="The library.")],
    dataset: Annotated[
        str, typer.Argument(help="As for build; or one image, with --diagnosis.", metavar="DATASET|IMAGE")
    ],
    folds: Folds = None,
    only: Only = None,
    diagnosis: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of one image: akiec, bcc, bkl, df, mel, nv or vasc.")
    ] = None,
    confirmed_by: Annotated[
        str | None, typer.Option(metavar="HOW", help="Of one image: histopathology, follow-up, ...")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of one image: its patient or lesion [default: the file]."),
    ] = None,
    clinical: Annotated[
        bool, typer.Option("--clinical", help="Of one image: a photograph without a dermatoscope.")
    ] = False,
    model: Model = None,
    jobs: Jobs = None,
) -> int:
    """Add cases to a library; those that it holds already are passed over, so it can be called again.

    Exit status: as of build.
    """
    from augderm.cli.filling import fill_library
    from augderm.domain.errors import InvalidConfig
    from augderm.library.writer import LibraryWriter
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle

    if diagnosis:
        if folds or only:
            raise InvalidConfig("--folds and --only go with a dataset, --diagnosis with one image")
        records, reader = [_one_image(Path(dataset), diagnosis, confirmed_by, group, clinical)], ONE_IMAGE
    elif confirmed_by or group or clinical:
        raise InvalidConfig("--confirmed-by, --group and --clinical go with one image and its --diagnosis")
    else:
        records, reader = _records(dataset, folds, only)
    bundle = load_bundle(model or DEFAULT_BUNDLE)
    with LibraryWriter.change(folder, bundle.name) as writer:
        status = fill_library(writer, records, bundle, reader, jobs)
    if status == INTERRUPTED:
        typer.echo("interrupted: what was read is in the library; call it again for the rest", err=True)
    return status


By = Literal["image", "group", "dataset", "sha256"]


@library.command()
def remove(
    folder: Annotated[Path, typer.Argument(metavar="LIBRARY", help="The library.")],
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Which cases; see --by.")],
    by: Annotated[By, typer.Option(help="What the names are.")] = "image",
) -> int:
    """Take cases out of a library and off the disk: vector, labels and thumbnail.

    Names are those that `augderm similar --json` gives. Exits with 1, and removes nothing, where one of them
    names no case.
    """
    from augderm.domain.errors import InvalidConfig
    from augderm.library.writer import LibraryWriter

    with LibraryWriter.change(folder, None) as writer:
        rows, known = [], set()
        for row, case in writer.reader().cases():
            if (name := getattr(case, by)) in names:
                rows.append(row)
                known.add(name)
        if missing := [name for name in names if name not in known]:
            raise InvalidConfig(
                f"{folder}: no case has the {by} {', '.join(missing)}; nothing was removed. `augderm similar "
                "--json` names cases"
            )
        writer.remove(rows)
        typer.echo(f"{len(rows)} removed, {writer.manifest.cases} left")
    return ALL_READ


ONE_IMAGE = "own"
"""Dataset of cases that were added one by one."""


def _records(dataset: str, folds: str | None, only: Sequence[str] | None) -> tuple[list[Record], str]:
    from augderm.cli.evaluating.dataset import read_named
    from augderm.domain.errors import InvalidConfig, InvalidDataset
    from augderm.domain.folds import FOLDS
    from augderm.learn.library_cases import has_diagnosis

    records, reader = read_named(dataset, only or [])
    if folds is not None:
        wanted = set(folds.split(","))
        if unknown := sorted(wanted - {str(fold) for fold in range(FOLDS)}):
            raise InvalidConfig(
                f"--folds names {', '.join(unknown)}; folds are 0 to {FOLDS - 1}, as in 1,2,3,4"
            )
        records = [record for record in records if str(record.fold) in wanted]
    labelled = [record for record in records if has_diagnosis(record)]
    if len(labelled) < len(records):
        typer.echo(f"{len(records) - len(labelled)} images without a diagnosis are left out", err=True)
    if not labelled:
        raise InvalidDataset(f"{dataset}: no image with a diagnosis is left; see `augderm data check`")
    return labelled, reader


def _one_image(
    path: Path, diagnosis: str, confirmed_by: str | None, group: str | None, clinical: bool
) -> Record:
    from augderm.domain.errors import InvalidConfig
    from augderm.domain.taxonomy import CODES
    from augderm.learn.records import Record, behaves_malignant, label_of

    label = label_of(diagnosis)
    if label is None:
        raise InvalidConfig(f"--diagnosis {diagnosis!r} is none of {', '.join(CODES)}")
    return Record(
        folder=path.parent,
        image=path.name,
        dataset=ONE_IMAGE,
        group=group or path.name,
        fold=0,
        aspect=1.0,
        label=label,
        malignant=behaves_malignant(label),
        modality="clinical" if clinical else "dermoscopic",
        diagnosis=diagnosis,
        confirmed_by=confirmed_by,
    )

"""`augderm evaluate`: what a bundle reaches on images with known truth."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, SOME_FAILED
from augderm.domain.runtime import RuntimeName
from augderm.learn.records import SplitName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augderm.learn.evaluation.cases import Case
    from augderm.learn.evaluation.compare import Comparison
    from augderm.learn.evaluation.evaluation import Subject
    from augderm.learn.evaluation.held_out import HeldOut
    from augderm.learn.evaluation.robustness import Flips
    from augderm.reader.bundle import Bundle


def evaluate(
    bundle: Annotated[
        str, typer.Argument(help='A model bundle\'s folder, or "default" for the shipped one.')
    ],
    dataset: Annotated[
        str,
        typer.Argument(help="A folder with index.csv, or NAME:FOLDER with a name of `augderm data list`."),
    ],
    fold: Annotated[
        int | None,
        typer.Option(min=0, help="Only this fold; all that was held back from training unless given."),
    ] = None,
    split: Annotated[
        SplitName | None, typer.Option(help="Only this official split, where the dataset has one.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this dataset of an index.csv; repeatable.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write report, model card, all figures, cases and reads here."),
    ] = None,
    join: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME+NAME", help="Also the figures of these datasets as one; repeatable."),
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="BUNDLE", help="Compare with this bundle on the same images.")
    ] = None,
    robustness: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Read N of the images again after fourteen changes that leave the lesion as it is.",
        ),
    ] = 0,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=256, help="Processes that read.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take the reads that --out holds, and read only the rest.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what --out holds.")] = False,
    runtime: Annotated[
        RuntimeName,
        typer.Option(help="What runs the network; openvino needs the extra `fast`."),
    ] = "onnx",
) -> int:
    """Read labelled images as `augderm read` would, and compare with what is known of them.

    Images that the bundle was trained or calibrated on are left out, or refused. Exits with 2 where some
    images failed.
    """
    from augderm.cli.evaluating.dataset import bundle_folder, joined_names, read_named
    from augderm.cli.evaluating.outputs import (
        OTHER_READS,
        READS,
        prepare_folder,
        write_figures,
        write_results,
    )
    from augderm.cli.evaluating.reads import read_records
    from augderm.cli.evaluating.table import show
    from augderm.domain.errors import InvalidConfig, OutputRefused
    from augderm.learn.evaluation.compare import compare_modalities
    from augderm.learn.evaluation.evaluation import evaluate_cases
    from augderm.learn.evaluation.held_out import choose_held_out, held_out_of_both
    from augderm.learn.learned import learned_by
    from augderm.reader.bundle import load_bundle
    from augderm.reader.network import check_runtime

    if json_file and not json_file.parent.is_dir():
        raise OutputRefused(f"{json_file}: there is no folder {json_file.parent}; make it first")
    if (resume or overwrite) and not out:
        raise InvalidConfig("--resume and --overwrite go with --out, the folder that keeps the reads")
    check_runtime(runtime)
    model = bundle_folder(bundle)
    loaded = load_bundle(model)
    other_model = bundle_folder(compare) if compare else None
    other = load_bundle(other_model) if other_model else None
    records, reader = read_named(dataset, only or [])
    held_out = choose_held_out(
        records, loaded.manifest, learned=learned_by(loaded), reader=reader, fold=fold, split=split
    )
    if other:
        try:
            for_other = choose_held_out(
                records, other.manifest, learned=learned_by(other), reader=reader, fold=fold, split=split
            )
        except InvalidConfig as error:
            raise InvalidConfig(f"{compare}, to compare with: {error}") from None
        held_out = held_out_of_both(held_out, for_other, str(compare))
    chosen = held_out.records
    command = command_line(
        ("evaluate", model.resolve().name, dataset),
        {
            "--fold": fold,
            "--split": split,
            "--only": only,
            "--join": join,
            "--compare": other_model.resolve().name if other_model else None,
            "--robustness": robustness or None,
            "--runtime": runtime if runtime != "onnx" else None,
        },
    )
    joined = joined_names(join or [], {record.dataset for record in chosen})
    if out:
        prepare_folder(out, resume=resume, overwrite=overwrite)
    cases, failed = read_records(
        chosen,
        model,
        loaded,
        jobs=jobs,
        keep_in=out / READS if out else None,
        resume=resume,
        runtime=runtime,
    )
    comparison: Mapping[str, Comparison] = {}
    if other and other_model:
        second, failed_too = read_records(
            chosen,
            other_model,
            other,
            jobs=jobs,
            keep_in=out / OTHER_READS if out else None,
            resume=resume,
            runtime=runtime,
        )
        failed += failed_too
        comparison = compare_modalities(cases, second)
    evaluation = evaluate_cases(
        cases,
        _subject(loaded, dataset, held_out, runtime, command),
        joined=joined,
        robustness=_robustness(cases, model, robustness, jobs, runtime) if robustness else (),
        comparison=comparison,
        compared_with=f"{other.name.name} {other.name.version}" if other else "",
    )
    show(evaluation)
    if json_file:
        write_figures(evaluation, json_file)
    if out:
        write_results(evaluation, cases, out)
        typer.echo(f"The report is {out / 'report.html'}, the model card {out / 'model-card.md'}.")
    return SOME_FAILED if failed else ALL_READ


def _robustness(
    cases: list[Case], model: Path, count: int, jobs: int | None, runtime: RuntimeName
) -> list[Flips]:
    """Of the dermoscopic images, where there are any: a clinical photograph is read in another way."""
    from augderm.cli.evaluating.perturbed import read_perturbed
    from augderm.learn.evaluation.evaluation import ALL, malignancy_threshold, split_parts

    whole = split_parts(cases)[ALL]
    threshold = malignancy_threshold(whole)
    return read_perturbed(
        [case.record for case in whole],
        model,
        count=count,
        threshold=threshold,
        jobs=jobs,
        runtime=runtime,
    )


def command_line(words: Sequence[str], options: Mapping[str, object]) -> str:
    """The line for a shell that asks for the same again; options that are None are left out.

    Bundles stand in it by the name of their folder: a card is published, and whose folders they lie in is
    nobody's business.
    """
    line = ["augderm", *words]
    for name, value in options.items():
        if value is not None:
            for one in value if isinstance(value, list) else [value]:
                line += [name, str(one)]
    return shlex.join(line)


def _subject(bundle: Bundle, dataset: str, held_out: HeldOut, runtime: RuntimeName, command: str) -> Subject:
    import platform
    from importlib.metadata import version

    from augderm.learn.evaluation.evaluation import Subject
    from augderm.reader.network import PACKAGES

    names = ("augderm", "numpy", PACKAGES[runtime])
    return Subject(
        bundle=bundle.name.name,
        version=bundle.name.version,
        sha256=bundle.name.sha256,
        dataset=dataset,
        chosen=held_out.words,
        met=held_out.met,
        manifest=bundle.manifest,
        versions={**{name: version(name) for name in names}, "Python": platform.python_version()},
        command=command,
    )

"""Going on with an earlier run: which of its results still hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augderm.cli.reading.outputs import go_on, refuse_other_runtime
from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import ReadSettings
from augderm.domain.errors import AugDermError, OutputRefused
from augderm.domain.text import storable
from augderm.evidence.advice.default import default_policy
from augderm.formats.anamnesis_json import anamnesis_to_object
from augderm.formats.raster import read_file
from augderm.formats.stored_read import is_outdated
from augderm.reader.joined import sha256_of_all


def still_to_read(
    sources: Sequence[Source],
    settings: ReadSettings,
    json_path: Path,
    csv_path: Path | None,
    model_sha256: str,
) -> list[Source]:
    """The sources without a result that holds; the files are ready to be appended to.

    An image is done where its line is in the file, its bytes and its anamnesis are the same, and its mask and
    report exist where they are wanted; not where an earlier version took a doubtful kind of photograph for
    sure.

    Raises:
        OutputRefused: the file is not of this program, was made by another model, at another scale or
            with another policy, or the names of masks and reports may have passed from one image to another.
    """
    policy = (settings.policy or default_policy()).name
    by_name = {storable(source.path): source for source in sources}

    def keep(assessment: Mapping[str, Any]) -> bool:
        measures = assessment["measures"]
        # A scale from a ruler in the image is no setting.
        given = (
            measures["mm_per_px"] if measures and measures.get("scale_source", "given") == "given" else None
        )
        if measures and given != settings.mm_per_px:
            raise OutputRefused(
                f"{json_path} was made with --mm-per-px {given}, now it is "
                f"{settings.mm_per_px}; give the same, or another file"
            )
        if assessment["views"] not in (None, settings.views):
            raise OutputRefused(
                f"{json_path} was made with --views {assessment['views']}, now it is {settings.views}; give "
                "the same, or another file"
            )
        refuse_other_runtime(json_path, assessment, settings.runtime)
        hairless = assessment.get("painted_over") is not None
        if assessment["status"] != "failed" and hairless != settings.hairless_view:
            raise OutputRefused(
                f"{json_path} was made {'with' if hairless else 'without'} --hairless-view; do the same, or "
                "give another file"
            )
        advice = assessment["advice"]
        if not advice or advice["policy"]["sha256"] != policy.sha256:
            raise OutputRefused(
                f"{json_path} was made with another advice policy, now it is {policy.name} {policy.version} "
                f"({policy.sha256[:12]}); give the same, or another file"
            )
        source = by_name.get(assessment["image"])
        return source is None or (
            not is_outdated(assessment)
            and _answers(source) == (assessment.get("anamnesis") or {}).get("answers")
            and _files_exist(source, settings)
            and _sha256(source) == assessment["sha256"]
        )

    def accept(done: Sequence[str]) -> None:
        if settings.masks or settings.reports:
            _refuse_moved_names(sources, done, by_name)

    finished = set(go_on(json_path, csv_path, model_sha256, keep=keep, accept=accept))
    return [source for source in sources if storable(source.path) not in finished]


def _answers(source: Source) -> dict[str, Any] | None:
    return anamnesis_to_object(source.anamnesis) if source.anamnesis else None


def _files_exist(source: Source, settings: ReadSettings) -> bool:
    wanted = [source.file_under(settings.masks, ".png")] if settings.masks else []
    if settings.reports:
        wanted += [source.file_under(settings.reports, ending) for ending in (".html", ".pdf")]
    return all(path.exists() for path in wanted)


def _sha256(source: Source) -> str | None:
    paths = source.photographs or (source.path,)
    try:
        hashes = [hashlib.sha256(read_file(Path(path))).hexdigest() for path in paths]
    except AugDermError:
        return None  # it fails when it is read, with its reason
    return sha256_of_all(hashes) if source.photographs else hashes[0]


def _refuse_moved_names(
    sources: Sequence[Source], done: Sequence[str], by_name: Mapping[str, Source]
) -> None:
    """Refuse where one image's mask or report may be written over by another's.

    Names are given in the order of the sources. Where all are different they are safe; where two meet,
    only as long as what is done is what the list begins with, as after a stop.
    """
    elsewhere = {Path(image).stem for image in done if image not in by_name}
    beginning = {storable(source.path) for source in sources[: len(done)]}
    for source in sources:
        moved = source.renamed and not set(done) <= beginning
        taken = source.output.name in elsewhere and storable(source.path) not in done
        if moved or taken:
            raise OutputRefused(
                f"The name {source.output} belongs to more than one image, and --resume cannot tell whose "
                "mask or report is whose: read into new folders, or all again with --overwrite"
            )

"""Reading one image and leaving its files: what a worker process does."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from augderm.cli.reading.sources import Source
from augderm.domain.assessment import Assessment
from augderm.domain.errors import AugDermError, OutputRefused
from augderm.domain.runtime import RuntimeName
from augderm.evidence.advice import Policy
from augderm.evidence.advice.default import default_policy
from augderm.formats.assessment_json import to_json_object
from augderm.formats.border_png import border_png
from augderm.reader.bundle import load_bundle
from augderm.reader.calibrated import read_lesion
from augderm.reader.network import Network
from augderm.second_read import assess, judged

WITHHELD = "withheld"
"""Key beside those of an assessment: what the network says of an image that is abstained from."""


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """What every image of a run shares.

    Folders are None where nothing is wanted there; for the numbers see `assess`. Synthetic images are read
    whatever their novelty, and say what they are. `policy` is the shipped one where None. `withheld`: an
    image that is abstained from gets under that name beside its assessment what the network says all the
    same; `structure_masks`: where the network locates structures is left beside the border in `masks`; both
    for `augderm evaluate` alone: no door shows them.
    """

    model: Path
    masks: Path | None = None
    reports: Path | None = None
    mm_per_px: float | None = None
    views: int = 1
    hairless_view: bool = False
    novelty_limit: float | None = None
    synthetic: bool = False
    policy: Policy | None = None
    runtime: RuntimeName = "onnx"
    withheld: bool = False
    structure_masks: bool = False


class Worker:
    """Reads images one after the other with one loaded network."""

    def __init__(self, settings: ReadSettings, threads: int = 0) -> None:
        self._settings = settings
        self._network = Network(load_bundle(settings.model), threads, settings.runtime)

    def read(self, source: Source) -> dict[str, Any]:
        """Assess, write mask and report, and return the JSON form.

        Raises:
            OutputRefused: a file cannot be written; nothing half-written is left.
        """
        if source.problem:
            return self._failed(source, source.problem)
        try:
            assessment = assess(
                list(source.photographs) or source.path,
                network=self._network,
                name=source.path,
                mm_per_px=self._settings.mm_per_px,
                views=self._settings.views,
                hairless_view=self._settings.hairless_view,
                novelty_limit=math.inf if self._settings.synthetic else self._settings.novelty_limit,
                anamnesis=source.anamnesis,
                policy=self._settings.policy,
            )
            withheld = {WITHHELD: self._withheld(assessment)} if self._settings.withheld else {}
            self._leave_files(assessment, source)
        except AugDermError:
            raise
        except Exception as error:
            # A mistake of ours on one image: told in full, and no reason to lose the other images.
            traceback.print_exc()
            return self._failed(
                source,
                f"An error of augderm itself ({type(error).__name__}: {error}); the image was not read. "
                "Please report it.",
            )
        return {**to_json_object(assessment), **withheld}

    def _withheld(self, assessment: Assessment) -> dict[str, Any] | None:
        if assessment.status != "abstained" or not assessment.pictures or not assessment.modality:
            return None
        # Asked a second time: the read of a patient's image has no way to hand out what it withholds.
        logits = self._network.read(assessment.pictures.pixels, self._settings.views).logits
        lesion = read_lesion(logits, assessment.modality, self._network.bundle.calibrations)
        if lesion is None:
            return None
        diagnosis, malignancy = lesion
        return {"probabilities": diagnosis.probabilities, "malignancy": malignancy.probability}

    def _failed(self, source: Source, reason: str) -> dict[str, Any]:
        assessment = judged(
            Assessment(source.path, None, self._network.bundle.name, "failed", reason=reason),
            self._settings.policy or default_policy(),
            source.anamnesis,
        )
        try:
            self._leave_files(assessment, source)
        except AugDermError:
            raise
        except Exception:
            traceback.print_exc()  # the failure itself is still told
        return to_json_object(assessment)

    def _leave_files(self, assessment: Assessment, source: Source) -> None:
        settings, pictures = self._settings, assessment.pictures
        if settings.masks and pictures:
            mask = border_png(pictures.mask, pictures.size_px)
            _write(source.file_under(settings.masks, ".png"), mask)
            for finding in assessment.findings if settings.structure_masks else ():
                if finding.source == "network" and finding.located:
                    mask = border_png(finding.mask, pictures.size_px)
                    _write(source.file_under(settings.masks, structure_ending(finding.name)), mask)
        if settings.reports:
            from augderm.formats.report import report_html_and_pdf

            page, document = report_html_and_pdf(assessment, synthetic=settings.synthetic)
            _write(source.file_under(settings.reports, ".html"), page.encode())
            _write(source.file_under(settings.reports, ".pdf"), document)


def structure_ending(name: str) -> str:
    """How the name of the mask of a located structure ends, beside the border's."""
    return f".{name}.png"


def _write(path: Path, data: bytes) -> None:
    """Write under another name and rename: a kill or a full disk leaves no half a file."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise OutputRefused(
            f"{path} cannot be written ({error.strerror}); free some disk or choose another folder, "
            "and go on with --resume"
        ) from None


def serve(connection: Connection, settings: ReadSettings) -> None:
    """Read what comes through a connection, one image at a time, until None comes: a process's life.

    Answers with the JSON form, or with the error that must end the run.
    """
    # Ctrl-C reaches the whole process group; the parent decides what still gets done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    worker: Worker | None = None
    while (source := connection.recv()) is not None:
        try:
            worker = worker or Worker(settings, threads=1)
            connection.send(worker.read(source))
        except AugDermError as error:
            connection.send(error)


def _leave_with_parent() -> None:
    # A parent that is killed cannot stop its workers; they would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

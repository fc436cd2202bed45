"""A worker: takes a job, has the image read, stores what was read once, and takes the next."""

from __future__ import annotations

import json
import math
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from augderm.clinic import derived, queue
from augderm.clinic.cases import order
from augderm.clinic.comparing import COMPARE, compare_images
from augderm.clinic.known_cases import known_changed
from augderm.clinic.platform import Platform, open_platform
from augderm.clinic.queue import LEASE, Job, worker_name
from augderm.clinic.reopening import reopen_if_graver
from augderm.clinic.settings import Settings
from augderm.clinic.sweep import claim
from augderm.domain.anamnesis import Anamnesis
from augderm.domain.assessment import Assessment
from augderm.formats.anamnesis_json import anamnesis_from_object
from augderm.formats.assessment_json import to_json_object
from augderm.formats.border_png import border_png
from augderm.second_read import assess
from augderm.store.models import AnamnesisRow, AssessmentRow, CaseRow, ClinicRow, ImageRow, OutcomeRow

if TYPE_CHECKING:
    from augderm.reader.network import Network

IDLE_S = 0.15
"""Between two looks into an empty queue."""
THREADS = 1
"""Of the network in a worker process; more processes instead."""
RENEWALS = 3
"""Renewals within the time of a lease."""


def work(platform: Platform, network: Network, worker: str, stop: Callable[[float], bool]) -> None:
    """Read until told to stop.

    Args:
        worker: its name, of no other worker.
        stop: waits so many seconds at most, and says whether to stop.
    """
    while not stop(0):
        if not work_once(platform, network, worker):
            stop(IDLE_S)


def run_worker(settings: Settings, parent: int, group: str) -> None:
    """A worker process: until SIGTERM, or until the process that started it is gone.

    Args:
        parent: that process's id; a server that was killed must not leave workers behind.
        group: of the workers of that process, for their names.
    """
    from augderm.reader.bundle import load_bundle
    from augderm.reader.network import Network

    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    # Ctrl-C reaches the whole group; the server tells its workers itself, after its own last answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # No worker shows similar cases.
    platform = open_platform(replace(settings, library=None))

    def stop(seconds: float) -> bool:
        return told.wait(seconds) or os.getppid() != parent

    network = Network(load_bundle(settings.bundle), THREADS)
    work(platform, network, worker_name(os.getpid(), group), stop)
    platform.database.close()


def work_once(platform: Platform, network: Network, worker: str) -> bool:
    """Take one job and do it. Safe to be killed at any point: the lease ends, and another does it again.

    Returns:
        whether there was a job.
    """
    job = queue.take(platform, worker)
    if job is None:
        return False
    try:
        with _renewing(platform, job, worker):
            if job.task == queue.READ:
                _store(platform, job, worker, _read(platform, network, job))
            elif job.task.startswith(COMPARE):
                compare_images(platform, network, job, worker)
            else:
                derived.derive(platform, job, worker)
    except Exception as error:
        traceback.print_exc()
        queue.fail(platform, job, worker, f"{type(error).__name__}: {error}")
    return True


def _read(platform: Platform, network: Network, job: Job) -> Assessment:
    with platform.database.reading() as session:
        image = session.get_one(ImageRow, job.image_id)
        answers = session.get_one(AnamnesisRow, job.answers).answers if job.answers else None
        case = session.get_one(CaseRow, image.case_id)
        demonstration = session.get_one(ClinicRow, case.clinic_id).demonstration
    anamnesis: Anamnesis | None = anamnesis_from_object(answers) if answers is not None else None
    return assess(
        platform.blobs.get(image.sha256),
        network=network,
        # Not the file's name, which may be a patient's.
        name=image.id,
        mm_per_px=image.mm_per_px,
        novelty_limit=math.inf if demonstration else None,
        anamnesis=anamnesis,
    )


def _store(platform: Platform, job: Job, worker: str, assessment: Assessment) -> None:
    """The blobs first, then the assessment, the end of the job and the case's order in one transaction."""
    pictures = assessment.pictures
    drawn: dict[str, bytes] = {}
    if pictures is not None and assessment.border is not None:
        height, width = pictures.mask.shape
        drawn["border"] = border_png(pictures.mask, (width, height))
        drawn["outline"] = json.dumps(pictures.outline.round(1).tolist()).encode()
    for each in assessment.findings:
        if each.located and each.mask.any():
            height, width = each.mask.shape
            source = each.source.replace(" ", "_")
            drawn[f"structure.{source}.{each.name}"] = border_png(each.mask, (width, height))
    named = {name: platform.blobs.put(data) for name, data in drawn.items()}
    embedding = None if pictures is None else pictures.embedding.astype(np.dtype("<f4")).tobytes()
    with platform.database.writing() as session:
        row = queue.held(session, job, worker)
        if row is None:
            return  # another worker has it by now, and stores the same
        for data in drawn.values():
            claim(platform, session, data)
        same = select(AssessmentRow.id).where(
            AssessmentRow.image_id == row.image_id,
            AssessmentRow.model_sha256 == row.model_sha256,
            AssessmentRow.answers == row.answers,
        )
        stored: AssessmentRow | None = None
        if session.scalar(same) is None:
            stored = AssessmentRow(
                image_id=row.image_id,
                model_sha256=row.model_sha256,
                answers=row.answers,
                quality=assessment.quality.verdict if assessment.quality else None,
                status=assessment.status,
                content=to_json_object(assessment),
                band=assessment.advice.band if assessment.advice else None,
                probability=assessment.malignancy.probability if assessment.malignancy else None,
                pictures=named,
                embedding=embedding,
                runtime=f"augderm {version('augderm')}, onnxruntime {version('onnxruntime')}",
                created_at=platform.now(),
            )
            session.add(stored)
            session.flush()
        queue.finish(row, platform.now())
        image = session.get_one(ImageRow, row.image_id)
        case = session.get_one(CaseRow, image.case_id)
        order(session, case)
        if stored is not None:
            reopen_if_graver(session, platform.now(), case, stored)
            if session.scalar(select(OutcomeRow.id).where(OutcomeRow.case_id == case.id).limit(1)):
                known_changed(session, case.clinic_id)
        derived.ask(platform, session, case)


@contextmanager
def _renewing(platform: Platform, job: Job, worker: str) -> Iterator[None]:
    """Renews the lease as long as the block runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE.total_seconds() / RENEWALS):
            if not queue.renew(platform, job, worker):
                return

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

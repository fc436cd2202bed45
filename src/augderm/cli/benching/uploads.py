"""Many uploads in a row: none may be lost, and no process may grow.

Nobody waits for an analysis: the queue takes them, and the workers read meanwhile, as at a clinic that sends
in what it has photographed before.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import ColumnElement, func, select

from augderm.cli.benching.photographs import marked, photograph
from augderm.cli.benching.processes import session_processes
from augderm.cli.benching.seed import Seeded
from augderm.cli.benching.visitor import Visitor
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.patients import PatientEntry, create_patient
from augderm.clinic.platform import Platform
from augderm.clinic.queue import READ
from augderm.clinic.visits import create_visit
from augderm.store.blobs import BlobDamaged
from augderm.store.models import AssessmentRow, ImageRow, JobRow, VisitRow

WARM_UP = 500
"""Uploads, and then reads, until libraries and pools have grown to what they keep; a tenth of fewer."""
SAMPLES = 10
"""Of memory, evenly over the uploads."""
OF_A_VISIT = 50
"""Photographs; a visit of thousands would time its own page."""
MOVED_PX = 100
"""To the right and down, at most, so that photographs differ by more than a comment in the file."""
STALLED_S = 300.0
"""Without a single further read, until the wait is given up."""
LOOK_EVERY_S = 2.0
Rows = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory of a server's processes in MB, by their ids, when so many were uploaded and read."""

    at_s: float
    uploaded: int
    read: int
    memory_mb: dict[int, float]


def uploads_in_a_row(
    platform: Platform,
    port: int,
    pid: int,
    seeded: Seeded,
    uploads: int,
    reads: int,
    tell: Callable[[str], None],
) -> Rows:
    """Upload one small photograph after the other, wait until so many are read, and count what is there.

    Args:
        pid: of the server; its session has its workers and decoders.
        reads: to wait for; at most `uploads`. Workers read from the first upload on.
        tell: called with each sample: a run of hours that is cut off has then said something.
    """
    entry = PatientEntry(identifier="ROW", family_name="Row", given_name="Uploads", birth_date="1970-01-01")
    patient = create_patient(platform, seeded.person, entry).id
    samples: list[Sample] = []
    began = time.perf_counter()

    def sample(uploaded: int) -> Sample:
        memory = {each: use.memory_mb for each, use in session_processes(pid).items()}
        found = Sample(time.perf_counter() - began, uploaded, _read(platform, patient), memory)
        samples.append(found)
        tell(f"{found.at_s:.0f} s: {uploaded} uploaded, {found.read} read; {_memory(found, pid)} MB")
        return found

    warm_up = min(WARM_UP, uploads // 10)
    with Image.open(io.BytesIO(photograph(600, 450))) as picture:
        pixels = np.asarray(picture)
    visitor = Visitor(port, seeded.tokens[0])
    for number in range(uploads):
        if number % OF_A_VISIT == 0:
            visit = create_visit(platform, seeded.person, patient).id
            lesion = create_lesion(platform, seeded.person, patient, LesionEntry()).id
        visitor.upload(visit, lesion, _moved(pixels, number))
        if number + 1 == warm_up or (number + 1) % max(1, uploads // SAMPLES) == 0:
            sample(number + 1)
    visitor.close()
    taken = time.perf_counter() - began
    last_upload = samples[-1]
    kept = ", ".join(map(str, _kept(platform, patient, uploads)))
    tell(f"of {uploads}: images, each with its one job, whole files, lost: {kept}")
    while (before := samples[-1].read) < reads:
        _wait_read(platform, patient, min(reads, before + max(1, uploads // SAMPLES)))
        if sample(uploads).read == before:
            break
    end = samples[-1]
    server_warm = next(each for each in samples if each.uploaded >= warm_up)
    worker_warm = next((each for each in samples if each.read >= min(WARM_UP, reads // 10)), end)
    return [
        (f"{uploads} uploads in a row", f"{taken:.0f} s, {uploads / taken:.1f}/s", ""),
        (
            "of them: images, each with its one job, whole files, lost",
            kept,
            f"{uploads}, {uploads}, {uploads}, 0",
        ),
        (
            f"of them read, failed, assessments, after {end.at_s:.0f} s",
            ", ".join(map(str, _done(platform, patient))),
            f"{reads} or more, 0, as many",
        ),
        (
            f"memory, server, after {server_warm.uploaded} uploads, and all",
            _change(server_warm.memory_mb[pid], last_upload.memory_mb[pid]),
            "+- 10 %",
        ),
        (
            f"memory, each other process, after {worker_warm.read} reads, and {end.read}",
            _grown(worker_warm, end, pid),
            "+- 10 %",
        ),
    ]


def _moved(pixels: NDArray[np.uint8], number: int) -> bytes:
    """The photograph of this number: another file each, and other pixels for the first 10,000."""
    buffer = io.BytesIO()
    moved = np.roll(pixels, (number // MOVED_PX % MOVED_PX, number % MOVED_PX), (0, 1))
    Image.fromarray(moved).save(buffer, "JPEG", quality=85)
    return marked(buffer.getvalue(), number)


def _memory(sample: Sample, pid: int) -> str:
    """The server first, then the others by their size: the worker, which has the network, then decoders."""
    others = sorted((mb for each, mb in sample.memory_mb.items() if each != pid), reverse=True)
    return f"server {sample.memory_mb[pid]:.0f}, others {' '.join(f'{mb:.0f}' for mb in others)}"


def _grown(first: Sample, last: Sample, pid: int) -> str:
    both = [each for each in first.memory_mb if each in last.memory_mb and each != pid]
    both.sort(key=lambda each: -first.memory_mb[each])
    told = "; ".join(_change(first.memory_mb[each], last.memory_mb[each]) for each in both)
    # A process that was started anew has forgotten what it leaked.
    replaced = len(first.memory_mb) - 1 - len(both)
    return f"{told}; STARTED ANEW: {replaced}" if replaced else told


def _change(before_mb: float, after_mb: float) -> str:
    return f"{before_mb:.0f} -> {after_mb:.0f} MB ({after_mb / before_mb - 1:+.1%})"


def _read(platform: Platform, patient: str) -> int:
    query = select(func.count(AssessmentRow.id)).join(ImageRow, ImageRow.id == AssessmentRow.image_id)
    with platform.database.reading() as session:
        return session.scalar(query.where(_theirs(patient))) or 0


def _wait_read(platform: Platform, patient: str, wanted: int) -> int:
    """Wait until so many are read, or until no further one is for `STALLED_S`; gives how many are."""
    read, moved = _read(platform, patient), time.monotonic()
    while read < wanted and time.monotonic() - moved < STALLED_S:
        time.sleep(LOOK_EVERY_S)
        before, read = read, _read(platform, patient)
        if read > before:
            moved = time.monotonic()
    return read


def _kept(platform: Platform, patient: str, uploads: int) -> tuple[int, int, int, int]:
    """Images; those with exactly one job to be read; those whose files are there, bytes and all; and how many
    of the uploads are none of them.
    """
    query = select(ImageRow.id, ImageRow.sha256, ImageRow.preview_sha256).where(_theirs(patient))
    with platform.database.reading() as session:
        images = session.execute(query).all()
    jobs = Counter(image for image, _ in _jobs(platform, patient))
    whole = 0
    for _, sha256, preview in images:
        with suppress(BlobDamaged):
            whole += bool(platform.blobs.get(sha256) and platform.blobs.get(preview))
    return len(images), sum(jobs[key] == 1 for key, *_ in images), whole, uploads - whole


def _done(platform: Platform, patient: str) -> tuple[int, int, int]:
    """Jobs that read an image and are done, those that failed, and the assessments."""
    states = Counter(state for _, state in _jobs(platform, patient))
    return states["done"], states["failed"], _read(platform, patient)


def _jobs(platform: Platform, patient: str) -> list[tuple[str, str]]:
    """Image and state of each job to read one."""
    query = select(JobRow.image_id, JobRow.state).join(ImageRow, ImageRow.id == JobRow.image_id)
    with platform.database.reading() as session:
        found = session.execute(query.where(_theirs(patient), JobRow.task == READ))
        return [(image, state) for image, state in found]


def _theirs(patient: str) -> ColumnElement[bool]:
    return ImageRow.visit_id.in_(select(VisitRow.id).where(VisitRow.patient_id == patient))

"""The queue of images to be read: rows in the database, so that a kill loses nothing.

A worker takes a job with a lease and renews it while it reads. A lease that ends makes the job free again; a
job that has been taken too often is failed, with the reason, and is never silently dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from augderm.clinic.platform import Platform
from augderm.clinic.reopening import reopen_if_unreadable
from augderm.store.models import JobRow

LEASE = timedelta(seconds=60)
"""How long a worker that is not heard of keeps its job."""
MAX_ATTEMPTS = 4
READ = "read"
"""The task of a job that reads an image; others (`clinic.derived`) wait until no image does."""
FIRST_WAIT = timedelta(seconds=5)
"""Before the second attempt; it doubles before each further one."""
CRASHED = "The worker that read this image ended before it was done; it may be too large for this machine."


def worker_name(pid: int, group: str) -> str:
    """The name of a worker process in the queue; its supervisor knows it too."""
    return f"worker-{pid}-{group}"


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this worker holds."""

    id: str
    image_id: str
    answers: str
    attempts: int
    task: str = READ


def enqueue(
    session: Session, image_id: str, model_sha256: str, answers: str, now: datetime, task: str = READ
) -> None:
    """Ask for an image to be read, once for each image, model, set of answers and task, however often asked.

    Args:
        session: the writing transaction that the image, or the answers, are in.
        answers: key of the anamnesis; "" for none.
    """
    same = select(JobRow.id).where(
        JobRow.image_id == image_id,
        JobRow.model_sha256 == model_sha256,
        JobRow.answers == answers,
        JobRow.task == task,
    )
    if session.scalar(same) is None:
        session.add(
            JobRow(
                image_id=image_id,
                model_sha256=model_sha256,
                answers=answers,
                task=task,
                state="queued",
                attempts=0,
                not_before=now,
                error="",
                created_at=now,
            )
        )
        session.flush()


def adopt(platform: Platform) -> int:
    """Hand jobs that wait for an earlier model to the present one; when the server starts, and regularly: in
    an update of several servers one after the other, those of the earlier model ask for it until they stop.

    A job that somebody reads stays whose it is, as long as its lease lasts.
    """
    now = platform.now()
    with platform.database.writing() as session:
        orphans = session.scalars(
            select(JobRow).where(
                JobRow.model_sha256 != platform.model_sha256,
                or_(
                    JobRow.state == "queued",
                    and_(JobRow.state == "running", JobRow.lease_until <= now),
                ),
            )
        ).all()
        for job in orphans:
            enqueue(session, job.image_id, platform.model_sha256, job.answers, now, job.task)
            session.delete(job)
    return len(orphans)


def take(platform: Platform, worker: str) -> Job | None:
    """The oldest free job for the platform's model, leased to this worker; None where there is none."""
    now = platform.now()
    free = (
        select(JobRow)
        .where(
            JobRow.model_sha256 == platform.model_sha256,
            or_(
                and_(JobRow.state == "queued", JobRow.not_before <= now),
                and_(JobRow.state == "running", JobRow.lease_until < now),
            ),
        )
        .order_by(JobRow.task != READ, JobRow.not_before, JobRow.created_at, JobRow.id)
        .limit(1)
    )
    with platform.database.reading() as session:
        # An idle worker looks often: it must not take the writer's lock for that.
        if session.scalar(free) is None:
            return None
    with platform.database.writing() as session:
        row = session.scalar(free)
        if row is None:
            return None
        if row.attempts >= MAX_ATTEMPTS:
            _give_up(session, row, CRASHED, now)
            return None
        row.state, row.attempts = "running", row.attempts + 1
        row.lease_owner, row.lease_until = worker, now + LEASE
        return Job(row.id, row.image_id, row.answers, row.attempts, row.task)


def renew(platform: Platform, job: Job, worker: str) -> bool:
    """Keep the lease; False where another worker has the job by now."""
    with platform.database.writing() as session:
        row = held(session, job, worker)
        if row is None:
            return False
        row.lease_until = platform.now() + LEASE
        return True


def held(session: Session, job: Job, worker: str) -> JobRow | None:
    """The row of a job, as long as this worker holds it."""
    row = session.get(JobRow, job.id)
    return row if row is not None and row.state == "running" and row.lease_owner == worker else None


def release(platform: Platform, worker: str) -> int:
    """Free the jobs of a worker that is known to be dead, without waiting for their leases to end.

    The attempt counts: an image that kills its workers is given up all the same.
    """
    with platform.database.writing() as session:
        rows = session.scalars(
            select(JobRow).where(JobRow.state == "running", JobRow.lease_owner == worker)
        ).all()
        for row in rows:
            row.lease_until = platform.now()
    return len(rows)


def free_abandoned(platform: Platform) -> int:
    """Free all jobs that are held when the server starts: whoever held them ended with the server before.

    With SQLite, whose workers are all this server's. With another database other servers' workers may be
    reading; there, leases end by themselves.

    Returns:
        how many.
    """
    if platform.database.file is None:
        return 0
    with platform.database.writing() as session:
        rows = session.scalars(select(JobRow).where(JobRow.state == "running")).all()
        for row in rows:
            row.lease_until = platform.now()
    return len(rows)


def finish(row: JobRow, now: datetime) -> None:
    """Mark it done, in the transaction that stores its result."""
    row.state, row.finished_at, row.error = "done", now, ""
    row.lease_owner = row.lease_until = None


def fail(platform: Platform, job: Job, worker: str, reason: str) -> None:
    """An attempt failed: try again later, or give up after `MAX_ATTEMPTS`."""
    now = platform.now()
    with platform.database.writing() as session:
        row = held(session, job, worker)
        if row is None:
            return
        if row.attempts >= MAX_ATTEMPTS:
            _give_up(session, row, reason, now)
            return
        row.state, row.error = "queued", reason[:4000]
        row.not_before = now + FIRST_WAIT * 2 ** (row.attempts - 1)
        row.lease_owner = row.lease_until = None


def _give_up(session: Session, row: JobRow, reason: str, now: datetime) -> None:
    give_up(row, reason, now)
    if row.task == READ:
        reopen_if_unreadable(session, now, row, reason)


def give_up(row: JobRow, reason: str, now: datetime) -> None:
    """It is not tried again; the page shows the reason."""
    row.state, row.error, row.finished_at = "failed", reason[:4000], now
    row.lease_owner = row.lease_until = None

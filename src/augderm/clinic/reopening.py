"""A signed case is unread again where a photograph comes, the machine then says something graver than all
that stands (`clinic.standing`), it could not read what was answered since, or an outcome contradicts it
(`clinic.contradicting`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append
from augderm.clinic.contradicting import against, outcomes_of_cases
from augderm.clinic.machine_reads import CountingRead, counting_reads, latest_answers
from augderm.clinic.standing import standing_of
from augderm.domain.advice import BANDS
from augderm.store.models import (
    AddendumRow,
    AnamnesisRow,
    AssessmentRow,
    CaseRow,
    ImageRow,
    JobRow,
    ReadRow,
)


@dataclass(frozen=True, slots=True)
class Again:
    """Why a case that was signed is to be read again.

    Attributes:
        photographs: how many came after the last signature or addendum.
        graver: the machine proposes more than all that stands.
        outcome: an outcome contradicts what stands.
        answers: they came after that, and the machine could not read a photograph with them.
    """

    photographs: int
    graver: bool
    outcome: bool = False
    answers: bool = False

    def without_the_machine(self) -> Again | None:
        """As who is blind to the case may know it; None where nothing is left."""
        return Again(0, False, self.outcome, self.answers) if self.outcome or self.answers else None


def graver(band: str | None, managements: list[str]) -> bool:
    """Whether a band is more severe than each of the managements that stand; False for none of both."""
    return band in BANDS and bool(managements) and BANDS.index(band) < min(map(BANDS.index, managements))


def reopen_if_graver(session: Session, now: datetime, case: CaseRow, row: AssessmentRow) -> None:
    """Hold a signed case for unread and log it, where a read that was stored just now is graver.

    What was as grave of the same image before the last signature or addendum was known to who wrote it: it
    asks for no second look.

    Args:
        session: the writing transaction that the read was stored in.
    """
    if case.state != "signed" or row.band not in BANDS:
        return
    standing = standing_of(session, [case.id]).get(case.id, [])
    if not graver(row.band, [each.management for each in standing]):
        return
    if counting_reads(session, [row.image_id])[row.image_id].row.id != row.id:
        return  # it lacks answers that an earlier one knew
    last_word = last_words(session, [case.id])[case.id]
    known = session.scalars(
        select(AssessmentRow.band).where(
            AssessmentRow.image_id == row.image_id,
            AssessmentRow.id != row.id,
            AssessmentRow.created_at <= last_word,
            AssessmentRow.band.in_(BANDS[: BANDS.index(row.band) + 1]),
        )
    ).first()
    if known is not None:
        return
    case.state = "unread"
    case.version += 1
    append(
        session, now, None, "case.reopened", "case", case.id,
        log_of=case.clinic_id, assessment=row.id, band=row.band,
    )  # fmt: skip


def reopen_if_unreadable(session: Session, now: datetime, job: JobRow, reason: str) -> None:
    """Hold a signed case for unread and log it, where an image was given up that was to be read with answers
    which nobody who signed or added can have known: what they say would otherwise reach nobody.

    Args:
        job: to read an image, that failed for good just now in this writing transaction.
    """
    image = session.get_one(ImageRow, job.image_id)
    case = session.get(CaseRow, image.case_id) if image.case_id else None
    if case is None or case.state != "signed":
        return
    answers = latest_answers(session, case.id)
    if answers is None or answers.id != job.answers:
        return
    if answers.created_at <= last_words(session, [case.id]).get(case.id, now):
        return
    case.state = "unread"
    case.version += 1
    append(
        session, now, None, "case.reopened", "case", case.id,
        log_of=case.clinic_id, answers=answers.id, failed=reason[:200],
    )  # fmt: skip


def last_words(session: Session, cases: Collection[str]) -> dict[str, datetime]:
    """By case the moment of the last signature or addendum; cases that nobody signed are left out."""
    signed = select(ReadRow.case_id, func.max(ReadRow.signed_at)).where(ReadRow.signed_at.is_not(None))
    added = select(ReadRow.case_id, func.max(AddendumRow.added_at)).join(
        AddendumRow, AddendumRow.read_id == ReadRow.id
    )
    found: dict[str, datetime] = {}
    for query in (signed, added):
        for case, at in session.execute(query.where(ReadRow.case_id.in_(cases)).group_by(ReadRow.case_id)):
            if at is not None:
                found[case] = max(found.get(case, at), at)
    return found


def why_again(session: Session, cases: Collection[CaseRow]) -> dict[str, Again]:
    """By case why it is to be read again: those of the unread cases that were signed once.

    A handful of queries, however many cases.
    """
    words = last_words(session, [case.id for case in cases if case.state == "unread"])
    if not words:
        return {}
    standing = standing_of(session, words)
    images = session.scalars(select(ImageRow).where(ImageRow.case_id.in_(words))).all()
    reads = counting_reads(session, [image.id for image in images])
    outcomes, unreadable = outcomes_of_cases(session, words), _unreadable(session, words, images, reads)
    found = {}
    for key, last_word in words.items():
        own = [image for image in images if image.case_id == key]
        bands = [reads[image.id].row.band for image in own if image.id in reads]
        stands = [each.management for each in standing[key]]
        found[key] = Again(
            sum(image.uploaded_at > last_word for image in own),
            any(graver(band, stands) for band in bands),
            against(outcomes.get(key, []), standing[key]) is not None,
            key in unreadable,
        )
    return found


def _unreadable(
    session: Session,
    words: Mapping[str, datetime],
    images: Sequence[ImageRow],
    reads: Mapping[str, CountingRead],
) -> set[str]:
    """Cases whose latest answers came after the last word, and could not be read with."""
    late: dict[str, AnamnesisRow] = {}
    for row in session.scalars(
        select(AnamnesisRow)
        .where(AnamnesisRow.case_id.in_(words))
        .order_by(AnamnesisRow.created_at, AnamnesisRow.id)
    ):
        late[row.case_id] = row
    cases = {row.id: key for key, row in late.items() if row.created_at > words[key]}
    waiting = [image.id for image in images if image.id not in reads or not reads[image.id].current]
    failed = session.scalars(
        select(JobRow.answers).where(
            JobRow.image_id.in_(waiting), JobRow.state == "failed", JobRow.answers.in_(cases)
        )
    )
    return {cases[key] for key in failed}

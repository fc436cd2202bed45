"""What a page showed of a case beside its photographs: the page sends it back, and nothing is signed, or held
for read again, that it did not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.contradicting import outcomes_of_case
from augderm.clinic.errors import Conflict
from augderm.clinic.machine_reads import counting_reads, latest_answers
from augderm.clinic.queue import READ
from augderm.store.models import CaseRow, ImageRow, JobRow

LETTERS = 16
"""Of the digest: it tells versions of one case apart, and keeps nothing secret but what it is made of."""


def to_be_seen(session: Session, case: CaseRow) -> str:
    """What there is to be seen: which reads of the machine count, the latest answers, whether reading with
    them failed for good, and the outcomes. Not for who may not see the machine's reads: that it changes tells
    that one came.

    Returns:
        a digest; "" where there is nothing of all that.
    """
    images = session.scalars(select(ImageRow.id).where(ImageRow.case_id == case.id)).all()
    answers = latest_answers(session, case.id)
    failed = session.scalars(
        select(JobRow.id).where(
            JobRow.image_id.in_(images),
            JobRow.task == READ,
            JobRow.state == "failed",
            JobRow.answers == (answers.id if answers else ""),
        )
    )
    keys = [
        *(each.row.id for each in counting_reads(session, images).values()),
        *([answers.id] if answers else []),
        *failed,
        *(outcome.id for outcome in outcomes_of_case(session, case.id)),
    ]
    return sha256("\n".join(sorted(keys)).encode()).hexdigest()[:LETTERS] if keys else ""


def refuse_unseen(
    session: Session, case: CaseRow, contents: Sequence[object], photographs: int | None, shown: str | None
) -> None:
    """Nothing is signed, or held for read again, that the page did not show.

    Args:
        contents: one for each photograph of the case.
        photographs, shown: how many photographs, and what else (`to_be_seen`), it showed; None where nobody
            says, which holds nothing against it.

    Raises:
        Conflict: more came.
    """
    if photographs is not None and len(contents) != photographs:
        raise Conflict(
            "A photograph of this case came since you opened it, and nothing was signed. Open the case again "
            "and look at it; what you typed is kept."
        )
    if shown is not None and to_be_seen(session, case) != shown:
        raise Conflict(
            "A read by the machine, answers or an outcome of this case came since you opened it, and nothing "
            "was signed. Open the case again and look at it; what you typed is kept."
        )

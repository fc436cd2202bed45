"""Where what became known of a case contradicts what was decided of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.alerts import Alert
from augderm.clinic.audit import append
from augderm.clinic.standing import Standing, standing_of
from augderm.domain.outcome import contradicts
from augderm.domain.taxonomy import codes_behaving
from augderm.store.models import CaseRow, OutcomeRow


def outcomes_of_cases(session: Session, cases: Collection[str]) -> dict[str, list[OutcomeRow]]:
    """By case the outcomes that count, not those that a correction replaced."""
    found: dict[str, list[OutcomeRow]] = defaultdict(list)
    for row in session.scalars(
        select(OutcomeRow).where(OutcomeRow.case_id.in_(cases), OutcomeRow.replaced_by.is_(None))
    ):
        found[row.case_id or ""].append(row)
    return dict(found)


def outcomes_of_case(session: Session, case_id: str) -> list[OutcomeRow]:
    """Likewise of one."""
    return outcomes_of_cases(session, [case_id]).get(case_id, [])


def against(outcomes: Sequence[OutcomeRow], standing: Sequence[Standing]) -> OutcomeRow | None:
    """The outcome that contradicts a diagnosis that stands, if one does."""
    return next(
        (row for row in outcomes if any(contradicts(row.behaviour, each.diagnosis) for each in standing)),
        None,
    )


def supported(outcomes: Sequence[OutcomeRow], alert: Alert) -> bool:
    """Whether what became known says the same as the decision that the machine contradicts: that says more
    than the machine. A malignant outcome supports no management milder than what the machine asks for.
    """
    if alert.kind == "machine_malignant":
        known = {row.behaviour for row in outcomes}
        return known == {"benign"} and alert.diagnosis in codes_behaving("benign")
    return any(row.behaviour == "malignant" for row in outcomes)


def reopen_if_contradicted(session: Session, now: datetime, case: CaseRow, outcome: OutcomeRow) -> None:
    """Hold a signed case for unread and log it, where an outcome that was entered just now contradicts it.

    Args:
        session: the writing transaction that the outcome was entered in.
    """
    if case.state != "signed" or against([outcome], standing_of(session, [case.id]).get(case.id, [])) is None:
        return
    case.state = "unread"
    case.version += 1
    append(
        session, now, None, "case.reopened", "case", case.id,
        log_of=case.clinic_id, outcome=outcome.id, behaviour=outcome.behaviour,
    )  # fmt: skip

"""A decision that an outcome or the machine contradicts: its reader is told of just this decision first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from augderm.clinic.alerts import Alert, alert_of
from augderm.clinic.audit import append
from augderm.clinic.contradicting import outcomes_of_case, supported
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import own_row
from augderm.domain.outcome import contradicts
from augderm.evidence.advice.default import default_policy
from augderm.store.models import ReadRow

MAX_TOLD = 40
"""So many of the last things told are remembered; what was forgotten is told once more."""


class Contradicted(InvalidEntry):
    """The machine contradicts what is to be signed, and the reader was not told yet, or gave no reason."""

    def __init__(self, field: str, message: str, alert: Alert) -> None:
        super().__init__(field, message)
        self.alert = alert


class AgainstOutcome(InvalidEntry):
    """What became known of the case contradicts what is to be signed, and the reader was not told yet."""

    def __init__(self, field: str, message: str, diagnosis: str) -> None:
        super().__init__(field, message)
        self.told = f"outcome {diagnosis}"


def told_first(
    session: Session,
    row: ReadRow,
    field: str,
    decided: tuple[str, str, str],
    contents: Sequence[Mapping[str, Any] | None],
) -> Alert | None:
    """Refuse what contradicts an outcome or the machine, as long as this reader was not told of it, or gives
    no reason.

    Args:
        field: that holds the reason.
        decided: diagnosis, management and reason.

    Returns:
        what the machine has against it all the same.
    """
    diagnosis, management, reason = decided
    told = row.told.splitlines() if reason else []
    outcomes = outcomes_of_case(session, row.case_id)
    alert = alert_of(diagnosis, management, contents, default_policy())
    if any(contradicts(each.behaviour, diagnosis) for each in outcomes):
        refused = AgainstOutcome(
            field,
            "The outcome that was entered of this case contradicts this diagnosis. Look once more; send it "
            "again with a reason, or change it.",
            diagnosis,
        )
        if refused.told not in told:
            raise refused
    elif alert is not None and alert.told not in told and not (reason and supported(outcomes, alert)):
        raise Contradicted(
            field,
            "The machine contradicts this decision. Look once more; send it again with a reason, or change "
            "it.",
            alert,
        )
    return alert


@contextmanager
def writing_or_telling(platform: Platform, case_id: str, person: Person) -> Iterator[Session]:
    """A transaction that decides something of a case. Where it is refused by `told_first`, what is then shown
    to this reader is kept before it is: the refusal undoes the transaction that it comes from.
    """
    try:
        with platform.database.writing() as session:
            yield session
    except (Contradicted, AgainstOutcome) as refused:
        with platform.database.writing() as session:
            _keep(session, platform.now(), person, case_id, refused)
        raise


def _keep(
    session: Session, now: datetime, person: Person, case_id: str, refused: Contradicted | AgainstOutcome
) -> None:
    row = own_row(session, person, case_id)
    if row is None:
        return
    if isinstance(refused, Contradicted):
        row.revealed_at = row.revealed_at or now
        keep_told(session, now, person, row, refused.alert)
    elif refused.told not in row.told.splitlines():
        _remember(row, refused.told)


def keep_told(session: Session, now: datetime, person: Person, row: ReadRow, alert: Alert) -> None:
    """Keep and log that an alert is shown to the reader of this row; once for each decision."""
    if alert.told in row.told.splitlines():
        return
    row.alert = alert.kind
    _remember(row, alert.told)
    append(session, now, person, "alert.shown", "case", row.case_id, alert=alert.kind)


def _remember(row: ReadRow, told: str) -> None:
    row.told = "\n".join([*row.told.splitlines(), told][-MAX_TOLD:])

"""Which cases' machine reads a person may see: where the clinic reads blind first, those shown to them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.permissions import may
from augderm.clinic.person import Person
from augderm.store.models import ReadRow


def revealed_cases(session: Session, person: Person, case_ids: Collection[str]) -> frozenset[str]:
    """Those of the cases whose machine read was shown to this person; all where the clinic is not blind
    first, none for a person who may not see machine reads.
    """
    if not may(person, "assessment.view"):
        return frozenset()
    if not person.clinic.blind_first:
        return frozenset(case_ids)
    rows = session.scalars(
        select(ReadRow.case_id).where(
            ReadRow.reader_id == person.user_id,
            ReadRow.case_id.in_(case_ids),
            ReadRow.revealed_at.is_not(None),
        )
    )
    return frozenset(rows)

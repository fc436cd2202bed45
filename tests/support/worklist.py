"""Many cases for the worklist, without images: rows as an intake leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from augderm.clinic.cases import due_at
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.domain.advice import Band
from augderm.store.models import CaseRow, LesionRow, PatientRow, VisitRow
from augderm.store.models.base import new_key


def add_cases(
    platform: Platform, person: Person, wanted: Sequence[tuple[Band, float | None, int]]
) -> list[str]:
    """One unread case each of these bands, probabilities, and days since it was opened; gives their keys."""
    keys = []
    now = platform.now()
    with platform.database.writing() as session:
        for band, probability, days in wanted:
            key = new_key()
            opened = now - timedelta(days=days)
            made = {"created_at": now, "created_by": person.user_id}
            patient = PatientRow(
                clinic_id=person.clinic_id,
                identifier=key,
                family_name="Example",
                given_name="Ada",
                search_name="example ada",
                birth_date=date(1961, 4, 23),
                **made,
            )
            session.add(patient)
            session.flush()
            lesion = LesionRow(patient_id=patient.id, label="L1", site="head/neck", note="", **made)
            visit = VisitRow(patient_id=patient.id, at=now, note="", **made)
            session.add_all((lesion, visit))
            session.flush()
            session.add(
                CaseRow(
                    id=key,
                    clinic_id=person.clinic_id,
                    patient_id=patient.id,
                    visit_id=visit.id,
                    lesion_id=lesion.id,
                    state="unread",
                    opened_at=opened,
                    waited_days=0.0,
                    band=band,
                    probability=probability,
                    due_at=due_at(opened, band, probability, 0.0),
                )
            )
            keys.append(key)
    return keys

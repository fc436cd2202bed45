"""How long it takes to erase a patient, with all rows and files, in a clinic of many."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from augderm.cli.benching.seed import Seeded
from augderm.clinic.erasure import erase_patient
from augderm.clinic.platform import Platform
from augderm.store.models import PatientRow, VisitRow

PATIENTS = 5


def erasure_s(platform: Platform, seeded: Seeded) -> Sequence[float]:
    """Erase the first patients of a seeded clinic; seconds of each."""
    # Not the one whom photographs are uploaded to.
    kept = select(VisitRow.patient_id).where(VisitRow.id == seeded.visit_id)
    query = select(PatientRow).where(
        PatientRow.identifier.startswith("SYNTHETIC"), PatientRow.id.not_in(kept)
    )
    with platform.database.reading() as session:
        patients = session.scalars(query.order_by(PatientRow.identifier).limit(PATIENTS)).all()
    administrator = replace(seeded.person, roles=frozenset({"administrator"}))
    times = []
    for each in patients:
        began = time.perf_counter()
        erase_patient(platform, administrator, each.id, each.identifier, each.version)
        times.append(time.perf_counter() - began)
    return times

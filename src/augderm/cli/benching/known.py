"""Similar cases in a clinic that has many confirmed ones, as its reading page asks for them."""

from __future__ import annotations

import hashlib
import io
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import insert

from augderm.analysis.neighbours import COMPARED
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.cli.bench_cases import Measured, Synthetic, seconds_of
from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.accounts.start import new_clinic, new_user
from augderm.clinic.known_cases import known_changed
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform, open_platform
from augderm.clinic.settings import Settings
from augderm.clinic.similar import see_similar
from augderm.formats.assessment_json import to_json_object
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.second_read import assess
from augderm.store.models import (
    AssessmentRow,
    Base,
    CaseRow,
    ImageRow,
    LesionRow,
    OutcomeRow,
    PatientRow,
    VisitRow,
)
from augderm.store.models.base import new_key

PATIENTS = 10_000
PAGES = 50
BATCH = 1000
TABLES: tuple[type[Base], ...] = (
    PatientRow, LesionRow, VisitRow, CaseRow, ImageRow, AssessmentRow, OutcomeRow,
)  # fmt: skip
"""In the order of their references."""
Rows = dict[type[Base], list[dict[str, Any]]]


def measure_known(folder: Path, patients: int = PATIENTS) -> Iterator[Measured]:
    """Make a clinic of patients with one confirmed case each in `folder`, and ask for similar ones."""
    platform = open_platform(Settings(data=folder))
    with platform.database.writing() as session:
        clinic = new_clinic(session, platform, "Bench", "UTC", demonstration=True)
        user = new_user(session, platform, clinic, "bench", "Bench", "reader", None)
        clinic.blind_first = False
        person = person_from(user, clinic)
    cases = _fill(platform, person, patients)
    what = f"of a clinic's {patients:,} confirmed cases"
    first, again = cases[0], cases[:: max(1, len(cases) // PAGES)][:PAGES]
    yield f"similar ones {what}, first time", _ms(lambda: see_similar(platform, person, first)), ""
    times = [seconds_of(lambda key=key: see_similar(platform, person, key)) for key in again]  # type: ignore[misc]
    yield f"similar ones {what}, with pictures and log", f"{statistics.median(times) * 1000:.1f} ms", ""
    with platform.database.reading() as session:
        known = platform.known.of(session, person.clinic_id, platform.model_sha256)
    allowed = known.comparable("dermoscopic", "", "")
    searches = [
        seconds_of(lambda place=place: known.nearest(place, COMPARED, allowed))  # type: ignore[misc]
        for place in known.vectors[:PAGES]
    ]
    yield f"the nearest {what}", f"{statistics.median(searches) * 1000:.1f} ms", ""
    with platform.database.writing() as session:
        known_changed(session, person.clinic_id)
    yield f"similar ones {what}, after an outcome", _ms(lambda: see_similar(platform, person, first)), ""
    platform.database.close()


def _fill(platform: Platform, person: Person, patients: int) -> list[str]:
    pixels = draw_phantom(PhantomSpec()).pixels
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    preview = platform.blobs.put(buffer.getvalue())
    # The novelty of a phantom is no limit, as in a demonstration.
    read = assess(pixels, network=Network(load_bundle(platform.settings.bundle)), novelty_limit=math.inf)
    content, vectors = to_json_object(read), Synthetic().draw(patients)
    rows: Rows = defaultdict(list)
    cases = []
    for number in range(patients):
        cases.append(_patient(platform, person, rows, number, preview, content))
        rows[AssessmentRow][-1]["embedding"] = vectors[number].astype("<f4").tobytes()
        if number % BATCH == BATCH - 1 or number == patients - 1:
            with platform.database.writing() as session:
                for table in TABLES:
                    session.execute(insert(table), rows[table])
            rows.clear()
    return cases


def _patient(
    platform: Platform, person: Person, rows: Rows, number: int, preview: str, content: dict[str, Any]
) -> str:
    """Rows of one patient with one photograph and an outcome; gives the case's key."""
    now, by = platform.now(), person.user_id
    patient, lesion, visit, case, image = (new_key() for _ in range(5))
    made = {"created_at": now, "created_by": by, "version": 1}
    rows[PatientRow].append({
        "id": patient, "clinic_id": person.clinic_id, "identifier": f"S-{number}",
        "family_name": f"S{number}", "given_name": "S", "search_name": f"s{number}",
        "birth_date": date(1970, 1, 1), **made,
    })  # fmt: skip
    rows[LesionRow].append({"id": lesion, "patient_id": patient, "label": "L1", "note": "", **made})
    rows[VisitRow].append({"id": visit, "patient_id": patient, "at": now, "note": "", **made})
    rows[CaseRow].append({
        "id": case, "clinic_id": person.clinic_id, "patient_id": patient, "visit_id": visit,
        "lesion_id": lesion, "state": "signed", "opened_at": now, "waited_days": 0.0, "version": 1,
    })  # fmt: skip
    rows[ImageRow].append({
        "id": image, "visit_id": visit, "lesion_id": lesion, "case_id": case,
        "sha256": hashlib.sha256(image.encode()).hexdigest(), "preview_sha256": preview,
        "content_type": "image/jpeg", "file_name": "s.jpg", "size_bytes": 1, "width_px": 600,
        "height_px": 450, "uploaded_at": now, "uploaded_by": by,
    })  # fmt: skip
    rows[AssessmentRow].append({
        "id": new_key(), "image_id": image, "model_sha256": platform.model_sha256, "answers": "",
        "status": "ok", "content": content, "pictures": {}, "runtime": "bench", "created_at": now,
    })  # fmt: skip
    rows[OutcomeRow].append({
        "id": new_key(), "lesion_id": lesion, "case_id": case, "confirmed_by": "histopathology",
        "diagnosis": "nv", "diagnosis_text": "", "behaviour": "benign", "entered_at": now, "entered_by": by,
        "correction": "", "version": 1,
    })  # fmt: skip
    return case


def _ms(act: Callable[[], object]) -> str:
    return f"{seconds_of(act) * 1000:.0f} ms"

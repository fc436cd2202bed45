"""Similar cases beside the machine's read: of the attached library, and of the clinic's own.

Shown as the machine's read is: to readers, and where the clinic reads blind not before the own impression.
Pictures of the clinic's own cases come without a name; the same patient's are left out, since the reader has
them beside the photograph, and a later outcome of the same lesion would be the answer and not a likeness.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.analysis.nearest import Nearest, Vectors
from augderm.analysis.neighbours import (
    COMPARED,
    MIN_NEIGHBOURS,
    Likeness,
    class_shares,
    disagreements,
    likeness,
)
from augderm.clinic.audit import append
from augderm.clinic.finding import find_case
from augderm.clinic.known_cases import Known, place_of
from augderm.clinic.machine_reads import counting_reads
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import own_row
from augderm.domain.assessment import ModalityName
from augderm.domain.errors import InvalidLibrary
from augderm.domain.outcome import CONFIRMED, OUTCOMES
from augderm.domain.similar import ClassShare, Disagreement, KnownCase, Neighbour
from augderm.domain.taxonomy import CODES
from augderm.domain.text import visible
from augderm.formats.stored_read import notes_of
from augderm.formats.thumbnail import thumbnail_of_preview
from augderm.store.models import AssessmentRow, CaseRow, ImageRow, OutcomeRow, PatientRow

log = logging.getLogger("augderm.clinic")
SHOWN = 6
"""Pictures beside a photograph; more are compared, see `analysis.neighbours.COMPARED`."""
State = Literal["shown", "unread", "other_model", "no_diagnosis", "too_few"]
"""Whether a photograph has similar cases: yes; the machine has not read it; another model has; the machine
gives no diagnosis of it; there are fewer than `MIN_NEIGHBOURS` to compare it with."""


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A known case that looks to the network like a photograph.

    Attributes:
        diagnosis: a code of `domain.outcome`; "" where the library has another, in its own words `named`.
        malignant: None where unknown or indeterminate.
        confirmed_by: how, in ISIC's words or the library's; None where it does not say.
        distance: cosine distance of the embeddings, 0 (alike) to 2; `likeness` is it in a word.
        picture: a small WebP in base64.
        image_id, case_id: keys of the clinic's own case, to be opened as any is; None in a library.
    """

    diagnosis: str
    named: str
    malignant: bool | None
    confirmed_by: str | None
    distance: float
    likeness: Likeness
    picture: str
    image_id: str | None
    case_id: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One photograph of the case, and what looks like it.

    Attributes:
        cases: the nearest, at most `SHOWN`, each of another patient or group; none unless `state` is "shown".
        shares: by diagnosis, of the `compared` nearest; those that neither they nor the network name are
            left out.
        disagreements: of those with the network.
        own: patients of the clinic with a confirmed case that it was compared with.
        same_image: the library holds this very file; its group was left out.
        notes: what limits the machine's read of the photograph, in English.
        library_failed: the library could not be read, the server's log says why; the clinic's own are shown
            all the same.
    """

    image_id: str
    state: State
    cases: tuple[SimilarCase, ...] = ()
    compared: int = 0
    shares: tuple[ClassShare, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    own: int = 0
    same_image: bool = False
    library_failed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachedLibrary:
    """The library of this server, with licence and citation of its sources."""

    name: str
    cases: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SimilarCases:
    """Similar cases of a case's photographs.

    Attributes:
        blind: hidden until this reader has committed an impression; nothing else is then told.
        library: None where none is attached.
        unplaced: photographs of the clinic's confirmed cases that the present model has not read.
        needed: fewest cases that a photograph is compared with.
    """

    patient: Patient
    case_id: str
    blind: bool
    photographs: tuple[Compared, ...] = ()
    library: AttachedLibrary | None = None
    unplaced: int = 0
    needed: int = MIN_NEIGHBOURS


@dataclass(frozen=True, slots=True)
class _Near:
    """A case near a photograph; where it is the clinic's own, the keys of image and case, and its preview."""

    neighbour: Neighbour
    own: tuple[str, str, str] | None = None


@use_case("similar.view")
def see_similar(platform: Platform, person: Person, case_id: str) -> SimilarCases:
    """The known cases that look like the photographs of a case.

    Where this is the first of the machine's read that a reader sees, the moment is kept with the impression.
    The log has an entry for the case, and one for each photograph of another patient that is shown.
    """
    with platform.database.reading() as session:
        case = find_case(session, person, case_id)
        patient = patient_of(session.get_one(PatientRow, case.patient_id))
        if person.clinic.blind_first and own_row(session, person, case.id) is None:
            return SimilarCases(patient, case.id, blind=True)
        known = platform.known.of(session, person.clinic_id, platform.model_sha256)
        images = session.scalars(
            select(ImageRow).where(ImageRow.case_id == case.id).order_by(ImageRow.uploaded_at, ImageRow.id)
        ).all()
        reads = counting_reads(session, [image.id for image in images])
        found = [
            _compare(
                platform, session, case, image, reads[image.id].row if image.id in reads else None, known
            )
            for image in images
        ]
    shown = {each.image_id for compared in found for each in compared.cases if each.image_id}
    with platform.database.writing() as session:
        read = own_row(session, person, case.id)
        if read is not None and read.revealed_at is None and any(each.state != "unread" for each in found):
            read.revealed_at = platform.now()
        append(session, platform.now(), person, "similar.view", "case", case.id, of_clinic=len(shown))
        for image_id in sorted(shown):
            append(session, platform.now(), person, "similar.view", "image", image_id, beside=case.id)
    return SimilarCases(patient, case.id, False, tuple(found), _attached(platform), known.unplaced)


def _attached(platform: Platform) -> AttachedLibrary | None:
    if platform.library is None:
        return None
    facts = platform.library.facts
    # The folder's path is nobody's business in a browser.
    name = visible(platform.library.folder.resolve().name)
    return AttachedLibrary(name, facts.cases, tuple(map(visible, facts.sources)))


def _compare(
    platform: Platform,
    session: Session,
    case: CaseRow,
    image: ImageRow,
    row: AssessmentRow | None,
    known: Known,
) -> Compared:
    """A photograph, by the machine's read of it that counts."""
    state, place = _place(platform, row)
    if row is None or place is None:
        return Compared(image.id, state)
    modality: ModalityName = row.content["modality"]["name"]
    allowed = known.comparable(modality, case.patient_id, image.sha256)
    near = _own(session, case.clinic_id, known, known.nearest(place, COMPARED, allowed), modality)
    passed_over, failed = 0, False
    if platform.library is not None:
        try:
            held, passed_over = platform.library.neighbours(place, COMPARED, modality, image.sha256)
            near += [_Near(each) for each in held]
        except InvalidLibrary as error:
            failed = True
            log.error("%s", error)
    found = Compared(
        image.id,
        "too_few",
        own=known.patients_of(allowed),
        same_image=passed_over > 0,
        library_failed=failed,
        notes=tuple(notes_of(row.content)),
    )
    nearest = sorted(near, key=lambda each: each.neighbour.distance)[:COMPARED]
    if len(nearest) < MIN_NEIGHBOURS:
        return found
    cases = [each.neighbour.case for each in nearest]
    # What is hardly alike is shown, and says nothing against the machine.
    witnesses = [each.neighbour.case for each in nearest if likeness(each.neighbour.distance) != "distant"]
    probabilities, members = (row.content["diagnosis"][name] for name in ("probabilities", "prediction_set"))
    return replace(
        found,
        state="shown",
        cases=tuple(_told(platform, each) for each in nearest[:SHOWN]),
        compared=len(nearest),
        shares=tuple(
            share for share in class_shares(cases, probabilities) if share.count or share.code in members
        ),
        disagreements=disagreements(witnesses, probabilities, members),
    )


def _place(platform: Platform, row: AssessmentRow | None) -> tuple[State, Vectors | None]:
    """Where the network placed a photograph, or why it cannot be compared."""
    if row is None:
        return "unread", None
    if row.model_sha256 != platform.model_sha256:
        return "other_model", None
    place = place_of(row.embedding)
    if row.status != "ok" or not row.content.get("diagnosis") or not row.content.get("modality"):
        place = None
    return "no_diagnosis" if place is None else "shown", place


def _own(
    session: Session, clinic_id: str, known: Known, found: Nearest, modality: ModalityName
) -> list[_Near]:
    """The clinic's own, as they stand in the database now: whoever was erased meanwhile is not there."""
    keys = [known.images[row] for row in found.rows]
    rows = session.execute(
        select(ImageRow.id, ImageRow.preview_sha256, CaseRow, OutcomeRow)
        .join(CaseRow, CaseRow.id == ImageRow.case_id)
        .join(OutcomeRow, OutcomeRow.case_id == CaseRow.id)
        .where(
            ImageRow.id.in_(keys),
            CaseRow.clinic_id == clinic_id,
            OutcomeRow.replaced_by.is_(None),
            OutcomeRow.confirmed_by.in_(CONFIRMED),
        )
    )
    told = {image: (preview, case, outcome) for image, preview, case, outcome in rows}
    near = []
    for key, distance in zip(keys, found.distances.tolist(), strict=True):
        if key not in told:
            continue
        preview, case, outcome = told[key]
        known_case = KnownCase(
            image=key,
            dataset="",
            group=case.patient_id,
            sha256="",
            # Not in the pathologist's words, which may name somebody.
            diagnosis=outcome.diagnosis,
            code=outcome.diagnosis if outcome.diagnosis in CODES else None,
            malignant={"malignant": True, "benign": False}.get(outcome.behaviour),
            modality=modality,
            confirmed_by=outcome.confirmed_by,
        )
        near.append(_Near(Neighbour(known_case, distance, b""), (key, case.id, preview)))
    return near


def _told(platform: Platform, near: _Near) -> SimilarCase:
    case, distance = near.neighbour.case, near.neighbour.distance
    picture = thumbnail_of_preview(platform.blobs.get(near.own[2])) if near.own else near.neighbour.thumbnail
    diagnosis = case.code or (case.diagnosis if case.diagnosis in OUTCOMES else "")
    return SimilarCase(
        diagnosis=diagnosis,
        named="" if diagnosis else visible(case.diagnosis),
        malignant=case.malignant,
        confirmed_by=visible(case.confirmed_by) if case.confirmed_by else None,
        distance=round(distance, 6),
        likeness=likeness(distance),
        picture=base64.b64encode(picture).decode(),
        image_id=near.own[0] if near.own else None,
        case_id=near.own[1] if near.own else None,
    )

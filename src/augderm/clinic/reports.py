"""What a report is made of: a case that a person has signed, with what the machine had said by then.

An unsigned case has no report, also none with a watermark: a machine's read that nobody signed must not leave
the clinic on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen_once
from augderm.clinic.contradicting import against, outcomes_of_case
from augderm.clinic.errors import Conflict
from augderm.clinic.finding import find_case
from augderm.clinic.letters import RECIPIENTS, own_text
from augderm.clinic.machine_reads import CountingRead, counting_reads, latest_answers
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import ClinicFacts, Person
from augderm.clinic.platform import Platform
from augderm.clinic.signatures import Addendum, Signature, addenda_of, signatures_of
from augderm.clinic.standing import Standing, standing_of
from augderm.formats.stored_read import notes_of
from augderm.store.models import CaseRow, ImageRow, LesionRow, PatientRow, VisitRow

Doubt = Literal["outcome", "unread", "answers", "differ", "addendum"]
"""Why what stands may not hold: an outcome contradicts it, the case is unread again, answers came after the
last decision that no read of the machine knows yet, what stands of its readers' decisions differs, or an
addendum that decides nothing came after the last decision. No letter is made then."""


@dataclass(frozen=True, slots=True)
class ReportLesion:
    """The lesion; None where nobody said. `map_x` and `map_y` are fractions of the view."""

    label: str
    site: str | None
    laterality: str | None
    map_view: str | None
    map_x: float | None
    map_y: float | None


@dataclass(frozen=True, slots=True)
class MachinePart:
    """What the machine had said of a photograph when the case was signed.

    Attributes:
        status: ok, abstained or failed.
        probability: of malignancy, 0..1; None where it gave none.
        likeliest: diagnosis and probability, the likeliest first, at most three.
        band: what it proposed, if anything.
        reason: why it gave no diagnosis, in English; "" where it gave one.
        notes: what limits the read though it is one, in English.
        current: the answers that were known by then are in it.
    """

    model: str
    version: str
    sha256: str
    status: str
    probability: float | None
    likeliest: tuple[tuple[str, float], ...]
    band: str | None
    reason: str
    notes: tuple[str, ...]
    current: bool


@dataclass(frozen=True, slots=True)
class ReportImage:
    """A photograph; `machine` is None where the machine had not read it by then."""

    id: str
    uploaded_at: datetime
    preview_sha256: str
    machine: MachinePart | None


@dataclass(frozen=True, slots=True)
class SignedReport:
    """The facts of a report.

    Attributes:
        diagnosis, management, reader: what stands of the decision that was made last, see `clinic.standing`;
            codes as in `ReadRow`.
        signed_at: when it was made: signed, or changed or confirmed by an addendum (`by_addendum`).
        signatures, addenda: all of the case, the earliest first.
        doubt: None where that holds.
        reason: in the reader's words, "" for none.
        own_text: the clinic's own text of the letter, None where it has written none.
    """

    case_id: str
    visit_id: str
    clinic: ClinicFacts
    patient: Patient
    lesion: ReportLesion
    visit_at: datetime
    images: tuple[ReportImage, ...]
    diagnosis: str
    management: str
    reason: str
    reader: str
    signed_at: datetime
    by_addendum: bool
    signatures: tuple[Signature, ...]
    addenda: tuple[Addendum, ...]
    doubt: Doubt | None
    own_text: str | None


@use_case("report.view")
def see_report(
    platform: Platform, person: Person, case_id: str, language: str = "", recipient: str = ""
) -> SignedReport:
    """The facts of a signed case.

    Args:
        language: of the letter's text.
        recipient: of `RECIPIENTS`, or "" for a report without a letter.

    Raises:
        Conflict: nobody has signed the case; or there is a `Doubt`, and a letter was asked for.
    """
    entries.optional_choice("recipient", recipient, RECIPIENTS)
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        standing = standing_of(session, [case.id]).get(case.id)
        if not standing:
            raise Conflict("Nobody has signed this case yet. Sign it first: a report is of a signed case.")
        last = standing[-1]
        signatures, addenda = signatures_of(session, case.id), addenda_of(session, case.id)
        doubt = _doubt(session, case, standing, addenda)
        if recipient and doubt:
            raise _no_letter(doubt)
        lesion = session.get_one(LesionRow, case.lesion_id)
        text = own_text(session, person.clinic_id, recipient, language) if recipient else None
        append(
            session, platform.now(), person, "report.view", "case", case.id,
            language=language, recipient=recipient, read=last.read_id,
        )  # fmt: skip
        return SignedReport(
            case_id=case.id,
            visit_id=case.visit_id,
            clinic=person.clinic,
            patient=patient_of(session.get_one(PatientRow, case.patient_id)),
            lesion=ReportLesion(
                lesion.label, lesion.site, lesion.laterality, lesion.map_view, lesion.map_x, lesion.map_y
            ),
            visit_at=session.get_one(VisitRow, case.visit_id).at,
            images=_images(session, case, last.at),
            diagnosis=last.diagnosis,
            management=last.management,
            reason=last.reason,
            reader=last.reader,
            signed_at=last.at,
            by_addendum=last.by_addendum,
            signatures=tuple(signatures),
            addenda=tuple(addenda),
            doubt=doubt,
            own_text=(text.text or None) if text else None,
        )


@use_case("report.view")
def report_pictures(platform: Platform, person: Person, case_id: str) -> dict[str, bytes]:
    """The photographs of a case as JPEG by key, without anything that the camera wrote."""
    with platform.database.reading() as session:
        case = find_case(session, person, case_id)
        rows = session.execute(
            select(ImageRow.id, ImageRow.preview_sha256).where(ImageRow.case_id == case.id)
        ).all()
    for key, _ in rows:
        seen_once(platform, person, "image.view", "image", key)
    return {key: platform.blobs.get(sha256) for key, sha256 in rows}


def _doubt(
    session: Session, case: CaseRow, standing: list[Standing], addenda: list[Addendum]
) -> Doubt | None:
    if against(outcomes_of_case(session, case.id), standing) is not None:
        return "outcome"
    if case.state != "signed":
        return "unread"
    if _answers_unread(session, case, standing[-1].at):
        return "answers"
    if len({(each.diagnosis, each.management) for each in standing}) > 1:
        return "differ"
    open_ones = [each.at for each in addenda if each.diagnosis is None and each.management is None]
    return "addendum" if open_ones and open_ones[-1] >= standing[-1].at else None


def _answers_unread(session: Session, case: CaseRow, decided_at: datetime) -> bool:
    """Whether answers came after the last decision, and a photograph is still to be read with them."""
    answers = latest_answers(session, case.id)
    if answers is None or answers.created_at <= decided_at:
        return False
    images = session.scalars(select(ImageRow.id).where(ImageRow.case_id == case.id)).all()
    reads = counting_reads(session, images)
    return any(image not in reads or not reads[image].current for image in images)


def _no_letter(doubt: Doubt) -> Conflict:
    """A letter tells one diagnosis and what comes next, so it needs one that stands."""
    if doubt == "outcome":
        return Conflict(
            "The outcome that was entered of this case contradicts what was signed, so no letter is made. "
            "Decide anew in an addendum, or correct the outcome."
        )
    if doubt == "answers":
        return Conflict(
            "Answers came after the last decision, and the machine has not read the photographs with them "
            "yet: no letter is made before. Try again in a few minutes, or read them and decide anew in an "
            "addendum."
        )
    if doubt == "unread":
        return Conflict(
            "This case was signed and is unread again: no letter is made before somebody has looked at what "
            "is new. Open the case and read it."
        )
    if doubt == "differ":
        return Conflict(
            "What was signed of this case differs between its readers, so no letter is made. One of them can "
            "decide anew in an addendum; or open the report without a letter, which has all signatures, and "
            "write the letter yourself."
        )
    return Conflict(
        "An addendum came after the last decision and may have changed it, so no letter is made. Say in "
        "another addendum what holds now; or open the report without a letter, which has the addendum, and "
        "write the letter yourself."
    )


def _images(session: Session, case: CaseRow, signed_at: datetime) -> tuple[ReportImage, ...]:
    """Later reads by another model are no part of what was signed."""
    images = session.scalars(
        select(ImageRow)
        .where(ImageRow.case_id == case.id, ImageRow.uploaded_at <= signed_at)
        .order_by(ImageRow.uploaded_at, ImageRow.id)
    ).all()
    machine = counting_reads(session, [image.id for image in images], signed_at)
    return tuple(
        ReportImage(
            image.id,
            image.uploaded_at,
            image.preview_sha256,
            _machine(machine[image.id]) if image.id in machine else None,
        )
        for image in images
    )


def _machine(counting: CountingRead) -> MachinePart:
    row = counting.row
    model = row.content["model"]
    diagnosis = row.content.get("diagnosis") or {}
    order = sorted(diagnosis.get("probabilities", {}).items(), key=lambda each: (-each[1], each[0]))
    return MachinePart(
        model["name"],
        model["version"],
        model["sha256"],
        row.status,
        row.probability,
        tuple(order[:3]),
        row.band,
        row.content.get("reason", ""),
        tuple(notes_of(row.content)),
        counting.current,
    )

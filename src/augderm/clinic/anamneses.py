"""What the patient tells, case by case: new answers are a new row, and a new read is queued with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append, seen
from augderm.clinic.cases import order
from augderm.clinic.errors import InvalidEntry, NeedsConfirmation, stale
from augderm.clinic.finding import find_case
from augderm.clinic.lesions import Lesion, lesion_of
from augderm.clinic.machine_reads import latest_answers
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import enqueue
from augderm.domain import anamnesis
from augderm.domain.anamnesis import PERSON_QUESTIONS, Anamnesis, LesionStory, contradictions
from augderm.domain.body_map import REGIONS
from augderm.domain.errors import InvalidAnamnesis
from augderm.formats.anamnesis_json import anamnesis_from_object, anamnesis_to_object
from augderm.store.models import AnamnesisRow, CaseRow, ImageRow, LesionRow, PatientRow

AGE_SLACK_YEARS = 1.0
"""An age as told may differ so much from that by the date of birth."""


@dataclass(frozen=True, slots=True)
class AnamnesisPage:
    """The answers of a case.

    Attributes:
        answers: as given, or as the form starts with: what the record and this visit's other cases know.
        answered_id: key of the answers; "" before there are any. It goes back with new ones.
        answered_at: in UTC.
        flagged: names of answers that can hardly be true together, one tuple for each contradiction.
        taken_from: label of the lesion that the answers on the person were taken over from; "" for none.
    """

    case_id: str
    visit_id: str
    patient: Patient
    lesion: Lesion
    answers: Anamnesis
    answered_id: str
    answered_at: datetime | None
    flagged: tuple[tuple[str, ...], ...]
    taken_from: str


@use_case("anamnesis.view")
def see_anamnesis(platform: Platform, person: Person, case_id: str) -> AnamnesisPage:
    """The latest answers of a case; before there are any, what is known already, still to be confirmed.

    Of earlier visits nothing is taken over: what was true then may not be now.
    """
    with platform.database.reading() as session:
        case = find_case(session, person, case_id)
        patient = session.get_one(PatientRow, case.patient_id)
        lesion = session.get_one(LesionRow, case.lesion_id)
        row = latest_answers(session, case.id)
        if row is not None:
            answers, source = anamnesis_from_object(row.answers), ""
        else:
            answers, source = _known(platform, person, session, case, patient, lesion)
        found = AnamnesisPage(
            case.id,
            case.visit_id,
            patient_of(patient),
            lesion_of(lesion),
            answers,
            row.id if row else "",
            row.created_at if row else None,
            flagged(answers, patient, lesion),
            source,
        )
    seen(platform, person, "anamnesis.view", "case", case_id)
    return found


@use_case("anamnesis.answer")
def answer(
    platform: Platform,
    person: Person,
    case_id: str,
    answers: Mapping[str, Any],
    based_on: str,
    confirmed: bool = False,
) -> str:
    """Store answers as a new row, and queue a new read of each of the case's images with them.

    The same answers once more change nothing: a form that is sent twice counts once.

    Args:
        answers: `augderm.anamnesis/1`; null or left out is unknown, which is never "no".
        based_on: `answered_id` of the page that they were given on.
        confirmed: that answers which can hardly be true together are as the patient gave them; the machine
            then leaves open what builds on them.

    Returns:
        the key of the answers.

    Raises:
        InvalidEntry: an answer cannot be.
        NeedsConfirmation: some contradict each other, the record, or the body map; they are named.
        Conflict: somebody else answered in the meantime.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        patient = session.get_one(PatientRow, case.patient_id)
        lesion = session.get_one(LesionRow, case.lesion_id)
        given = _checked(answers, _today(platform, person))
        last = latest_answers(session, case.id)
        content = anamnesis_to_object(given)
        if last is not None and last.answers == content:
            return last.id
        if based_on != (last.id if last else ""):
            raise stale()
        against = flagged(given, patient, lesion)
        if against and not confirmed:
            raise Contradicting(against)
        now = platform.now()
        row = AnamnesisRow(case_id=case.id, answers=content, created_at=now, created_by=person.user_id)
        session.add(row)
        session.flush()
        for image_id in session.scalars(select(ImageRow.id).where(ImageRow.case_id == case.id)):
            enqueue(session, image_id, platform.model_sha256, row.id, now)
        # The reads so far lack these answers: until there are new ones, the case is not held for read.
        order(session, case)
        append(
            session, now, person, "anamnesis.answer", "case", case.id, answers=row.id, flagged=len(against)
        )
        return row.id


class Contradicting(NeedsConfirmation):
    """Answers that can hardly be true together. `flagged` names them."""

    def __init__(self, against: tuple[tuple[str, ...], ...]) -> None:
        text = NeedsConfirmation(
            "Some answers can hardly be true together: %(answers)s. Ask again and correct them; if they are "
            "as the patient gave them, confirm that and save again.",
            answers="; ".join(", ".join(names) for names in against),
        )
        super().__init__(text.message, **text.values)
        self.flagged = against


def flagged(given: Anamnesis, patient: PatientRow, lesion: LesionRow) -> tuple[tuple[str, ...], ...]:
    """Names of answers that contradict each other, the patient's record, or the lesion's place."""
    found = [each.answers for each in contradictions(given)]
    sex, age, site = given.person.sex, given.person.age_years, given.lesion.site
    if sex is not None and patient.sex is not None and sex != patient.sex:
        found.append(("sex",))
    if age is not None and given.answered_on is not None and len(given.answered_on) == len("YYYY-MM-DD"):
        known = _age(patient.birth_date, date.fromisoformat(given.answered_on))
        if abs(age - known) > AGE_SLACK_YEARS:
            found.append(("age_years",))
    if site is not None and lesion.map_region is not None and not _same_site(site, lesion.map_region):
        found.append(("site",))
    return tuple(found)


def _same_site(site: str, region: str) -> bool:
    of_map = REGIONS[region].site.anamnesis
    trunk = ("chest", "abdomen", "back", "trunk")
    return site == of_map or (site in trunk and of_map in trunk and "trunk" in (site, of_map))


def _checked(answers: Mapping[str, Any], today: date) -> Anamnesis:
    try:
        given = anamnesis_from_object(answers)
        if given.answered_on is None:
            given = replace(given, answered_on=today.isoformat())
        given.refuse_after(today.isoformat())
    except InvalidAnamnesis as error:
        # In its own words: the form has looked at each answer before, so this is a program's mistake.
        raise InvalidEntry("answers", "An answer is not possible: %(reason)s", reason=error) from None
    return given


def _known(
    platform: Platform,
    person: Person,
    session: Session,
    case: CaseRow,
    patient: PatientRow,
    lesion: LesionRow,
) -> tuple[Anamnesis, str]:
    """What the form starts with."""
    today = _today(platform, person)
    told = anamnesis.Person()
    source = ""
    other = session.execute(
        select(AnamnesisRow, LesionRow.label)
        .join(CaseRow, CaseRow.id == AnamnesisRow.case_id)
        .join(LesionRow, LesionRow.id == CaseRow.lesion_id)
        .where(CaseRow.visit_id == case.visit_id, CaseRow.patient_id == case.patient_id)
        .order_by(AnamnesisRow.created_at.desc(), AnamnesisRow.id.desc())
        .limit(1)
    ).first()
    if other is not None:
        row, source = other
        told = anamnesis_from_object(row.answers).person
    if told.age_years is None:
        told = replace(told, age_years=float(_age(patient.birth_date, today)))
    if told.sex is None and patient.sex is not None:
        told = replace(told, sex=cast(anamnesis.Sex, patient.sex))
    region = lesion.map_region
    story = LesionStory(site=REGIONS[region].site.anamnesis) if region else LesionStory()
    return Anamnesis(answered_on=today.isoformat(), person=told, lesion=story), source


def _age(born: date, on: date) -> int:
    """Whole years, within what the question takes."""
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return min(max(years, 0), int(PERSON_QUESTIONS["age_years"].high))


def _today(platform: Platform, person: Person) -> date:
    return platform.now().astimezone(ZoneInfo(person.clinic.timezone)).date()

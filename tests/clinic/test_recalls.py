"""Recalls: no signed control is forgotten, none is closed or moved without a reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.patients import create_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.recalls import (
    PAGE,
    RecallEntry,
    catch_up,
    close_recall,
    list_recalls,
    move_recall,
    plan_recall,
    recalls_of,
)
from augderm.clinic.visits import create_visit
from augderm.store.models import AuditRow, ClinicRow, RecallRow, VisitRow
from support.clinic import ADA, Clock, open_case, phantom_jpeg, somebody
from support.followup import sign_case, signed_case, visit_again


@pytest.mark.parametrize(
    ("band", "due"),
    [
        ("urgent", date(2026, 5, 18)),
        ("soon", date(2026, 6, 1)),
        ("monitor_3", date(2026, 8, 4)),
        ("monitor_6", date(2026, 11, 4)),
        ("monitor_12", date(2027, 5, 4)),
        ("reassure", None),
    ],
)
def test_a_signed_band_makes_the_recall_that_it_asks_for(
    platform: Platform, band: str, due: date | None
) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, management=band)
    found = recalls_of(platform, person, case.lesion.id)
    assert [(each.due_on, each.planned_on, each.state) for each in found] == (
        [(due, due, "open")] if due else []
    )


def test_the_day_of_the_visit_is_the_clinics_and_not_that_in_utc(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    with platform.database.writing() as session:
        session.execute(update(ClinicRow).values(timezone="Pacific/Auckland"))
        session.execute(update(VisitRow).values(at=platform.now().replace(hour=20)))
    sign_case(platform, person, str(case.image.case_id))
    assert recalls_of(platform, person, case.lesion.id)[0].due_on == date(2026, 8, 5)


def test_a_new_visit_of_the_lesion_closes_its_recalls_and_no_others(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader", "nurse")
    case = signed_case(platform, person)
    other = create_lesion(platform, person, case.patient.id, LesionEntry())
    plan_recall(platform, person, other.id, "2026-09-01", "the other one")
    clock.forward(timedelta(days=90))
    visit_again(platform, person, case)
    (closed,) = recalls_of(platform, person, case.lesion.id)
    assert (closed.state, closed.closing) == ("done", "")
    assert recalls_of(platform, person, other.id)[0].state == "open"


def test_a_photograph_of_the_same_visit_closes_nothing(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person)
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(5), "another.jpg")
    assert recalls_of(platform, person, case.lesion.id)[0].state == "open"


def test_a_forgotten_photograph_of_an_earlier_visit_closes_nothing_asked_for_later(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    patient = create_patient(platform, person, ADA)
    lesion = create_lesion(platform, person, patient.id, LesionEntry())
    earlier = create_visit(platform, person, patient.id)
    clock.forward(timedelta(days=1))
    later = create_visit(platform, person, patient.id)
    image = add_image(platform, person, later.id, lesion.id, phantom_jpeg(1), "later.jpg").image
    sign_case(platform, person, str(image.case_id))
    plan_recall(platform, person, lesion.id, "2026-06-01", "it itches")
    clock.forward(timedelta(hours=1))
    add_image(platform, person, earlier.id, lesion.id, phantom_jpeg(2), "forgotten.jpg")
    assert [each.state for each in recalls_of(platform, person, lesion.id)] == ["open", "open"]


def test_a_day_that_a_person_moved_earlier_is_not_put_off_by_a_colleagues_signature(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    colleague = somebody(platform, "reader", like=person)
    case = signed_case(platform, person, management="monitor_12")
    (recall,) = recalls_of(platform, person, case.lesion.id)
    move_recall(platform, person, recall.id, "2026-06-01", "she worries", recall.version)
    sign_case(platform, colleague, str(case.image.case_id), management="monitor_6", signatures=1)
    (kept,) = recalls_of(platform, person, case.lesion.id)
    assert (kept.due_on, kept.planned_on) == (date(2026, 6, 1), date(2026, 11, 4))


def test_it_is_moved_with_a_reason_and_the_first_day_stays(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person)
    (recall,) = recalls_of(platform, person, case.lesion.id)
    with pytest.raises(InvalidEntry):
        move_recall(platform, person, recall.id, "2026-09-01", "  ", recall.version)
    moved = move_recall(platform, person, recall.id, "2026-09-01", "on holiday", recall.version)
    assert (moved.due_on, moved.planned_on, moved.reason) == (
        date(2026, 9, 1),
        date(2026, 8, 4),
        "on holiday",
    )
    with pytest.raises(Conflict):
        move_recall(platform, person, recall.id, "2026-10-01", "again", recall.version)
    with platform.database.reading() as session:
        entry = session.scalars(select(AuditRow).where(AuditRow.action == "recall.change")).one()
    assert entry.details == {"was": "2026-08-04", "due_on": "2026-09-01"}, "and no text of a patient"


@pytest.mark.parametrize("day", ["2026-05-03", "2037-01-01", "soon", "", "0001-01-01", "9999-12-31"])
def test_a_day_in_the_past_or_far_off_is_refused(platform: Platform, day: str) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    with pytest.raises(InvalidEntry):
        plan_recall(platform, person, case.lesion.id, day, "because")


def test_closing_wants_a_reason_and_is_once(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person)
    (recall,) = recalls_of(platform, person, case.lesion.id)
    for closing, reason in (("done", ""), ("lost", "because")):
        with pytest.raises(InvalidEntry):
            close_recall(platform, person, recall.id, closing, reason, recall.version)
    closed = close_recall(platform, person, recall.id, "cancelled", "excised elsewhere", recall.version)
    assert (closed.state, closed.overdue) == ("cancelled", False)
    with pytest.raises(Conflict):
        close_recall(platform, person, recall.id, "done", "again", closed.version)


def test_lists_begin_with_the_most_overdue_and_go_on_by_pages(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader")
    patient = create_patient(platform, person, ADA)
    lesion = create_lesion(platform, person, patient.id, LesionEntry())
    for days in range(PAGE + 5):
        day = clock.at.date() + timedelta(days=days // 2)
        plan_recall(platform, person, lesion.id, day.isoformat(), f"because {days}")
    clock.forward(timedelta(days=10))
    overdue = list_recalls(platform, person, "overdue").lines
    assert len(overdue) == 20
    assert all(line.recall.overdue for line in overdue)
    first = list_recalls(platform, person, "all")
    assert first.after is not None
    second = list_recalls(platform, person, "all", first.after)
    assert second.after is None
    days_ = [line.recall.due_on for line in (*first.lines, *second.lines)]
    assert days_ == sorted(days_)
    assert len({line.recall.id for line in (*first.lines, *second.lines)}) == PAGE + 5
    assert list_recalls(platform, somebody(platform, "reader"), "all").lines == ()
    for wrong in ("x", "2026-01-01", "_", "9" * 90):
        assert isinstance(_tried(platform, person, wrong), (list, InvalidEntry))


def _tried(platform: Platform, person: Person, after: str) -> list[RecallEntry] | InvalidEntry:
    try:
        return [line.recall for line in list_recalls(platform, person, "all", after).lines]
    except InvalidEntry as refused:
        return refused


def test_a_signed_case_whose_recall_is_missing_gets_it_at_the_next_start(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person)
    with platform.database.writing() as session:
        session.execute(delete(RecallRow))
    assert catch_up(platform) == 1
    assert catch_up(platform) == 0
    assert recalls_of(platform, person, case.lesion.id)[0].due_on == date(2026, 8, 4)


def test_a_lesion_that_was_seen_since_is_not_caught_up(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person)
    with platform.database.writing() as session:
        session.execute(delete(RecallRow))
    clock.forward(timedelta(days=1))
    visit_again(platform, person, case)
    assert catch_up(platform) == 0


def test_a_photograph_added_to_an_earlier_visit_does_not_keep_a_case_from_being_caught_up(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    patient = create_patient(platform, person, ADA)
    lesion = create_lesion(platform, person, patient.id, LesionEntry())
    earlier = create_visit(platform, person, patient.id)
    clock.forward(timedelta(days=1))
    later = create_visit(platform, person, patient.id)
    image = add_image(platform, person, later.id, lesion.id, phantom_jpeg(1), "later.jpg").image
    sign_case(platform, person, str(image.case_id))
    clock.forward(timedelta(hours=1))
    add_image(platform, person, earlier.id, lesion.id, phantom_jpeg(2), "forgotten.jpg")
    with platform.database.writing() as session:
        session.execute(delete(RecallRow))
    assert catch_up(platform) == 1

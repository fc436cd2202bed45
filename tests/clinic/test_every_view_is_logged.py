"""Every use case that shows or changes anything of a patient leaves an entry, with keys that say of what.

A new use case is in neither table, and fails here: give it a call in `LOGGED`, or, where what it returns is
nothing of a patient, in `SHOWS_NOTHING`, which is checked too.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from augderm.clinic import derived
from augderm.clinic.audit import ONCE_IN, verify
from augderm.clinic.auditing import LogFilter, see_log
from augderm.clinic.clinics import ClinicEntry
from augderm.clinic.comparing import COMPARE
from augderm.clinic.images import AddedImage, ClinicImage, add_image, see_original, see_preview
from augderm.clinic.lesions import LesionEntry
from augderm.clinic.opinions import see_asked_image
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.patients import PatientEntry, find_patients
from augderm.clinic.permissions import USE_CASES
from augderm.clinic.person import ROLES, Person
from augderm.clinic.platform import Platform
from augderm.clinic.recalls import plan_recall
from augderm.clinic.referrals import Referral, ask
from augderm.clinic.signing import Decision
from augderm.clinic.visits import create_visit
from augderm.clinic.worklist import Wanted, see_worklist
from augderm.store.models import AuditRow, DerivedRow
from support.clinic import Case, Clock, open_case, phantom_jpeg, somebody
from support.signing import read_by_machine, sign
from support.use_cases import all_use_cases

SECRET = PatientEntry(
    identifier="secret-identifier",
    family_name="secret-family",
    given_name="secret-given",
    birth_date="1961-04-23",
)
OUTCOME = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
DECISION = Decision(diagnosis="mel", management="urgent", reason="because")
ALL = all_use_cases()
FILE = phantom_jpeg(9)
FILE_SHA256 = hashlib.sha256(FILE).hexdigest()


@dataclass
class World:
    """A clinic in which one person of all roles has a case, asks and is asked.

    Attributes:
        later: a second photograph of the lesion, compared with the first.
        signed: a case that this person has signed; `open` one that nobody has.
        asked: the person's own question; `to_answer` and `to_decline` ones of another clinic,
            with identity.
    """

    platform: Platform
    clock: Clock
    person: Person
    colleague: Person
    open: Case
    later: ClinicImage
    signed: Case
    asked: Referral
    to_answer: Referral
    to_decline: Referral
    theirs: Case
    folder: Path

    def __call__(self, name: str, *arguments: object, **named: object) -> Any:
        return ALL[name](self.platform, self.person, *arguments, **named)

    @property
    def case_id(self) -> str:
        return str(self.open.image.case_id)

    @property
    def upload(self) -> tuple[str, str, str]:
        return self.open.visit.id, self.open.lesion.id, FILE_SHA256


@pytest.fixture
def world(platform: Platform, clock: Clock, tmp_path: Path) -> World:
    person = somebody(platform, *ROLES)
    colleague, ada = somebody(platform, "reader", like=person), somebody(platform, "reader", "nurse")
    opened = open_case(platform, person, SECRET)
    read_by_machine(platform, opened.image.id)
    clock.forward(timedelta(days=1))
    visit = create_visit(platform, person, opened.patient.id)
    later = add_image(platform, person, visit.id, opened.lesion.id, phantom_jpeg(1), "secret.jpg").image
    read_by_machine(platform, later.id)
    picture = platform.blobs.put(b"picture")
    with platform.database.writing() as session:
        for image, task, content, pictures in (
            (opened.image, derived.MAPS, {"reason": "", "legends": {"melanin": {}}}, {"melanin": picture}),
            (later, COMPARE + opened.image.id, {"follow_ups": []}, {"baseline": picture}),
        ):
            session.add(
                DerivedRow(
                    image_id=image.id, model_sha256=platform.model_sha256, task=task,
                    content=content, pictures=pictures, created_at=platform.now(),
                )
            )  # fmt: skip
    entry = replace(SECRET, identifier="another-secret", given_name="secret-other")
    signed = open_case(platform, person, entry, seed=2)
    read_by_machine(platform, signed.image.id)
    sign(platform, person, str(signed.image.case_id), diagnosis="mel", management="urgent")
    asked = ask(platform, person, str(opened.image.case_id), colleague.user_id, True, "secret question")
    theirs = open_case(platform, ada, replace(SECRET, identifier="their-secret"), seed=3)
    read_by_machine(platform, theirs.image.id)
    to_answer = ask(platform, ada, str(theirs.image.case_id), person.user_id, True, "secret question")
    case = open_case(platform, ada, replace(SECRET, identifier="a-third-secret", given_name="third"), seed=4)
    to_decline = ask(platform, ada, str(case.image.case_id), person.user_id, True, "secret question")
    without = replace(person, clinic=replace(person.clinic, blind_first=False))
    return World(
        platform, clock, without, colleague, opened, later, signed, asked, to_answer, to_decline, theirs,
        tmp_path / "out",
    )  # fmt: skip


def _settings(retention_years: str = "") -> ClinicEntry:
    return ClinicEntry(name="C", timezone="UTC", blind_first=True, retention_years=retention_years)


def _retained(w: World) -> object:
    w("clinics.change_clinic", _settings(retention_years="1"), 1)
    w.clock.forward(timedelta(days=800))
    found = w("retention.due_for_erasure")
    w.clock.forward(timedelta(days=-800))
    w("clinics.change_clinic", _settings(), 2)
    assert found
    return found


def _outcome(w: World) -> str:
    return enter_outcome(w.platform, w.person, w.signed.lesion.id, OUTCOME).id


def _recall(w: World) -> str:
    return plan_recall(w.platform, w.person, w.open.lesion.id, "2026-12-01", "because").id


def _uploaded(w: World) -> AddedImage:
    w("uploads.append_chunk", *w.upload, 0, FILE)
    added: AddedImage = w("uploads.finish_upload", *w.upload)
    return added


LOGGED: dict[str, Callable[[World], object]] = {
    "anamneses.answer": lambda w: w("anamneses.answer", w.case_id, {"lesion": {"itch": True}}, ""),
    "anamneses.see_anamnesis": lambda w: w("anamneses.see_anamnesis", w.case_id),
    "assessments.see_assessment": lambda w: w("assessments.see_assessment", w.open.image.id),
    "assigning.assign_case": lambda w: w(
        "assigning.assign_case", w.case_id, w.person.user_id, w("worklist.see_line", w.case_id).version
    ),
    "assigning.take_next": lambda w: w("assigning.take_next"),
    "auditing.see_log": lambda w: w("auditing.see_log"),
    "auditing.see_log_of_case": lambda w: w("auditing.see_log_of_case", w.case_id),
    "checklists.set_items": lambda w: w(
        "checklists.set_items", w.case_id, w.open.image.id, {"abcd.asymmetry": "1"}
    ),
    "comparisons.ask_comparison": lambda w: w(
        "comparisons.ask_comparison", w.later.id, w.open.image.id
    ),
    "comparisons.see_compared_picture": lambda w: w(
        "comparisons.see_compared_picture", w.later.id, w.open.image.id, "baseline"
    ),
    "comparisons.see_comparison": lambda w: w(
        "comparisons.see_comparison", w.later.id, w.open.image.id
    ),
    "ducklings.see_ducklings": lambda w: w("ducklings.see_ducklings", w.open.patient.id),
    "images.add_image": lambda w: w(
        "images.add_image", w.open.visit.id, w.open.lesion.id, phantom_jpeg(0), "secret.jpg"
    ),
    "images.images_of": lambda w: w("images.images_of", w.open.visit.id),
    "images.images_of_lesion": lambda w: w("images.images_of_lesion", w.open.lesion.id),
    "images.see_image": lambda w: w("images.see_image", w.open.image.id),
    "images.see_original": lambda w: w("images.see_original", w.open.image.id),
    "images.see_preview": lambda w: w("images.see_preview", w.open.image.id),
    "lesions.create_lesion": lambda w: w("lesions.create_lesion", w.open.patient.id, LesionEntry()),
    "lesions.change_lesion": lambda w: w("lesions.change_lesion", w.open.lesion.id, LesionEntry(), 1),
    "lesions.lesions_of": lambda w: w("lesions.lesions_of", w.open.patient.id),
    "lesions.see_lesion": lambda w: w("lesions.see_lesion", w.open.lesion.id),
    "opinions.asked_of_me": lambda w: w("opinions.asked_of_me"),
    "opinions.see_question": lambda w: w("opinions.see_question", w.to_answer.id),
    "opinions.see_asked_case": lambda w: w("opinions.see_asked_case", w.to_answer.id),
    "opinions.see_asked_image": lambda w: w(
        "opinions.see_asked_image", w.to_answer.id, w.theirs.image.id
    ),
    "opinions.see_asked_original": lambda w: w(
        "opinions.see_asked_original", w.to_answer.id, w.theirs.image.id
    ),
    "opinions.see_asked_assessment": lambda w: w(
        "opinions.see_asked_assessment", w.to_answer.id, w.theirs.image.id
    ),
    "opinions.commit_asked": lambda w: w("opinions.commit_asked", w.to_answer.id, "nv", "reassure"),
    "opinions.answer": lambda w: w("opinions.answer", w.to_answer.id, "nv", "reassure", "", 1),
    "opinions.decline": lambda w: w("opinions.decline", w.to_decline.id, "away", 1),
    "outcomes.enter_outcome": lambda w: w("outcomes.enter_outcome", w.open.lesion.id, OUTCOME),
    "outcomes.answerable_cases": lambda w: w("outcomes.answerable_cases", w.open.lesion.id),
    "outcomes.outcomes_of": lambda w: w("outcomes.outcomes_of", w.open.lesion.id),
    "outcomes.waiting_for_outcome": lambda w: w("outcomes.waiting_for_outcome"),
    "outcomes.correct_outcome": lambda w: w("outcomes.correct_outcome", _outcome(w), OUTCOME, "because", 1),
    "patients.create_patient": lambda w: w(
        "patients.create_patient", replace(SECRET, identifier="new", given_name="new")
    ),
    "patients.change_patient": lambda w: w(
        "patients.change_patient", w.open.patient.id, SECRET, 1
    ),
    "patients.find_patients": lambda w: w("patients.find_patients", "secret"),
    "patients.see_patient": lambda w: w("patients.see_patient", w.open.patient.id),
    "performance.see_figures": lambda w: w("performance.see_figures"),
    "photographs.see_overlay": lambda w: w("photographs.see_overlay", w.open.image.id, "melanin"),
    "reading.open_reading": lambda w: w("reading.open_reading", str(w.signed.image.case_id)),
    "record.see_record": lambda w: w("record.see_record", w.open.patient.id),
    "reads.own_read": lambda w: w("reads.own_read", w.case_id),
    "reads.commit_impression": lambda w: w("reads.commit_impression", w.case_id, "nv", "reassure"),
    "recalls.list_recalls": lambda w: w("recalls.list_recalls"),
    "recalls.plan_recall": lambda w: w("recalls.plan_recall", w.open.lesion.id, "2026-12-01", "because"),
    "recalls.move_recall": lambda w: w("recalls.move_recall", _recall(w), "2026-12-02", "because", 1),
    "recalls.close_recall": lambda w: w("recalls.close_recall", _recall(w), "done", "because", 1),
    "recalls.recalls_of": lambda w: w("recalls.recalls_of", w.open.lesion.id),
    "referrals.ask": lambda w: w(
        "referrals.ask", str(w.signed.image.case_id), w.colleague.user_id, True, "?"
    ),
    "referrals.asked_by_me": lambda w: w("referrals.asked_by_me"),
    "referrals.referrals_of": lambda w: w("referrals.referrals_of", w.case_id),
    "referrals.withdraw": lambda w: w("referrals.withdraw", w.asked.id, 1),
    "reports.report_pictures": lambda w: w("reports.report_pictures", str(w.signed.image.case_id)),
    "reports.see_report": lambda w: w("reports.see_report", str(w.signed.image.case_id)),
    "retention.due_for_erasure": _retained,
    "retention.find_by_identifier": lambda w: w("retention.find_by_identifier", SECRET.identifier),
    "retention.see_retention": lambda w: w("retention.see_retention", w.open.patient.id),
    "retention.hold_patient": lambda w: w("retention.hold_patient", w.signed.patient.id, "", 1),
    "similar.see_similar": lambda w: w("similar.see_similar", str(w.signed.image.case_id)),
    "addenda.add_addendum": lambda w: w("addenda.add_addendum", str(w.signed.image.case_id), "more"),
    "signing.sign": lambda w: w("signing.sign", w.case_id, DECISION, 1, 0),
    "sittings.keep_draft": lambda w: w("sittings.keep_draft", w.case_id, {"reason": "secret"}, 1),
    "timeline.see_timeline": lambda w: w("timeline.see_timeline", w.open.lesion.id),
    "uploads.begin_upload": lambda w: w("uploads.begin_upload", *w.upload, len(FILE), "secret.jpg"),
    "uploads.finish_upload": _uploaded,
    "uploads.see_upload": lambda w: w("uploads.see_upload", *w.upload),
    "uploads.append_chunk": lambda w: w("uploads.append_chunk", *w.upload, 0, b""),
    "uploads.drop_upload": lambda w: w("uploads.drop_upload", *w.upload),
    "visits.create_visit": lambda w: w("visits.create_visit", w.open.patient.id),
    "visits.see_visit": lambda w: w("visits.see_visit", w.open.visit.id),
    "visits.visits_of": lambda w: w("visits.visits_of", w.open.patient.id),
    "worklist.see_line": lambda w: w("worklist.see_line", w.case_id),
    "worklist.see_worklist": lambda w: w("worklist.see_worklist", Wanted()),
    "export.export_patient": lambda w: w("export.export_patient", w.open.patient.id, io.BytesIO()),
    "training_export.export_training_set": lambda w: w("training_export.export_training_set", w.folder),
    "erasure.erase_patient": lambda w: w(
        "erasure.erase_patient", w.signed.patient.id, "another-secret", 2
    ),
    # Of accounts and settings: a change is logged as well.
    "accounts.sessions.sign_out": lambda w: w("accounts.sessions.sign_out"),
    "accounts.users.choose_locale": lambda w: w("accounts.users.choose_locale", "de", ["de"]),
    "accounts.users.create_user": lambda w: w("accounts.users.create_user", "new", "New", ["reader"]),
    "accounts.users.new_password_link": lambda w: w(
        "accounts.users.new_password_link", w.colleague.user_id
    ),
    "accounts.users.change_user": lambda w: w(
        "accounts.users.change_user", w.colleague.user_id, ["reader"], True, 1
    ),
    "auditing.verify_log": lambda w: w("auditing.verify_log"),
    "clinics.change_clinic": lambda w: w("clinics.change_clinic", _settings(), 3),
    "letters.change_letter_text": lambda w: w(
        "letters.change_letter_text", "patient", "en", "Dear {patient}, {next_step}", 0
    ),
}  # fmt: skip
"""By name, in an order in which each finds what it needs."""

SHOWS_NOTHING: dict[str, Callable[[World], object]] = {
    "accounts.users.list_users": lambda w: w("accounts.users.list_users"),
    "assessments.progress": lambda w: w("assessments.progress", w.open.image.id),
    "assigning.readers_of": lambda w: w("assigning.readers_of"),
    "auditing.colleagues": lambda w: w("auditing.colleagues"),
    "clinics.see_clinic": lambda w: w("clinics.see_clinic"),
    "letters.letter_texts": lambda w: w("letters.letter_texts"),
    "opinions.waiting": lambda w: w("opinions.waiting"),
    "reading.waiting": lambda w: w("reading.waiting", w.case_id),
    "referrals.colleagues": lambda w: w("referrals.colleagues"),
    "sittings.still_here": lambda w: w("sittings.still_here", w.case_id),
}
"""Numbers, states and colleagues; some are asked for again and again by an open page."""

ELSEWHERE = {
    "accounts.users.change_password": "tests/web/test_admin_pages.py: needs the old one",
    "accounts.provider_links.": "tests/web/test_oidc.py: needs a provider",
}


def _entries(platform: Platform, after: int = 0) -> list[AuditRow]:
    with platform.database.reading() as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.seq > after).order_by(AuditRow.seq)))


def _count(platform: Platform) -> int:
    with platform.database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditRow)) or 0


def test_every_use_case_has_its_place_here() -> None:
    left = {
        name
        for name in USE_CASES
        if name not in LOGGED and name not in SHOWS_NOTHING and not name.startswith(tuple(ELSEWHERE))
    }
    assert left == set(), "decide whether it shows anything of a patient, see the top of this file"
    assert not set(LOGGED) & set(SHOWS_NOTHING)
    assert set(LOGGED) | set(SHOWS_NOTHING) <= set(USE_CASES)


def test_every_view_and_change_leaves_an_entry_of_whom_and_what(world: World) -> None:
    missing = []
    for name, call in LOGGED.items():
        if name == "uploads.append_chunk":
            assert world("uploads.see_upload", *world.upload).added is not None
        world.clock.forward(ONCE_IN + timedelta(seconds=1))
        before = _count(world.platform)
        call(world)
        new = [each for each in _entries(world.platform, before) if each.user_id == world.person.user_id]
        if not any(each.subject_id for each in new):
            missing.append(name)
        assert all(each.clinic_id for each in new), name
    assert missing == []
    assert verify(world.platform).broken_at is None
    written = str([(each.subject_id, each.details) for each in _entries(world.platform)])
    for word in ("secret", "1961-04-23"):
        assert word not in written, "keys alone"


def test_what_leaves_no_entry_shows_nothing_of_a_patient(world: World) -> None:
    before = _count(world.platform)
    keys = (world.open.patient.id, world.open.lesion.id, world.open.visit.id, world.case_id)
    for name, call in SHOWS_NOTHING.items():
        shown = str(call(world))
        for word in ("secret", "1961", *keys, world.open.image.id):
            assert word not in shown, name
    assert _count(world.platform) == before


def test_what_a_page_loads_by_itself_is_one_entry_in_ten_minutes_for_each_person_and_image(
    world: World,
) -> None:
    platform, clock, image = world.platform, world.clock, world.open.image.id
    before = _count(platform)
    for _ in range(5):
        see_preview(platform, world.person, image)
    see_preview(platform, world.colleague, image)
    see_preview(platform, world.person, world.later.id)
    see_original(platform, world.person, image)
    see_original(platform, world.person, image)
    told = [(each.user_id, each.subject_id, each.details) for each in _entries(platform, before)]
    assert told == [
        (world.person.user_id, image, {}),
        (world.colleague.user_id, image, {}),
        (world.person.user_id, world.later.id, {}),
        (world.person.user_id, image, {"original": True}),
    ]
    clock.forward(ONCE_IN - timedelta(seconds=1))
    see_preview(platform, world.person, image)
    assert _count(platform) == before + 4
    clock.forward(timedelta(seconds=1))
    see_preview(platform, world.person, image)
    assert _count(platform) == before + 5


def test_an_asked_readers_looks_stand_in_both_logs_once_in_ten_minutes(world: World) -> None:
    before = _count(world.platform)
    for _ in range(3):
        see_asked_image(world.platform, world.person, world.to_answer.id, world.theirs.image.id)
    clinics = [each.clinic_id for each in _entries(world.platform, before)]
    assert len(clinics) == len(set(clinics)) == 2


def test_a_list_is_logged_with_the_keys_of_whom_it_showed_and_found_by_day(world: World) -> None:
    platform, person = world.platform, world.person
    found = find_patients(platform, person, "secret")
    last = _entries(platform)[-1]
    assert last.details == {"shown": [patient.id for patient in found]}
    assert len(found) == 2
    page = see_worklist(platform, person, Wanted())
    assert _entries(platform)[-1].details == {"shown": [line.id for line in page.cases]}
    day = platform.now().date().isoformat()
    about = LogFilter(subject_id=world.open.patient.id, day=day)
    assert "patient.search" in {each.action for each in see_log(platform, person, about).entries}
    alone = LogFilter(subject_id=world.open.patient.id)
    assert "patient.search" not in {each.action for each in see_log(platform, person, alone).entries}


def test_what_cannot_be_logged_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.clinic import audit

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "append", fail)
    for name in ("images.see_preview", "images.see_image", "photographs.see_overlay", "images.images_of"):
        with pytest.raises(OSError, match="full"):
            LOGGED[name](world)

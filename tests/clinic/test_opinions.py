"""Second opinions on the asked side: what is seen of another clinic's case, and when that ends."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.finding import find_case, find_image, find_lesion, find_patient, find_visit
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.opinions import (
    answer,
    asked_of_me,
    commit_asked,
    decline,
    see_asked_assessment,
    see_asked_case,
    see_asked_image,
    see_asked_original,
    see_question,
    waiting,
)
from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.referrals import PAGE, ask, referrals_of, withdraw
from augderm.store.models import AnamnesisRow, AuditRow, ReadRow, ReferralRow
from support.clinic import Case, Clock, open_case, phantom_jpeg, somebody
from support.signing import read_by_machine, sign

SECRET = PatientEntry(
    identifier="secret-identifier",
    family_name="secret-family",
    given_name="secret-given",
    birth_date="1961-04-23",
    sex="female",
)
ANSWERS = {
    "schema": "augderm.anamnesis/1",
    "answered_on": "2026-05-01",
    "person": {"age_years": 65, "skin_type": 2},
    "lesion": {"itch": True, "worry": "secret-worry"},
}


class Asked:
    """A case of one clinic, asked of a reader of another."""

    def __init__(self, platform: Platform, *, with_identity: bool = False) -> None:
        self.ada, self.bob = somebody(platform, "reader"), somebody(platform, "reader")
        self.case: Case = open_case(platform, self.ada, SECRET)
        self.case_id = str(self.case.image.case_id)
        with platform.database.writing() as session:
            session.add(
                AnamnesisRow(
                    case_id=self.case_id,
                    answers=ANSWERS,
                    created_at=platform.now(),
                    created_by=self.ada.user_id,
                )
            )
        read_by_machine(platform, self.case.image.id)
        self.referral = ask(platform, self.ada, self.case_id, self.bob.user_id, with_identity, "Naevus?")


def test_without_identity_nothing_tells_who_the_patient_is(platform: Platform) -> None:
    asked = Asked(platform)
    seen = see_asked_case(platform, asked.bob, asked.referral.id)
    commit_asked(platform, asked.bob, asked.referral.id, "nv", "monitor_3")
    machine = see_asked_assessment(platform, asked.bob, asked.referral.id, asked.case.image.id)
    told = str(asdict(seen)) + str(machine.content)
    assert "secret" not in told
    assert "1961" not in told
    assert "phantom" not in told, "a file's name may be a patient's"
    assert "2026-05-01" not in told
    assert asked.case.patient.id not in told
    assert (seen.identity, seen.age_years, seen.sex) == (None, 65, "female")
    assert seen.anamnesis == {"person": {"skin_type": 2}, "lesion": {"itch": True}}
    assert machine.content is not None
    assert machine.content["malignancy"] == {"probability": 0.71}


def test_an_age_that_few_reach_is_told_as_a_limit(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = str(open_case(platform, ada, replace(SECRET, birth_date="1920-01-01")).image.case_id)
    without = ask(platform, ada, case, bob.user_id, False, "?")
    assert see_asked_case(platform, bob, without.id).age_years == 90
    withdraw(platform, ada, without.id, without.version)
    named = ask(platform, ada, case, bob.user_id, True, "?")
    assert see_asked_case(platform, bob, named.id).age_years == 106


def test_with_identity_the_patient_is_named(platform: Platform) -> None:
    asked = Asked(platform, with_identity=True)
    seen = see_asked_case(platform, asked.bob, asked.referral.id)
    assert seen.identity is not None
    assert (seen.identity.family_name, seen.identity.identifier) == ("secret-family", "secret-identifier")
    assert seen.anamnesis == ANSWERS


def test_a_photograph_comes_without_what_the_camera_wrote(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "secret-camera"
    with Image.open(io.BytesIO(phantom_jpeg(3))) as photograph:
        photograph.save(buffer, "JPEG", exif=exif, comment=b"secret-comment")
    case = open_case(platform, ada, SECRET)
    added = add_image(platform, ada, case.visit.id, case.lesion.id, buffer.getvalue(), "secret-name.jpg")
    asked = ask(platform, ada, str(case.image.case_id), bob.user_id, False, "?")
    shown = see_asked_image(platform, bob, asked.id, added.image.id)
    assert b"secret" in buffer.getvalue()
    assert b"secret" not in shown.data
    assert "secret" not in shown.file_name
    with Image.open(io.BytesIO(shown.data)) as image:
        assert not image.getexif()


def test_the_question_opens_its_case_and_nothing_else_of_the_clinic(platform: Platform) -> None:
    asked = Asked(platform, with_identity=True)
    case = asked.case
    other_lesion = create_lesion(platform, asked.ada, case.patient.id, LesionEntry())
    other = add_image(platform, asked.ada, case.visit.id, other_lesion.id, phantom_jpeg(5), "x.jpg").image
    for look in (see_asked_image, see_asked_assessment):
        with pytest.raises(NotFound):
            look(platform, asked.bob, asked.referral.id, other.id)
    ways: list[tuple[Callable[..., object], str]] = [
        (find_patient, case.patient.id),
        (find_lesion, case.lesion.id),
        (find_visit, case.visit.id),
        (find_image, case.image.id),
        (find_case, asked.case_id),
    ]
    with platform.database.reading() as session:
        for find, key in ways:
            with pytest.raises(NotFound):
                find(session, asked.bob, key)


def test_nobody_but_the_asked_reader_gets_in(platform: Platform) -> None:
    asked = Asked(platform)
    for person in (asked.ada, somebody(platform, "reader", like=asked.bob), somebody(platform, "reader")):
        for use in _uses(asked):
            with pytest.raises(NotFound):
                use(platform, person)
        with pytest.raises(NotFound):
            see_question(platform, person, asked.referral.id)
        assert asked_of_me(platform, person) == []


def test_an_answer_ends_the_access_and_leaves_the_own_words(platform: Platform) -> None:
    asked = Asked(platform)
    told = answer(
        platform, asked.bob, asked.referral.id, "mel", "urgent", "Excise it.", asked.referral.version
    )
    assert told.state == "answered"
    for use in _uses(asked):
        with pytest.raises(Conflict, match="closed to you again"):
            use(platform, asked.bob)
    kept = see_question(platform, asked.bob, asked.referral.id)
    assert (kept.question, kept.impression, kept.answer) == ("Naevus?", "mel", "Excise it.")
    assert asked_of_me(platform, asked.bob) == []
    assert asked_of_me(platform, asked.bob, done=True) == [kept]


def test_a_withdrawal_ends_the_access_and_takes_the_question_with_it(platform: Platform) -> None:
    asked = Asked(platform)
    withdraw(platform, asked.ada, asked.referral.id, asked.referral.version)
    for use in _uses(asked):
        with pytest.raises(Conflict, match="withdrawn"):
            use(platform, asked.bob)
    kept = see_question(platform, asked.bob, asked.referral.id)
    assert (kept.state, kept.question) == ("withdrawn", "")
    assert waiting(platform, asked.bob).to_answer == 0


def test_blind_first_is_as_the_asked_readers_own_clinic_has_it(platform: Platform) -> None:
    asked = Asked(platform)
    key, image = asked.referral.id, asked.case.image.id
    assert see_asked_case(platform, asked.bob, key).blind
    blind = see_asked_assessment(platform, asked.bob, key, image)
    assert (blind.blind, blind.content) == (True, None)
    at_once = replace(asked.bob, clinic=replace(asked.bob.clinic, blind_first=False))
    assert see_asked_assessment(platform, at_once, key, image).content is not None
    commit_asked(platform, asked.bob, key, "nv", "monitor_3")
    with pytest.raises(Conflict):
        commit_asked(platform, asked.bob, key, "mel", "urgent")
    assert see_asked_assessment(platform, asked.bob, key, image).content is not None
    with platform.database.reading() as session:
        read = session.scalars(select(ReadRow).where(ReadRow.reader_id == asked.bob.user_id)).one()
    assert (read.impression, read.revealed_at) == ("nv", platform.now())
    seen = see_asked_case(platform, asked.bob, key)
    assert not seen.blind
    assert seen.read is not None


@pytest.mark.parametrize(("blind_first", "signed"), [(True, False), (False, False), (True, True)])
def test_an_asked_impression_is_kept_as_blind_only_where_it_was(
    platform: Platform, blind_first: bool, signed: bool
) -> None:
    asked = Asked(platform)
    if signed:
        sign(platform, asked.ada, asked.case_id)
    bob = replace(asked.bob, clinic=replace(asked.bob.clinic, blind_first=blind_first))
    read = commit_asked(platform, bob, asked.referral.id, "nv", "monitor_3")
    assert read.blind == (blind_first and not signed)


def test_every_look_stands_in_the_logs_of_both_clinics(platform: Platform) -> None:
    asked = Asked(platform)
    commit_asked(platform, asked.bob, asked.referral.id, "nv", "monitor_3")
    for use in _uses(asked)[:3]:
        use(platform, asked.bob)
    answer(platform, asked.bob, asked.referral.id, "nv", "reassure", "", asked.referral.version)
    with platform.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.user_id == asked.bob.user_id)).all()
    by_clinic = {
        clinic: [row.action for row in rows if row.clinic_id == clinic]
        for clinic in (asked.ada.clinic_id, asked.bob.clinic_id)
    }
    looks = ["read.commit", "referral.open", "image.view", "assessment.view", "referral.answer"]
    assert by_clinic == {asked.ada.clinic_id: looks, asked.bob.clinic_id: looks}
    assert {row.subject_id for row in rows} == {asked.case_id}
    assert {row.details["by_clinic"] for row in rows} == {asked.bob.clinic_id}


def test_a_late_answer_to_a_changed_question_is_refused(platform: Platform) -> None:
    asked = Asked(platform)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        answer(platform, asked.bob, asked.referral.id, "nv", "reassure", "", asked.referral.version + 1)
    assert see_question(platform, asked.bob, asked.referral.id).state == "waiting"


def test_questions_wait_the_oldest_first_and_go_on_by_key(platform: Platform, clock: Clock) -> None:
    asked = Asked(platform)
    with platform.database.writing() as session:
        for number in range(PAGE + 2):
            clock.forward(timedelta(seconds=number % 2))
            session.add(
                ReferralRow(
                    case_id=asked.case_id, asked_by=asked.ada.user_id, asked_of=asked.bob.user_id,
                    with_identity=False, question=str(number), asked_at=clock(), answer="",
                )
            )  # fmt: skip
    assert waiting(platform, asked.bob).to_answer == PAGE + 3
    first = asked_of_me(platform, asked.bob)
    rest = asked_of_me(platform, asked.bob, first[PAGE - 1].id)
    together = [*first[:PAGE], *rest]
    assert len({each.id for each in together}) == len(together) == PAGE + 3
    moments = [each.asked_at for each in together]
    assert moments == sorted(moments)


def _uses(asked: Asked) -> list[Callable[[Platform, Person], object]]:
    key, image = asked.referral.id, asked.case.image.id
    return [
        lambda platform, person: see_asked_case(platform, person, key),
        lambda platform, person: see_asked_image(platform, person, key, image),
        lambda platform, person: see_asked_assessment(platform, person, key, image),
        lambda platform, person: commit_asked(platform, person, key, "nv", "reassure"),
        lambda platform, person: answer(platform, person, key, "nv", "reassure", "", 1),
        lambda platform, person: see_asked_original(platform, person, key, image),
        lambda platform, person: decline(platform, person, key, "away", 1),
    ]


@pytest.mark.parametrize("with_identity", [False, True])
def test_a_photograph_at_full_size_has_all_pixels_and_nothing_that_was_written_beside_them(
    platform: Platform, with_identity: bool
) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "secret-camera", 6
    pixels = Image.effect_noise((1200, 900), 40).convert("RGB")
    pixels.save(buffer, "JPEG", exif=exif, comment=b"secret-comment")
    case = open_case(platform, ada, SECRET)
    added = add_image(platform, ada, case.visit.id, case.lesion.id, buffer.getvalue(), "secret-name.jpg")
    asked = ask(platform, ada, str(case.image.case_id), bob.user_id, with_identity, "?")
    shown = see_asked_original(platform, bob, asked.id, added.image.id)
    assert b"secret" not in shown.data
    assert "secret" not in shown.file_name
    with Image.open(io.BytesIO(shown.data)) as image, Image.open(io.BytesIO(buffer.getvalue())) as whole:
        assert image.size == (1200, 900)
        assert image.tobytes() == whole.tobytes()
        assert dict(image.getexif()) == {0x0112: 6}, "how it is to be turned"
    told = next(each for each in see_asked_case(platform, bob, asked.id).images if each.id == added.image.id)
    assert (told.width_px, told.height_px) == (900, 1200)


def test_a_format_that_no_browser_shows_comes_as_its_preview(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = open_case(platform, ada, SECRET)
    buffer = io.BytesIO()
    Image.effect_noise((1200, 900), 40).convert("RGB").save(buffer, "TIFF")
    added = add_image(platform, ada, case.visit.id, case.lesion.id, buffer.getvalue(), "x.tif")
    asked = ask(platform, ada, str(case.image.case_id), bob.user_id, False, "?")
    shown = see_asked_original(platform, bob, asked.id, added.image.id)
    assert shown == see_asked_image(platform, bob, asked.id, added.image.id)


def test_who_declines_says_why_loses_the_case_and_another_may_be_asked(platform: Platform) -> None:
    asked = Asked(platform)
    key = asked.referral.id
    with pytest.raises(InvalidEntry):
        decline(platform, asked.bob, key, "  ", asked.referral.version)
    told = decline(platform, asked.bob, key, "On leave.", asked.referral.version)
    assert (told.state, told.answer, told.answered_at) == ("declined", "On leave.", None)
    for use in _uses(asked):
        with pytest.raises(Conflict, match="declined"):
            use(platform, asked.bob)
    assert asked_of_me(platform, asked.bob) == []
    assert asked_of_me(platform, asked.bob, done=True) == [see_question(platform, asked.bob, key)]
    assert waiting(platform, asked.bob).to_answer == 0
    # Whoever asked is told, once; the reason is hidden as answers are, since it may name the machine's read.
    assert waiting(platform, asked.ada).new_answers == 1
    (seen,) = referrals_of(platform, asked.ada, asked.case_id).referrals
    assert (seen.state, seen.new, seen.hidden, seen.answer) == ("declined", True, True, "")
    assert waiting(platform, asked.ada).new_answers == 0
    open_to_all = replace(asked.ada, clinic=replace(asked.ada.clinic, blind_first=False))
    assert referrals_of(platform, open_to_all, asked.case_id).referrals[0].answer == "On leave."
    with pytest.raises(Conflict):
        withdraw(platform, asked.ada, key, told.version)
    other = somebody(platform, "reader")
    for reader in (other, asked.bob):
        again = ask(platform, asked.ada, asked.case_id, reader.user_id, False, "And you?")
        assert see_asked_case(platform, reader, again.id).question.state == "waiting"


def test_a_refusal_of_an_older_version_is_none(platform: Platform) -> None:
    asked = Asked(platform)
    with pytest.raises(Conflict):
        decline(platform, asked.bob, asked.referral.id, "On leave.", asked.referral.version + 1)
    assert waiting(platform, asked.bob).to_answer == 1

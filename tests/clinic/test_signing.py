"""Signing: with a reason where it is due, once, beside what others signed, and never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.images import add_image
from augderm.clinic.machine_says import MachineSays, machine_says
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, commit_impression, own_read
from augderm.clinic.signing import Decision, SignedMeanwhile, departures, sign
from augderm.clinic.told_first import AgainstOutcome, Contradicted
from augderm.reader.network import Network
from augderm.store.models import AuditRow, CaseRow
from support import machine
from support.clinic import ADA, Clock, open_case, phantom_jpeg, somebody
from support.postgres import on_both_databases
from support.signing import stored

pytestmark = on_both_databases

NV = Decision(diagnosis="nv", management="monitor_3")
MEL = Decision(diagnosis="mel", management="urgent")

codes, bands = st.sampled_from(IMPRESSIONS), st.sampled_from(MANAGEMENTS)


@given(codes, bands, codes, bands, codes, bands)
def test_a_reason_is_due_exactly_where_it_departs_from_both(
    final: str, band: str, own: str, own_band: str, likeliest: str, told: str
) -> None:
    found = departures(
        Decision(diagnosis=final, management=band), (own, own_band), MachineSays(likeliest, told, 0.5)
    )
    assert ("final_diagnosis" in found) == (final not in (own, likeliest))
    assert ("final_management" in found) == (band not in (own_band, told))


def test_what_the_machine_does_not_say_supports_no_change_of_mind() -> None:
    assert departures(MEL, ("nv", "monitor_3"), machine_says([None])) == (
        "final_diagnosis",
        "final_management",
    )


def test_the_machine_speaks_of_a_case_by_its_most_severe_photograph() -> None:
    def read(band: str, probability: float, likeliest: str) -> dict[str, object]:
        return {
            "advice": {"band": band},
            "malignancy": {"probability": probability},
            "diagnosis": {"probabilities": {likeliest: 0.8, "nv": 0.1}},
        }

    reads = [read("soon", 0.2, "bkl"), None, read("urgent", 0.4, "bcc"), read("urgent", 0.5, "mel")]
    assert machine_says(reads) == MachineSays("mel", "urgent", 0.5)


def test_a_case_is_signed_once_and_what_was_signed_stays(platform: Platform, toy_network: Network) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    with pytest.raises(Conflict, match="Commit your own"):
        sign(platform, person, key, NV, 1, 0)
    read = commit_impression(platform, person, key, "nv", "monitor_3")
    with pytest.raises(InvalidEntry, match="say why"):
        sign(platform, person, key, MEL, read.version, 0)
    signed = sign(platform, person, key, Decision(diagnosis="mel", management="urgent", reason="grows"), 1, 0)
    assert (signed.final_diagnosis, signed.impression, signed.reason) == ("mel", "nv", "grows")
    with platform.database.reading() as session:
        assert session.get_one(CaseRow, key).state == "signed"
    with pytest.raises(Conflict, match="signed this case already"):
        sign(platform, person, key, NV, signed.version, 0)
    for change in ("final_diagnosis = 'nv'", "reason = ''", "signed_at = NULL"):
        with pytest.raises(IntegrityError, match="addendum"), platform.database.writing() as session:
            session.execute(text(f"UPDATE reads SET {change}"))
    add_addendum(platform, person, key, "Histology: in situ.")
    with pytest.raises(InvalidEntry):
        add_addendum(platform, person, key, "  ")
    assert [each.text for each in open_reading(platform, person, key).addenda] == ["Histology: in situ."]


def test_nothing_is_added_to_what_is_not_signed(platform: Platform) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    commit_impression(platform, person, key, "nv", "monitor_3")
    with pytest.raises(Conflict):
        add_addendum(platform, person, key, "text")


def test_a_stale_page_signs_nothing(platform: Platform) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    commit_impression(platform, person, key, "nv", "monitor_3")
    with pytest.raises(Conflict, match="changed by someone else"):
        sign(platform, person, key, NV, 7, 0)
    read = own_read(platform, person, key)
    assert read is not None
    assert read.signed_at is None


def test_a_colleague_who_signed_meanwhile_is_told_with_both_versions_and_both_stay(
    platform: Platform, toy_network: Network
) -> None:
    first = somebody(platform, "reader")
    second = somebody(platform, "reader", like=first)
    case = open_case(platform, first)
    key = case.image.case_id or ""
    machine.all_work(platform, toy_network)
    machine.machine_says(platform, case.image.id, band="monitor_3", likeliest="nv")
    for person, impression in ((first, "mel"), (second, "nv")):
        commit_impression(platform, person, key, impression, "urgent")
    sign(platform, first, key, MEL, 1, 0)
    with pytest.raises(SignedMeanwhile) as caught:
        sign(platform, second, key, NV, 1, 0)
    assert [(each.reader_id, each.diagnosis) for each in caught.value.theirs] == [(first.user_id, "mel")]
    assert caught.value.yours == NV
    with pytest.raises(InvalidEntry, match="colleague"):
        sign(platform, second, key, NV, 1, 1)
    sign(platform, second, key, Decision(diagnosis="nv", management="monitor_3", reason="seen before"), 1, 1)
    seen = open_reading(platform, first, key)
    assert seen.read is not None
    assert seen.read.final_diagnosis == "mel"
    assert [(each.diagnosis, each.reason) for each in seen.signatures] == [("nv", "seen before")]


def test_who_reads_after_a_signature_was_shown_does_not_read_blind(platform: Platform) -> None:
    first = somebody(platform, "reader")
    second = somebody(platform, "reader", like=first)
    key = open_case(platform, first).image.case_id or ""
    assert commit_impression(platform, first, key, "nv", "monitor_3").blind
    sign(platform, first, key, NV, 1, 0)
    assert [each.diagnosis for each in open_reading(platform, second, key).signatures] == ["nv"]
    assert not commit_impression(platform, second, key, "nv", "monitor_3").blind


def _told(platform: Platform, person: Person, key: str) -> list[tuple[str, str]]:
    with platform.database.reading() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.subject_id == key, AuditRow.user_id == person.user_id)
        )
        return [(row.action, row.details["alert"]) for row in rows if row.action == "alert.shown"]


@pytest.mark.parametrize(
    ("impression", "final", "probability", "kind"),
    [
        (MEL, NV, 0.8, "machine_malignant"),
        (NV, MEL, 0.01, "machine_benign"),
    ],
)
def test_a_changed_decision_that_the_machine_contradicts_is_told_first_and_wants_a_reason(
    platform: Platform, impression: Decision, final: Decision, probability: float, kind: str
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    stored(platform, case.image.id, band="soon", probability=probability)
    commit_impression(platform, person, key, impression.diagnosis, impression.management)
    with_reason = replace(final, reason="seen for years")
    for decision in (with_reason, final):
        with pytest.raises(Contradicted) as caught:
            sign(platform, person, key, decision, 1, 0)
        assert caught.value.field == "reason"
        assert (caught.value.alert.kind, caught.value.alert.diagnosis) == (kind, final.diagnosis)
    read = own_read(platform, person, key)
    assert read is not None
    assert (read.signed_at, read.alert, read.revealed_at) == (None, kind, platform.now())
    assert _told(platform, person, key) == [("alert.shown", kind)], "once"
    assert sign(platform, person, key, with_reason, 1, 0).final_diagnosis == final.diagnosis
    with platform.database.reading() as session:
        entry = session.scalars(select(AuditRow).where(AuditRow.action == "read.sign")).one()
    assert entry.details["against"] == kind


def test_an_unchanged_decision_against_the_machine_wants_a_reason_and_was_told_on_the_page(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    stored(platform, case.image.id, probability=0.8)
    commit_impression(platform, person, key, "nv", "monitor_3")
    assert open_reading(platform, person, key).alert is not None
    with pytest.raises(Contradicted):
        sign(platform, person, key, NV, 1, 0)
    assert sign(platform, person, key, replace(NV, reason="seen for years"), 1, 0).signed_at is not None
    assert len(_told(platform, person, key)) == 1


def test_an_addendum_against_the_machine_is_told_first_unless_the_outcome_is_known(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    keys = []
    for number in range(2):
        entry = replace(ADA, identifier=str(number), given_name=str(number))
        case = open_case(platform, person, entry, seed=number)
        keys.append(case.image.case_id or "")
        stored(platform, case.image.id, probability=0.8)
        commit_impression(platform, person, keys[-1], "mel", "urgent")
        sign(platform, person, keys[-1], MEL, 1, 0)
    benign = Change(diagnosis="nv", management="reassure", words=1)
    with pytest.raises(Contradicted) as caught:
        add_addendum(platform, person, keys[0], "Looked again.", benign)
    assert caught.value.field == "addendum"
    assert _told(platform, person, keys[0]) == [("alert.shown", "machine_malignant")]
    assert add_addendum(platform, person, keys[0], "Looked again.", benign).diagnosis == "nv"
    outcome = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
    enter_outcome(platform, person, case.lesion.id, outcome, keys[1])
    assert add_addendum(platform, person, keys[1], "Histology.", benign).diagnosis == "nv"


def test_nothing_is_signed_or_held_for_read_with_a_photograph_that_the_page_did_not_show(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    commit_impression(platform, person, key, "nv", "monitor_3")
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(3), "second.jpg")
    with pytest.raises(Conflict, match="came since"):
        sign(platform, person, key, NV, 1, 0, photographs=1)
    sign(platform, person, key, NV, 1, 0, photographs=2)
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(4), "third.jpg")
    with pytest.raises(Conflict, match="came since"):
        add_addendum(platform, person, key, "looked", photographs=2)
    assert open_reading(platform, person, key).state == "unread"
    add_addendum(platform, person, key, "looked", photographs=3)
    assert open_reading(platform, person, key).state == "signed"


@pytest.mark.parametrize("told", ["soon", "urgent"])
def test_nothing_is_signed_before_the_machines_read_that_came_since_was_shown(
    platform: Platform, told: str
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    assert open_reading(platform, person, key).shown == ""
    commit_impression(platform, person, key, "nv", "monitor_3")
    page = open_reading(platform, person, key)
    stored(platform, case.image.id, band=told, probability=0.1)
    with pytest.raises(Conflict, match="read by the machine"):
        sign(platform, person, key, NV, 1, 0, 1, page.words, page.shown)
    page = open_reading(platform, person, key)
    assert sign(platform, person, key, NV, 1, 0, 1, page.words, page.shown).signed_at is not None


def test_who_reads_blind_is_not_told_by_what_the_page_sends_back_that_a_read_came(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    stored(platform, case.image.id)
    assert open_reading(platform, person, case.image.case_id or "").shown == ""


def test_an_addendum_of_a_page_without_the_graver_read_closes_no_case_that_it_reopened(
    platform: Platform, clock: Clock, toy_network: Network
) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    commit_impression(platform, person, key, "nv", "reassure")
    sign(platform, person, key, Decision(diagnosis="nv", management="reassure"), 1, 0)
    page = open_reading(platform, person, key)
    clock.forward(timedelta(minutes=1))
    machine.read_as(platform, toy_network, "urgent")
    called = Change(words=page.words)
    with pytest.raises(Conflict, match="read by the machine"):
        add_addendum(platform, person, key, "called the patient", called, 1, page.shown)
    page = open_reading(platform, person, key)
    assert page.state == "unread"
    add_addendum(platform, person, key, "looked again", called, 1, page.shown)
    assert open_reading(platform, person, key).state == "signed"


def test_what_was_told_of_one_decision_or_probability_was_not_told_of_another(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    stored(platform, case.image.id, probability=0.4)
    commit_impression(platform, person, key, "nv", "monitor_3")
    assert open_reading(platform, person, key).alert is not None
    reassured = Decision(diagnosis="nv", management="reassure", reason="seen for years")
    with pytest.raises(Contradicted):
        sign(platform, person, key, reassured, 1, 0)
    open_reading(platform, person, key)
    clock.forward(timedelta(minutes=1))
    stored(platform, case.image.id, "b", probability=0.99)
    with pytest.raises(Contradicted):
        sign(platform, person, key, reassured, 1, 0)
    urgent = Decision(diagnosis="mel", management="urgent", reason="looked again")
    sign(platform, person, key, urgent, 1, 0)
    clock.forward(timedelta(days=30))
    assert open_reading(platform, person, key).alert is None
    for decided in ("reassure", "monitor_12"):
        words = open_reading(platform, person, key).words
        with pytest.raises(Contradicted):
            add_addendum(platform, person, key, "called", Change(management=decided, words=words))
        open_reading(platform, person, key)
        add_addendum(platform, person, key, "called", Change(management=decided, words=words))
        clock.forward(timedelta(days=1))


def test_a_colleagues_addendum_that_came_since_is_shown_with_what_stands_and_counts(
    platform: Platform, clock: Clock
) -> None:
    first = somebody(platform, "reader")
    second = somebody(platform, "reader", like=first)
    key = open_case(platform, first).image.case_id or ""
    commit_impression(platform, first, key, "nv", "monitor_3")
    sign(platform, first, key, NV, 1, 0)
    clock.forward(timedelta(minutes=1))
    commit_impression(platform, second, key, "nv", "monitor_3")
    page = open_reading(platform, second, key)
    clock.forward(timedelta(minutes=1))
    melanoma = Change(diagnosis="mel", management="urgent", words=1)
    add_addendum(platform, first, key, "Histology: melanoma", melanoma)
    with pytest.raises(SignedMeanwhile) as caught:
        sign(platform, second, key, NV, 1, 1, 1, page.words, page.shown)
    (theirs,) = caught.value.theirs
    assert (theirs.diagnosis, theirs.management, theirs.reason) == ("mel", "urgent", "Histology: melanoma")
    with pytest.raises(InvalidEntry, match="colleague"):
        sign(platform, second, key, NV, 1, 1, 1, caught.value.words, page.shown)
    agreed = sign(platform, second, key, replace(MEL, reason="seen"), 1, 1, 1, caught.value.words, page.shown)
    assert agreed.final_diagnosis == "mel"


def test_the_same_addendum_from_a_later_page_is_another_and_from_the_same_page_is_one(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    commit_impression(platform, person, key, "nv", "monitor_3")
    sign(platform, person, key, NV, 1, 0)
    clock.forward(timedelta(minutes=1))
    confirmed = Change(diagnosis="nv", management="monitor_3", words=1)
    for change, there in ((confirmed, 1), (confirmed, 1), (replace(confirmed, words=2), 2)):
        add_addendum(platform, person, key, "Confirmed.", change)
        assert len(open_reading(platform, person, key).addenda) == there
        clock.forward(timedelta(days=30))
    for minutes, there in ((0, 3), (1, 3), (30, 4)):
        clock.forward(timedelta(minutes=minutes))
        add_addendum(platform, person, key, "Called.")
        assert len(open_reading(platform, person, key).addenda) == there


def test_an_outcome_spares_only_the_decision_that_it_supports_and_is_told_where_it_contradicts(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    stored(platform, case.image.id, probability=0.95)
    commit_impression(platform, person, key, "mel", "urgent")
    sign(platform, person, key, MEL, 1, 0)
    outcome = OutcomeEntry(confirmed_by="histopathology", diagnosis="mel")
    enter_outcome(platform, person, case.lesion.id, outcome, key)
    hasty = Change(management="reassure", words=1)
    with pytest.raises(Contradicted):
        add_addendum(platform, person, key, "nothing more", hasty)
    benign = Change(diagnosis="nv", words=1)
    with pytest.raises(AgainstOutcome):
        add_addendum(platform, person, key, "nothing more", benign)
    assert add_addendum(platform, person, key, "nothing more", benign).diagnosis == "nv"

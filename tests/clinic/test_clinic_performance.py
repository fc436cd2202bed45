"""Figures come from signed cases, from what was thought blind, and from what the machine said before."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.anamneses import answer
from augderm.clinic.outcomes import OutcomeEntry, correct_outcome, enter_outcome
from augderm.clinic.patients import PatientEntry
from augderm.clinic.performance import see_figures
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.signing import Decision, sign
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, CaseRow
from support.clinic import Case, Clock, open_case, somebody
from support.followup import sign_case
from support.signing import stored


def patient(number: int) -> PatientEntry:
    return PatientEntry(
        identifier=str(number), family_name="Example", given_name=str(number), birth_date="1960-01-01"
    )


def test_reader_machine_and_both_are_held_against_the_outcomes_that_count(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person = somebody(platform, "reader", "nurse")
    said = [("nv", "reassure", "mel", "urgent", "mel"), ("mel", "urgent", "nv", "monitor_3", "nv")]
    for number, (own, would, final, do, truth) in enumerate(said):
        case = open_case(platform, person, patient(number), seed=number)
        assert work_once(platform, toy_network, "w")
        while work_once(platform, toy_network, "w"):
            pass
        clock.forward(timedelta(minutes=5))
        sign_case(platform, person, str(case.image.case_id), final, do, (own, would))
        wrong = enter_outcome(
            platform, person, case.lesion.id,
            OutcomeEntry(confirmed_by="histopathology", diagnosis="bcc" if truth == "nv" else "nv"),
        )  # fmt: skip
        right = OutcomeEntry(confirmed_by="histopathology", diagnosis=truth)
        correct_outcome(platform, person, wrong.id, right, "mixed up", wrong.version)
    open_case(platform, person, patient(9), seed=9)
    with platform.database.writing() as session:
        # What the machine says after the signature was no part of the decision.
        session.execute(
            update(AssessmentRow)
            .where(AssessmentRow.created_at > clock.at)
            .values(band="urgent", probability=1.0)
        )
    figures = see_figures(platform, somebody(platform, "auditor", like=person))
    reader, machine, both = figures.audit.performances
    assert (reader.sensitivity.count, reader.sensitivity.total) == (0, 1)
    assert (reader.specificity.count, reader.specificity.total) == (0, 1)
    assert (both.sensitivity.count, both.specificity.count) == (1, 1)
    assert machine.malignant == machine.benign == 1
    assert figures.audit.verification.known.count == 2
    assert figures.audit.calibration.cases <= 2
    (bundle,) = figures.drift
    (month,) = bundle.months
    assert bundle.sha256 == platform.model_sha256
    assert (month.month, month.not_good.total) == ("2026-05", 2)
    assert month.few


def test_another_clinic_has_its_own_figures(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    sign_case(platform, person, str(case.image.case_id))
    figures = see_figures(platform, somebody(platform, "administrator"))
    assert figures.audit.verification.known.total == 0
    assert figures.drift == ()


def test_what_was_thought_after_seeing_the_machine_is_not_the_reader_alone(platform: Platform) -> None:
    from dataclasses import replace

    person = somebody(platform, "reader")
    seeing = replace(person, clinic=replace(person.clinic, blind_first=False))
    case = open_case(platform, person)
    sign_case(platform, seeing, str(case.image.case_id), "mel", "urgent")
    enter_outcome(
        platform, person, case.lesion.id, OutcomeEntry(confirmed_by="histopathology", diagnosis="mel")
    )
    reader, _, both = see_figures(platform, person).audit.performances
    assert (reader.malignant, both.malignant) == (0, 1)


def test_drift_counts_no_photograph_before_its_case_is_signed(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    """Else a blind reader has each new probability from a month's mean before and after it."""
    person = somebody(platform, "reader", "nurse")
    cases = [open_case(platform, person, patient(number), seed=number) for number in range(2)]
    while work_once(platform, toy_network, "w"):
        pass
    assert see_figures(platform, person).drift == ()
    clock.forward(timedelta(minutes=5))
    sign_case(platform, person, str(cases[0].image.case_id))
    (month,) = see_figures(platform, person).drift[0].months
    assert month.not_good.total == 1


def _known(platform: Platform, person: Person, case: Case, diagnosis: str) -> None:
    enter_outcome(
        platform, person, case.lesion.id, OutcomeEntry(confirmed_by="histopathology", diagnosis=diagnosis)
    )


def test_both_together_is_the_first_signature_and_no_addendum_however_right(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    colleague = somebody(platform, "reader", like=person)
    case = open_case(platform, person)
    key = str(case.image.case_id)
    sign_case(platform, person, key, "nv", "reassure")
    clock.forward(timedelta(days=7))
    add_addendum(platform, person, key, "Histology.", Change(diagnosis="mel", management="urgent", words=1))
    sign_case(platform, colleague, key, "mel", "urgent", signatures=1)
    _known(platform, person, case, "mel")
    reader, _, both = see_figures(platform, person).audit.performances
    assert (reader.sensitivity.count, reader.sensitivity.total) == (0, 1)
    assert (both.sensitivity.count, both.sensitivity.total) == (0, 1)


def test_who_reads_or_signs_with_the_outcome_known_is_in_no_figure(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader")
    before, after = (open_case(platform, person, patient(number), seed=number) for number in range(2))
    for case in (before, after):
        commit_impression(platform, person, str(case.image.case_id), "mel", "urgent")
    decision = Decision(diagnosis="mel", management="urgent")
    sign(platform, person, str(before.image.case_id), decision, 1, 0)
    clock.forward(timedelta(days=1))
    _known(platform, person, before, "mel")
    _known(platform, person, after, "mel")
    clock.forward(timedelta(days=1))
    sign(platform, person, str(after.image.case_id), decision, 1, 0)
    late = open_case(platform, person, patient(2), seed=2)
    _known(platform, person, late, "mel")
    clock.forward(timedelta(days=1))
    sign_case(platform, person, str(late.image.case_id), "mel", "urgent")
    reader, _, both = see_figures(platform, person).audit.performances
    assert (reader.cases, both.cases) == (2, 1)


def test_the_machine_is_judged_by_what_it_had_said_at_the_first_signature(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    colleague = somebody(platform, "reader", like=person)
    case = open_case(platform, person)
    key = str(case.image.case_id)
    stored(platform, case.image.id, "a", band="reassure", probability=0.01)
    sign_case(platform, person, key, "nv", "reassure")
    clock.forward(timedelta(days=1))
    stored(platform, case.image.id, "b", band="urgent", probability=0.9)
    open_reading(platform, colleague, key)
    sign_case(platform, colleague, key, "nv", "urgent", signatures=1)
    _known(platform, person, case, "mel")
    _, machine, _ = see_figures(platform, person).audit.performances
    assert (machine.sensitivity.count, machine.sensitivity.total) == (0, 1)


def test_drift_holds_each_bundle_against_its_own_first_months_by_the_newest_answers(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader", "nurse")
    case = open_case(platform, person)
    key = str(case.image.case_id)
    answers = answer(platform, person, key, {"lesion": {"bleeding": True}}, "")
    stored(platform, case.image.id, "a", band="reassure", probability=0.1)
    stored(platform, case.image.id, "a", band="urgent", probability=0.7, answers=answers)
    clock.forward(timedelta(minutes=1))
    stored(platform, case.image.id, "a", band="reassure", probability=0.1, answers="gone")
    stored(platform, case.image.id, "b", band="reassure", probability=0.3)
    sign_case(platform, person, key, "mel", "urgent")
    told = {
        each.sha256[0]: [(month.month, month.mean_score, month.not_good.total) for month in each.months]
        for each in see_figures(platform, person).drift
    }
    assert told == {"a": [("2026-05", 0.7, 1)], "b": [("2026-05", 0.3, 1)]}


def test_a_melanoma_that_was_signed_as_benign_is_in_the_figures_though_its_case_is_read_again(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = str(case.image.case_id)
    sign_case(platform, person, key, "nv", "reassure")
    _known(platform, person, case, "mel")
    with platform.database.reading() as session:
        assert session.get_one(CaseRow, key).state == "unread"
    reader, _, both = see_figures(platform, person).audit.performances
    assert (reader.sensitivity.count, reader.sensitivity.total) == (0, 1)
    assert (both.sensitivity.count, both.sensitivity.total) == (0, 1)

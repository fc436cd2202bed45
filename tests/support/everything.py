"""A patient of whom every table has something, for what must reach all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from augderm.clinic.addenda import add_addendum
from augderm.clinic.anamneses import answer
from augderm.clinic.checklists import set_items
from augderm.clinic.comparisons import ask_comparison
from augderm.clinic.outcomes import OutcomeEntry, correct_outcome, enter_outcome
from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.recalls import plan_recall, recalls_of
from augderm.clinic.referrals import ask
from augderm.clinic.signing import Decision, sign
from augderm.clinic.sittings import keep_draft
from augderm.clinic.uploads import append_chunk, begin_upload
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, somebody
from support.followup import sign_case, visit_again


def whole_patient(
    platform: Platform,
    person: Person,
    network: Network,
    clock: Clock,
    word: str,
    entry: PatientEntry = ADA,
    seed: int = 0,
) -> Case:
    """Two visits, all reads of the machine, all that people can say, and an upload that has not ended.

    Args:
        word: stands in every free text.
    """
    case = open_case(platform, person, replace(entry, family_name=word), seed)
    case_id = str(case.image.case_id)
    answer(platform, person, case_id, {"lesion": {"bleeding": False}}, "")
    clock.forward(timedelta(days=90))
    later = visit_again(platform, person, case, seed + 1)
    ask_comparison(platform, person, later.id, case.image.id)
    while work_once(platform, network, "a"):
        pass
    commit_impression(platform, person, case_id, "nv", "reassure")
    open_reading(platform, person, case_id)
    set_items(platform, person, case_id, case.image.id, {"abcd.colours": "5"})
    colleague = somebody(platform, "reader")
    ask(platform, person, case_id, colleague.user_id, True, f"Is it {word}?")
    sign(platform, person, case_id, Decision(diagnosis="bcc", management="soon", reason=word), 1, 0)
    add_addendum(platform, person, case_id, word)
    keep_draft(platform, person, str(later.case_id), {"reason": word}, 1)
    plan_recall(platform, person, case.lesion.id, "2030-01-01", word)
    found = OutcomeEntry(confirmed_by="histopathology", diagnosis="bcc", diagnosis_text=word)
    first = enter_outcome(platform, person, case.lesion.id, found, case_id)
    correct_outcome(platform, person, first.id, found, word, first.version)
    data, sha256 = phantom_jpeg(seed + 2), "0" * 64
    begin_upload(platform, person, case.visit.id, case.lesion.id, sha256, len(data), f"{word}.jpg")
    append_chunk(platform, person, case.visit.id, case.lesion.id, sha256, 0, data[:1000])
    return case


def keys_of_all(platform: Platform, person: Person, network: Network) -> dict[str, str]:
    """Keys for every part of a path, of things that are there: a signed case that is compared with an earlier
    one, and about which this person is asked.
    """
    case = open_case(platform, person)
    assert isinstance(platform.now, Clock)
    platform.now.forward(timedelta(days=90))
    later = visit_again(platform, person, case)
    ask_comparison(platform, person, later.id, case.image.id)
    while work_once(platform, network, "a"):
        pass
    case_id = str(later.case_id)
    colleague = somebody(platform, "reader", like=person)
    referral = ask(platform, colleague, case_id, person.user_id, False, "What is it?")
    sign_case(platform, person, case_id)
    commit_impression(platform, person, str(case.image.case_id), "nv", "reassure")
    # What was revealed of both is what a comparison may show.
    open_reading(platform, person, case_id)
    open_reading(platform, person, str(case.image.case_id))
    (recall,) = recalls_of(platform, person, case.lesion.id)
    found = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
    sha256 = "0" * 64
    begin_upload(platform, person, later.visit_id, case.lesion.id, sha256, 100, "a.jpg")
    return {
        "patient_id": case.patient.id,
        "lesion_id": case.lesion.id,
        "visit_id": later.visit_id,
        "image_id": later.id,
        "baseline_image_id": case.image.id,
        "case_id": case_id,
        "recall_id": recall.id,
        "outcome_id": enter_outcome(platform, person, case.lesion.id, found).id,
        "referral_id": referral.id,
        "sha256": sha256,
        "name": "melanin",
        "recipient": "patient",
        "language": "en",
    }

"""A patient of whom every table has something, for what must reach all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from augderm.clinic.anamneses import answer
from augderm.clinic.checklists import set_items
from augderm.clinic.comparisons import ask_comparison
from augderm.clinic.outcomes import OutcomeEntry, correct_outcome, enter_outcome
from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.recalls import plan_recall
from augderm.clinic.referrals import ask
from augderm.clinic.signing import Decision, add_addendum, sign
from augderm.clinic.sittings import keep_draft
from augderm.clinic.uploads import append_chunk, begin_upload
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, somebody
from support.followup import visit_again


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

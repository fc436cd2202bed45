"""Drafts are kept, are nobody else's, and two windows never overwrite each other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from augderm.clinic.errors import InvalidEntry
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.signing import Decision, sign
from augderm.clinic.sittings import OtherDraft, keep_draft, still_here
from support.clinic import Clock, open_case, somebody


def test_a_draft_is_there_when_the_case_is_opened_again_and_only_for_its_reader(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    other = somebody(platform, "reader", like=person)
    key = open_case(platform, person).image.case_id or ""
    version = open_reading(platform, person, key).draft.version
    kept = keep_draft(platform, person, key, {"impression": "mel", "nonsense": "x"}, version)
    kept = keep_draft(platform, person, key, {"reason": "grows"}, kept.version)
    clock.forward(timedelta(days=2))
    again = open_reading(platform, person, key).draft
    assert again == kept
    assert again.fields == {"impression": "mel", "reason": "grows"}
    assert open_reading(platform, other, key).draft.fields == {}


def test_two_windows_of_one_reader_get_both_versions_and_overwrite_nothing(platform: Platform) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    version = open_reading(platform, person, key).draft.version
    keep_draft(platform, person, key, {"reason": "one"}, version)
    with pytest.raises(OtherDraft) as caught:
        keep_draft(platform, person, key, {"reason": "two"}, version)
    assert (caught.value.kept.fields, caught.value.given) == ({"reason": "one"}, {"reason": "two"})
    assert open_reading(platform, person, key).draft.fields == {"reason": "one"}
    merged = keep_draft(platform, person, key, {"reason": "two"}, caught.value.kept.version)
    assert merged.fields == {"reason": "two"}
    assert keep_draft(platform, person, key, {"reason": "two"}, 1) == merged, "the same is no conflict"


def test_what_was_committed_or_signed_leaves_the_draft(platform: Platform) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    version = open_reading(platform, person, key).draft.version
    fields = {"impression": "nv", "management": "urgent", "reason": "r", "addendum": "later"}
    keep_draft(platform, person, key, fields, version)
    read = commit_impression(platform, person, key, "nv", "urgent")
    assert open_reading(platform, person, key).draft.fields == {"reason": "r", "addendum": "later"}
    sign(platform, person, key, Decision(diagnosis="nv", management="urgent"), read.version, 0)
    assert open_reading(platform, person, key).draft.fields == {"addendum": "later"}


def test_a_text_beyond_the_limit_is_refused(platform: Platform) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    with pytest.raises(InvalidEntry):
        keep_draft(platform, person, key, {"reason": "x" * 4001}, 1)


def test_a_page_that_tells_of_itself_stays_and_a_new_sitting_begins_after_a_gap(
    platform: Platform, clock: Clock
) -> None:
    first = somebody(platform, "reader")
    second = somebody(platform, "reader", like=first)
    key = open_case(platform, first).image.case_id or ""
    begun = clock.at
    for _ in range(6):
        still_here(platform, first, key)
        clock.forward(timedelta(seconds=20))
    assert [each.since for each in still_here(platform, second, key)] == [begun]
    clock.forward(timedelta(minutes=10))
    still_here(platform, first, key)
    assert [each.since for each in still_here(platform, second, key)] == [clock.at]

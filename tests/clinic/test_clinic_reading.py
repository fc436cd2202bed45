"""Reading a case: blind first, kept when revealed, overlays only after, and alerts that leave a trace."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from augderm.clinic.addenda import add_addendum
from augderm.clinic.errors import NotFound
from augderm.clinic.images import add_image
from augderm.clinic.person import Person
from augderm.clinic.photographs import see_overlay
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading, waiting
from augderm.clinic.reads import commit_impression
from augderm.clinic.signing import Decision, sign
from augderm.clinic.visits import create_visit
from augderm.formats.border_png import border_png
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, AuditRow, DerivedRow, JobRow
from support.clinic import Case, Clock, open_case, phantom_jpeg, somebody
from support.machine import all_work, machine_says


def _opened(platform: Platform, network: Network) -> tuple[Person, Case, str]:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    all_work(platform, network)
    assert case.image.case_id is not None
    return person, case, case.image.case_id


def _log(platform: Platform, action: str) -> list[AuditRow]:
    with platform.database.reading() as session:
        return [*session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq))]


def test_nothing_of_the_machine_is_handed_out_before_the_own_impression(
    platform: Platform, toy_network: Network
) -> None:
    person, case, key = _opened(platform, toy_network)
    machine_says(platform, case.image.id, malignancy=0.9)
    blind = open_reading(platform, person, key)
    assert blind.blind
    assert [each.content for each in blind.photographs] == [None]
    assert [each.layers for each in blind.photographs] == [()]
    assert blind.machine.probability is None
    assert blind.alert is None
    assert all(
        item.evidence == "" and not item.machine_set for each in blind.checklists for item in each.items
    )
    for name in ("melanin", "haemoglobin", "border"):
        with pytest.raises(NotFound):
            see_overlay(platform, person, case.image.id, name)
    assert [entry.details["machine_shown"] for entry in _log(platform, "case.read")] == [False]


def test_after_the_impression_everything_is_shown_and_the_moment_is_kept(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person, case, key = _opened(platform, toy_network)
    commit_impression(platform, person, key, "nv", "monitor_3")
    clock.forward(timedelta(minutes=1))
    first = open_reading(platform, person, key)
    assert first.read is not None
    assert first.read.blind
    assert first.read.revealed_at == clock.at
    content = first.photographs[0].content
    assert content is not None
    assert content["image"] == case.image.id
    assert {layer.name for layer in first.photographs[0].layers} >= {"border", "melanin", "haemoglobin"}
    width = first.photographs[0].width_px
    border = first.photographs[0].layers[0]
    assert max(x for x, _ in border.points) <= width
    box = content["border"]["box"]
    assert max(x for x, _ in border.points) / width == pytest.approx(box[2], abs=0.02)
    clock.forward(timedelta(hours=1))
    again = open_reading(platform, person, key)
    assert again.read is not None
    assert again.read.revealed_at == first.read.revealed_at


def test_where_the_clinic_does_not_read_blind_the_machine_is_shown_at_once_and_that_is_kept(
    platform: Platform, toy_network: Network
) -> None:
    person, _, key = _opened(platform, toy_network)
    open_eyed = replace(person, clinic=replace(person.clinic, blind_first=False))
    assert open_reading(platform, open_eyed, key).photographs[0].content is not None
    assert not commit_impression(platform, open_eyed, key, "nv", "monitor_3").blind


@pytest.mark.parametrize(
    "change",
    ["impression = 'mel'", "management = 'urgent'", "committed_at = '2020-01-01'", "revealed_at = NULL"],
)
def test_the_database_itself_refuses_to_change_what_was_committed_or_revealed(
    platform: Platform, toy_network: Network, change: str
) -> None:
    person, _, key = _opened(platform, toy_network)
    commit_impression(platform, person, key, "nv", "monitor_3")
    open_reading(platform, person, key)
    with pytest.raises(IntegrityError, match="never changes"), platform.database.writing() as session:
        session.execute(text(f"UPDATE reads SET {change}"))


def test_an_alert_is_shown_once_committed_and_log_and_signature_tell_what_was_done(
    platform: Platform, toy_network: Network
) -> None:
    person, case, key = _opened(platform, toy_network)
    machine_says(platform, case.image.id, malignancy=0.8, band="urgent", likeliest="mel")
    commit_impression(platform, person, key, "nv", "reassure")
    shown = open_reading(platform, person, key)
    assert shown.alert is not None
    assert (shown.alert.kind, shown.alert.probability) == ("machine_malignant", 0.8)
    open_reading(platform, person, key)
    assert [entry.details for entry in _log(platform, "alert.shown")] == [{"alert": "machine_malignant"}]
    assert shown.read is not None
    sign(platform, person, key, Decision(diagnosis="mel", management="urgent"), shown.read.version, 0)
    told = _log(platform, "read.sign")[0].details
    assert told["alert"] == "machine_malignant"
    assert told["changed_diagnosis"] is told["changed_management"] is True


def test_a_second_reader_is_told_who_reads_and_since_when_and_not_what_was_thought(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    first, _, key = _opened(platform, toy_network)
    second = somebody(platform, "reader", like=first)
    open_reading(platform, first, key)
    since = clock.at
    clock.forward(timedelta(seconds=30))
    seen = open_reading(platform, second, key)
    assert [(each.user_id, each.since) for each in seen.here] == [(first.user_id, since)]
    commit_impression(platform, first, key, "mel", "urgent")
    seen = open_reading(platform, second, key)
    assert [each.signed_at for each in seen.others] == [None]
    assert "mel" not in str(seen.others)
    clock.forward(timedelta(minutes=5))
    assert open_reading(platform, second, key).here == (), "whose page is not heard of has left"


def test_structures_that_were_located_are_coloured_pictures_of_the_photograph(
    platform: Platform, toy_network: Network
) -> None:
    person, case, key = _opened(platform, toy_network)
    commit_impression(platform, person, key, "nv", "monitor_3")
    mask = np.zeros((240, 320), bool)
    mask[100:120, 50:90] = True
    name = "structure.image_analysis.blotch"
    blob = platform.blobs.put(border_png(mask, (320, 240)))
    with platform.database.writing() as session:
        row = session.scalars(select(AssessmentRow)).one()
        row.pictures = {**row.pictures, name: blob}
    layer = next(
        each for each in open_reading(platform, person, key).photographs[0].layers if each.name == name
    )
    drawn = np.asarray(Image.open(io.BytesIO(see_overlay(platform, person, case.image.id, name))))
    assert drawn.shape == (240, 320, 4)
    assert ((drawn[..., 3] > 0) == mask).all()
    assert (drawn[mask][:, :3] == layer.colour).all()
    with pytest.raises(NotFound):
        see_overlay(platform, person, case.image.id, "structure.network.nothing")


def test_earlier_photographs_are_asked_for_and_what_cannot_be_laid_says_why(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person, case, _ = _opened(platform, toy_network)
    clock.forward(timedelta(days=90))
    visit = create_visit(platform, person, case.patient.id)
    # A phantom without skin texture has no points to hold on to.
    later = add_image(platform, person, visit.id, case.lesion.id, phantom_jpeg(7), "b.jpg").image
    assert later.case_id is not None
    assert waiting(platform, person, later.case_id) == 1
    found = open_reading(platform, person, later.case_id)
    assert [(each.id, each.of_case, each.laid) for each in found.photographs] == [
        (later.id, True, "base"),
        (case.image.id, False, "unread"),
    ]
    all_work(platform, toy_network)
    assert waiting(platform, person, later.case_id) == 0
    earlier = open_reading(platform, person, later.case_id).photographs[1]
    assert (earlier.laid, earlier.to_base) == ("refused", None)
    assert "points in common" in earlier.why_not
    assert case.image.case_id is not None
    assert len(open_reading(platform, person, case.image.case_id).photographs) == 1, "nothing from the future"


def test_an_impression_opens_no_machine_findings_of_an_earlier_case_that_is_still_blind(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person, case, earlier_key = _opened(platform, toy_network)
    clock.forward(timedelta(days=90))
    visit = create_visit(platform, person, case.patient.id)
    later = add_image(platform, person, visit.id, case.lesion.id, phantom_jpeg(7), "b.jpg").image
    assert later.case_id is not None
    all_work(platform, toy_network)
    commit_impression(platform, person, later.case_id, "nv", "reassure")
    own, earlier = open_reading(platform, person, later.case_id).photographs
    assert own.layers
    assert (earlier.of_case, earlier.layers) == (False, ())
    commit_impression(platform, person, earlier_key, "nv", "reassure")
    open_reading(platform, person, earlier_key)
    assert open_reading(platform, person, later.case_id).photographs[1].layers


def test_a_photograph_that_comes_after_the_signature_is_told_and_the_case_unread_until_an_addendum(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person, case, key = _opened(platform, toy_network)
    read = commit_impression(platform, person, key, "nv", "monitor_3")
    sign(platform, person, key, Decision(diagnosis="nv", management="monitor_3"), read.version, 0)
    seen = open_reading(platform, person, key)
    assert (seen.added_later, seen.state) == (0, "signed")
    clock.forward(timedelta(minutes=1))
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(3), "c.jpg")
    seen = open_reading(platform, person, key)
    assert (seen.added_later, seen.state) == (1, "unread"), "nobody has looked at it"
    add_addendum(platform, person, key, "Looked at the second one: the same.")
    seen = open_reading(platform, person, key)
    assert (seen.added_later, seen.state) == (0, "signed"), "who looked at it is not told again"


def test_maps_that_are_missing_say_why(platform: Platform, toy_network: Network) -> None:
    person, _, key = _opened(platform, toy_network)
    commit_impression(platform, person, key, "nv", "monitor_3")
    assert open_reading(platform, person, key).photographs[0].maps == "made"
    with platform.database.writing() as session:
        row = session.scalars(select(DerivedRow)).one()
        row.content, row.pictures = {"reason": "too little skin", "legends": {}}, {}
    found = open_reading(platform, person, key).photographs[0]
    assert (found.maps, found.no_maps) == ("none", "too little skin")
    with platform.database.writing() as session:
        session.delete(session.scalars(select(DerivedRow)).one())
        job = session.scalars(select(JobRow).where(JobRow.task == "maps")).one()
        job.state = "failed"
    assert open_reading(platform, person, key).photographs[0].maps == "failed"

"""The lesion over its visits: nothing of the machine before it may be seen; comparisons by the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from augderm.clinic.anamneses import answer
from augderm.clinic.comparisons import ask_comparison, see_compared_picture, see_comparison
from augderm.clinic.ducklings import see_ducklings
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.recalls import recalls_of
from augderm.clinic.signing import Decision, sign
from augderm.clinic.sweep import sweep
from augderm.clinic.timeline import see_timeline
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from support.clinic import Case, Clock, open_case, phantom_jpeg, somebody
from support.followup import sign_case, signed_case, visit_again
from support.signing import stored


def work(platform: Platform, network: Network) -> None:
    while work_once(platform, network, "w"):
        pass


def reveal(platform: Platform, person: Person, case_id: str | None) -> None:
    commit_impression(platform, person, str(case_id), "nv", "reassure")
    open_reading(platform, person, str(case_id))


def test_numbers_are_shown_only_to_whom_the_case_was_revealed(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person = somebody(platform, "reader", "nurse")
    case = open_case(platform, person)
    work(platform, toy_network)
    reveal(platform, person, case.image.case_id)
    clock.forward(timedelta(days=90))
    visit_again(platform, person, case)
    work(platform, toy_network)
    later, first = see_timeline(platform, person, case.lesion.id)
    assert (later.blind, later.images[0].numbers) == (True, None)
    assert not first.blind
    assert first.images[0].numbers is not None
    for role in ("nurse", "reader"):
        other = somebody(platform, role, like=person)
        seen = see_timeline(platform, other, case.lesion.id)
        assert all(image.numbers is None for visit in seen for image in visit.images), role


def test_a_signed_decision_stands_in_the_timeline(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "bcc", "soon")
    (visit,) = see_timeline(platform, person, case.lesion.id)
    assert [(each.diagnosis, each.management) for each in visit.decisions] == [("bcc", "soon")]


def two_visits(
    platform: Platform, network: Network, clock: Clock, seed: int
) -> tuple[Case, str, str, Person]:
    person = somebody(platform, "reader", "nurse")
    case = open_case(platform, person)
    clock.forward(timedelta(days=90))
    later = visit_again(platform, person, case, seed)
    ask_comparison(platform, person, later.id, case.image.id)
    work(platform, network)
    return case, later.id, str(later.case_id), person


def test_a_comparison_waits_for_the_reader_and_then_tells_every_change(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    case, later, later_case, person = two_visits(platform, toy_network, clock, 1)
    hidden = see_comparison(platform, person, later, case.image.id)
    assert (hidden.state, hidden.blind, hidden.content) == ("done", True, None)
    with pytest.raises(NotFound):
        see_compared_picture(platform, person, later, case.image.id, "baseline")
    reveal(platform, person, later_case)
    found = see_comparison(platform, person, later, case.image.id)
    assert found.content is not None
    (follow_up,) = found.content["follow_ups"]
    assert follow_up["assessment"] is None, "the earlier case was not revealed to this reader"
    assert "malignancy" not in follow_up["changes"]
    assert follow_up["compared"] == bool(follow_up["changes"])
    assert follow_up["compared"] or follow_up["reason"]
    assert found.pictures == follow_up["compared"]
    if found.pictures:
        clock.forward(timedelta(days=3))
        sweep(platform)
        shown = see_compared_picture(platform, person, later, case.image.id, "follow_up")
        assert shown.data.startswith(b"\xff\xd8")
    reveal(platform, person, case.image.case_id)
    whole = see_comparison(platform, person, later, case.image.id).content
    assert whole is not None
    assert whole["baseline"]["image"] == case.image.id


def test_what_cannot_be_compared_says_why_at_once(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    # The very same file at both visits is no follow-up.
    case, later, _, person = two_visits(platform, toy_network, clock, 0)
    found = see_comparison(platform, person, later, case.image.id)
    assert found.state == "failed"
    assert "same" in found.error


def test_two_lesions_or_the_wrong_order_are_no_comparison(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader", "nurse")
    case = open_case(platform, person)
    clock.forward(timedelta(days=1))
    later = visit_again(platform, person, case)
    with pytest.raises(Conflict):
        ask_comparison(platform, person, case.image.id, later.id)
    with pytest.raises(InvalidEntry):
        ask_comparison(platform, person, later.id, later.id)
    other = create_lesion(platform, person, case.patient.id, LesionEntry())
    theirs = add_image(platform, person, later.visit_id, other.id, phantom_jpeg(3), "x.jpg").image
    with pytest.raises(InvalidEntry):
        ask_comparison(platform, person, theirs.id, case.image.id)


def test_an_ugly_duckling_is_marked_once_its_case_was_read(platform: Platform, toy_network: Network) -> None:
    person = somebody(platform, "reader", "nurse")
    case = open_case(platform, person)
    images = [case.image]
    for seed in range(1, 6):
        lesion = create_lesion(platform, person, case.patient.id, LesionEntry())
        images.append(
            add_image(platform, person, case.visit.id, lesion.id, phantom_jpeg(seed), "x.jpg").image
        )
    assert see_ducklings(platform, person, case.patient.id).reason
    work(platform, toy_network)
    hidden = see_ducklings(platform, person, case.patient.id)
    assert hidden.compared == 6
    assert all(each.blind and each.distance is None for each in hidden.lesions)
    reveal(platform, person, images[2].case_id)
    shown = see_ducklings(platform, person, case.patient.id).lesions
    assert {each.label for each in shown} == {f"L{number}" for number in range(1, 7)}
    (open_,) = [each for each in shown if not each.blind]
    assert open_.lesion_id == images[2].lesion_id
    assert open_.distance is not None


def test_ducklings_compare_the_present_bundles_reads_with_the_newest_answers_alone(
    platform: Platform, clock: Clock
) -> None:
    """Two embeddings of two bundles have nothing in common, and their distance means nothing."""
    person = somebody(platform, "reader", "nurse")
    seeing = replace(person, clinic=replace(person.clinic, blind_first=False))
    case = open_case(platform, person)
    images = [case.image]
    for seed in range(1, 7):
        lesion = create_lesion(platform, person, case.patient.id, LesionEntry())
        images.append(
            add_image(platform, person, case.visit.id, lesion.id, phantom_jpeg(seed), "x.jpg").image
        )
    present = replace(platform, model_sha256="b" * 64)
    near, far = (np.eye(8, dtype="<f4")[place] for place in (0, 1))
    answers = answer(platform, person, str(images[6].case_id), {"lesion": {"bleeding": True}}, "")
    for image in images[:5]:
        stored(platform, image.id, "b", embedding=near.tobytes())
    stored(platform, images[5].id, "a", embedding=far.tobytes())
    stored(platform, images[6].id, "b", embedding=near.tobytes(), answers=answers)
    clock.forward(timedelta(minutes=1))
    stored(platform, images[6].id, "b", embedding=far.tobytes())
    stored(platform, images[0].id, "a", embedding=far.tobytes())
    told = see_ducklings(present, seeing, case.patient.id)
    by_lesion = {each.lesion_id: each.distance for each in told.lesions}
    assert told.compared == 6
    assert by_lesion[str(images[5].lesion_id)] is None, "only another bundle has read it"
    assert {by_lesion[str(image.lesion_id)] for image in (*images[:5], images[6])} == {0.0}


def test_numbers_that_lack_the_latest_answers_say_so(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    stored(platform, case.image.id)
    reveal(platform, person, case.image.case_id)

    def current() -> bool:
        numbers = see_timeline(platform, person, case.lesion.id)[0].images[0].numbers
        assert numbers is not None
        return numbers.current

    assert current()
    answers = answer(platform, person, str(case.image.case_id), {"lesion": {"bleeding": True}}, "")
    assert not current()
    stored(platform, case.image.id, answers=answers)
    assert current()


@pytest.mark.parametrize("bands", [("monitor_12", "urgent"), ("urgent", "reassure"), ("urgent", "soon")])
def test_of_two_signatures_the_more_careful_one_sets_the_recall(
    platform: Platform, bands: tuple[str, str]
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = str(case.image.case_id)
    sign_case(platform, person, key, "nv", bands[0])
    other = somebody(platform, "reader", like=person)
    read = commit_impression(platform, other, key, "mel", bands[1])
    sign(
        platform,
        other,
        key,
        Decision(diagnosis="mel", management=bands[1], reason="streaks"),
        read.version,
        1,
    )
    (recall,) = recalls_of(platform, person, case.lesion.id)
    assert recall.due_on.isoformat() == "2026-05-18"

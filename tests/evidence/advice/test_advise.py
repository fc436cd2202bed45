"""One advice from facts and rules: the more severe wins, and unknown is not "no"."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import date
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.advice import BANDS, Advice
from augderm.domain.assessment import Assessment, ModalityRead, Novelty, Quality
from augderm.domain.capture import FIRST_YEAR, Capture
from augderm.evidence.advice import DECISION, NOTHING_TOLD, StoryFacts, advise
from augderm.evidence.scores import overruled, read_scores
from augderm.reader.calibrated import read_lesion
from augderm.reader.calibration import calibrations_from
from augderm.reader.joined import join_photographs
from support.advice import DEFAULT, read_of, unread
from support.bundles import calibration
from support.reports import assessment_of

STORIES = st.builds(
    StoryFacts,
    **{
        name: st.none() | st.booleans()
        for name in (
            "elevated",
            "firm",
            "growing",
            "rapid_growth",
            "ulcerated",
            "bleeding",
            "changing",
            "ugly_duckling",
        )
    },
    ng12_lowest=st.none() | st.integers(0, 10),
)
FORGETTABLE = [f.name for f in fields(StoryFacts) if f.name not in ("ng12_highest", "contradicted")]
READS = st.one_of(
    st.builds(read_of, st.floats(0, 1), st.sampled_from(["nv", "mel", "bcc", "akiec", "bkl"])),
    st.builds(unread, st.sampled_from(["abstained", "failed"])),
)


def band_of(read: Assessment, story: StoryFacts = NOTHING_TOLD) -> str:
    return advise(read, DEFAULT, story).band


def names(advice: Advice) -> list[str]:
    return [rule.name for rule in advice.rules]


@pytest.mark.parametrize(
    ("probability", "band"),
    [
        (0.0, "reassure"),
        (0.0049, "reassure"),
        (0.005, "monitor_12"),
        (0.015, "monitor_6"),
        (0.03, "monitor_3"),
        (0.055, "soon"),
        (0.2199, "soon"),
        (0.22, "urgent"),
        (1.0, "urgent"),
    ],
)
def test_the_probability_of_malignancy_sets_the_band_from_its_limits_on(
    probability: float, band: str
) -> None:
    assert band_of(read_of(probability)) == band


@pytest.mark.parametrize(
    ("probability", "kind", "due"),
    [
        (0.3, "visit", "2026-02-14"),
        (0.1, "visit", "2026-02-28"),
        (0.04, "photograph", "2026-04-30"),
        (0.02, "photograph", "2026-07-31"),
        (0.01, "photograph", "2027-01-31"),
    ],
)
def test_the_recall_follows_from_the_band_and_the_day_of_the_photograph(
    probability: float, kind: str, due: str
) -> None:
    recall = advise(read_of(probability, capture=Capture(taken_on="2026-01-31")), DEFAULT).recall
    assert recall
    assert (recall.interval.kind, recall.counted_from, recall.due) == (kind, "2026-01-31", due)
    assert recall.interval.origin


def test_no_control_has_no_recall_and_an_unknown_day_no_date() -> None:
    assert advise(read_of(0.001, capture=Capture(taken_on="2026-01-31")), DEFAULT).recall is None
    for read in (read_of(0.3), read_of(0.3, capture=Capture())):
        recall = advise(read, DEFAULT).recall
        assert recall
        assert recall.due is recall.counted_from is None


def test_the_recall_of_several_photographs_counts_from_their_latest_day_in_any_order() -> None:
    early, late, undated = (
        read_of(0.3, capture=Capture(taken_on=day)) for day in ("2025-01-01", "2026-06-01", None)
    )
    unfit = unread("abstained", capture=Capture(taken_on="2026-07-01"))
    broken = unread("failed")

    def counted_from(*photographs: Assessment) -> set[str | None]:
        found = set()
        for order in permutations(photographs):
            recall = advise(join_photographs(order, "lesion"), DEFAULT).recall
            assert recall
            found.add(recall.counted_from)
        return found

    assert counted_from(early, late) == {"2026-06-01"}
    assert counted_from(early, late, unfit, broken) == {"2026-06-01"}  # what was not read counts for nothing
    assert counted_from(early, late, undated) == {None}
    assert counted_from(unfit, broken) == {"2026-07-01"}
    assert counted_from(broken, broken) == {None}


@given(st.dates(max_value=date(9000, 1, 1)))
def test_a_more_severe_band_is_never_recalled_later(day: date) -> None:
    capture = Capture(taken_on=day.isoformat()) if day.year >= FIRST_YEAR else None
    recalls = [advise(read_of(p, capture=capture), DEFAULT).recall for p in (0.3, 0.1, 0.04, 0.02, 0.01)]
    due = [recall.due for recall in recalls if recall and recall.due]
    assert due == sorted(due)
    assert len(due) == (5 if capture else 0)


@given(STORIES, st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted))
def test_a_higher_probability_never_gives_a_milder_band(story: StoryFacts, pair: list[float]) -> None:
    lower, higher = (BANDS.index(band_of(read_of(p), story)) for p in pair)
    assert higher <= lower


@given(READS, STORIES)
def test_the_most_severe_of_the_fired_rules_decides_and_red_flags_stand_first(
    read: Assessment, story: StoryFacts
) -> None:
    advice = advise(read, DEFAULT, story)
    assert advice.band == min((rule.band for rule in advice.rules), key=BANDS.index)
    assert all(rule.decides == (rule.band == advice.band) for rule in advice.rules)
    order = [(not rule.red_flag, BANDS.index(rule.band)) for rule in advice.rules]
    assert order == sorted(order)


@given(READS, STORIES, st.sampled_from(FORGETTABLE))
def test_a_fact_that_is_unknown_fires_nothing_and_silences_nothing(
    read: Assessment, story: StoryFacts, forgotten: str
) -> None:
    known, less = advise(read, DEFAULT, story), advise(read, DEFAULT, replace(story, **{forgotten: None}))  # type: ignore[arg-type]
    about = {"ng12_lowest": "ng12_suspicious"}.get(forgotten, forgotten)
    about = "efg" if forgotten in ("elevated", "firm", "growing") else about
    assert about in less.unknown or story.efg is False
    assert {rule.name for rule in known.rules} - {rule.name for rule in less.rules} <= {
        rule.name for rule in known.rules if rule.fact == about
    }
    assert {rule.name for rule in less.rules} <= {rule.name for rule in known.rules}
    assert BANDS.index(less.band) >= BANDS.index(known.band)


@given(READS, STORIES)
def test_every_action_asks_for_a_persons_decision(read: Assessment, story: StoryFacts) -> None:
    assert advise(read, DEFAULT, story).action.endswith(DECISION)


@pytest.mark.parametrize("status", ["abstained", "failed"])
def test_an_image_that_was_not_read_is_never_reassured_whatever_is_told(status: Any) -> None:
    harmless = StoryFacts(
        elevated=False,
        firm=False,
        growing=False,
        rapid_growth=False,
        ulcerated=False,
        ugly_duckling=False,
        ng12_lowest=0,
        ng12_highest=0,
    )
    advice = advise(unread(status), DEFAULT, harmless)
    assert (advice.band, names(advice)) == ("soon", [status])
    assert "malignancy" in advice.unknown
    assert "take another one now" in advice.action


def test_a_policy_cannot_reassure_about_what_was_not_read() -> None:
    reassuring = replace(DEFAULT.rules[-1], fact="status", comparison="is", limit="failed")
    policy = replace(DEFAULT, rules=(reassuring,))
    assert advise(unread("failed"), policy).band == DEFAULT.otherwise == "soon"
    assert advise(unread("failed"), policy).rules == ()


@pytest.mark.parametrize(
    "flag",
    [StoryFacts(elevated=True, firm=True, growing=True), StoryFacts(rapid_growth=True),
     StoryFacts(ulcerated=True)],
)  # fmt: skip
@pytest.mark.parametrize("read", [read_of(0.0), unread("failed"), unread("abstained")])
def test_a_red_flag_overrules_image_and_silence(read: Assessment, flag: StoryFacts) -> None:
    advice = advise(read, DEFAULT, flag)
    assert advice.band == "urgent"
    assert advice.rules[0].red_flag


def test_two_of_elevated_firm_and_growing_are_not_three() -> None:
    two = StoryFacts(elevated=True, firm=True)
    assert "efg" in advise(read_of(0.0), DEFAULT, two).unknown
    assert band_of(read_of(0.0), two) == "reassure"
    assert "efg" not in advise(read_of(0.0), DEFAULT, replace(two, growing=False)).unknown


def test_novelty_a_plain_photograph_and_a_poor_one_do_not_reassure() -> None:
    assert band_of(read_of(0.0, novelty=Novelty(2.0, 1.3))) == "soon"
    assert band_of(read_of(0.0, modality=ModalityRead("clinical", 0.99))) == "monitor_3"
    assert band_of(read_of(0.0, modality=ModalityRead("dermoscopic", 0.3, in_doubt=True))) == "soon"
    assert band_of(read_of(0.0, modality=ModalityRead("dermoscopic", 0.99, mixed=True))) == "monitor_3"
    assert band_of(read_of(0.0, quality=Quality("poor", ()))) == "monitor_12"


def test_in_doubt_of_the_kind_the_band_is_never_milder_than_by_either_calibration_alone() -> None:
    both = calibrations_from(calibration())
    drawn = np.random.default_rng(7)
    for logits, clinical in zip(drawn.normal(0, 3, (300, 7)), drawn.uniform(0.2, 0.8, 300), strict=True):
        bands = []
        for kind in (
            ModalityRead("dermoscopic", float(clinical), in_doubt=True),
            ModalityRead("dermoscopic", 0.0),
            ModalityRead("clinical", 1.0),
        ):
            found = read_lesion(logits, kind, both)
            assert found
            read = replace(read_of(0.0, modality=kind, diagnosis=found[0]), malignancy=found[1])
            bands.append(BANDS.index(band_of(read)))
        assert bands[0] <= min(bands[1:])


def test_a_photograph_in_doubt_is_to_be_taken_again_through_the_dermatoscope() -> None:
    doubtful = read_of(0.0, modality=ModalityRead("clinical", 0.7, in_doubt=True))
    (decides,) = [rule for rule in advise(doubtful, DEFAULT).rules if rule.decides]
    assert "photograph it again through the dermatoscope" in decides.sentence
    joined = join_photographs([read_of(0.0), doubtful], "lesion")
    assert band_of(joined) == "soon"


def test_a_lifted_limit_and_a_second_photograph_hide_no_novelty() -> None:
    lifted = Novelty(2.0, math.inf, own_limit=1.3)
    assert not lifted.beyond
    assert band_of(read_of(0.0, novelty=lifted)) == "soon"
    assert (
        band_of(read_of(0.0, photographs=(read_of(0.0), read_of(0.0, novelty=Novelty(2.0, 1.3))))) == "soon"
    )


@pytest.mark.parametrize("code", ["mel", "bcc", "akiec"])
def test_a_likeliest_diagnosis_that_is_not_benign_is_seen_soon(code: str) -> None:
    assert band_of(read_of(0.0, code)) == "soon"


def test_ng12_counts_from_what_is_known() -> None:
    assert band_of(read_of(0.0), StoryFacts(ng12_lowest=3, ng12_highest=5)) == "urgent"
    assert band_of(read_of(0.0), StoryFacts(ng12_lowest=2, ng12_highest=10)) == "reassure"


def test_a_score_that_a_person_completes_counts_and_an_open_one_does_not() -> None:
    read = assessment_of()
    assert "seven_point_suspicious" in advise(read, DEFAULT).unknown
    items = {"seven_point.blue_whitish_veil": 1, "seven_point.irregular_streaks": 1}
    filled = replace(read, scores=overruled(read_scores(read), items, by="person"))
    assert "seven_point" in names(advise(filled, DEFAULT))


def test_each_rule_tells_value_and_limit() -> None:
    rule = advise(read_of(0.4), DEFAULT).rules[0]
    assert (rule.name, rule.value, rule.comparison, rule.limit) == ("malignancy_high", 0.4, "at_least", 0.22)
    assert rule.sentence
    assert rule.origin


def test_the_shipped_bands_are_read_sooner_the_more_severe_they_are() -> None:
    days = [DEFAULT.read_within_days[band] for band in BANDS]
    assert all(severe < mild for severe, mild in pairwise(days))

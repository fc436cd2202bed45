"""The words of the advice on a report."""

from __future__ import annotations

import dataclasses

from augderm.domain.advice import BANDS
from augderm.domain.capture import Capture
from augderm.evidence.advice import StoryFacts, advise
from augderm.evidence.advice.facts import FACTS
from augderm.formats.report import advice as words
from augderm.formats.report import report_html
from augderm.formats.report.advice import NO_RULE, view_advice
from support.advice import DEFAULT, read_of, unread
from support.pages import text_of
from support.reports import assessment_of


def test_every_fact_and_band_has_words() -> None:
    assert set(words.FACTS) == set(FACTS)
    assert set(words.BANDS) == set(BANDS)


def test_rules_that_decide_and_red_flags_stand_with_value_and_limit_the_others_in_one_line() -> None:
    view = view_advice(advise(read_of(0.4), DEFAULT))
    (row,) = view.rules
    urgent = next(rule.limit for rule in DEFAULT.rules if (rule.fact, rule.band) == ("malignancy", "urgent"))
    assert (row.value, row.limit, row.band, row.red_flag) == (
        "40\u202f%",
        f"from {100 * urgent:.0f}\u202f%",
        "Urgent",
        True,
    )
    assert view.overruled == (
        "Overruled, for they ask for less: probability of malignancy (soon, monitor: 3 months, monitor: 6 "
        "months, monitor: 12 months)."
    )
    novel = view_advice(advise(unread("failed"), DEFAULT, StoryFacts(ng12_lowest=4)))
    assert [(row.fact, row.value) for row in novel.rules] == [
        ("Status", "failed"),
        ("NG12 suspicious", "yes"),
    ]


def test_what_nobody_knows_is_told() -> None:
    view = view_advice(advise(read_of(0.001), DEFAULT, StoryFacts(ulcerated=False)))
    assert "rapid growth" in view.unknown
    assert "ulcerated" not in view.unknown
    assert view.grade == "good"


def test_until_when_is_told_with_its_origin_and_no_date_is_made_up() -> None:
    dated = view_advice(advise(read_of(0.02, capture=Capture(taken_on="2026-01-31")), DEFAULT))
    assert dated.recall == (
        "The next photograph is due by 2026-07-31, within 6 months of the photograph of 2026-01-31 "
        "(medium-term sequential dermoscopy (Argenziano 2008))."
    )
    undated = view_advice(advise(read_of(0.3), DEFAULT))
    assert undated.recall.startswith("The patient is to be seen within 14 days of the photograph (NICE NG12:")
    assert undated.recall.endswith("No date: its day is not known.")
    late = view_advice(advise(read_of(0.3, capture=Capture(taken_on="9999-12-31")), DEFAULT))
    assert "beyond the calendar" in late.recall
    assert view_advice(advise(read_of(0.001), DEFAULT)).recall == ""
    read = assessment_of()
    page = text_of(report_html(dataclasses.replace(read, advice=advise(read_of(0.3), DEFAULT))))
    assert undated.recall in page


def test_no_rule_is_told_too() -> None:
    view = view_advice(advise(read_of(0.5), dataclasses.replace(DEFAULT, rules=())))
    assert (view.no_rule, view.band) == (NO_RULE, "Soon")


def test_a_hostile_policy_is_only_text() -> None:
    rule = dataclasses.replace(DEFAULT.rules[3], sentence="<script>alert(1)</script>")
    policy = dataclasses.replace(DEFAULT, rules=(rule,))
    read = assessment_of()
    page = report_html(dataclasses.replace(read, advice=advise(read, policy)))
    assert "<script>" not in page
    assert "Advice: Urgent" in text_of(page)

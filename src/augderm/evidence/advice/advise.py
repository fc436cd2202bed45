"""From an assessment and what was told of the lesion to one advice, by the rules of a policy."""

from __future__ import annotations

from augderm.domain.advice import BANDS, Advice, FiredRule
from augderm.domain.assessment import Assessment
from augderm.domain.belonging import latest_day
from augderm.domain.recall import counted
from augderm.evidence.advice.facts import NOTHING_TOLD, StoryFacts, facts_of
from augderm.evidence.advice.policy import UNREAD_BANDS, Policy

DECISION = "A dermatologist decides; this closes no case."
"""Ends every action, whatever a policy's own words are."""


def advise(assessment: Assessment, policy: Policy, story: StoryFacts = NOTHING_TOLD) -> Advice:
    """The most severe band that a rule asks for.

    An unknown fact (None) fires no rule and silences none. Of a photograph that was not read ("abstained",
    "failed") only rules for the two most severe bands count: nothing that was not seen can reassure. Where
    no rule fires the policy's `otherwise` holds, which is one of these two as well.

    Args:
        assessment: of one image, or of several photographs of one lesion.
        policy: see `policy_from`.
        story: of the same lesion.

    Returns:
        the advice; its recall is counted from the day of the photograph (`capture`), where that is known. Of
        several it is the latest day of those that the assessment rests on, which have its status, and known
        only where the day of each of them is.
    """
    facts = facts_of(assessment, story)
    fired = [
        rule
        for rule in policy.rules
        if rule.applies(facts[rule.fact]) and (assessment.status == "ok" or rule.band in UNREAD_BANDS)
    ]
    band = min((rule.band for rule in fired), key=BANDS.index, default=policy.otherwise)
    interval = policy.bands[band].recall
    used = [each for each in assessment.photographs if each.status == assessment.status] or [assessment]
    # sorted() is stable: within a band the order is the policy's.
    fired.sort(key=lambda rule: (not rule.red_flag, BANDS.index(rule.band)))
    return Advice(
        band=band,
        action=f"{policy.bands[band].action} {DECISION}",
        rules=tuple(
            FiredRule(
                name=rule.name,
                band=rule.band,
                red_flag=rule.red_flag,
                fact=rule.fact,
                value=value,
                comparison=rule.comparison,
                limit=rule.limit,
                decides=rule.band == band,
                sentence=rule.sentence,
                origin=rule.origin,
            )
            for rule in fired
            if (value := facts[rule.fact]) is not None
        ),
        unknown=tuple(dict.fromkeys(rule.fact for rule in policy.rules if facts[rule.fact] is None)),
        policy=policy.name,
        recall=counted(interval, latest_day(used)) if interval else None,
    )

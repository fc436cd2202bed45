"""The view of the advice: what is proposed, by which rules, and what nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

from augderm.domain.advice import Advice, Comparison, FactValue, FiredRule
from augderm.domain.recall import Recall
from augderm.domain.taxonomy import BY_CODE
from augderm.domain.text import visible
from augderm.formats.report.wording import percent, threshold

BANDS = {
    "urgent": "Urgent",
    "soon": "Soon",
    "monitor_3": "Monitor: 3 months",
    "monitor_6": "Monitor: 6 months",
    "monitor_12": "Monitor: 12 months",
    "reassure": "Reassure",
}
GRADES = {"urgent": "unfit", "soon": "poor"}
"""As the grades of quality are drawn."""
FACTS = {
    "status": "Status",
    "modality": "Kind of photograph",
    "modality_in_doubt": "Kind of photograph in doubt",
    "quality": "Quality of the image",
    "novel": "Unlike what the model learned from",
    "malignancy": "Probability of malignancy",
    "likeliest": "Likeliest diagnosis",
    **{f"p_{code}": f"Probability of {diagnosis.name.lower()}" for code, diagnosis in BY_CODE.items()},
    "abcd_suspicious": "ABCD rule suspicious",
    "seven_point_suspicious": "7-point checklist suspicious",
    "three_point_suspicious": "3-point checklist suspicious",
    "menzies_suspicious": "Menzies’ method suspicious",
    "chaos_suspicious": "Chaos and clues suspicious",
    "efg": "Elevated, firm and growing",
    "rapid_growth": "Rapid growth",
    "ulcerated": "Ulcerated",
    "ugly_duckling": "Ugly duckling",
    "bleeding": "Bleeding",
    "changing": "Changed in size, shape or colour",
    "contradicted": "Contradictory answers",
    "ng12_suspicious": "NG12 suspicious",
}
LIMITS: dict[Comparison, str] = {"is": "", "at_least": "from ", "above": "above ", "below": "below "}
NO_RULE = "No rule of the policy applies; it then asks for this band."


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule that fired; `band` is its own."""

    fact: str
    value: str
    limit: str
    band: str
    red_flag: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class AdviceView:
    """The proposal; `grade` is unfit, poor or good.

    `recall` says until when, and is "" where no control is asked for. `rules` decide, or are red flags;
    `overruled` names the others, "" where there are none, as `unknown` is where every fact is known.
    """

    band: str
    grade: str
    action: str
    recall: str
    rules: tuple[RuleRow, ...]
    no_rule: str
    overruled: str
    unknown: str
    policy: str


def view_advice(advice: Advice) -> AdviceView:
    """Word the advice."""
    unknown = "; ".join(_lowered(FACTS[fact]) for fact in advice.unknown)
    policy = advice.policy
    return AdviceView(
        band=BANDS[advice.band],
        grade=GRADES.get(advice.band, "good"),
        action=visible(advice.action),
        recall=recall_text(advice.recall) if advice.recall else "",
        rules=tuple(_row(rule) for rule in advice.rules if rule.decides or rule.red_flag),
        no_rule="" if advice.rules else NO_RULE,
        overruled=_overruled([rule for rule in advice.rules if not rule.decides and not rule.red_flag]),
        unknown=f"Not known, and not taken as “no”: {unknown}." if unknown else "",
        policy=f"The most severe band of all rules holds; red flags stand first. Policy: "
        f"{visible(policy.name)} {visible(policy.version)} ({policy.sha256[:12]}).",
    )


def recall_text(recall: Recall) -> str:
    """Until when the lesion is to be looked at again, in one or two sentences."""
    interval = recall.interval
    what = "The patient is to be seen" if interval.kind == "visit" else "The next photograph is due"
    count, unit = (interval.days, "day") if interval.months is None else (interval.months, "month")
    within = f"within {count} {unit}{'' if count == 1 else 's'}"
    origin = f"({visible(interval.origin)})"
    if recall.counted_from is None:
        return f"{what} {within} of the photograph {origin}. No date: its day is not known."
    if recall.due is None:
        return f"{what} {within} of the photograph of {recall.counted_from} {origin}, beyond the calendar."
    return f"{what} by {recall.due}, {within} of the photograph of {recall.counted_from} {origin}."


def _overruled(rules: list[FiredRule]) -> str:
    by_fact: dict[str, list[str]] = {}
    for rule in rules:
        by_fact.setdefault(rule.fact, []).append(_lowered(BANDS[rule.band]))
    listed = "; ".join(f"{_lowered(FACTS[fact])} ({', '.join(bands)})" for fact, bands in by_fact.items())
    return f"Overruled, for they ask for less: {listed}." if listed else ""


def _row(rule: FiredRule) -> RuleRow:
    return RuleRow(
        fact=FACTS[rule.fact],
        value=_shown(rule.value),
        limit=LIMITS[rule.comparison] + (_limit(rule) if rule.comparison != "is" else "–"),
        band=BANDS[rule.band],
        red_flag=rule.red_flag,
        sentence=f"{visible(rule.sentence)} ({visible(rule.origin)})",
    )


def _limit(rule: FiredRule) -> str:
    limit = float(rule.limit)
    # The limit's own digits: rounded like a measured share it could seem to be on the other side.
    return f"{threshold(100 * limit)}\u202f%"


def _shown(value: FactValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return BY_CODE[value].name if value in BY_CODE else value
    return percent(value)


def _lowered(title: str) -> str:
    # Names keep their letters: ABCD, NG12, Menzies.
    return title if title[1].isupper() or title.startswith("Menzies") else f"{title[0].lower()}{title[1:]}"

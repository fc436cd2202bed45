"""The view of the dermoscopic scores: a checklist each, with who set what, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from augderm.domain.scores import Score, ScoreItem
from augderm.formats.report.wording import lowered

NOTE = (
    "An item that was not assessed is not absent: it stays open, and so does the score, between the least "
    "and the greatest total that the open items allow. The dermatologist can overrule what the machine set."
)
VERDICTS = {
    "benign": "benign",
    "not_suspicious": "not suspicious",
    "not_melanoma": "not melanoma",
    "suspicious": "suspicious",
    "melanoma": "melanoma",
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item that somebody set or narrowed."""

    title: str
    value: str
    who: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What a score comes to: its total or the bounds of it, what that means, and the rule."""

    title: str
    total: str
    verdict: str
    decided: bool
    rule: str


@dataclass(frozen=True, slots=True)
class ChecklistView:
    """A checklist, and every score that is made of it. `not_assessed` is "" or lists the open items."""

    title: str
    results: tuple[ResultRow, ...]
    rows: tuple[ItemRow, ...]
    not_assessed: str


@dataclass(frozen=True, slots=True)
class ScoresView:
    """All checklists in their order, and how they are to be read."""

    checklists: tuple[ChecklistView, ...]
    note: str


def view_scores(scores: Mapping[str, Score]) -> ScoresView:
    """Word the scores; versions of one score with the same items share a checklist."""
    grouped: list[list[Score]] = []
    for score in scores.values():
        if grouped and _same_items(grouped[-1][0], score):
            grouped[-1].append(score)
        else:
            grouped.append([score])
    return ScoresView(checklists=tuple(map(_checklist, grouped)), note=NOTE)


def _same_items(one: Score, other: Score) -> bool:
    return [item.name for item in one.items] == [item.name for item in other.items]


def _checklist(versions: list[Score]) -> ChecklistView:
    first = versions[0]
    return ChecklistView(
        title=first.title if len(versions) == 1 else first.title.split(" (")[0],
        results=tuple(map(_result, versions)),
        rows=tuple(_row(item) for item in first.items if item.set_by != "nobody"),
        not_assessed="; ".join(_lowered(item.title) for item in first.items if item.set_by == "nobody"),
    )


def _result(score: Score) -> ResultRow:
    decided = score.verdict != "undecided"
    mild, grave = VERDICTS[score.mildest], VERDICTS[score.gravest]
    return ResultRow(
        title=score.title,
        total=f"{_between(score.lowest, score.highest)} {score.unit}",
        verdict=mild if decided else f"undecided: {mild} to {grave}",
        decided=decided,
        rule=f"{score.limits} {score.source[0].upper()}{score.source[1:]}.",
    )


def _between(lowest: Decimal | int, highest: Decimal | int) -> str:
    return f"{lowest}" if lowest == highest else f"{lowest} to {highest}"


def _row(item: ScoreItem) -> ItemRow:
    value = _between(item.lowest, item.highest)
    if (item.lowest, item.highest) == (item.least, item.most):
        value = "open"
    elif (item.least, item.most) == (0, 1):
        value = "present" if item.value else "absent"
    return ItemRow(item.title, value, item.set_by, item.evidence)


def _lowered(title: str) -> str:
    # "A: asymmetric axes" keeps its letter.
    return title if title[1] == ":" else lowered(title)

"""What every score has in common: items with weights, a total, and a verdict with its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from augderm.domain.scores import Score, ScoreItem, ScoreVerdict, Setter

NOT_MEASURED = "Nothing here measures it."


@dataclass(frozen=True, slots=True)
class ItemRule:
    """What a score says of one item: see `ScoreItem`.

    `reassuring` where a higher value speaks for a harmless lesion.
    """

    name: str
    title: str
    weight: Decimal = Decimal(1)
    least: int = 0
    most: int = 1
    reassuring: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """A published score.

    Attributes:
        checklist: scores of the same checklist share their items: a value set in one is set in all.
        verdict: from the total and the values by name. Where an item's value grows it must become graver
            or stay (milder or stay for a reassuring one): the bounds rest on that.
    """

    name: str
    checklist: str
    title: str
    source: str
    limits: str
    unit: str
    items: tuple[ItemRule, ...]
    verdict: Callable[[Decimal, Mapping[str, int]], ScoreVerdict]

    def total(self, values: Mapping[str, int]) -> Decimal:
        """The exact weighted sum; `values` holds every item."""
        return sum((item.weight * values[item.name] for item in self.items), Decimal(0))

    def judged(self, values: Mapping[str, int]) -> ScoreVerdict:
        """The verdict where every item is known."""
        return self.verdict(self.total(values), values)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one item: the values that stay possible, and why. See `ScoreItem`."""

    lowest: int
    highest: int
    evidence: str
    measure: str | None = None


def score_from(rule: ScoreRule, findings: Mapping[str, Finding], set_by: Setter = "machine") -> Score:
    """A score from what was found; an item without a finding, or with one that excludes no value, is open.

    Raises:
        ValueError: a finding is of no item of the score, or outside of its limits.
    """
    unknown = findings.keys() - {item.name for item in rule.items}
    if unknown:
        raise ValueError(f"{rule.name} has no items {sorted(unknown)}")
    return score_of_items(rule, [_item(item, findings.get(item.name), set_by) for item in rule.items])


def score_of_items(rule: ScoreRule, items: Sequence[ScoreItem]) -> Score:
    """Total and verdict of items that are in the order of the rule."""
    reassuring = {item.name for item in rule.items if item.reassuring}
    mildest = {i.name: i.highest if i.name in reassuring else i.lowest for i in items}
    gravest = {i.name: i.lowest if i.name in reassuring else i.highest for i in items}
    return Score(
        name=rule.name,
        title=rule.title,
        source=rule.source,
        unit=rule.unit,
        limits=rule.limits,
        items=tuple(items),
        lowest=rule.total({i.name: i.lowest for i in items}),
        highest=rule.total({i.name: i.highest for i in items}),
        mildest=rule.judged(mildest),
        gravest=rule.judged(gravest),
    )


def _item(rule: ItemRule, finding: Finding | None, set_by: Setter) -> ScoreItem:
    found = finding or Finding(rule.least, rule.most, NOT_MEASURED)
    if not rule.least <= found.lowest <= found.highest <= rule.most:
        raise ValueError(
            f"{rule.name} is {found.lowest} to {found.highest}; it goes from {rule.least} to {rule.most}"
        )
    open_ = (found.lowest, found.highest) == (rule.least, rule.most)
    return ScoreItem(
        name=rule.name,
        title=rule.title,
        least=rule.least,
        most=rule.most,
        lowest=found.lowest,
        highest=found.highest,
        weight=rule.weight,
        set_by="nobody" if open_ else set_by,
        evidence=found.evidence,
        measure=found.measure,
    )

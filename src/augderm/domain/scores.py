"""Dermoscopic scores as a dermatologist fills them: items, who set each, and what follows.

An item that nothing measured is not 0: it stays open between its limits, and so does the total.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Setter = Literal["machine", "person"]
SetBy = Literal[Setter, "nobody"]
ScoreVerdict = Literal["benign", "not_suspicious", "not_melanoma", "suspicious", "melanoma", "undecided"]


@dataclass(frozen=True, slots=True)
class ScoreItem:
    """One item of a score.

    Attributes:
        name: within its score, such as "colours".
        title: in the words of a report.
        least, most: the values that the score knows of: 0 and 1 (absent, present) for a criterion, others
            for a count.
        lowest, highest: the values that are still possible, within `least` and `most`; equal where the item
            is set, apart where it is open or known from one side only.
        weight: points for each unit of the value.
        set_by: who narrowed it: "nobody" where it was not assessed.
        evidence: what was measured, with numbers, and what was not; a sentence for a person.
        measure: the place in the assessment's JSON form that the evidence comes from, such as
            "measures.colours"; None where there is none.
    """

    name: str
    title: str
    least: int
    most: int
    lowest: int
    highest: int
    weight: Decimal
    set_by: SetBy
    evidence: str
    measure: str | None = None

    @property
    def value(self) -> int | None:
        """The item's value; None while more than one is possible."""
        return self.lowest if self.lowest == self.highest else None


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its bounds.

    Attributes:
        name: "abcd", "seven_point", "seven_point_revised", "three_point", "menzies" or "chaos".
        title: in the words of a report.
        source: who published it, and when.
        unit: what the total counts, such as "points".
        limits: what total or which items mean what, a sentence.
        items: in the order of the publication.
        lowest, highest: the totals between which the open items leave it; equal where none is open. Of a
            score that is no sum (Menzies, chaos and clues): the number of positive features or clues.
        mildest, gravest: the verdicts of the most harmless and of the most suspicious values that are
            possible.
    """

    name: str
    title: str
    source: str
    unit: str
    limits: str
    items: tuple[ScoreItem, ...]
    lowest: Decimal
    highest: Decimal
    mildest: ScoreVerdict
    gravest: ScoreVerdict

    @property
    def total(self) -> Decimal | None:
        """The total; None while more than one is possible."""
        return self.lowest if self.lowest == self.highest else None

    @property
    def verdict(self) -> ScoreVerdict:
        """What holds whatever the open items are, else "undecided"."""
        return self.mildest if self.mildest == self.gravest else "undecided"

    def item(self, name: str) -> ScoreItem:
        """The item of this name; KeyError where there is none."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)

"""Dermoscopic checklists of a case: what the machine set, what the reader set, and what both come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic.assessments import latest
from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.finding import find_case, find_image
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import own_row
from augderm.domain.errors import InvalidOverrule
from augderm.domain.scores import Score, ScoreItem
from augderm.evidence.scores.overrule import overruled
from augderm.evidence.scores.reading import RULES
from augderm.evidence.scores.rule import Finding, score_from
from augderm.store.models import ChecklistRow, ImageRow

AS_MACHINE, CANNOT_TELL = "", "?"
"""What a reader sets an item to, beside a whole number."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist.

    Attributes:
        name: "abcd.colours" and so on.
        least, most: the values that it knows.
        machine_lowest, machine_highest: the values that the machine leaves possible.
        machine_set: whether it narrowed them.
        evidence: what it measured, in English; "" while it is hidden.
        own: what the reader set: a number as text, `CANNOT_TELL`, or `AS_MACHINE`.
        own_at: when.
    """

    name: str
    least: int
    most: int
    machine_lowest: int
    machine_highest: int
    machine_set: bool
    evidence: str
    own: str
    own_at: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a score comes to: the totals and verdicts that the open items leave possible."""

    lowest: float
    highest: float
    mildest: str
    gravest: str


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A score by the machine alone, and with what the reader set.

    `limits`: what total means what, in English.
    """

    name: str
    limits: str
    source: str
    machine: Result
    both: Result


@dataclass(frozen=True, slots=True)
class Checklist:
    """Items, and the scores that are made of them."""

    name: str
    items: tuple[Item, ...]
    scores: tuple[ScoreResult, ...]


@use_case("checklist.change")
def set_items(
    platform: Platform, person: Person, case_id: str, image_id: str, items: Mapping[str, str]
) -> tuple[Checklist, ...]:
    """Set items of the own checklists; what others set is theirs.

    Args:
        image_id: the photograph of the case that they are about.
        items: by "score.item" a whole number, `CANNOT_TELL`, or `AS_MACHINE` to go back.

    Returns:
        all checklists, as they are now.

    Raises:
        InvalidEntry: an item is unknown, or a value is none of its own.
        Conflict: the reader has signed the case.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        image = find_image(session, person, image_id)
        if image.case_id != case.id:
            raise NotFound("There is no such image in your clinic. Open it from its visit's page.")
        read = own_row(session, person, case.id)
        if read is not None and read.signed_at is not None:
            raise Conflict("You have signed this case already. Add an addendum where something changed.")
        number = session.scalar(
            select(func.count()).where(
                ChecklistRow.case_id == case.id, ChecklistRow.reader_id == person.user_id
            )
        )
        for count, (name, given) in enumerate(items.items(), (number or 0) + 1):
            item, value = _checked(name, given)
            session.add(
                ChecklistRow(
                    case_id=case.id,
                    image_id=image.id,
                    reader_id=person.user_id,
                    number=count,
                    item=item,
                    value=value,
                    withdrawn=given == AS_MACHINE,
                    set_at=platform.now(),
                )
            )
            append(
                session, platform.now(), person, "checklist.change", "case", case.id, item=item, value=given
            )
        session.flush()
        if not items:
            append(session, platform.now(), person, "checklist.view", "case", case.id)
        shown = not person.clinic.blind_first or read is not None
        machine = latest(session, image.id) if shown else None
        return checklists_of(session, person, image, machine.content if machine else None, shown=shown)


def checklists_of(
    session: Session, person: Person, image: ImageRow, content: Mapping[str, Any] | None, *, shown: bool
) -> tuple[Checklist, ...]:
    """The checklists of a photograph with what this reader set.

    Args:
        content: of the machine's read that counts; None where it may not be shown, or there is none: every
            item is then open on its side.
        shown: whether the machine's items may be.
    """
    machine = _machine(content["scores"] if content else {})
    own = {
        entry.item: entry
        for entry in session.scalars(
            select(ChecklistRow)
            .where(
                ChecklistRow.case_id == image.case_id,
                ChecklistRow.image_id == image.id,
                ChecklistRow.reader_id == person.user_id,
            )
            .order_by(ChecklistRow.number)
        )
    }
    kept = {name: entry for name, entry in own.items() if not entry.withdrawn}
    both = overruled(machine, {name: entry.value for name, entry in kept.items()})
    found: dict[str, list[str]] = {}
    for name, rule in RULES.items():
        found.setdefault(rule.checklist, []).append(name)
    return tuple(
        Checklist(
            name,
            tuple(_item(f"{name}.{item.name}", item, kept, shown=shown) for item in machine[name].items),
            tuple(
                ScoreResult(
                    score,
                    RULES[score].limits,
                    RULES[score].source,
                    _result(machine[score]),
                    _result(both[score]),
                )
                for score in scores
            ),
        )
        for name, scores in found.items()
    )


def _machine(scores: Mapping[str, Any]) -> dict[str, Score]:
    """The scores of an assessment's JSON form; with all items open where it has none."""
    return {
        name: score_from(
            rule,
            {
                item: Finding(told["lowest"], told["highest"], told["evidence"], told["measure"])
                for item, told in scores.get(name, {}).get("items", {}).items()
            },
        )
        for name, rule in RULES.items()
    }


def _checked(name: str, given: str) -> tuple[str, int | None]:
    """The item by its checklist, and the value."""
    score, _, item = name.partition(".")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else None
    try:
        if number is None and given not in (AS_MACHINE, CANNOT_TELL):
            raise InvalidOverrule(given)
        overruled(_machine({}), {name: number})
    except InvalidOverrule:
        raise InvalidEntry("item", "This is none of the choices; choose one of the list.") from None
    return f"{RULES[score].checklist}.{item}", number


def _item(name: str, item: ScoreItem, kept: Mapping[str, ChecklistRow], *, shown: bool) -> Item:
    entry = kept.get(name)
    own = AS_MACHINE if entry is None else CANNOT_TELL if entry.value is None else str(entry.value)
    return Item(
        name,
        item.least,
        item.most,
        item.lowest,
        item.highest,
        item.set_by == "machine",
        item.evidence if shown else "",
        own,
        entry.set_at if entry else None,
    )


def _result(score: Score) -> Result:
    # Decimals of one digit: their nearest floats are written as they stand.
    return Result(float(score.lowest), float(score.highest), score.mildest, score.gravest)

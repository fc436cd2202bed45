"""A person overrules items of the scores, and the scores follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from augderm.domain.errors import InvalidOverrule
from augderm.domain.scores import Score, ScoreItem, Setter
from augderm.evidence.scores.reading import RULES
from augderm.evidence.scores.rule import score_of_items


def overruled(
    scores: Mapping[str, Score], values: Mapping[str, int | None], by: Setter = "person"
) -> dict[str, Score]:
    """The scores with some items set, and totals and verdicts that follow.

    The evidence stays as it was measured, for a reader to see what was overruled. The two versions of the
    7-point checklist share their items: setting one sets it in both.

    Args:
        scores: by name, as `read_scores` gives them; they are left as they are.
        values: by "score.item", such as {"abcd.colours": 5}; 0 or 1 for a criterion that is absent or
            present. None opens the item: whoever looked could not tell.
        by: who set them.

    Raises:
        InvalidOverrule: an item is unknown, a value is no whole number or out of the item's range, or two
            values contradict each other.
    """
    changes: dict[tuple[str, str], int | None] = {}
    for key, value in values.items():
        score, name, item = _find(scores, key)
        checked = _checked(key, value, item)
        place = (RULES[score].checklist, name)
        if changes.get(place, checked) != checked:
            raise InvalidOverrule(f"{key} is given two values, {changes[place]} and {checked}; give one")
        changes[place] = checked
    found = {}
    for name, score_ in scores.items():
        rule = RULES[name]
        items = [
            _set(item, changes[place], by) if (place := (rule.checklist, item.name)) in changes else item
            for item in score_.items
        ]
        found[name] = score_of_items(rule, items)
    return found


def _find(scores: Mapping[str, Score], key: str) -> tuple[str, str, ScoreItem]:
    score, _, name = key.partition(".")
    if score not in scores:
        known = ", ".join(scores) or "none: the image has no dermoscopic scores"
        raise InvalidOverrule(f"{key!r} names no score; known are {known}")
    try:
        return score, name, scores[score].item(name)
    except KeyError:
        known = ", ".join(f"{score}.{item.name}" for item in scores[score].items)
        raise InvalidOverrule(f"{key!r} names no item; known are {known}") from None


def _checked(key: str, value: object, item: ScoreItem) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not item.least <= value <= item.most:
        raise InvalidOverrule(
            f"{key} is {value!r}; give a whole number from {item.least} to {item.most}, or None where it "
            "cannot be told"
        )
    return int(value)


def _set(item: ScoreItem, value: int | None, by: Setter) -> ScoreItem:
    if value is None:
        return replace(item, lowest=item.least, highest=item.most, set_by=by)
    return replace(item, lowest=value, highest=value, set_by=by)

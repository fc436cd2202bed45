"""A worklist in its order, with the reason for each place, as JSON: schema `augderm.worklist/1`.

The published JSON Schema is `worklist.schema.json` beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from augderm.domain.advice import Band, PolicyName
from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.text import storable
from augderm.evidence.priority import Account, Case, Key, account, before_by, headstart_days
from augderm.formats.assessment_json import rounded
from augderm.formats.report.advice import BANDS
from augderm.formats.report.wording import percent
from augderm.formats.unread_cases import UnreadCase

WORKLIST_SCHEMA = "augderm.worklist/1"
SCHEMA_FILE = Path(__file__).parent / "worklist.schema.json"
ArrivalSource = Literal["table", "option", "photograph"]
SOURCES: dict[ArrivalSource, str] = {
    "table": "the table",
    "option": "--arrived",
    "photograph": "the photograph's date",
}
TIES: dict[Key, str] = {
    "due": "",
    "band": "As due as the next one; it goes first by its band.",
    "probability": "As due as the next one; it goes first by its probability.",
    "age": "As due as the next one; it goes first, for it has been in longer.",
    "name": "As due as the next one in all; it goes first by its name.",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case of the list: what was read, when it came in and who says so, and how it counts."""

    unread: UnreadCase
    arrived_on: str
    arrival_from: ArrivalSource
    case: Case


def worklist_json(
    ordered: Sequence[Waiting], read_within_days: Mapping[Band, float], policy: PolicyName, today: str
) -> dict[str, Any]:
    """The list as JSON values.

    Args:
        ordered: in the order of `evidence.priority.worklist`.
        read_within_days: of the policy.
        policy: whose days these are.
        today: YYYY-MM-DD, the day from which they are counted.
    """
    after = headstart_days(read_within_days)
    followers = [*ordered, None][1:]
    return {
        "schema": WORKLIST_SCHEMA,
        "limit_of_use": LIMIT_OF_USE,
        "today": today,
        "policy": asdict(policy),
        "read_within_days": dict(read_within_days),
        "passed_by_nothing_after_days": rounded(after),
        "cases": [
            _case(place, each, follower, read_within_days, after)
            for place, (each, follower) in enumerate(zip(ordered, followers, strict=True), 1)
        ],
    }


def _case(
    place: int, each: Waiting, follower: Waiting | None, read_within_days: Mapping[Band, float], after: float
) -> dict[str, Any]:
    counted = account(each.case, read_within_days)
    key = before_by(each.case, follower.case, read_within_days) if follower else None
    return {
        "place": place,
        "image": storable(each.unread.image),
        "status": each.unread.status,
        "band": each.unread.band,
        "probability": rounded(each.unread.probability),
        "arrived_on": each.arrived_on,
        "arrival_from": each.arrival_from,
        "unread_days": rounded(counted.unread),
        "waited_days": rounded(each.case.waited_days),
        "allowed_days": rounded(counted.allowed),
        "credit_days": rounded(counted.credit),
        "days_left": rounded(counted.left),
        "overdue": counted.left < 0,
        "passed_by_nothing": counted.unread > after,
        "before_next_by": key,
        "reason": reason(each, counted, key, after),
        "rules": list(each.unread.rules),
    }


def reason(each: Waiting, counted: Account, key: Key | None, after: float) -> str:
    """Why a case stands where it does, in sentences."""
    probability = each.unread.probability
    risk = (
        "its probability of malignancy is not known and counts as the highest"
        if probability is None
        else f"probability of malignancy {percent(probability)}"
    )
    parts = [
        f"{BANDS[each.unread.band]}; {risk}: may wait {counted.allowed:.1f} days.",
        f" Arrived {each.arrived_on}, by {SOURCES[each.arrival_from]}; in for {counted.unread:g}",
    ]
    if counted.credit:
        parts.append(f", and {counted.credit:.1f} off for {each.case.waited_days:g} of waiting before")
    late = f"{-counted.left:.1f} days overdue" if counted.left < 0 else f"due in {counted.left:.1f} days"
    parts.append(f": {late}.")
    if key and TIES[key]:
        parts.append(f" {TIES[key]}")
    if counted.unread > after:
        parts.append(f" Unread for more than {after:g} days: nothing that comes later passes it.")
    return "".join(parts)

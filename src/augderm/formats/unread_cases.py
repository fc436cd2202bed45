"""The cases of a worklist, from the JSON lines that `augderm read` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from augderm.domain.advice import BANDS, Band, PolicyName
from augderm.domain.assessment import SCHEMA, Status
from augderm.domain.capture import is_day
from augderm.domain.errors import InvalidConfig, LimitExceeded
from augderm.domain.limits import MAX_ASSESSMENT_BYTES, MAX_WORKLIST_CASES
from augderm.domain.text import visible


@dataclass(frozen=True, slots=True)
class UnreadCase:
    """What a worklist needs of one assessment.

    Attributes:
        image: as the assessment calls it.
        status: ok, abstained or failed; none of them is left out of a worklist.
        band: of its advice.
        rules: sentences of the rules that decided; empty where none did.
        probability: of malignancy, 0..1; None where it is not known.
        taken_on: the day of the photograph, YYYY-MM-DD; None where it is not known.
        policy: whose advice it is.
        place: file and line, for messages.
    """

    image: str
    status: Status
    band: Band
    rules: tuple[str, ...]
    probability: float | None
    taken_on: str | None
    policy: PolicyName
    place: str


def read_unread_cases(paths: Sequence[Path]) -> list[UnreadCase]:
    """Read files of assessments, in their order.

    Raises:
        InvalidConfig: a file cannot be read, a line is no assessment, was cut or has no advice, an image
            stands in two lines, or two lines have the advice of two policies; the message names file and
            line.
        LimitExceeded: a line is longer than `MAX_ASSESSMENT_BYTES`, or there are more than
            `MAX_WORKLIST_CASES`.
    """
    found: dict[str, UnreadCase] = {}
    for path in paths:
        for place, line in _lines(path):
            case = _case(line, place)
            if case.image in found:
                raise InvalidConfig(
                    f"{place}: {visible(case.image)} stands in {found[case.image].place} too; give each "
                    "case once"
                )
            first = next(iter(found.values()), case)
            if first.policy.sha256 != case.policy.sha256:
                raise InvalidConfig(
                    f"{place} has advice by the policy {case.policy.name} {case.policy.version} "
                    f"({case.policy.sha256[:12]}), {first.place} by {first.policy.name} "
                    f"{first.policy.version} ({first.policy.sha256[:12]}); read all with one policy"
                )
            found[case.image] = case
            if len(found) > MAX_WORKLIST_CASES:
                raise LimitExceeded(
                    f"there are more than {MAX_WORKLIST_CASES} cases, the limit; split the list"
                )
    return list(found.values())


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    name = visible(str(path))
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_ASSESSMENT_BYTES + 1):
                number += 1
                place = f"{name}, line {number}"
                if len(line) > MAX_ASSESSMENT_BYTES:
                    raise LimitExceeded(f"{place}, has more than {MAX_ASSESSMENT_BYTES // 1024**2} MB")
                if not line.endswith(b"\n"):
                    raise InvalidConfig(
                        f"{place}, was cut, so a case may be missing; finish it with augderm read --resume"
                    )
                if line.strip():
                    yield place, line
    except OSError as error:
        raise InvalidConfig(
            f"{name} cannot be read ({error.strerror}); check the path and its mode"
        ) from None


def _case(line: bytes, place: str) -> UnreadCase:
    try:
        given = json.loads(line.decode("utf-8"))
        if given["schema"] != SCHEMA:
            raise ValueError
        if given["advice"] is None:
            raise InvalidConfig(f"{place}, has no advice; read the image with this version of augderm read")
        return _of(given, place)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidConfig(
            f"{place}, is no assessment; give the file that augderm read --json wrote"
        ) from None


def _of(given: dict[str, Any], place: str) -> UnreadCase:
    advice, malignancy, capture = given["advice"], given["malignancy"], given["capture"]
    case = UnreadCase(
        image=given["image"],
        status=given["status"],
        band=cast("Band", advice["band"]),
        rules=tuple(rule["sentence"] for rule in advice["rules"] if rule["decides"]),
        probability=None if malignancy is None else malignancy["probability"],
        taken_on=None if capture is None else capture["taken_on"],
        policy=PolicyName(**advice["policy"]),
        place=place,
    )
    words = (case.image, case.status, *case.rules, case.policy.name, case.policy.version, case.policy.sha256)
    number = case.probability
    if (
        not all(isinstance(word, str) for word in words)
        or case.band not in BANDS
        or case.status not in get_args(Status)
        or not (case.taken_on is None or is_day(case.taken_on))
        or not (number is None or (type(number) in (int, float) and 0 <= number <= 1))
    ):
        raise ValueError
    return case

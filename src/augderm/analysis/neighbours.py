"""What the diagnoses of neighbouring cases say, and where they contradict the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from augderm.domain.similar import OUTSIDE, ClassShare, Disagreement, KnownCase
from augderm.domain.taxonomy import BY_CODE, CODES, codes_behaving

COMPARED = 10
"""Neighbours that are asked for and held against the network: as many as its figures were measured with."""
MIN_NEIGHBOURS = 5
"""Fewest neighbours that are held against the network: of fewer, one case is a quarter of the vote."""
MAJORITY = 0.5
"""Share of one diagnosis from which on the network should not exclude it."""
MALIGNANT_SHARE = 0.3
"""Share of malignant cases from which on the network should not exclude every malignant diagnosis: lower
than `MAJORITY`, for a missed melanoma weighs more than a false alarm."""


Likeness = Literal["close", "alike", "distant"]
CLOSE = 0.075
DISTANT = 0.2
"""Cosine distances up to which a case is close, and beyond which it is distant; chosen with bundle 0.4.1 on
images that it was not trained on, and measured again with the shipped one. docs/explain/similar-cases.md has
how often the diagnosis is the same.
"""


def likeness(distance: float) -> Likeness:
    """A cosine distance in a word: something is always nearest, and it may be far."""
    return "close" if distance <= CLOSE else "alike" if distance <= DISTANT else "distant"


def class_shares(cases: Sequence[KnownCase], probabilities: Mapping[str, float]) -> tuple[ClassShare, ...]:
    """Each diagnosis' share of the neighbours beside its probability, commonest first.

    Args:
        cases: the neighbours; none gives no shares.
        probabilities: the network's, by code.
    """
    if not cases:
        return ()
    counts = Counter(case.code or OUTSIDE for case in cases)
    codes = [*CODES, *([OUTSIDE] if counts[OUTSIDE] else [])]
    shares = [
        ClassShare(code, counts[code], counts[code] / len(cases), probabilities.get(code)) for code in codes
    ]
    return tuple(sorted(shares, key=lambda share: (-share.count, -(share.probability or 0.0))))


def disagreements(
    cases: Sequence[KnownCase], probabilities: Mapping[str, float], prediction_set: Collection[str]
) -> tuple[Disagreement, ...]:
    """Each way in which neighbours and network contradict each other.

    With at least `MIN_NEIGHBOURS` neighbours there are three ways:

    1. One diagnosis has at least `MAJORITY` of the neighbours, and the network excludes it (it is not in
       the prediction set).
    2. No neighbour has the network's likeliest diagnosis.
    3. At least `MALIGNANT_SHARE` of the neighbours are malignant, and the network excludes every malignant
       diagnosis.

    A diagnosis outside of the taxonomy counts among the malignant where its dataset calls it so.

    Args:
        cases: the neighbours.
        probabilities: the network's, by code.
        prediction_set: the codes that it does not exclude.
    """
    total = len(cases)
    if total < MIN_NEIGHBOURS:
        return ()
    counts = Counter(case.code for case in cases)
    found = [
        Disagreement("excluded", counts[code], total, code)
        for code in CODES
        if counts[code] >= MAJORITY * total and code not in prediction_set
    ]
    likeliest = max(probabilities, key=probabilities.__getitem__)
    if not counts[likeliest]:
        found.append(Disagreement("absent", 0, total, likeliest))
    malignant = sum(case.malignant is True for case in cases)
    if malignant >= MALIGNANT_SHARE * total and not set(prediction_set) & set(codes_behaving("malignant")):
        found.append(Disagreement("malignant", malignant, total))
    return tuple(found)


def sentence(disagreement: Disagreement) -> str:
    """It in English."""
    count, total, code = disagreement.count, disagreement.total, disagreement.code
    match disagreement.kind:
        case "excluded":
            return f"{count} of {total} similar cases are {_name(code)}, which the network excludes."
        case "absent":
            return f"None of {total} similar cases is {_name(code)}, which the network holds likeliest."
        case "malignant":
            return (
                f"{count} of {total} similar cases are malignant, and the network excludes every malignant "
                "diagnosis."
            )


def _name(code: str) -> str:
    name = BY_CODE[code].name
    return name[0].lower() + name[1:]

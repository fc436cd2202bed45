"""The ugly duckling: a lesion unlike the patient's others, here by the network's embedding.

Each lesion is held against the centre of the others, the median of each coordinate, which one or two odd ones
among them hardly move. Its distance from there is told over the median distance of the others: 1 is a lesion
like them, 2 one twice as far. Only the appearance decides: measures beside it say in what a lesion differs,
but joined to it they told melanomas from naevi worse (docs/explain/anamnesis.md has the figures).

It says that a lesion is unlike, not that it is malignant; and since the embedding is what the network
diagnoses from, it is no second witness to the network's diagnosis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.nearest import unit
from augderm.domain.assessment import Assessment
from augderm.domain.duckling import Appearance, Ducklings, LesionAmongOthers

MIN_LESIONS = 6
"""Fewest lesions that are compared: of fewer than five others, an odd one is more than a fifth."""
LIMIT = 2.0
"""Twice as far from the others' centre as they are."""
NO_PICTURE = "There is no picture of it."
APPEARANCE = "appearance"
APPEARANCE_FLOOR = 0.1
"""Least spread of unit embeddings: below it lesions are as like as two photographs of one."""

Rows = NDArray[np.float64]


def _size(lesion: Appearance) -> list[float] | None:
    return None if lesion.long_axis_mm is None else [float(np.log(lesion.long_axis_mm))]


def _colour(lesion: Appearance) -> list[float] | None:
    return None if lesion.lab_mean is None else list(lesion.lab_mean)


def _shape(lesion: Appearance) -> list[float] | None:
    if lesion.shape_asymmetry is None or lesion.circularity is None:
        return None
    return [float(np.mean(lesion.shape_asymmetry)), lesion.circularity]


MEASURES: dict[str, tuple[Callable[[Appearance], list[float] | None], float]] = {
    "size": (_size, 0.1),
    "colour": (_colour, 2.0),
    "shape": (_shape, 0.05),
}
"""Coordinates by feature, and the least spread that is told apart from noise: 10 % of the length, 2 Delta
E*ab, and 0.05 of asymmetry or circularity; our own."""


def find_ducklings(lesions: Sequence[Assessment]) -> Ducklings:
    """Hold each lesion of one patient against the others: see `compare_appearances`.

    Args:
        lesions: the reads of one patient's lesions, one of each lesion.
    """
    return compare_appearances([appearance_of(lesion) for lesion in lesions])


def appearance_of(read: Assessment) -> Appearance:
    """What of a read is compared; none of it where it gives no diagnosis."""
    if read.status != "ok" or read.pictures is None:
        return Appearance(read.image, read.reason or NO_PICTURE)
    measures = read.measures
    return Appearance(
        read.image,
        modality=read.modality.likelier if read.modality else None,
        embedding=read.pictures.embedding,
        long_axis_mm=measures.long_axis_mm if measures else None,
        lab_mean=measures.lab_mean if measures else None,
        shape_asymmetry=measures.shape_asymmetry if measures else None,
        circularity=measures.circularity if measures else None,
    )


def compare_appearances(lesions: Sequence[Appearance]) -> Ducklings:
    """Hold each lesion of one patient against the others.

    Args:
        lesions: of one patient, one of each lesion. Those with a reason are not compared, nor are those of
            the rarer modality where there are both.

    Returns:
        every lesion with its distance, or with the reason why it has none.

    Raises:
        ValueError: embeddings differ in length, or are not finite.
    """
    reasons = _not_compared(lesions)
    kept = [index for index, reason in enumerate(reasons) if not reason]
    if len(kept) < MIN_LESIONS:
        few = (
            f"{len(kept)} of {len(lesions)} lesions can be compared; fewer than {MIN_LESIONS} say nothing of "
            "what is usual for the patient. Photograph more of the patient's lesions."
        )
        left_out = [
            LesionAmongOthers(lesion.image, None, {}, None, reason or "Too few lesions to compare.")
            for lesion, reason in zip(lesions, reasons, strict=True)
        ]
        return Ducklings(tuple(left_out), 0, LIMIT, few)
    features = _features([lesions[index] for index in kept])
    by_lesion = {
        index: {name: float(row[at]) for name, row in features.items()} for at, index in enumerate(kept)
    }
    found = []
    for index, lesion in enumerate(lesions):
        if reasons[index]:
            found.append(LesionAmongOthers(lesion.image, None, {}, None, reasons[index]))
            continue
        distance = by_lesion[index][APPEARANCE]
        found.append(LesionAmongOthers(lesion.image, distance, by_lesion[index], distance > LIMIT))
    return Ducklings(tuple(found), len(kept), LIMIT)


def distances_from_others(points: Rows, floor: float) -> Rows:
    """How far each point lies from the centre of the others, over how far they lie from it.

    Args:
        points: (n, k), n from 2.
        floor: least spread of the others that is divided by, above 0, in the unit of the points.

    Returns:
        (n,) 0 and above.
    """
    found = np.empty(len(points))
    for index, point in enumerate(points):
        others = np.delete(points, index, axis=0)
        centre = np.median(others, axis=0)
        spread = np.median(np.linalg.norm(others - centre, axis=1))
        found[index] = np.linalg.norm(point - centre) / max(float(spread), floor)
    return found


def _not_compared(lesions: Sequence[Appearance]) -> list[str]:
    """Why each is not compared; "" where it is."""
    kinds = [lesion.modality for lesion in lesions if not lesion.reason]
    usual = Counter(kinds).most_common(1)[0][0] if kinds else None
    return [
        lesion.reason or ("" if lesion.modality == usual else f"It is no {usual} image, as the others are.")
        for lesion in lesions
    ]


def _features(lesions: Sequence[Appearance]) -> dict[str, Rows]:
    """The distances by feature, each (n,); a measure that a lesion lacks is left out for all."""
    vectors = [unit(lesion.embedding) for lesion in lesions if lesion.embedding is not None]
    if len({len(vector) for vector in vectors}) > 1:
        raise ValueError("the embeddings differ in length; read all lesions with one model")
    found = {APPEARANCE: distances_from_others(np.stack(vectors).astype(float), APPEARANCE_FLOOR)}
    for name, (coordinates, floor) in MEASURES.items():
        rows = [coordinates(lesion) for lesion in lesions]
        known = [row for row in rows if row is not None]
        if len(known) == len(lesions):
            found[name] = distances_from_others(np.array(known), floor)
    return found

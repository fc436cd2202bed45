"""Several photographs of one lesion, read as one."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from augderm.domain.assessment import (
    Assessment,
    DiagnosisRead,
    Malignancy,
    ModalityRead,
    leading_of,
)
from augderm.domain.structures import ANSWERED_BY, LIKELY, StructureFinding, not_looked_for
from augderm.domain.taxonomy import CODES, codes_behaving
from augderm.reader.calibrated import IN_DOUBT

SMALLEST_PROBABILITY = 1e-9
"""Below it a probability counts as this much: its logarithm must stay finite."""
BOTH_KINDS = (
    "Dermoscopic images and clinical photographs were joined, each read with its own calibration: the "
    "probabilities hold for no one mixture of cases, and structures are those of the dermoscopic images."
)


DOUBT_JOINED = (
    "Each photograph in doubt was read as both kinds before all were joined; what is said of structures "
    "holds only of those taken through a dermatoscope."
)


def join_photographs(reads: Sequence[Assessment], name: str) -> Assessment:
    """One assessment of a lesion from the reads of its photographs.

    The calibrated log-probabilities of the diagnoses and of the checklist's categories, and the log-odds of
    malignancy and of each structure, are averaged over the photographs that could be read ("ok"). Malignancy
    is averaged within a kind of photograph, and then the higher of the two counts: a clinical one, which
    shows less, must not talk down what the dermatoscope saw, nor the other way round. One whose kind is in
    doubt may be of either, so it counts by itself as well. A diagnosis
    is in the prediction set where it is in that of any of them: it is excluded only where every photograph
    excludes it, so that the set holds the truth at least as often as each photograph's own. An artefact is
    as likely as where it is likeliest, and as much is painted over as where it is most. The modality says
    where both were used, or one in doubt; notes name each photograph that was not used, and tell once what
    limits the read of those that were. What cannot be joined, such as measures and how it was taken, is that
    of the first photograph that was read.

    Args:
        reads: at least one, of one lesion, in the order given.
        name: what the assessment calls the lesion.
    """
    used = [read for read in reads if read.status == "ok"]
    leading = leading_of(reads)
    joined = replace(
        leading, image=name, sha256=sha256_of_all([read.sha256 for read in reads]), photographs=tuple(reads)
    )
    if not used:
        reasons = [f"{read.image}: {read.reason}" for read in reads]
        return replace(
            joined,
            notes=(),
            reason=f"None of the {len(reads)} photographs could be read. {' '.join(reasons)}",
        )
    diagnosis = _join_diagnoses([read.diagnosis for read in used if read.diagnosis])
    structures = {
        key: _mean_odds(found) if (found := _given(used, "structures", key)) else None
        for key in _keys(used, "structures")
    }
    return replace(
        joined,
        notes=_notes(reads, used),
        modality=_join_modalities([read.modality for read in used if read.modality]),
        diagnosis=diagnosis,
        malignancy=Malignancy(
            probability=_join_malignancies(used),
            indeterminate=sum(diagnosis.probabilities[code] for code in codes_behaving("indeterminate")),
        ),
        painted_over=max((r.painted_over for r in used if r.painted_over is not None), default=None),
        structures=structures,
        findings=tuple(_agreeing(one, leading.structures, structures) for one in leading.findings),
        artefacts={
            key: max(_given(used, "artefacts", key), default=None) for key in _keys(used, "artefacts")
        },
        checklist={
            key: _mean_probabilities(found) if (found := _given(used, "checklist", key)) else None
            for key in _keys(used, "checklist")
        },
    )


def _notes(reads: Sequence[Assessment], used: Sequence[Assessment]) -> tuple[str, ...]:
    notes = []
    if len(used) < len(reads):
        notes.append(f"{len(used)} of {len(reads)} photographs were used.")
    notes += [f"Not used: {read.image}. {read.reason}" for read in reads if read.status != "ok"]
    kinds = [read.modality for read in used if read.modality]
    if len({modality.likelier for modality in kinds if not modality.in_doubt}) > 1:
        notes.append(BOTH_KINDS)
    doubtful = [read.image for read in used if read.modality and read.modality.in_doubt]
    if doubtful:
        notes.append(f"Taken through a dermatoscope or not, that is in doubt of: {', '.join(doubtful)}.")
        notes.append(DOUBT_JOINED)
    # What the note of one photograph in doubt says of its figures does not hold of the joined ones.
    others = (note for read in used for note in read.notes if note != IN_DOUBT)
    return tuple(dict.fromkeys([*notes, *others]))


def _join_modalities(found: Sequence[ModalityRead]) -> ModalityRead | None:
    if not found:
        return None
    return ModalityRead(
        found[0].likelier,
        max((m.clinical_probability for m in found if m.clinical_probability is not None), default=None),
        in_doubt=any(modality.in_doubt for modality in found),
        mixed=len({modality.likelier for modality in found}) > 1,
    )


def _agreeing(
    finding: StructureFinding, own: Mapping[str, float | None], joined: Mapping[str, float | None]
) -> StructureFinding:
    """A finding of one photograph, silent where all of them say otherwise of its structure."""
    structure = finding.name if finding.source == "network" else ANSWERED_BY.get(finding.name)  # type: ignore[call-overload]
    if structure is None or _likely(own, structure) == _likely(joined, structure):
        return finding
    return not_looked_for(finding.name, finding.source, finding.validation)


def _likely(probabilities: Mapping[str, float | None], structure: str) -> bool:
    return (probabilities.get(structure) or 0.0) >= LIKELY


def sha256_of_all(hashes: Sequence[str | None]) -> str | None:
    """The hash of a lesion: of the hex digests of its photographs in their order; None where one is."""
    if None in hashes:
        return None
    return hashlib.sha256("".join(map(str, hashes)).encode()).hexdigest()


def _join_diagnoses(diagnoses: Sequence[DiagnosisRead]) -> DiagnosisRead:
    probabilities = _mean_probabilities([d.probabilities for d in diagnoses])
    members = {code for d in diagnoses for code in d.prediction_set}
    members.add(max(CODES, key=probabilities.__getitem__))
    return DiagnosisRead(
        probabilities=probabilities,
        prediction_set=tuple(sorted(members, key=lambda code: -probabilities[code])),
        coverage=min(d.coverage for d in diagnoses),
        mixture={code: sum(d.mixture[code] for d in diagnoses) / len(diagnoses) for code in CODES},
        never_excluded=tuple(code for code in CODES if any(code in d.never_excluded for d in diagnoses)),
    )


def _mean_probabilities(reads: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The normalised geometric mean of probabilities with the same names."""
    sums = [sum(math.log(max(read[name], SMALLEST_PROBABILITY)) for read in reads) for name in reads[0]]
    grown = [math.exp((total - max(sums)) / len(reads)) for total in sums]
    return {name: value / sum(grown) for name, value in zip(reads[0], grown, strict=True)}


def _join_malignancies(used: Sequence[Assessment]) -> float:
    by_kind: dict[str, list[float]] = {}
    alone: list[float] = []
    for read in used:
        if read.malignancy and read.modality and read.modality.in_doubt:
            alone.append(read.malignancy.probability)
        elif read.malignancy:
            # A bundle that does not tell the kind tells it of no photograph.
            kind = read.modality.likelier if read.modality else ""
            by_kind.setdefault(kind, []).append(read.malignancy.probability)
    return max(*map(_mean_odds, by_kind.values()), *alone, 0.0)


def _mean_odds(probabilities: Sequence[float]) -> float:
    held = [min(max(p, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY) for p in probabilities]
    mean = sum(math.log(p / (1 - p)) for p in held) / len(held)
    return 1 / (1 + math.exp(-mean))


def _keys(reads: Sequence[Assessment], part: str) -> list[str]:
    return list(dict.fromkeys(key for read in reads for key in getattr(read, part)))


def _given(reads: Sequence[Assessment], part: str, key: str) -> list[Any]:
    values = (getattr(read, part).get(key) for read in reads)
    return [value for value in values if value is not None]

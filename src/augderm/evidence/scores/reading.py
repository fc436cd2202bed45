"""The scores of an assessment, as far as the machine can fill them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from augderm.domain.assessment import Assessment
from augderm.domain.scores import Score
from augderm.evidence.scores import abcd, chaos, menzies, seven_point, three_point
from augderm.evidence.scores.rule import Finding, ScoreRule, score_from
from augderm.evidence.scores.seen import Seen

FINDINGS: tuple[tuple[ScoreRule, Callable[[Seen], Mapping[str, Finding]]], ...] = (
    (abcd.ABCD, abcd.findings),
    (seven_point.SEVEN_POINT, seven_point.findings),
    (seven_point.SEVEN_POINT_REVISED, seven_point.findings),
    (three_point.THREE_POINT, three_point.findings),
    (menzies.MENZIES, menzies.findings),
    (chaos.CHAOS, chaos.findings),
)
RULES: dict[str, ScoreRule] = {rule.name: rule for rule, _ in FINDINGS}
"""By name, in the order in which they are shown."""


def read_scores(assessment: Assessment) -> dict[str, Score]:
    """All scores by name.

    Empty where the read failed, where the photograph is clinical or its kind in doubt, and where nothing was
    measured. Of several photographs the measures are those of the first dermoscopic one that was read (else
    the first that was measured), structures and checklist those of all.
    """
    leading = _leading(assessment)
    if leading is None:
        return {}
    seen = Seen(leading.measures, assessment.structures, assessment.checklist)
    return {rule.name: score_from(rule, findings(seen)) for rule, findings in FINDINGS}


def _leading(assessment: Assessment) -> Assessment | None:
    usable = [
        read
        for read in assessment.photographs or (assessment,)
        if read.status != "failed"
        and read.modality is not None
        and read.modality.surely_dermoscopic
        and (read.measures or read.structures)
    ]
    return min(usable, key=lambda read: read.status != "ok", default=None)

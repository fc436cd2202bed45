"""The JSON form of an assessment, `augderm.assessment/1`, the same for every door.

The published JSON Schema is `assessment.schema.json` beside this file. Everything undefined is
null, never 0 and never left out; only `images`, `photographs` and `photographs_read` stand in no read of a
single image.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from augderm.domain.advice import Advice, FiredRule
from augderm.domain.anamnesis import Anamnesis, contradictions
from augderm.domain.assessment import (
    SCHEMA,
    Assessment,
    Border,
    DiagnosisRead,
    LeastAsymmetry,
    Malignancy,
    Measures,
    ModalityRead,
    Novelty,
    Quality,
)
from augderm.domain.recall import Recall
from augderm.domain.risk import PersonRisk
from augderm.domain.scores import Score, ScoreItem
from augderm.domain.structures import NOT_VALIDATED, StructureFinding, Validation, not_looked_for
from augderm.domain.text import storable
from augderm.domain.together import Gain, Together
from augderm.formats.anamnesis_json import anamnesis_to_object

SIGNIFICANT_DIGITS = 6
"""Of each number written: more would suggest a precision that no photograph has."""
SCHEMA_FILE = Path(__file__).parent / "assessment.schema.json"


def to_json_line(assessment: Assessment) -> str:
    """One line of JSON, without the line break; non-ASCII letters stay as they are."""
    return json.dumps(to_json_object(assessment), ensure_ascii=False, allow_nan=False)


def to_json_object(assessment: Assessment) -> dict[str, Any]:
    """The assessment as plain JSON values, its arrays left out."""
    model = assessment.model
    return {
        "schema": SCHEMA,
        "image": storable(assessment.image),
        **_photographs(assessment),
        "sha256": assessment.sha256,
        "model": {"name": model.name, "version": model.version, "sha256": model.sha256},
        "status": assessment.status,
        "reason": assessment.reason,
        "notes": [storable(note) for note in assessment.notes],
        "views": assessment.views,
        "runtime": asdict(assessment.runtime) if assessment.runtime else None,
        "painted_over": rounded(assessment.painted_over),
        "capture": asdict(assessment.capture) if assessment.capture else None,
        "modality": _modality(assessment.modality) if assessment.modality else None,
        "novelty": _novelty(assessment.novelty) if assessment.novelty else None,
        "quality": _quality(assessment.quality) if assessment.quality else None,
        "border": _border(assessment.border) if assessment.border else None,
        "measures": _measures(assessment.measures) if assessment.measures else None,
        "diagnosis": _diagnosis(assessment.diagnosis) if assessment.diagnosis else None,
        "malignancy": _malignancy(assessment.malignancy) if assessment.malignancy else None,
        "structures": _structures(assessment),
        "findings": {
            one.name: {**_finding(one), **_objects(one)}
            for one in assessment.findings
            if one.source == "image analysis"
        },
        "artefacts": _presence(assessment.artefacts),
        "checklist": _checklist(assessment.checklist),
        "scores": {name: _score(score) for name, score in assessment.scores.items()},
        "anamnesis": _anamnesis(assessment, assessment.anamnesis) if assessment.anamnesis else None,
        "advice": advice_json(assessment.advice) if assessment.advice else None,
    }


def _photographs(assessment: Assessment) -> dict[str, Any]:
    if not assessment.photographs:
        return {}
    return {
        "images": [storable(photograph.image) for photograph in assessment.photographs],
        "photographs": [to_json_object(photograph) for photograph in assessment.photographs],
        "photographs_read": sum(photograph.status == "ok" for photograph in assessment.photographs),
    }


def _anamnesis(assessment: Assessment, anamnesis: Anamnesis) -> dict[str, Any]:
    return {
        "answers": anamnesis_to_object(anamnesis),
        "contradictions": [
            {"answers": list(each.answers), "sentence": each.sentence} for each in contradictions(anamnesis)
        ],
        "risk": _risk(assessment.risk) if assessment.risk else None,
        "story": {name: _score(score) for name, score in assessment.story.items()},
        "together": _together(assessment.together) if assessment.together else None,
    }


def _risk(risk: PersonRisk) -> dict[str, Any]:
    return {
        "model": risk.model,
        "years": risk.years,
        "probability": rounded(risk.probability),
        "relative_risk": rounded(risk.relative_risk),
        "factors": {
            factor.name: {"answer": factor.answer, "relative_risk": factor.relative_risk}
            for factor in risk.factors
        },
        "reason": risk.reason,
    }


def _together(together: Together) -> dict[str, Any]:
    return {
        "probability": rounded(together.probability),
        "contributions": {
            part.name: {"answer": part.answer, "log_odds": rounded(part.log_odds), "reason": part.reason}
            for part in together.contributions
        },
        "beside": {each.name: storable(each.answer) for each in together.beside},
        "gain": _gain(together.gain) if together.gain else None,
        "reason": together.reason,
    }


def _gain(gain: Gain) -> dict[str, Any]:
    return {
        "shown": gain.shown,
        "images": gain.images,
        "malignant": gain.malignant,
        **{
            name: dict(zip(("value", "low", "high"), map(rounded, figure), strict=True))
            for name, figure in gain.figures.items()
        },
        "by_source": {
            name: {"shown": each.shown, "images": each.images, "malignant": each.malignant}
            for name, each in gain.by_source.items()
        },
    }


def _modality(modality: ModalityRead) -> dict[str, Any]:
    return {
        "name": modality.name,
        "clinical_probability": rounded(modality.clinical_probability),
        "in_doubt": modality.in_doubt,
    }


def _novelty(novelty: Novelty) -> dict[str, Any]:
    return {"score": rounded(novelty.score), "limit": rounded(novelty.limit)}


def _presence(found: Mapping[str, float | None]) -> dict[str, Any]:
    return {name: {"probability": rounded(probability)} for name, probability in found.items()}


def _structures(assessment: Assessment) -> dict[str, Any]:
    places = {one.name: one for one in assessment.findings if one.source == "network"}
    return {
        name: {
            "probability": rounded(probability),
            **_finding(places.get(name) or not_looked_for(name, "network", NOT_VALIDATED)),
        }
        for name, probability in assessment.structures.items()
    }


def _finding(finding: StructureFinding) -> dict[str, Any]:
    """Where it is. The masks stay out: they are pictures, of more bytes than all the rest."""
    return {
        "source": finding.source,
        "located": finding.located,
        "share": rounded(finding.share),
        "centroid": _numbers(finding.centroid),
        "box": _numbers(finding.box),
        "validation": _validation(finding.validation),
    }


def _objects(finding: StructureFinding) -> dict[str, Any]:
    return {
        "count": finding.count,
        "median_size_px": rounded(finding.median_size_px),
        "regular": finding.regular,
    }


def _validation(validation: Validation) -> dict[str, Any]:
    return {
        "words": validation.words,
        "auc": rounded(validation.auc),
        "images": validation.images,
        "positive": validation.positive,
        "area_correlation": rounded(validation.area_correlation),
        "area_images": validation.area_images,
    }


def _numbers(values: tuple[float, ...] | None) -> list[float | None] | None:
    return None if values is None else [rounded(value) for value in values]


def _checklist(criteria: Mapping[str, Mapping[str, float] | None]) -> dict[str, Any]:
    return {
        criterion: {"probabilities": found and {name: rounded(p) for name, p in found.items()}}
        for criterion, found in criteria.items()
    }


def rounded(value: float | None) -> float | None:
    """A number as it is written: `SIGNIFICANT_DIGITS`, and null where it is undefined."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def _quality(quality: Quality) -> dict[str, Any]:
    checks = {
        check.name: {
            "value": rounded(check.value),
            "unit": check.unit,
            "poor_at": check.poor_at,
            "unfit_at": check.unfit_at,
            "higher_is_better": check.higher_is_better,
            "verdict": check.verdict,
            "sentence": check.sentence,
        }
        for check in quality.checks
    }
    return {"verdict": quality.verdict, "checks": checks, "notes": list(quality.notes)}


def _border(border: Border) -> dict[str, Any]:
    return {
        "area_fraction": rounded(border.area_fraction),
        "box": [rounded(value) for value in border.box],
        "centroid": [rounded(value) for value in border.centroid],
        "confidence": rounded(border.confidence),
    }


def _least_asymmetry(least: LeastAsymmetry) -> dict[str, Any]:
    return {
        "angle_deg": rounded(least.angle_deg),
        "shape": [rounded(value) for value in least.shape],
        "colour": [rounded(value) for value in least.colour],
    }


def _measures(measures: Measures) -> dict[str, Any]:
    about = ("major_axis", "minor_axis")
    scale, colour_asymmetry = measures.scale, measures.colour_asymmetry
    return {
        "length_unit": "px" if measures.mm_per_px is None else "px and mm",
        "mm_per_px": rounded(measures.mm_per_px),
        "mm_per_px_uncertainty": rounded(scale.uncertainty_mm_per_px if scale else None),
        "scale_source": scale.source if scale else None,
        "area_px2": rounded(measures.area_px2),
        "area_mm2": rounded(measures.area_mm2),
        "perimeter_px": rounded(measures.perimeter_px),
        "perimeter_mm": rounded(measures.perimeter_mm),
        "long_axis_px": rounded(measures.long_axis_px),
        "long_axis_mm": rounded(measures.long_axis_mm),
        "short_axis_px": rounded(measures.short_axis_px),
        "short_axis_mm": rounded(measures.short_axis_mm),
        "orientation_deg": rounded(measures.orientation_deg),
        "circularity": rounded(measures.circularity),
        "shape_asymmetry": dict(zip(about, map(rounded, measures.shape_asymmetry), strict=True)),
        "colour_asymmetry": None
        if colour_asymmetry is None
        else dict(zip(about, map(rounded, colour_asymmetry), strict=True)),
        "least_asymmetry": _least_asymmetry(measures.least_asymmetry) if measures.least_asymmetry else None,
        "border_eighths": [
            {"contrast": rounded(eighth.contrast), "sharpness": rounded(eighth.sharpness)}
            for eighth in measures.border_eighths
        ],
        "colours": None
        if measures.colours is None
        else {
            name: {"share": rounded(colour.share), "present": colour.present}
            for name, colour in measures.colours.items()
        },
        "lab_mean": None if measures.lab_mean is None else [rounded(value) for value in measures.lab_mean],
        "lab_spread": None
        if measures.lab_spread is None
        else [rounded(value) for value in measures.lab_spread],
        "hidden_share": rounded(measures.hidden_share),
        "hidden_by": {name: rounded(share) for name, share in measures.hidden_by.items()},
        "no_colours": measures.no_colours,
        "touches_frame": rounded(measures.touches_frame),
    }


def _diagnosis(diagnosis: DiagnosisRead) -> dict[str, Any]:
    return {
        "probabilities": {code: rounded(p) for code, p in diagnosis.probabilities.items()},
        "prediction_set": list(diagnosis.prediction_set),
        "coverage": diagnosis.coverage,
        "mixture": {code: rounded(share) for code, share in diagnosis.mixture.items()},
        "never_excluded": list(diagnosis.never_excluded),
    }


def _malignancy(malignancy: Malignancy) -> dict[str, Any]:
    return {
        "probability": rounded(malignancy.probability),
        "indeterminate": rounded(malignancy.indeterminate),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        # Decimals of one digit: their nearest floats are written as they stand.
        "total": None if score.total is None else float(score.total),
        "lowest": float(score.lowest),
        "highest": float(score.highest),
        "verdict": score.verdict,
        "mildest": score.mildest,
        "gravest": score.gravest,
        "items": {item.name: _score_item(item) for item in score.items},
    }


def _score_item(item: ScoreItem) -> dict[str, Any]:
    return {
        "value": item.value,
        "lowest": item.lowest,
        "highest": item.highest,
        "set_by": item.set_by,
        "evidence": item.evidence,
        "measure": item.measure,
    }


def advice_json(advice: Advice) -> dict[str, Any]:
    """An advice as plain JSON values, as it stands in an assessment."""
    return {
        "band": advice.band,
        "action": advice.action,
        "rules": [_fired_rule(rule) for rule in advice.rules],
        "unknown": list(advice.unknown),
        "policy": asdict(advice.policy),
        "recall": _recall(advice.recall) if advice.recall else None,
    }


def _recall(recall: Recall) -> dict[str, Any]:
    return {**asdict(recall.interval), "counted_from": recall.counted_from, "due": recall.due}


def _fired_rule(rule: FiredRule) -> dict[str, Any]:
    number = isinstance(rule.value, float)
    return asdict(rule) | ({"value": rounded(float(rule.value))} if number else {})

"""The audit page's figures: reads against outcomes, and drift, of one clinic. No patient is named.

Which decision is whose: "reader" is the impression of the first who signed, where it was blind; "both" is
what that reader signed; "machine" is what it had said by then. Later signatures and addenda are in no
figure: who decides anew may know what the histology said, and would be right by it. For the same reason an
impression, or a signature, counts only where no outcome of the case had been entered before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    exists,
    extract,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from augderm.clinic.audit import seen
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.domain.advice import BANDS, Band
from augderm.evidence.drift import FIRST_MONTHS, Month, MonthCounts, drift
from augderm.evidence.performance import Audit, JudgedCase, Who, audit
from augderm.store.models import AnamnesisRow, AssessmentRow, CaseRow, ImageRow, OutcomeRow, ReadRow


@dataclass(frozen=True, slots=True)
class BundleDrift:
    """The months of what one bundle read, in UTC. Scores of two bundles mean other things, and one's first
    months say nothing of another's later ones.

    Attributes:
        model: name and version, as the bundle calls itself; "" where a read does not tell.
        sha256: of the bundle.
    """

    model: str
    sha256: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Reads against outcomes, and drift by bundle, that of the latest photographs last."""

    audit: Audit
    drift: tuple[BundleDrift, ...]


@use_case("performance.view")
def see_figures(platform: Platform, person: Person) -> Figures:
    """All figures of the clinic."""
    with platform.database.reading() as session:
        judged = _judged(session, person.clinic_id)
        by_bundle = _drift(session, person.clinic_id)
    seen(platform, person, "performance.view", "clinic", person.clinic_id)
    return Figures(audit(judged), by_bundle)


def _judged(session: Session, clinic_id: str) -> list[JudgedCase]:
    """Every case that was signed, once: where several readers signed, the first signature counts."""
    machine = _machine(session, clinic_id)
    known_at = (
        select(OutcomeRow.case_id, func.min(OutcomeRow.entered_at).label("at"))
        .group_by(OutcomeRow.case_id)
        .subquery()
    )
    rows = session.execute(
        select(
            CaseRow.id,
            CaseRow.patient_id,
            CaseRow.opened_at,
            case(
                (ReadRow.blind & _before(ReadRow.committed_at, known_at.c.at), ReadRow.management), else_=None
            ),
            case((_before(ReadRow.signed_at, known_at.c.at), ReadRow.final_management), else_=None),
            OutcomeRow.behaviour,
            OutcomeRow.confirmed_by,
        )
        .join(ReadRow, and_(ReadRow.case_id == CaseRow.id, ReadRow.signed_at.is_not(None)))
        .outerjoin(OutcomeRow, and_(OutcomeRow.case_id == CaseRow.id, OutcomeRow.replaced_by.is_(None)))
        .outerjoin(known_at, known_at.c.case_id == CaseRow.id)
        # Those too that are unread again: perhaps since an outcome contradicts them, which counts here.
        .where(CaseRow.clinic_id == clinic_id)
        .order_by(CaseRow.opened_at, CaseRow.id, ReadRow.signed_at)
    )
    found: dict[str, JudgedCase] = {}
    for key, patient, opened_at, own, final, behaviour, confirmed_by in rows:
        if key in found:
            continue
        band, probability = machine.get(key, (None, None))
        said: list[tuple[Who, str | None]] = [
            ("reader", own),
            ("machine", band),
            ("both", final),
        ]
        bands: Mapping[Who, Band] = {who: BANDS[BANDS.index(b)] for who, b in said if b in BANDS}
        found[key] = JudgedCase(
            patient=patient,
            period=f"{opened_at.year}-Q{(opened_at.month + 2) // 3}",
            behaviour=behaviour,
            by_histology=confirmed_by == "histopathology",
            bands=bands,
            probability=probability,
        )
    return list(found.values())


def _before(moment: SQLColumnExpression[Any], known_at: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(known_at.is_(None), moment <= known_at)


def _machine(session: Session, clinic_id: str) -> Mapping[str, tuple[str, float | None]]:
    """By signed case what the machine said before its first signature: of each image the read with the newest
    answers, and of those the latest; of the images the most severe band and the highest probability. A later
    bundle's read was no part of the decision.
    """
    first = (
        select(ReadRow.case_id, func.min(ReadRow.signed_at).label("at"))
        .where(ReadRow.signed_at.is_not(None))
        .group_by(ReadRow.case_id)
        .subquery()
    )
    rows = session.execute(
        select(CaseRow.id, ImageRow.id, AssessmentRow.band, AssessmentRow.probability)
        .join(first, first.c.case_id == CaseRow.id)
        .join(ImageRow, ImageRow.case_id == CaseRow.id)
        .join(AssessmentRow, AssessmentRow.image_id == ImageRow.id)
        .outerjoin(AnamnesisRow, AnamnesisRow.id == AssessmentRow.answers)
        .where(
            CaseRow.clinic_id == clinic_id,
            AssessmentRow.created_at <= first.c.at,
        )
        # The one that counts comes last, as in `machine_reads`.
        .order_by(
            AnamnesisRow.created_at.nulls_first(),
            AnamnesisRow.id,
            AssessmentRow.created_at,
            AssessmentRow.id.desc(),
        )
    )
    latest: dict[str, dict[str, tuple[str | None, float | None]]] = defaultdict(dict)
    for key, image, band, probability in rows:
        latest[key][image] = (band, probability)
    found = {}
    for key, reads in latest.items():
        bands = [band for band, _ in reads.values() if band in BANDS]
        if bands:
            probability = max((p for _, p in reads.values() if p is not None), default=None)
            found[key] = (min(bands, key=BANDS.index), probability)
    return found


def _drift(session: Session, clinic_id: str) -> tuple[BundleDrift, ...]:
    counted = _counted(clinic_id)
    months: dict[str, dict[str, _Counting]] = defaultdict(lambda: defaultdict(_Counting))
    one_of: dict[str, str] = {}
    rows = session.execute(
        select(
            counted.c.model_sha256,
            counted.c.assessment_id,
            extract("year", counted.c.uploaded_at),
            extract("month", counted.c.uploaded_at),
            counted.c.quality,
            counted.c.probability,
        ).execution_options(yield_per=1000)
    )
    for sha256, key, year, month, quality, probability in rows:
        one_of[sha256] = key
        counting = months[sha256][f"{int(year):04d}-{int(month):02d}"]
        counting.photographs += 1
        counting.not_good += quality != "good"
        if probability is not None:
            counting.scores.append(probability)
    return tuple(
        BundleDrift(_model(session, one_of[sha256]), sha256, tuple(drift(_months(months[sha256]))))
        for sha256 in sorted(months, key=lambda each: (max(months[each]), each))
    )


@dataclass(slots=True)
class _Counting:
    photographs: int = 0
    not_good: int = 0
    scores: list[float] = field(default_factory=list)


def _months(counted: Mapping[str, _Counting]) -> list[MonthCounts]:
    first = sorted(score for month in sorted(counted)[:FIRST_MONTHS] for score in counted[month].scores)
    median = first[len(first) // 2] if first else 1.0
    return [
        MonthCounts(
            month=month,
            photographs=each.photographs,
            not_good=each.not_good,
            scored=len(each.scores),
            high=sum(score > median for score in each.scores),
            mean_score=sum(each.scores) / len(each.scores) if each.scores else None,
        )
        for month, each in counted.items()
    ]


def _model(session: Session, assessment_id: str) -> str:
    model = session.get_one(AssessmentRow, assessment_id).content.get("model") or {}
    return f"{model.get('name', '')} {model.get('version', '')}".strip()


def _counted(clinic_id: str) -> Subquery:
    """Of each photograph and bundle the read with the newest answers, where the photograph was looked at.

    Only of cases that somebody signed: a month's mean before and after one photograph gives its probability
    away, which a blind reader must not know yet. Nobody reads blind what was signed, also where it is unread
    again.
    """
    place = func.row_number().over(
        partition_by=(AssessmentRow.image_id, AssessmentRow.model_sha256),
        order_by=(AnamnesisRow.created_at.desc().nulls_last(), AnamnesisRow.id.desc()),
    )
    ranked = (
        select(
            ImageRow.uploaded_at,
            AssessmentRow.id.label("assessment_id"),
            AssessmentRow.model_sha256,
            AssessmentRow.quality,
            AssessmentRow.probability,
            place.label("place"),
        )
        .join(CaseRow, CaseRow.id == ImageRow.case_id)
        .join(AssessmentRow, AssessmentRow.image_id == ImageRow.id)
        .outerjoin(AnamnesisRow, AnamnesisRow.id == AssessmentRow.answers)
        .where(
            CaseRow.clinic_id == clinic_id,
            exists().where(ReadRow.case_id == CaseRow.id, ReadRow.signed_at.is_not(None)),
        )
        .subquery()
    )
    return select(ranked).where(ranked.c.place == 1, ranked.c.quality.is_not(None)).subquery()

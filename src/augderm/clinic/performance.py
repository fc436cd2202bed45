"""The audit page's figures: reads against outcomes, and drift, of one clinic. No patient is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, extract, func, select
from sqlalchemy.orm import Session, aliased

from augderm.clinic.audit import seen
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.domain.advice import BANDS, Band
from augderm.evidence.drift import FIRST_MONTHS, Month, MonthCounts, drift
from augderm.evidence.performance import Audit, JudgedCase, Who, audit
from augderm.store.models import AnamnesisRow, AssessmentRow, CaseRow, ImageRow, OutcomeRow, ReadRow


@dataclass(frozen=True, slots=True)
class Figures:
    """Reads against outcomes, and the months of drift in UTC."""

    audit: Audit
    drift: tuple[Month, ...]


@use_case("performance.view")
def see_figures(platform: Platform, person: Person) -> Figures:
    """All figures of the clinic."""
    with platform.database.reading() as session:
        judged = _judged(session, person.clinic_id)
        months = _months(session, person.clinic_id)
    seen(platform, person, "performance.view", "clinic", person.clinic_id)
    return Figures(audit(judged), tuple(drift(months)))


def _judged(session: Session, clinic_id: str) -> list[JudgedCase]:
    """Every signed case, once: where several readers signed, the first signature counts."""
    machine = _machine(session, clinic_id)
    rows = session.execute(
        select(
            CaseRow.id,
            CaseRow.patient_id,
            CaseRow.opened_at,
            ReadRow.management,
            ReadRow.blind,
            ReadRow.final_management,
            OutcomeRow.behaviour,
            OutcomeRow.confirmed_by,
        )
        .join(ReadRow, and_(ReadRow.case_id == CaseRow.id, ReadRow.signed_at.is_not(None)))
        .outerjoin(OutcomeRow, and_(OutcomeRow.case_id == CaseRow.id, OutcomeRow.replaced_by.is_(None)))
        .where(CaseRow.clinic_id == clinic_id, CaseRow.state == "signed")
        .order_by(CaseRow.opened_at, CaseRow.id, ReadRow.signed_at)
    )
    found: dict[str, JudgedCase] = {}
    for key, patient, opened_at, own, blind, final, behaviour, confirmed_by in rows:
        if key in found:
            continue
        band, probability = machine.get(key, (None, None))
        said: list[tuple[Who, str | None]] = [
            ("reader", own if blind else None),
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


def _machine(session: Session, clinic_id: str) -> Mapping[str, tuple[str, float | None]]:
    """By signed case what the machine said before it was signed: of each image the latest read, of those the
    most severe band and the highest probability. A later model's read was no part of the decision.
    """
    rows = session.execute(
        select(CaseRow.id, ImageRow.id, AssessmentRow.band, AssessmentRow.probability)
        .join(ReadRow, ReadRow.case_id == CaseRow.id)
        .join(ImageRow, ImageRow.case_id == CaseRow.id)
        .join(AssessmentRow, AssessmentRow.image_id == ImageRow.id)
        .outerjoin(AnamnesisRow, AnamnesisRow.id == AssessmentRow.answers)
        .where(
            CaseRow.clinic_id == clinic_id,
            CaseRow.state == "signed",
            AssessmentRow.created_at <= ReadRow.signed_at,
            AssessmentRow.band.in_(BANDS),
        )
        # The newest answers last, as in `machine_reads`, not the read that was stored last.
        .order_by(AnamnesisRow.created_at.nulls_first(), AnamnesisRow.id, AssessmentRow.created_at)
    )
    latest: dict[str, dict[str, tuple[str, float | None]]] = defaultdict(dict)
    for key, image, band, probability in rows:
        if band in BANDS:
            latest[key][image] = (band, probability)
    return {
        key: (
            min((band for band, _ in reads.values()), key=BANDS.index),
            max((p for _, p in reads.values() if p is not None), default=None),
        )
        for key, reads in latest.items()
    }


def _months(session: Session, clinic_id: str) -> list[MonthCounts]:
    """Counted by the database: the latest read of each photograph, in the month in which it came.

    Only of signed cases: a month's mean before and after one photograph gives its probability away, which a
    blind reader must not know yet.
    """
    year, month = extract("year", ImageRow.uploaded_at), extract("month", ImageRow.uploaded_at)
    first = session.execute(
        _latest(select(year, month), clinic_id)
        .group_by(year, month)
        .order_by(year, month)
        .limit(FIRST_MONTHS)
    ).all()
    scores: list[float] = []
    for each_year, each_month in first:
        query = _latest(select(AssessmentRow.probability), clinic_id).where(
            year == each_year, month == each_month, AssessmentRow.probability.is_not(None)
        )
        scores += [score for score in session.scalars(query) if score is not None]
    scores.sort()
    median = scores[len(scores) // 2] if scores else 1.0
    rows = session.execute(
        _latest(
            select(
                year,
                month,
                func.count(),
                _count(AssessmentRow.quality != "good"),
                func.count(AssessmentRow.probability),
                _count(AssessmentRow.probability > median),
                func.avg(AssessmentRow.probability),
            ),
            clinic_id,
        )
        .where(AssessmentRow.quality.is_not(None))
        .group_by(year, month)
    )
    return [
        MonthCounts(
            month=f"{int(each_year):04d}-{int(each_month):02d}",
            photographs=count,
            not_good=not_good,
            scored=scored,
            high=high,
            mean_score=mean,
        )
        for each_year, each_month, count, not_good, scored, high, mean in rows
    ]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _latest(query: Any, clinic_id: str) -> Any:
    """A select narrowed to the latest read of each photograph of the clinic's signed cases."""
    later = aliased(AssessmentRow)
    return (
        query.select_from(ImageRow)
        .join(CaseRow, CaseRow.id == ImageRow.case_id)
        .join(AssessmentRow, AssessmentRow.image_id == ImageRow.id)
        .where(
            CaseRow.clinic_id == clinic_id,
            CaseRow.state == "signed",
            ~exists().where(
                later.image_id == AssessmentRow.image_id, later.created_at > AssessmentRow.created_at
            ),
        )
    )

"""A lesion over its visits: photographs, what the machine measured where it may be seen, signed decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import seen
from augderm.clinic.finding import find_lesion
from augderm.clinic.images import ClinicImage, image_of
from augderm.clinic.machine_reads import CountingRead, counting_reads
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.revealed import revealed_cases
from augderm.clinic.standing import Standing, standing_of
from augderm.formats.stored_read import notes_of
from augderm.store.models import CaseRow, ImageRow, VisitRow


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the machine says of one photograph.

    Attributes:
        status: ok or abstained.
        probability: of malignancy, 0..1; None where it abstains.
        band: proposed.
        long_axis_mm, area_mm2: None where no scale is known.
        notes: what limits the read though it is one, in English.
        current: the latest answers are in it.
    """

    status: str
    probability: float | None
    band: str | None
    long_axis_mm: float | None
    area_mm2: float | None
    notes: tuple[str, ...]
    current: bool


@dataclass(frozen=True, slots=True)
class TimelineImage:
    """A photograph with its numbers; None where there are none, or where they may not be seen."""

    image: ClinicImage
    numbers: Numbers | None


@dataclass(frozen=True, slots=True)
class TimelineVisit:
    """A lesion at one visit. `blind`: the machine's read is not shown to this person. `decisions`: what each
    reader signed, and what stands of it.
    """

    case_id: str
    visit_id: str
    at: datetime
    state: str
    blind: bool
    images: tuple[TimelineImage, ...]
    decisions: tuple[Standing, ...]


@use_case("lesion.view")
def see_timeline(platform: Platform, person: Person, lesion_id: str) -> list[TimelineVisit]:
    """The visits of a lesion, the latest first."""
    with platform.database.reading() as session:
        find_lesion(session, person, lesion_id)
        cases = session.execute(
            select(CaseRow, VisitRow.at)
            .join(VisitRow, VisitRow.id == CaseRow.visit_id)
            .where(CaseRow.lesion_id == lesion_id)
            .order_by(VisitRow.at.desc(), CaseRow.id)
        ).all()
        keys = [case.id for case, _ in cases]
        shown = revealed_cases(session, person, keys)
        standing = standing_of(session, keys)
        images = _images(session, lesion_id, shown)
    seen(platform, person, "lesion.view", "lesion", lesion_id)
    return [
        TimelineVisit(
            case.id,
            case.visit_id,
            at,
            case.state,
            case.id not in shown,
            tuple(images[case.id]),
            tuple(standing.get(case.id, [])),
        )
        for case, at in cases
    ]


def _images(session: Session, lesion_id: str, shown: frozenset[str]) -> dict[str, list[TimelineImage]]:
    rows = session.scalars(
        select(ImageRow).where(ImageRow.lesion_id == lesion_id).order_by(ImageRow.uploaded_at, ImageRow.id)
    ).all()
    open_images = [row.id for row in rows if row.case_id in shown]
    numbers = {image: _numbers(read) for image, read in counting_reads(session, open_images).items()}
    found: dict[str, list[TimelineImage]] = defaultdict(list)
    for row in rows:
        found[row.case_id or ""].append(TimelineImage(image_of(row), numbers.get(row.id)))
    return found


def _numbers(counting: CountingRead) -> Numbers:
    read = counting.row
    measures = read.content.get("measures") or {}
    return Numbers(
        read.status,
        read.probability,
        read.band,
        measures.get("long_axis_mm"),
        measures.get("area_mm2"),
        tuple(notes_of(read.content)),
        counting.current,
    )

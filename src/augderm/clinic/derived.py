"""What is worked out of images after they were read: parameter maps, and how photographs lie on each other.

By the same queue as reading, and after it: nobody waits for a read because of a map.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import queue
from augderm.clinic.platform import Platform
from augderm.clinic.queue import Job
from augderm.clinic.sweep import claim
from augderm.domain.errors import AugDermError
from augderm.formats.raster import decode_image
from augderm.formats.stored_read import kind_in_doubt
from augderm.formats.viewer_page import scaled_matrix
from augderm.store.models import AssessmentRow, CaseRow, DerivedRow, ImageRow, VisitRow

if TYPE_CHECKING:
    from augderm.analysis.followup.sight import Sight
    from augderm.analysis.maps.parameter_map import ParameterMap

# What works on pixels is imported where it is used: by workers. The server starts without it.

MAPS = "maps"
ONTO = "onto:"
"""Followed by the key of the image that this one is laid onto."""
MAPS_SHOWN = ("melanin", "haemoglobin")
EARLIER = 12
"""Photographs beside a case's first that are laid onto it: its own, then the latest of earlier visits."""
NOT_FOUND = "No lesion was found in one of the photographs, so they cannot be laid onto each other."


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A photograph at working size with its lesion; the mask is None where none was found."""

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    reduction: float
    dermoscopic: bool


def images_shown(session: Session, case: CaseRow) -> list[tuple[ImageRow, VisitRow]]:
    """The images of a case in the order in which they came, then earlier ones of the lesion, latest first."""
    visit = session.get_one(VisitRow, case.visit_id)
    own = session.scalars(
        select(ImageRow).where(ImageRow.case_id == case.id).order_by(ImageRow.uploaded_at, ImageRow.id)
    ).all()
    earlier = session.execute(
        select(ImageRow, VisitRow)
        .join(VisitRow, VisitRow.id == ImageRow.visit_id)
        .where(ImageRow.lesion_id == case.lesion_id, VisitRow.at < visit.at, ImageRow.case_id != case.id)
        .order_by(VisitRow.at.desc(), ImageRow.uploaded_at, ImageRow.id)
        .limit(EARLIER)
    )
    return [*((row, visit) for row in own), *((image, at) for image, at in earlier)]


def ask(platform: Platform, session: Session, case: CaseRow) -> None:
    """Queue what the reading page of a case shows and nobody has worked out, as far as images are read.

    Args:
        session: a writing transaction.
    """
    shown = images_shown(session, case)
    if not shown:
        return
    keys = [image.id for image, _ in shown]
    read = set(
        session.scalars(
            select(AssessmentRow.image_id).where(AssessmentRow.image_id.in_(keys)).distinct()
        ).all()
    )
    base = keys[0]
    for image, _ in shown:
        if image.id not in read:
            continue
        tasks = [MAPS] if image.case_id == case.id else []
        if image.id != base and base in read:
            tasks.append(ONTO + base)
        for task in tasks:
            queue.enqueue(session, image.id, platform.model_sha256, "", platform.now(), task)


def derive(platform: Platform, job: Job, worker: str) -> None:
    """Do such a job, and store what came out."""
    drawn: dict[str, bytes] = {}
    if job.task == MAPS:
        content, drawn = _maps(platform, job.image_id)
    else:
        content = _onto(platform, job.image_id, job.task.removeprefix(ONTO))
    store_derived(platform, job, worker, content, drawn)


def store_derived(
    platform: Platform, job: Job, worker: str, content: dict[str, Any], drawn: dict[str, bytes]
) -> None:
    """The blobs first, then the row and the job's end in one transaction.

    Args:
        content: the figures; drawn: the bytes of its pictures by name.
    """
    pictures = {name: platform.blobs.put(data) for name, data in drawn.items()}
    with platform.database.writing() as session:
        row = queue.held(session, job, worker)
        if row is None:
            return  # another worker has it by now, and stores the same
        for data in drawn.values():
            claim(platform, session, data)
        same = select(DerivedRow.id).where(
            DerivedRow.image_id == row.image_id,
            DerivedRow.model_sha256 == row.model_sha256,
            DerivedRow.task == row.task,
        )
        if session.scalar(same) is None:
            session.add(
                DerivedRow(
                    image_id=row.image_id,
                    model_sha256=row.model_sha256,
                    task=row.task,
                    content=content,
                    pictures=pictures,
                    created_at=platform.now(),
                )
            )
            session.flush()
        queue.finish(row, platform.now())


def _maps(platform: Platform, image_id: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    from augderm.analysis.maps.colour_maps import colour_maps
    from augderm.formats.map_picture import coloured_map, shown_range

    seen = _see(platform, image_id)
    if seen.mask is None:
        return {"reason": NOT_FOUND, "legends": {}}, {}
    try:
        found = colour_maps(seen.pixels, seen.mask)
    except AugDermError as error:
        return {"reason": str(error), "legends": {}}, {}
    shown = [each for each in found.maps if each.name in MAPS_SHOWN]
    legends = {each.name: _legend(each) for each in shown}
    drawn = {each.name: _png(coloured_map(each, found.lesion, *shown_range(each))) for each in shown}
    return {"reason": "", "legends": legends}, drawn


def _legend(each: ParameterMap) -> dict[str, Any]:
    from augderm.formats.map_picture import RISING, SIGNED, shown_range

    low, high = shown_range(each)
    colours = [f"rgb({r} {g} {b})" for r, g, b in (SIGNED if each.signed else RISING)]
    return {"low": f"{low:.2g}", "high": f"{high:.2g}", "colours": colours, "unit": each.unit}


def _onto(platform: Platform, image_id: str, base_id: str) -> dict[str, Any]:
    from augderm.analysis.followup.register import register

    seen, base = _see(platform, image_id), _see(platform, base_id)
    if seen.mask is None or base.mask is None:
        return {"matrix": None, "reason": NOT_FOUND}
    found = register(_sight(base), _sight(seen))
    if found.matrix is None:
        return {"matrix": None, "reason": found.reason}
    matrix = scaled_matrix(found.matrix.tolist(), 1 / seen.reduction, 1 / base.reduction)
    return {"matrix": matrix, "reason": ""}


def _see(platform: Platform, image_id: str) -> _Seen:
    with platform.database.reading() as session:
        image = session.get_one(ImageRow, image_id)
        read = session.scalar(
            select(AssessmentRow)
            .where(AssessmentRow.image_id == image_id)
            .order_by(AssessmentRow.created_at.desc(), AssessmentRow.id)
            .limit(1)
        )
    decoded = decode_image(platform.blobs.get(image.sha256))
    border = read.pictures.get("border") if read else None
    kind = (read.content.get("modality") or {}).get("name") if read else None
    surely = read is not None and kind == "dermoscopic" and not kind_in_doubt(read.content)
    mask = None
    if border is not None:
        with Image.open(io.BytesIO(platform.blobs.get(border)), formats=("PNG",)) as picture:
            mask = np.asarray(picture) > 0
    return _Seen(decoded.pixels, mask, decoded.reduction, surely)


def _sight(seen: _Seen) -> Sight:
    from augderm.analysis.border import outline
    from augderm.analysis.followup.sight import see
    from augderm.analysis.ruler import find_ruler

    assert seen.mask is not None
    ruler = find_ruler(seen.pixels) if seen.dermoscopic else None
    return see(seen.pixels, seen.mask, outline(seen.mask), ruler)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()

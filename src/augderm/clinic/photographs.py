"""The photographs of a case as its reader sees them, and what lies over them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import derived
from augderm.clinic.assessments import State, latest
from augderm.clinic.audit import seen_once
from augderm.clinic.errors import NotFound
from augderm.clinic.finding import find_image
from augderm.clinic.machine_reads import answers_known, latest_job, reads_knowing
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import READ
from augderm.clinic.reads import own_row
from augderm.clinic.revealed import revealed_cases
from augderm.domain.capture import Polarisation
from augderm.domain.limits import WORKING_SIDE_PX
from augderm.formats.overlay_png import overlay_png
from augderm.store.models import AssessmentRow, CaseRow, DerivedRow, ImageRow, JobRow, VisitRow

Laid = Literal["base", "laid", "refused", "unread", "waits", "failed"]
"""Whether a photograph lies on the first: it is the first; yes; it cannot be laid; one of the two was not
read yet; it is being worked out; working it out failed."""
Maps = Literal["made", "none", "waits", "failed"]
"""Whether a photograph has parameter maps: yes; they cannot be told; not yet; working them out failed."""
STRUCTURE = "structure."
COLOURS = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (204, 121, 167), (240, 228, 66), (213, 94, 0))
"""Of located structures in their order: Okabe and Ito, told apart without colour vision too."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What can be laid over a photograph: its border, a located structure, or a parameter map.

    Attributes:
        name: of `see_overlay`; "border" comes as `points` instead, x and y in pixels of the photograph.
        colour: sRGB; None of a map, which has a `legend` (keys low, high, colours, unit).
        validation: how well it was measured to work, in English.
    """

    name: str
    points: tuple[tuple[float, float], ...] = ()
    colour: tuple[int, int, int] | None = None
    legend: dict[str, Any] | None = None
    validation: str = ""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph of the case, or of an earlier visit of its lesion.

    Attributes:
        direct: whether a browser shows the file itself, at full size.
        mm_per_px: of its own pixels; None where no scale is known. It is told blind
            too: a scale is no opinion.
        state: of the machine's read with the latest answers; `error` where it failed.
        content: `augderm.assessment/1`; None while it is hidden, absent, or of an earlier visit.
        current: whether the latest answers are in the machine's read; an earlier one is shown otherwise.
        to_base: (3, 3), from its pixels to those of the first photograph; None unless `laid` is "laid".
        why_not: why it cannot be laid, in English; "" where it can. `no_maps` likewise of its maps.
    """

    id: str
    visit_id: str
    visit_at: datetime
    of_case: bool
    uploaded_at: datetime
    width_px: int
    height_px: int
    direct: bool
    polarisation: Polarisation | None
    mm_per_px: float | None
    mm_per_px_uncertainty: float | None
    state: State
    attempts: int
    error: str
    content: dict[str, Any] | None
    current: bool
    layers: tuple[Layer, ...]
    laid: Laid
    to_base: list[list[float]] | None
    why_not: str
    maps: Maps
    no_maps: str


@use_case("case.read")
def see_overlay(platform: Platform, person: Person, image_id: str, name: str) -> bytes:
    """A layer as a PNG of the proportions of its photograph: see `Layer`.

    Raises:
        NotFound: there is none of this name, or this reader has not committed an impression yet.
    """
    missing = NotFound("There is no such overlay. Open the case again.")
    with platform.database.reading() as session:
        image = find_image(session, person, image_id)
        if image.case_id is None:
            raise missing
        if person.clinic.blind_first and own_row(session, person, image.case_id) is None:
            raise missing
        row = latest(session, image.id)
        made = _derived(session, [image.id]).get((image.id, derived.MAPS))
    structures = [each for each in row.pictures if each.startswith(STRUCTURE)] if row else []
    if row and name in structures:
        colour = COLOURS[structures.index(name) % len(COLOURS)]
        seen_once(platform, person, "image.layers", "image", image_id)
        return overlay_png(platform.blobs.get(row.pictures[name]), colour)
    if made and name in made.pictures:
        seen_once(platform, person, "image.layers", "image", image_id)
        return platform.blobs.get(made.pictures[name])
    raise missing


def photographs_of(
    platform: Platform,
    session: Session,
    person: Person,
    case: CaseRow,
    images: Sequence[tuple[ImageRow, VisitRow]],
    *,
    shown: bool,
) -> tuple[Photograph, ...]:
    """A case's photographs and those of its lesion's earlier visits, the case's own first.

    Args:
        images: as `derived.images_shown` gives them.
        shown: whether this reader may see the machine's read of the case.
    """
    keys = [image.id for image, _ in images]
    answers, made = answers_known(session, keys), _derived(session, keys)
    counting = reads_knowing(session, answers)
    rows = {key: each.row for key, each in counting.items()}
    jobs: dict[tuple[str, str], JobRow] = {}
    reading: dict[str, list[JobRow]] = {key: [] for key in keys}
    for each in session.scalars(
        select(JobRow).where(JobRow.image_id.in_(keys)).order_by(JobRow.created_at, JobRow.id)
    ):
        jobs[each.image_id, each.task] = each
        if each.task == READ:
            reading[each.image_id].append(each)
    earlier = {image.case_id for image, _ in images if image.case_id is not None}
    readable = revealed_cases(session, person, earlier) if shown else frozenset()
    found = []
    for image, visit in images:
        row, job = rows.get(image.id), latest_job(reading[image.id], answers[image.id][-1])
        current = image.id in counting and counting[image.id].current
        of_case = image.case_id == case.id
        measures = (row.content["measures"] if row else None) or {}
        maps = made.get((image.id, derived.MAPS))
        laid, matrix, why_not = _laid(image.id, keys[0], rows, made, jobs)
        layers: tuple[Layer, ...] = ()
        if shown and row is not None and (of_case or image.case_id in readable):
            layers = _layers(platform, image, row, maps)
        found.append(
            Photograph(
                image.id,
                visit.id,
                visit.at,
                of_case,
                image.uploaded_at,
                image.width_px,
                image.height_px,
                image.content_type in ("image/jpeg", "image/png"),
                (image.capture or {}).get("polarisation"),
                image.mm_per_px or measures.get("mm_per_px"),
                None if image.mm_per_px else measures.get("mm_per_px_uncertainty"),
                "done" if current else _state(job),
                job.attempts if job else 0,
                job.error if job and job.state == "failed" else "",
                row.content if row and shown and of_case else None,
                current,
                layers,
                laid,
                matrix,
                why_not,
                _maps(maps, jobs.get((image.id, derived.MAPS))),
                maps.content["reason"] if maps else "",
            )
        )
    return tuple(found)


def _state(job: JobRow | None) -> State:
    if job is None or job.state == "failed":
        return "failed"
    return "running" if job.state == "running" else "queued"


def _maps(made: DerivedRow | None, job: JobRow | None) -> Maps:
    if made is not None:
        return "none" if made.content["reason"] else "made"
    return "failed" if job is not None and job.state == "failed" else "waits"


def _laid(
    key: str,
    base: str,
    rows: dict[str, AssessmentRow],
    made: dict[tuple[str, str], DerivedRow],
    jobs: dict[tuple[str, str], JobRow],
) -> tuple[Laid, list[list[float]] | None, str]:
    if key == base:
        return "base", None, ""
    there = made.get((key, derived.ONTO + base))
    if there is not None:
        matrix, reason = there.content["matrix"], there.content["reason"]
        return ("laid", matrix, "") if matrix else ("refused", None, reason)
    if key not in rows or base not in rows:
        return "unread", None, ""
    job = jobs.get((key, derived.ONTO + base))
    return ("failed" if job and job.state == "failed" else "waits"), None, ""


def _layers(
    platform: Platform, image: ImageRow, row: AssessmentRow, maps: DerivedRow | None
) -> tuple[Layer, ...]:
    found = []
    if "outline" in row.pictures:
        points = json.loads(platform.blobs.get(row.pictures["outline"]))
        # The outline is of the working size, whose proportions are those of the photograph.
        factor = max(image.width_px, image.height_px) / _working_side(image)
        found.append(Layer("border", tuple((x * factor, y * factor) for x, y in points)))
    structures = [name for name in row.pictures if name.startswith(STRUCTURE)]
    for place, name in enumerate(structures):
        source, what = name.removeprefix(STRUCTURE).split(".", 1)
        told = row.content["structures" if source == "network" else "findings"].get(what, {})
        words = (told.get("validation") or {}).get("words", "")
        found.append(Layer(name, colour=COLOURS[place % len(COLOURS)], validation=words))
    if maps is not None:
        legends = maps.content["legends"]
        found += [Layer(name, legend=legends[name]) for name in derived.MAPS_SHOWN if name in maps.pictures]
    return tuple(found)


def _working_side(image: ImageRow) -> int:
    return min(WORKING_SIDE_PX, max(image.width_px, image.height_px))


def _derived(session: Session, keys: Sequence[str]) -> dict[tuple[str, str], DerivedRow]:
    rows = session.scalars(
        select(DerivedRow).where(DerivedRow.image_id.in_(keys)).order_by(DerivedRow.created_at, DerivedRow.id)
    )
    return {(row.image_id, row.task): row for row in rows}

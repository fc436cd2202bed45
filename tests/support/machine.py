"""What the machine says of an image, changed to what a test needs."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from augderm.clinic import worker
from augderm.clinic.cases import order
from augderm.clinic.platform import Platform
from augderm.clinic.queue import Job
from augderm.clinic.worker import work_once
from augderm.domain.advice import Band
from augderm.domain.assessment import Assessment
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, CaseRow, ImageRow


def all_work(platform: Platform, network: Network) -> None:
    """Do every job there is."""
    while work_once(platform, network, "test"):
        pass


def machine_says(platform: Platform, image_id: str, **changes: Any) -> dict[str, Any]:
    """Change the stored read of an image: `malignancy` (probability), `band`, `likeliest`, `scores`, `notes`,
    `modality` (None: as if it were not told).
    """
    with platform.database.writing() as session:
        row = session.scalars(select(AssessmentRow).where(AssessmentRow.image_id == image_id)).one()
        content = copy.deepcopy(row.content)
        if "malignancy" in changes:
            content["malignancy"]["probability"] = changes["malignancy"]
        if "band" in changes:
            content["advice"]["band"] = changes["band"]
        if "likeliest" in changes:
            for code in content["diagnosis"]["probabilities"]:
                content["diagnosis"]["probabilities"][code] = 0.9 if code == changes["likeliest"] else 0.01
        if "scores" in changes:
            content["scores"] |= changes["scores"]
        if "notes" in changes:
            content["notes"] = changes["notes"]
        if "modality" in changes:
            modality = content["modality"] | changes["modality"]
            content["modality"] = {name: told for name, told in modality.items() if told is not None}
        row.content = content
    return content


def set_band(platform: Platform, image_id: str, answers: str, band: str, probability: float) -> None:
    """Change band and probability of the read with these answers ("" for none), and order its case anew."""
    with platform.database.writing() as session:
        row = session.scalars(
            select(AssessmentRow).where(AssessmentRow.image_id == image_id, AssessmentRow.answers == answers)
        ).one()
        row.band, row.probability = band, probability
        image = session.get_one(ImageRow, image_id)
        order(session, session.get_one(CaseRow, image.case_id))


def read_as(platform: Platform, network: Network, band: Band) -> None:
    """Do every job there is; each read advises this band."""
    real = worker._read

    def told(platform: Platform, network: Network, job: Job) -> Assessment:
        found = real(platform, network, job)
        assert found.advice is not None
        return replace(found, advice=replace(found.advice, band=band))

    with patch.object(worker, "_read", told):
        all_work(platform, network)

"""What the machine says of an image, changed to what a test needs."""

from __future__ import annotations

import copy
from typing import Any

from sqlalchemy import select

from augderm.clinic.platform import Platform
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow


def all_work(platform: Platform, network: Network) -> None:
    """Do every job there is."""
    while work_once(platform, network, "test"):
        pass


def machine_says(platform: Platform, image_id: str, **changes: Any) -> dict[str, Any]:
    """Change the stored read of an image: `malignancy` (probability), `band`, `likeliest`, `scores`."""
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
        row.content = content
    return content

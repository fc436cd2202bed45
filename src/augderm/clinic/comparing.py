"""The comparison of two photographs, as a worker does it: done once, stored with the end of its job."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from augderm.clinic import queue
from augderm.clinic.derived import store_derived
from augderm.clinic.platform import Platform
from augderm.clinic.queue import Job
from augderm.domain.errors import AugDermError
from augderm.store.models import CaseRow, ClinicRow, ImageRow

if TYPE_CHECKING:
    from augderm.domain.followup import Comparison
    from augderm.reader.network import Network

# What works on pixels is imported where it is used: by workers. The server starts without it.

COMPARE = "compare:"
"""Followed by the key of the earlier image."""
NOTHING_SHOWN = np.uint8(200)
"""Grey where the follow-up shows nothing of the baseline's frame."""


def compare_images(platform: Platform, network: Network, job: Job, worker: str) -> None:
    """Compare, and store. What can never be compared ends the job at once, with the reason: trying again
    would say the same.
    """
    from augderm.followup import compare

    with platform.database.reading() as session:
        image = session.get_one(ImageRow, job.image_id)
        baseline = session.get_one(ImageRow, job.task.removeprefix(COMPARE))
        case = session.get_one(CaseRow, image.case_id)
        demonstration = session.get_one(ClinicRow, case.clinic_id).demonstration
    try:
        found = compare(
            platform.blobs.get(baseline.sha256),
            [platform.blobs.get(image.sha256)],
            network=network,
            # One scale for both, or none: a single one would be applied to both.
            mm_per_px=image.mm_per_px if image.mm_per_px == baseline.mm_per_px else None,
            novelty_limit=math.inf if demonstration else None,
            names=(baseline.id, image.id),
        )
    except AugDermError as refused:
        with platform.database.writing() as session:
            row = queue.held(session, job, worker)
            if row is not None:
                queue.give_up(row, str(refused), platform.now())
        return
    _store(platform, job, worker, found)


def _store(platform: Platform, job: Job, worker: str, found: Comparison) -> None:
    from augderm.formats.comparison_json import comparison_json
    from augderm.formats.report.layers import photograph_jpeg

    (later,) = found.follow_ups
    drawn: dict[str, bytes] = {}
    if later.pictures is not None and found.baseline.pictures is not None:
        laid = np.where(later.pictures.covered[..., None], later.pictures.pixels, NOTHING_SHOWN)
        drawn["baseline"] = photograph_jpeg(found.baseline.pictures.pixels)
        drawn["follow_up"] = photograph_jpeg(laid)
    store_derived(platform, job, worker, comparison_json(found), drawn)

"""A clinic's own cases whose outcome is confirmed, as the network places them: kept in memory, by clinic.

Ten thousand places are ten megabytes, too many to be read for each page. They are brought up to date when the
clinic's `known_revision` says that something changed, and only what is new is then read. They name nobody and
say no diagnosis: what is found by them is looked up in the database before it is shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from augderm.analysis.nearest import Nearest, Vectors, nearest, unit
from augderm.domain.outcome import CONFIRMED
from augderm.store.models import AssessmentRow, CaseRow, ClinicRow, ImageRow, OutcomeRow

CLINICS = 8
"""So many clinics' cases stay in memory."""
AT_ONCE = 400
"""Keys in one query; databases limit them."""
FIRST_FETCH = 2
"""So many times the patients wanted are fetched at first, since several photographs may be of one."""
NEXT_FETCH = 4
"""So many times as many again, where that was not enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Photographs of confirmed cases that one model placed; row by row.

    Attributes:
        revision: of the clinic, when they were read.
        vectors: (n, E) float32 of unit length.
        images: n keys.
        patients: (n,) int64, which rows are of one patient; `numbers` has each patient's by key.
        modalities: (n,) how it was photographed.
        files: rows by the sha256 of their file.
        unplaced: photographs of confirmed cases that this model has not read, or gave no diagnosis of.
    """

    revision: int
    vectors: Vectors
    images: tuple[str, ...]
    patients: NDArray[np.int64]
    numbers: Mapping[str, int]
    modalities: NDArray[np.str_]
    files: Mapping[str, Sequence[int]]
    unplaced: int

    def comparable(self, modality: str, patient_id: str, sha256: str) -> NDArray[np.bool_]:
        """(n,) which rows may be held against a photograph: taken alike, and of other patients.

        Args:
            modality: of the photograph.
            patient_id: whose it is.
            sha256: of its file; a patient who has the very same file is left out too, whoever it is.
        """
        out = {self.numbers.get(patient_id), *self.patients[[*self.files.get(sha256, ())]].tolist()}
        allowed: NDArray[np.bool_] = self.modalities == modality
        for number in out - {None}:
            allowed &= self.patients != number
        return allowed

    def patients_of(self, allowed: NDArray[np.bool_]) -> int:
        """How many patients these rows (n,) are of."""
        return len(np.unique(self.patients[allowed]))

    def nearest(self, place: Vectors, count: int, allowed: NDArray[np.bool_]) -> Nearest:
        """The nearest rows, nearest first, one of each patient: ten photographs of one are one opinion.

        Args:
            place: (E,) of the photograph, of unit length.
            count: how many; fewer where there are fewer.
            allowed: (n,) as `comparable`.
        """
        fetch = FIRST_FETCH * count
        while True:
            found = nearest([self.vectors], place, fetch, [allowed])
            _, first = np.unique(self.patients[found.rows], return_index=True)
            if len(first) >= count or len(found.rows) < fetch:
                chosen = np.sort(first)[:count]
                return Nearest(found.rows[chosen], found.distances[chosen])
            fetch *= NEXT_FETCH


class KnownCases:
    """What is in memory, for all requests of a server."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._held: OrderedDict[str, Known] = OrderedDict()

    def forget(self, clinic_id: str) -> None:
        """Let go of a clinic's: of who was erased, nothing stays in memory until somebody looks again."""
        with self._turn:
            self._held.pop(clinic_id, None)

    def of(self, session: Session, clinic_id: str, model_sha256: str) -> Known:
        """The clinic's, as of now.

        Args:
            model_sha256: of the platform's bundle, always the same.
        """
        # Read before the rows: a change in between is then found again, and none is missed.
        revision = session.scalars(select(ClinicRow.known_revision).where(ClinicRow.id == clinic_id)).one()
        with self._turn:
            held = self._held.get(clinic_id)
            if held is None or held.revision != revision:
                held = _read(session, clinic_id, model_sha256, revision, held)
                self._held[clinic_id] = held
            self._held.move_to_end(clinic_id)
            while len(self._held) > CLINICS:
                self._held.popitem(last=False)
        return held


def place_of(embedding: bytes | None) -> Vectors | None:
    """A stored embedding at length 1; None where there is none, or one without direction."""
    vector = np.frombuffer(embedding or b"", np.dtype("<f4"))
    return unit(vector) if vector.any() and np.isfinite(vector).all() else None


def known_changed(session: Session, clinic_id: str) -> None:
    """Say, within the transaction of the change, that a clinic's confirmed cases or their places changed."""
    session.execute(
        update(ClinicRow)
        .where(ClinicRow.id == clinic_id)
        .values(known_revision=ClinicRow.known_revision + 1)
        .execution_options(synchronize_session=False)
    )


def _read(session: Session, clinic_id: str, model_sha256: str, revision: int, before: Known | None) -> Known:
    confirmed = {
        image: (patient, sha256)
        for image, patient, sha256 in session.execute(
            select(ImageRow.id, CaseRow.patient_id, ImageRow.sha256)
            .join(CaseRow, CaseRow.id == ImageRow.case_id)
            .join(OutcomeRow, OutcomeRow.case_id == CaseRow.id)
            .where(
                CaseRow.clinic_id == clinic_id,
                OutcomeRow.replaced_by.is_(None),
                OutcomeRow.confirmed_by.in_(CONFIRMED),
            )
            .order_by(ImageRow.id)
        )
    }
    places: dict[str, tuple[Vectors, str]] = {}
    if before is not None:
        rows = zip(before.images, before.vectors, before.modalities.tolist(), strict=True)
        places = {image: (vector, modality) for image, vector, modality in rows if image in confirmed}
    places |= _places(session, model_sha256, [image for image in confirmed if image not in places])
    images = [image for image in confirmed if image in places]
    patients = [confirmed[image][0] for image in images]
    numbers = {patient: number for number, patient in enumerate(dict.fromkeys(patients))}
    files: dict[str, list[int]] = {}
    for row, image in enumerate(images):
        files.setdefault(confirmed[image][1], []).append(row)
    return Known(
        revision,
        np.stack([places[image][0] for image in images]) if images else np.zeros((0, 1), np.float32),
        tuple(images),
        np.array([numbers[patient] for patient in patients], np.int64),
        numbers,
        np.array([places[image][1] for image in images], np.str_),
        files,
        len(confirmed) - len(images),
    )


def _places(session: Session, model_sha256: str, images: Sequence[str]) -> dict[str, tuple[Vectors, str]]:
    """By image the place that the model gave it, and how it was photographed; whatever the answers were."""
    found: dict[str, tuple[Vectors, str]] = {}
    for start in range(0, len(images), AT_ONCE):
        rows = session.execute(
            select(
                AssessmentRow.image_id,
                AssessmentRow.embedding,
                AssessmentRow.content[("modality", "name")].as_string(),
            ).where(
                AssessmentRow.image_id.in_(images[start : start + AT_ONCE]),
                AssessmentRow.model_sha256 == model_sha256,
                AssessmentRow.status == "ok",
                AssessmentRow.embedding.is_not(None),
            )
        )
        for image, embedding, modality in rows:
            place = place_of(embedding)
            if place is not None and modality is not None:
                found[image] = (place, modality)
    return found

"""Known cases that look like an image: the second read, and its place in a library."""

from __future__ import annotations

from augderm.analysis.neighbours import COMPARED, MIN_NEIGHBOURS, class_shares, disagreements, sentence
from augderm.domain.assessment import Assessment
from augderm.domain.similar import Similar
from augderm.library.library import Library
from augderm.library.writer import check_model
from augderm.reader.network import Network
from augderm.second_read import Source, assess


def find_similar(source: Source, library: Library, *, network: Network, count: int = COMPARED) -> Similar:
    """Read an image and find the cases nearest to it.

    Args:
        source: one image, as `assess` takes it.
        library: made by the same model.
        network: of that model.
        count: how many cases.

    Raises:
        InvalidLibrary: the library is of another model, or a case in it is broken.
    """
    check_model(library.folder, library.manifest, network.bundle.name)
    return similar_to(assess(source, network=network), library, count=count)


def similar_to(assessment: Assessment, library: Library, *, count: int = COMPARED) -> Similar:
    """The cases nearest to an image that was read by the library's model.

    An image that the reader failed on or abstained from has none: a network that does not know what it sees
    does not know what it resembles.

    Raises:
        InvalidLibrary: a case in the library is broken.
    """
    facts = library.facts
    if assessment.status != "ok" or not (
        assessment.diagnosis and assessment.pictures and assessment.modality
    ):
        return Similar(assessment, facts, reason=f"No similar cases are shown. {assessment.reason}".strip())
    modality = assessment.modality.likelier
    found, passed_over = library.neighbours(assessment.pictures.embedding, count, modality, assessment.sha256)
    notes = list(assessment.notes)
    if passed_over:
        notes.append(
            "The library holds this very image; it and what lies near of its group (patient, lesion or "
            f"near-duplicates) are left out, {passed_over} in all."
        )
    if not found:
        return Similar(
            assessment, facts, notes=tuple(notes), reason=f"The library holds no other {modality} case."
        )
    if len(found) < MIN_NEIGHBOURS:
        notes.append(
            f"{len(found)} similar cases are too few to be held against the network; {MIN_NEIGHBOURS} are "
            "needed."
        )
    elif len(found) < count:
        notes.append(f"The library holds no more than {len(found)} {modality} cases of different groups.")
    cases = [neighbour.case for neighbour in found]
    probabilities = assessment.diagnosis.probabilities
    against = disagreements(cases, probabilities, assessment.diagnosis.prediction_set)
    return Similar(
        assessment,
        facts,
        neighbours=tuple(found),
        shares=class_shares(cases, probabilities),
        warnings=tuple(map(sentence, against)),
        notes=tuple(notes),
    )

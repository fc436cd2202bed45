"""From an image to its similar cases, and when there are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from augderm.analysis.nearest import unit
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.errors import InvalidLibrary
from augderm.library.library import Library
from augderm.library.segment import Row
from augderm.library.similar import find_similar, similar_to
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.second_read import assess
from support.bundles import EMBEDDING, write_toy_bundle
from support.libraries import case, rows, vectors, webp, write_library

PHANTOM = draw_phantom(PhantomSpec()).pixels


@pytest.fixture
def library(tmp_path: Path, toy_network: Network) -> Library:
    folder = write_library(
        tmp_path / "lib", rows(20, EMBEDDING), size=EMBEDDING, model=toy_network.bundle.name
    )
    return Library(folder)


def library_of(folder: Path, network: Network, codes: list[str], at: NDArray[np.float32]) -> Library:
    """Cases of these diagnoses, all where the image is."""
    held = [
        Row(case(n, code=code, malignant=code in {"mel", "bcc"}), unit(at), webp())
        for n, code in enumerate(codes)
    ]
    return Library(write_library(folder, held, size=EMBEDDING, model=network.bundle.name))


def test_neighbours_come_nearest_first_with_shares_beside_probabilities(
    library: Library, toy_network: Network
) -> None:
    found = find_similar(PHANTOM, library, network=toy_network, count=7)
    assert found.reason == ""
    distances = [neighbour.distance for neighbour in found.neighbours]
    assert len(distances) == 7
    assert distances == sorted(distances)
    assert found.assessment.diagnosis is not None
    assert {
        share.code: share.probability for share in found.shares
    } == found.assessment.diagnosis.probabilities


def test_the_read_is_the_one_that_assess_gives(library: Library, toy_network: Network) -> None:
    assert find_similar(PHANTOM, library, network=toy_network).assessment == assess(
        PHANTOM, network=toy_network
    )


def test_a_contradiction_is_told(tmp_path: Path, toy_network: Network) -> None:
    read = assess(PHANTOM, network=toy_network)
    assert read.pictures is not None
    assert read.diagnosis is not None
    likeliest = read.diagnosis.likeliest
    other = next(code for code in ("vasc", "df") if code != likeliest)
    agreeing = library_of(tmp_path / "a", toy_network, [likeliest] * 6, read.pictures.embedding)
    assert similar_to(read, agreeing).warnings == ()
    against = library_of(tmp_path / "b", toy_network, [other] * 6, read.pictures.embedding)
    assert any("None of 6" in warning for warning in similar_to(read, against).warnings)
    few = library_of(tmp_path / "c", toy_network, [other] * 4, read.pictures.embedding)
    assert similar_to(read, few).warnings == ()
    assert "too few" in similar_to(read, few).notes[0]


def test_a_novel_image_has_no_similar_cases_and_is_told_why(tmp_path: Path) -> None:
    network = Network(load_bundle(write_toy_bundle(tmp_path / "strict", novelty_limit=1e-6)))
    held = rows(20, EMBEDDING)
    library = Library(write_library(tmp_path / "lib", held, size=EMBEDDING, model=network.bundle.name))
    found = find_similar(PHANTOM, library, network=network)
    assert found.neighbours == ()
    assert found.shares == ()
    assert "No similar cases are shown. The image is unlike those" in found.reason


def test_a_file_that_cannot_be_read_has_none_either(library: Library, toy_network: Network) -> None:
    found = find_similar(b"no image", library, network=toy_network)
    assert found.assessment.status == "failed"
    assert found.neighbours == ()
    assert "not an image" in found.reason


def test_a_library_of_another_model_is_refused_with_the_remedy(tmp_path: Path, toy_network: Network) -> None:
    other = replace(toy_network.bundle.name, sha256="0" * 64)
    library = Library(write_library(tmp_path / "lib", rows(3, EMBEDDING), size=EMBEDDING, model=other))
    with pytest.raises(InvalidLibrary, match="--model, or build a library"):
        find_similar(PHANTOM, library, network=toy_network)


def test_a_library_without_cases_of_the_kind_says_so(tmp_path: Path, toy_network: Network) -> None:
    held = [Row(case(modality="clinical"), vectors(1, EMBEDDING)[0], webp())]
    library = Library(write_library(tmp_path / "lib", held, size=EMBEDDING, model=toy_network.bundle.name))
    assert (
        find_similar(PHANTOM, library, network=toy_network).reason
        == "The library holds no other dermoscopic case."
    )


def test_what_limits_the_read_is_told_beside_its_similar_cases(
    library: Library, toy_network: Network
) -> None:
    read = replace(assess(PHANTOM, network=toy_network), notes=("It is in doubt.",))
    assert "It is in doubt." in similar_to(read, library).notes

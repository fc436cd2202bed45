"""Fixtures that several concepts share."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real images; tests that need them are skipped where they are absent."""
    if not (SHARED_DATA / "index.csv").exists():
        pytest.skip("../shared/data is absent: real images are never committed")
    return SHARED_DATA


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    """A plain symmetric phantom."""
    return draw_phantom(PhantomSpec())


@pytest.fixture
def phantom_file(phantom: Phantom, tmp_path: Path) -> Path:
    """The phantom as a JPEG of 600 x 450 pixels, in a folder of its own."""
    folder = tmp_path / "one"
    folder.mkdir()
    path = folder / "phantom.jpg"
    Image.fromarray(phantom.pixels).save(path, quality=92)
    return path

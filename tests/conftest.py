"""Fixtures that several concepts share."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from PIL import Image

from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.clinic.platform import Platform
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from support.bundles import write_toy_bundle
from support.clinic import Clock, platform_in
from support.postgres import PostgresServer, postgres_server
from support.s3 import S3Server, s3_server

# A busy machine is slow, and no test is about time.
hypothesis.settings.register_profile("augderm", deadline=None)
hypothesis.settings.load_profile("augderm")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is marked with databases, or whose file is, runs on each, if it uses one at all."""
    mark = metafunc.definition.get_closest_marker("databases")
    if mark is not None and "kind_of_database" in metafunc.fixturenames:
        metafunc.parametrize("kind_of_database", mark.args, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def _hear_ctrl_c() -> None:
    """A shell lets what it starts in the background ignore SIGINT, and that is inherited: the processes that
    the tests interrupt would not hear it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(scope="session")
def toy_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole bundle around a hand-made network: see `support.bundles`."""
    return write_toy_bundle(tmp_path_factory.mktemp("bundles") / "toy")


@pytest.fixture(scope="session")
def toy_network(toy_bundle: Path) -> Network:
    """The toy bundle, loaded."""
    return Network(load_bundle(toy_bundle))


@pytest.fixture
def mixed_folder(phantom_file: Path) -> Path:
    """Three good images, one in a sub-folder, and one that is none."""
    folder = phantom_file.parent
    (folder / "sub").mkdir()
    for name in ("second.jpg", "sub/third.jpg"):
        shutil.copy(phantom_file, folder / name)
    (folder / "broken.jpg").write_bytes(phantom_file.read_bytes()[:2000])
    return folder


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL; tests that need it are skipped where there is none."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server, named in the environment; tests that need it are skipped where there is none."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def kind_of_database(request: pytest.FixtureRequest) -> str:
    """Of `platform`: by the mark `databases`, else by AUGDERM_TEST_DATABASE, else SQLite."""
    return str(getattr(request, "param", os.environ.get("AUGDERM_TEST_DATABASE", "sqlite")))


@pytest.fixture
def database_url(kind_of_database: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Of an empty database for `platform`; "" for SQLite in its folder."""
    if kind_of_database == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.make_migrated()
    yield url
    server.drop(url)


@pytest.fixture
def platform(tmp_path: Path, toy_bundle: Path, clock: Clock, database_url: str) -> Iterator[Platform]:
    """An empty clinic in a folder, with the toy bundle."""
    made = platform_in(tmp_path / "clinic", toy_bundle, clock, database_url=database_url)
    yield made
    made.database.close()

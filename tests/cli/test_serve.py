"""`augderm serve`: what is refused before the clinic opens, and how it ends."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from support.command import augderm
from support.libraries import SIZE, rows, write_library
from support.served_process import Served, wait_for


def test_a_library_of_another_model_is_refused_and_the_remedy_is_told(
    tmp_path: Path, toy_bundle: Path
) -> None:
    library = write_library(tmp_path / "cases", rows(3), SIZE)
    data = tmp_path / "clinic"
    done = augderm("serve", "--data", data, "--port", "0", "--library", library, "--model", toy_bundle)
    assert done.returncode == 1
    assert "was made by toy 1.2.3 (abababababab), the model here is toy 1.2.3" in done.stderr
    assert "build a library with this one" in done.stderr
    assert not (data / "augderm.db").exists(), "nothing was opened"


def test_a_folder_that_is_no_library_is_refused(tmp_path: Path, toy_bundle: Path) -> None:
    done = augderm("serve", "--data", tmp_path / "clinic", "--library", tmp_path, "--model", toy_bundle)
    assert done.returncode == 1
    assert "is no library" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_the_server_ends_its_workers_first(
    tmp_path: Path, toy_bundle: Path, number: signal.Signals
) -> None:
    served = Served(tmp_path, toy_bundle)
    wait_for(lambda: bool(served.children("spawn_main")), served.log)
    workers = served.children("spawn_main")
    served.process.send_signal(number)
    assert served.process.wait(60) == 0, served.log()
    assert not any(Path(f"/proc/{each}").exists() for each in workers)

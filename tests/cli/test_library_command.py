"""`augderm library` and `augderm similar`, as a person uses them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from augderm.cli import filling
from augderm.cli.exit_status import INTERRUPTED
from augderm.cli.library import add, build
from augderm.learn.library_cases import Read, read_cases
from augderm.learn.records import Record
from augderm.library.library import Library
from augderm.reader.bundle import Bundle
from augderm.reader.network import Network
from support.command import augderm
from support.dataset import write_dataset


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_dataset(folder, images=70)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, data: Path, toy_bundle: Path) -> Path:
    """A library of folds 1 to 4; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("library") / "lib"
    assert build(str(data), out=folder, folds="1,2,3,4", model=toy_bundle) == 0
    return folder


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "lib")
    return tmp_path / "lib"


def images(folder: Path) -> set[str]:
    return {case.image for _, case in Library(folder).cases()}


def test_a_held_back_fold_stays_out(made: Path) -> None:
    library = Library(made)
    assert library.manifest.cases == 56
    assert {case.fold for _, case in library.cases()} == {1, 2, 3, 4}


def test_similar_shows_a_table_and_writes_page_and_json(
    made: Path, data: Path, toy_bundle: Path, tmp_path: Path
) -> None:
    outputs = ("--json", tmp_path / "a.json", "--report", tmp_path / "a.html")
    arguments = ("similar", data / "images/2.png", "--library", made, "--model", toy_bundle, "--count", "6")
    done = augderm(*arguments, *outputs)
    assert done.returncode == 0, done.stderr
    value = json.loads((tmp_path / "a.json").read_text())
    assert len(value["neighbours"]) == 6
    assert "distance" in done.stdout
    assert "whole library" in done.stdout
    assert "images/2.png" in (tmp_path / "a.html").read_text()
    refused = augderm(*arguments, *outputs)
    assert refused.returncode == 1
    assert "--overwrite" in refused.stderr
    alone = augderm(*arguments, "--json", "-")
    assert json.loads(alone.stdout)["neighbours"] == value["neighbours"]


def test_misuse_exits_with_1_and_a_broken_image_with_2(
    made: Path, data: Path, toy_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"broken")
    done = augderm("similar", tmp_path / "broken.jpg", "--library", made, "--model", toy_bundle)
    assert done.returncode == 2
    assert "No similar cases are shown" in done.stdout
    done = augderm("similar", data / "images/2.png", "--library", made)
    assert done.returncode == 1
    assert "--model, or build a library" in done.stderr


def test_adding_passes_over_what_is_held_and_takes_the_rest(own: Path, data: Path, toy_bundle: Path) -> None:
    assert add(own, str(data), model=toy_bundle) == 0
    assert Library(own).manifest.cases == 70
    before = (own / "library.json").read_bytes()
    assert add(own, str(data), model=toy_bundle) == 0
    assert json.loads(before)["segments"] == json.loads((own / "library.json").read_bytes())["segments"]


def test_one_image_is_added_with_its_diagnosis_and_found_again(
    own: Path, data: Path, toy_bundle: Path, toy_network: Network, tmp_path: Path
) -> None:
    image = tmp_path / "case.png"
    shutil.copy(data / "images/0.png", image)
    assert add(own, str(image), diagnosis="mel", confirmed_by="histopathology", model=toy_bundle) == 0
    case = next(case for _, case in Library(own).cases() if case.image == "case.png")
    assert (case.code, case.malignant, case.confirmed_by) == ("mel", True, "histopathology")


def test_removing_names_what_it_takes_and_refuses_what_it_does_not_know(own: Path) -> None:
    done = augderm("library", "remove", own, "images/7.png", "images/8.png")
    assert done.returncode == 0, done.stderr
    assert "2 removed, 54 left" in done.stdout
    assert not {"images/7.png", "images/8.png"} & images(own)
    done = augderm("library", "remove", own, "images/9.png", "images/7.png")
    assert done.returncode == 1
    assert "images/7.png; nothing was removed" in done.stderr
    assert "images/9.png" in images(own)
    done = augderm("library", "remove", own, "mini", "--by", "dataset")
    assert "54 removed, 0 left" in done.stdout


def test_broken_images_are_named_and_the_library_is_made_of_the_rest(
    tmp_path: Path, toy_bundle: Path
) -> None:
    write_dataset(tmp_path / "data", images=6)
    (tmp_path / "data/images/3.png").write_bytes(b"broken")
    done = augderm("library", "build", tmp_path / "data", "--out", tmp_path / "lib", "--model", toy_bundle)
    assert done.returncode == 2
    assert "images/3.png: This is not an image" in done.stderr
    assert Library(tmp_path / "lib").manifest.cases == 5


def test_a_stop_keeps_what_was_read_and_resume_reads_the_rest(
    data: Path, toy_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(records: Sequence[Record], bundle: Bundle, reader: str, threads: int) -> Iterator[Read]:
        for number, found in enumerate(read_cases(records, bundle, reader, threads)):
            if number == 30:
                os.kill(os.getpid(), signal.SIGINT)
            yield found

    monkeypatch.setattr(filling, "read_cases", stopped)
    monkeypatch.setattr(filling, "COMMIT_EVERY", 8)
    assert build(str(data), out=tmp_path / "lib", model=toy_bundle) == INTERRUPTED
    assert not (tmp_path / "lib/library.json").exists()
    monkeypatch.undo()
    read: list[int] = []

    def counted(records: Sequence[Record], bundle: Bundle, reader: str, threads: int) -> Iterator[Read]:
        read.append(len(records))
        return read_cases(records, bundle, reader, threads)

    monkeypatch.setattr(filling, "read_cases", counted)
    assert build(str(data), out=tmp_path / "lib", model=toy_bundle, resume=True) == 0
    assert read == [40]
    assert len(images(tmp_path / "lib")) == 70


def test_a_kill_at_any_point_costs_the_images_under_way_only(
    data: Path, toy_bundle: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "augderm", "library", "build", str(data)]
    command += ["--out", str(tmp_path / "lib"), "--model", str(toy_bundle), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (tmp_path / "lib/library.unfinished.json").exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    finished = (tmp_path / "lib/library.json").exists()
    assert finished or build(str(data), out=tmp_path / "lib", model=toy_bundle, resume=True) == 0
    assert len(images(tmp_path / "lib")) == 70


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "DATA", "--out", "OUT", "--folds", "1,7"), "folds are 0 to 4"),
        (("build", "/nowhere", "--out", "OUT"), "/nowhere"),
        (("add", "/nowhere", "DATA"), "no library"),
        (("add", "OUT", "DATA", "--diagnosis", "x"), "none of akiec"),
        (("add", "OUT", "DATA", "--clinical"), "--diagnosis"),
        (("remove", "/nowhere", "a"), "no library"),
    ],
)
def test_misuse_of_the_library_exits_with_1_and_says_why(
    arguments: tuple[str, ...], message: str, data: Path, tmp_path: Path
) -> None:
    places = {"DATA": str(data), "OUT": str(tmp_path / "out")}
    done = augderm("library", *(places.get(argument, argument) for argument in arguments))
    assert done.returncode == 1
    assert message in done.stderr

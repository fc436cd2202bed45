"""`augderm evaluate`, as a user calls it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.cli.evaluate import command_line
from augderm.cli.evaluating.outputs import cases_csv
from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import WITHHELD, ReadSettings, Worker
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.learned import LEARNED_FILE, write_learned
from augderm.reader.bundle import LEARNED
from support.bundles import write_manifest, write_toy_bundle
from support.cases import case_of_code, record_of
from support.command import augderm
from support.dataset import write_dataset

IMAGES = 35
"""Seven a fold: one of each class."""


def bundle_of(folder: Path, **training: Any) -> Path:
    """A toy bundle that says it was trained on the dataset "mini", fold 0 held back."""
    write_toy_bundle(folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["training"] = {"datasets": ["mini"], "validation_fold": 0, **training}
    path.write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset under data/ and a bundle under bundle/."""
    folder = tmp_path_factory.mktemp("evaluate")
    write_dataset(folder / "data", images=IMAGES)
    bundle_of(folder / "bundle")
    return folder


@pytest.fixture(scope="module")
def out(place: Path) -> Path:
    """The results of a whole evaluation, with comparison and robustness."""
    bundle_of(place / "other", encoder="another")
    done = augderm(
        *("evaluate", place / "bundle", place / "data", "--out", place / "out", "--json", place / "f.json"),
        *("--compare", place / "other", "--robustness", "1", "--jobs", "1"),
    )
    assert done.returncode == 0, done.stderr
    return place / "out"


def rows_of(path: Path) -> list[Mapping[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_command_of_a_card_can_be_pasted_into_a_shell() -> None:
    asked = {"--fold": 0, "--only": ["a b", "c"], "--split": None, "--robustness": 5}
    line = command_line(("evaluate", "default", "it's"), asked)
    assert line.startswith("augderm evaluate default ")
    assert shlex.split(line)[2:] == [
        *("default", "it's", "--fold", "0", "--only", "a b", "--only", "c", "--robustness", "5")
    ]


@pytest.mark.slow
def test_the_held_back_fold_gives_figures_report_model_card_and_cases(out: Path) -> None:
    figures = json.loads((out.parent / "f.json").read_text())
    assert figures["mini"]["images"] == figures["all"]["images"] == 7
    assert figures["all"]["failed"] == 0
    assert 0 <= figures["all"]["border mean Jaccard"] <= 1
    assert figures["all"]["structures mean AUC"] is None, "the dataset labels none"
    everything = json.loads((out / "figures.json").read_text())
    assert everything["schema"] == "augderm.evaluation/3"
    data = out.parent / "data"
    assert everything["subject"]["command"] == (
        f"augderm evaluate bundle {data} --compare other --robustness 1"
    ), "a published card names no folder that a bundle lies in"
    assert len(everything["robustness"]) == 15
    assert everything["comparison"]["dermoscopic"]["likeliest"]["only_first"] == 0
    assert "<h2>Robustness</h2>" in (out / "report.html").read_text()
    assert (out / "model-card.md").read_text().startswith("# Model card: ")
    assert len(rows_of(out / "cases.csv")) == 7
    assert not list(out.glob(".*"))


@pytest.mark.slow
def test_images_learned_from_are_left_out_and_told_in_terminal_report_and_card(
    place: Path, tmp_path: Path
) -> None:
    folder = bundle_of(tmp_path / "bundle")
    held_back = [record for record in read_index(place / "data") if record.fold == 0]
    write_learned(folder / LEARNED_FILE, held_back[:2])
    write_manifest(folder, **{LEARNED: LEARNED_FILE})
    wish = ("--fold", "0", "--jobs", "1")
    done = augderm("evaluate", folder, place / "data", "--out", tmp_path / "out", *wish)
    assert done.returncode == 0, done.stderr
    told = "fold 0 without 2 of 7 images that the bundle learned from"
    assert told in done.stdout
    assert told in (tmp_path / "out" / "report.html").read_text()
    assert told in (tmp_path / "out" / "model-card.md").read_text()
    assert len(rows_of(tmp_path / "out" / "cases.csv")) == 5


@pytest.mark.slow
def test_a_second_run_takes_the_reads_and_gives_the_same(out: Path, place: Path) -> None:
    reads = out / "reads.jsonl"
    before = json.loads((out / "figures.json").read_text())
    lines = reads.read_text().splitlines(keepends=True)
    # As after a kill: the last lines are missing, one of them cut.
    reads.write_text("".join(lines[:3]) + lines[3][:40])
    refused = augderm("evaluate", place / "bundle", place / "data", "--out", out)
    assert refused.returncode == 1
    assert "--resume" in refused.stderr
    done = augderm("evaluate", place / "bundle", place / "data", "--out", out, "--resume", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(line)["image"] for line in reads.read_text().splitlines()) == sorted(
        json.loads(line)["image"] for line in lines
    )
    assert json.loads((out / "figures.json").read_text())["parts"] == before["parts"]


@pytest.mark.slow
def test_what_was_measured_by_another_mask_is_measured_again(out: Path, place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "data", tmp_path / "data")
    results = tmp_path / "out"
    results.mkdir()
    moved = (out / "reads.jsonl").read_text().replace(str(place / "data"), str(tmp_path / "data"))
    lines = [json.loads(line) for line in moved.splitlines()]
    assert all(line["evaluation"]["mask_sha256"] for line in lines)
    del lines[1]["evaluation"]["mask_sha256"]  # as of an earlier version
    del lines[2]["evaluation"]["mask_fault"]
    lines[1]["evaluation"]["jaccard"] = lines[2]["evaluation"]["jaccard"] = 0.123
    (results / "reads.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    mask = tmp_path / "data" / "masks" / Path(lines[0]["image"]).name
    Image.fromarray(np.zeros((120, 160), np.uint8)).save(mask)
    done = augderm(
        *("evaluate", place / "bundle", tmp_path / "data", "--out", results, "--resume", "--jobs", "1")
    )
    assert done.returncode == 0, done.stderr
    rows = {row["image"]: row for row in rows_of(results / "cases.csv")}
    assert rows[lines[0]["image"]]["jaccard"] == ""
    assert "empty" in rows[lines[0]["image"]]["mask_fault"]
    assert re.search(r"nothing is measured by reference masks of 1 images: .*the mask is empty", done.stdout)
    assert all(float(rows[line["image"]]["jaccard"]) != 0.123 for line in lines[1:3])
    for line in lines[3:]:
        assert float(rows[line["image"]]["jaccard"]) == pytest.approx(line["evaluation"]["jaccard"], abs=1e-4)


def test_what_is_withheld_of_an_image_is_told_to_the_evaluation_alone(place: Path, tmp_path: Path) -> None:
    with Image.open(place / "data" / "images" / "0.png") as image:
        Image.fromarray(np.asarray(image) // 10).save(tmp_path / "dark.png")
    source = Source(str(tmp_path / "dark.png"), PurePath("0"))
    told = Worker(ReadSettings(place / "bundle")).read(source)
    assert told["status"] == "abstained"
    assert WITHHELD not in told
    found = Worker(ReadSettings(place / "bundle", withheld=True)).read(source)
    assert found["diagnosis"] is None
    assert sum(found[WITHHELD]["probabilities"].values()) == pytest.approx(1)
    assert 0 < found[WITHHELD]["malignancy"] < 1
    assert found["novelty"] == told["novelty"], "the bundle's own limit stays"


@pytest.mark.slow
def test_the_reads_of_another_bundle_are_not_mixed_in(out: Path, place: Path) -> None:
    done = augderm("evaluate", place / "other", place / "data", "--out", out, "--resume")
    assert done.returncode == 1
    assert "another model" in done.stderr


def test_a_fold_that_the_bundle_has_seen_is_refused(place: Path) -> None:
    done = augderm("evaluate", place / "bundle", place / "data", "--fold", "1")
    assert done.returncode == 1
    assert "memory" in done.stderr
    assert "--fold 0" in done.stderr


@pytest.mark.slow
def test_a_bundle_that_was_trained_on_these_images_is_no_fair_comparison(place: Path) -> None:
    bundle_of(place / "peer", validation_fold=3)
    done = augderm("evaluate", place / "bundle", place / "data", "--compare", place / "peer")
    assert done.returncode == 1
    assert "no image was held back from both bundles" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "data"), "manifest.json"),
        (("bundle", "nowhere"), "index.csv"),
        (("bundle", "nosuch:data"), "nosuch"),
        (("bundle", "data", "--only", "other"), "mini"),
        (("bundle", "data", "--json", "absent/f.json"), "absent"),
        (("bundle", "data", "--resume"), "--out"),
        (("bundle", "data", "--join", "mini+other"), "--join mini+other: give two or more of mini"),
        (("bundle", "data", "--join", "mini"), "--join mini"),
        (("bundle", "data", "--split", "test"), "test split"),
    ],
)
def test_misuse_is_told_with_its_remedy(
    arguments: tuple[str, ...], said: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    done = augderm("evaluate", *arguments)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.slow
def test_an_image_that_fails_is_named_and_counted(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "data", tmp_path / "data")
    (tmp_path / "data" / "images" / "3.png").write_bytes(b"broken")
    done = augderm(
        *("evaluate", place / "bundle", tmp_path / "data", "--json", tmp_path / "f.json", "--jobs", "1")
    )
    assert done.returncode == 2, done.stderr
    assert "3.png" in done.stderr
    assert json.loads((tmp_path / "f.json").read_text())["all"]["failed"] == pytest.approx(1 / 7, abs=1e-5)


def test_a_name_like_a_formula_is_text_in_the_table_of_cases() -> None:
    case = case_of_code(0, "nv", "nv", 0.1, record=record_of(0, 5, dataset="=1+1", group="@x"))
    row = next(csv.DictReader(cases_csv([case]).splitlines()))
    assert row["dataset"] == "'=1+1"
    assert row["group"] == "'@x"
    assert row["likeliest"] == "nv"


@pytest.mark.slow
def test_the_bundle_is_left_as_it_was(place: Path, out: Path) -> None:
    manifest = json.loads((place / "bundle" / "manifest.json").read_text())
    for name, sha256 in manifest["files"].items():
        assert hashlib.sha256((place / "bundle" / name).read_bytes()).hexdigest() == sha256

"""`augderm evaluate`, as a user calls it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.cli.evaluating.measured import measure
from augderm.cli.evaluating.outputs import cases_csv
from augderm.cli.evaluating.reads import read_records
from augderm.cli.evaluating.sources import record_sources
from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import WITHHELD, ReadSettings, Worker
from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import STRUCTURES
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.learned import LEARNED_FILE, write_learned
from augderm.reader.bundle import LEARNED, load_bundle
from support.bundles import calibration, write_manifest, write_toy_bundle
from support.cases import case_of_code, record_of
from support.command import augderm
from support.dataset import phantom_of, write_dataset

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


@pytest.mark.slow
def test_the_held_back_fold_gives_figures_report_model_card_and_cases(out: Path) -> None:
    figures = json.loads((out.parent / "f.json").read_text())
    assert figures["mini"]["images"] == figures["all"]["images"] == 7
    assert figures["all"]["failed"] == 0
    assert 0 <= figures["all"]["border mean Jaccard"] <= 1
    assert figures["all"]["structures mean AUC"] is None, "the dataset labels none"
    everything = json.loads((out / "figures.json").read_text())
    assert everything["schema"] == "augderm.evaluation/2"
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


def test_of_an_earlier_version_s_reads_those_stay_that_lack_nothing(
    drawn: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = load_bundle(place / "bundle")
    named = {"told": "ok", "abstained": "abstained", "masked": "ok", "doubtful": "ok"}
    for name in named:
        shutil.copy(drawn / "i.png", drawn / f"{name}.png")
    records = [
        record_of(i, 5, folder=drawn, image=f"{name}.png", mask="m.png" if name == "masked" else None)
        for i, name in enumerate(named)
    ]
    old = {
        "schema": "augderm.assessment/1",
        "model": {"name": "toy", "version": "0", "sha256": bundle.name.sha256},
        "sha256": hashlib.sha256((drawn / "i.png").read_bytes()).hexdigest(),
        **{"reason": "", "diagnosis": None, "malignancy": None},
        "evaluation": {"jaccard": None, "dice": None, "ita_deg": 12.0},
    }

    def modality_of(name: str) -> dict[str, Any]:
        return {"name": "dermoscopic", "clinical_probability": 0.4 if name == "doubtful" else 0.1}

    lines = [
        {**old, "image": str(record.path), "status": status, "modality": modality_of(name)}
        for record, (name, status) in zip(records, named.items(), strict=True)
    ]
    reads = tmp_path / "reads.jsonl"
    reads.write_text("".join(json.dumps(line) + "\n" for line in lines))
    again: list[str] = []

    def read_all(sources: Sequence[Source], *_: object) -> list[tuple[Source, dict[str, Any]]]:
        again.extend(Path(source.path).name for source in sources)
        return [
            (source, {**old, "image": source.path, "status": "abstained", "modality": None})
            for source in sources
        ]

    monkeypatch.setattr("augderm.cli.evaluating.reads.read_all", read_all)
    settings: dict[str, Any] = {"jobs": 1, "keep_in": reads, "resume": True}
    cases, failed = read_records(records, place / "bundle", bundle, **settings)
    assert again == ["abstained.png", "masked.png", "doubtful.png"]
    assert (cases[0].ita_deg, failed) == (12.0, 0)
    read_records(records, place / "bundle", bundle, **settings)
    assert again == ["abstained.png", "masked.png", "doubtful.png"], "now they lack nothing"


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


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """An image and its reference mask, 0 and 255 and once 0 and 1, of half the size."""
    picture = np.full((80, 100, 3), (200, 160, 140), np.uint8)
    picture[20:60, 30:70] = (90, 60, 50)
    Image.fromarray(picture).save(tmp_path / "i.png")
    mask = np.zeros((40, 50), np.uint8)
    mask[10:30, 15:35] = 1
    Image.fromarray(mask * 255).save(tmp_path / "m.png")
    Image.fromarray(mask).save(tmp_path / "ones.png")
    border = np.zeros((80, 100), np.uint8)
    border[20:60, 30:50] = 255
    Image.fromarray(border).save(tmp_path / "border.png")
    return tmp_path


@pytest.mark.parametrize("mask", ["m.png", "ones.png"])
def test_the_border_is_compared_at_the_image_size(drawn: Path, mask: str) -> None:
    record = record_of(0, 5, folder=drawn, image="i.png", mask=mask)
    found = measure(record, drawn / "border.png", {})
    assert found["jaccard"] == pytest.approx(0.5, abs=0.02)
    assert found["dice"] == pytest.approx(2 / 3, abs=0.02)
    assert found["ita_deg"] is not None
    none: dict[str, Any] = {"jaccard": 0.0, "dice": 0.0, "ita_deg": None, "mask_fault": "", "outlines": {}}
    assert measure(record, drawn / "none.png", {}) == none


@pytest.mark.parametrize(("located", "shared"), [("border.png", (0.1, 0.2)), ("none.png", (0.0, 0.2))])
def test_a_located_structure_is_compared_with_its_outline_at_the_image_size(
    drawn: Path, located: str, shared: tuple[float, float]
) -> None:
    Image.new("L", (50, 40)).save(drawn / "empty.png")
    record = record_of(
        *(0, 5), folder=drawn, image="i.png", structure_masks={"globules": "m.png", "streaks": "empty.png"}
    )
    found = measure(
        record, drawn / "border.png", {"globules": drawn / located, "streaks": drawn / "none.png"}
    )
    assert found["outlines"]["globules"] == pytest.approx(shared, abs=0.01)
    assert found["outlines"]["streaks"] == (0.0, 0.0)
    untold = measure(record, drawn / "border.png", {"streaks": drawn / "none.png"})
    assert untold["outlines"]["globules"] == pytest.approx((0.0, 0.2), abs=0.01), "its place is never told"
    assert measure(record, drawn / "border.png", None)["outlines"] == {}, "no place is told at all"
    Image.new("L", (50, 50), 255).save(drawn / "m.png")
    misshapen = measure(record, drawn / "border.png", {"globules": drawn / located})
    assert set(misshapen["outlines"]) == {"streaks"}
    assert "globules: the mask is 50 x 50, of another shape" in misshapen["mask_fault"]


@pytest.mark.slow
def test_task_2_of_isic_2018_is_scored_by_where_the_network_locates_structures(tmp_path: Path) -> None:
    folder, name = tmp_path / "isic2018", "ISIC_0000000"
    for part in ("Task1-2_Training_Input", "Task1_Training_GroundTruth", "Task2_Training_GroundTruth_v3"):
        (folder / f"ISIC2018_{part}").mkdir(parents=True)
    drawn = phantom_of(0, 0)
    lesion = Image.fromarray(drawn.mask)
    Image.fromarray(drawn.pixels).save(folder / "ISIC2018_Task1-2_Training_Input" / f"{name}.png")
    lesion.save(folder / "ISIC2018_Task1_Training_GroundTruth" / f"{name}_segmentation.png")
    for structure in STRUCTURES:
        outline = lesion if structure == "globules" else Image.new("L", lesion.size)
        path = folder / "ISIC2018_Task2_Training_GroundTruth_v3" / f"{name}_attribute_{structure}.png"
        outline.save(path)
    bundle = write_toy_bundle(tmp_path / "bundle")
    entry = calibration()
    entry["structures"]["globules"] = {"slope": 0.001, "offset": 50.0}
    everywhere = {"auc": 0.9, "images": 9, "positive": 4, "map_from": -1e6, "area_correlation": 0.5}
    write_manifest(bundle, calibration=entry, figures={"structures": {"globules": everywhere}})
    records = read_dataset("isic2018", folder)
    (case,), failed = read_records(
        records, bundle, load_bundle(bundle), jobs=1, keep_in=tmp_path / "reads.jsonl", resume=False
    )
    assert (case.status, failed) == ("ok", 0)
    both, either = case.outlines["globules"]
    # Located all over the border that was found, so that the two overlap as the border does.
    assert both / either == pytest.approx(case.jaccard, abs=0.01)
    assert both > 0
    assert all(case.outlines[name] == (0.0, 0.0) for name in STRUCTURES if name != "globules")
    again, _ = read_records(
        records, bundle, load_bundle(bundle), jobs=1, keep_in=tmp_path / "reads.jsonl", resume=True
    )
    assert again[0].outlines == case.outlines
    Image.new("L", lesion.size).save(
        folder / "ISIC2018_Task2_Training_GroundTruth_v3" / f"{name}_attribute_globules.png"
    )
    (changed,), _ = read_records(
        records, bundle, load_bundle(bundle), jobs=1, keep_in=tmp_path / "reads.jsonl", resume=True
    )
    assert changed.outlines["globules"][0] == 0, "measured anew by the changed mask"
    structures = folder / "ISIC2018_Task2_Training_GroundTruth_v3"
    lesion.save(structures / f"{name}_attribute_streaks.png")
    (structures / f"{name}_attribute_globules.png").rename(structures / "kept.png")
    (structures / f"{name}_attribute_streaks.png").rename(structures / f"{name}_attribute_globules.png")
    (structures / "kept.png").rename(structures / f"{name}_attribute_streaks.png")
    (exchanged,), _ = read_records(
        records, bundle, load_bundle(bundle), jobs=1, keep_in=tmp_path / "reads.jsonl", resume=True
    )
    assert exchanged.outlines["globules"] == case.outlines["globules"], "which mask is which is seen"
    write_toy_bundle(tmp_path / "untold")
    (blind,), _ = read_records(
        *(records, tmp_path / "untold", load_bundle(tmp_path / "untold")), jobs=1, keep_in=None, resume=False
    )
    assert blind.outlines == {}


@pytest.mark.parametrize("border", ["border.png", "none.png"])
@pytest.mark.parametrize(
    ("size", "level", "fault"),
    [((50, 40), 0, "no pixel is lesion"), ((50, 50), 255, "50 x 50, of another shape than its image")],
)
def test_by_a_reference_that_shows_no_lesion_of_the_image_nothing_is_measured_and_it_is_told(
    drawn: Path, border: str, size: tuple[int, int], level: int, fault: str
) -> None:
    Image.new("L", size, level).save(drawn / "m.png")
    found = measure(record_of(0, 5, folder=drawn, image="i.png", mask="m.png"), drawn / border, {})
    assert (found["jaccard"], found["dice"]) == (None, None)
    assert fault in str(found["mask_fault"])


def test_a_reference_whose_image_cannot_be_read_is_not_judged_by_its_shape(drawn: Path) -> None:
    (drawn / "i.png").write_bytes(b"broken")
    found = measure(record_of(0, 5, folder=drawn, image="i.png", mask="m.png"), drawn / "none.png", {})
    assert (found["jaccard"], found["mask_fault"]) == (0.0, "")


def test_without_a_reference_there_is_no_overlap_and_a_broken_one_is_named(drawn: Path) -> None:
    record = record_of(0, 5, folder=drawn, image="i.png")
    assert measure(record, drawn / "border.png", {})["jaccard"] is None
    (drawn / "m.png").write_bytes(b"broken")
    broken = record_of(0, 5, folder=drawn, image="i.png", mask="m.png")
    with pytest.raises(InvalidDataset, match=r"m\.png"):
        measure(broken, drawn / "border.png", {})


def test_a_name_like_a_formula_is_text_in_the_table_of_cases() -> None:
    case = case_of_code(0, "nv", "nv", 0.1, record=record_of(0, 5, dataset="=1+1", group="@x"))
    row = next(csv.DictReader(cases_csv([case]).splitlines()))
    assert row["dataset"] == "'=1+1"
    assert row["group"] == "'@x"
    assert row["likeliest"] == "nv"


def test_an_image_inside_an_hdf5_file_becomes_a_file_when_its_turn_comes(drawn: Path, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="needs the train extra")
    data = (drawn / "i.png").read_bytes()
    with h5py.File(tmp_path / "all.hdf5", "w") as file:
        file["one"] = np.void(data)
    records = [
        record_of(i, 5, folder=tmp_path, image=f"all.hdf5#{name}") for i, name in enumerate(("one", "two"))
    ]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    sources = record_sources(records, scratch)
    assert list(scratch.iterdir()) == []
    assert Path(sources[0].path).read_bytes() == data
    assert "two" in sources[1].problem
    assert sources[0] is sources[0], "written once"
    assert len(list(sources)) == 2
    assert measure(records[0], drawn / "border.png", {})["ita_deg"] is not None


@pytest.mark.slow
def test_the_bundle_is_left_as_it_was(place: Path, out: Path) -> None:
    manifest = json.loads((place / "bundle" / "manifest.json").read_text())
    for name, sha256 in manifest["files"].items():
        assert hashlib.sha256((place / "bundle" / name).read_bytes()).hexdigest() == sha256

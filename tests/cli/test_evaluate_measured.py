"""What `augderm evaluate` measures of a read against the dataset's own masks."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.cli.evaluating.measured import measure
from augderm.cli.evaluating.reads import read_records
from augderm.cli.evaluating.sources import record_sources
from augderm.cli.reading.sources import Source
from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import STRUCTURES
from augderm.learn.datasets.registry import read_dataset
from augderm.reader.bundle import load_bundle
from support.bundles import calibration, write_manifest, write_toy_bundle
from support.cases import record_of
from support.dataset import phantom_of


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


def test_of_an_earlier_version_s_reads_those_stay_that_lack_nothing(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_toy_bundle(tmp_path / "bundle")
    bundle = load_bundle(model)
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
    cases, failed = read_records(records, model, bundle, **settings)
    assert again == ["abstained.png", "masked.png", "doubtful.png"]
    assert (cases[0].ita_deg, failed) == (12.0, 0)
    read_records(records, model, bundle, **settings)
    assert again == ["abstained.png", "masked.png", "doubtful.png"], "now they lack nothing"

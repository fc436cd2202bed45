"""`augderm data`, as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from augderm.learn.datasets.registry import DATASETS
from support.command import augderm
from support.miniatures.files import encoded
from support.miniatures.registry import MINIATURES


def test_list_names_every_dataset() -> None:
    done = augderm("data", "list")
    assert done.returncode == 0
    assert all(name in done.stdout for name in DATASETS)


def test_list_of_one_shows_layout_licence_and_traps() -> None:
    done = augderm("data", "list", "derm7pt")
    assert done.returncode == 0
    for text in ("meta/meta.csv", "non-commercial", "listed as clinical and as dermoscopic"):
        assert text in done.stdout


def test_a_clean_folder_exits_with_0_and_writes_the_same_as_json(tmp_path: Path) -> None:
    MINIATURES["pad_ufes_20"](tmp_path / "data")
    done = augderm("data", "check", "pad_ufes_20", tmp_path / "data", "--json", tmp_path / "check.json")
    assert done.returncode == 0, done.stdout
    assert "3 images, 2 groups" in done.stdout
    assert "no problems, 2 notes" in done.stdout
    report = json.loads((tmp_path / "check.json").read_text())
    assert report["schema"] == "augderm.data_check/1"
    assert (report["images"], report["images_read"]) == (3, 3)
    assert report["counts"]["bcc"]["all"] == 1
    assert {finding["level"] for finding in report["findings"]} == {"note"}


def test_problems_exit_with_2_and_say_what_where_and_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    MINIATURES["class_folders"](folder)
    (folder / "train/mel/a.jpg").write_bytes(b"broken")
    (folder / "test/scc/d.jpg").write_bytes(encoded(2))  # train/zzz/e.jpg is of seed 4, val/nv/c.jpg of 2
    done = augderm("data", "check", "class_folders", folder)
    assert done.returncode == 2
    for text in (
        "zzz: 1 images",
        "train/mel/a.jpg: This is not an image",
        "test/scc/d.jpg (test/scc/d.jpg, fold",
        "the same file, byte by byte are in several folds or splits",
        "do: download them anew, or drop their rows",
        "3 problems",
    ):
        assert text in done.stdout, text


def test_the_double_listing_of_derm7pt_is_found(tmp_path: Path) -> None:
    MINIATURES["derm7pt"](tmp_path / "data")
    done = augderm("data", "check", "derm7pt", tmp_path / "data", "--skip-images")
    assert done.returncode == 2
    assert "NEL/NEL032.JPG" in done.stdout
    assert "torn" not in done.stdout


def test_a_torn_lesion_of_an_index_is_a_finding(tmp_path: Path) -> None:
    MINIATURES["index"](tmp_path)
    table = tmp_path / "index.csv"
    table.write_text(table.read_text().replace("ISIC_1,g0,1", "ISIC_1,g0,2"))
    done = augderm("data", "check", "index", tmp_path, "--skip-images")
    assert done.returncode == 2
    assert "g0: 1, 2" in done.stdout


def test_an_official_test_alone_is_a_note_since_it_can_be_evaluated_on(tmp_path: Path) -> None:
    MINIATURES["isic2016"](tmp_path)
    (tmp_path / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv").unlink()
    done = augderm("data", "check", "isic2016", tmp_path, "--skip-images")
    assert done.returncode == 0, done.stdout
    assert "note: all images are of the official test" in done.stdout


def test_images_that_could_not_be_fetched_and_labels_called_wrong_are_notes(tmp_path: Path) -> None:
    MINIATURES["fitzpatrick17k"](tmp_path)
    done = augderm("data", "check", "fitzpatrick17k", tmp_path)
    assert done.returncode == 0, done.stdout
    assert "d2bac3c9e4499032ca8e9b07c7d3bc40" in done.stdout
    assert "0a94359e7eaacd7178e06b2823777789: halo nevus" in done.stdout


def test_an_export_of_confocal_images_alone_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("isic_id,diagnosis_1,image_type\nISIC_1,Benign,RCM: mosaic\n")
    done = augderm("data", "check", "isic_archive", tmp_path)
    assert done.returncode == 2
    assert "problem: no image is left" in done.stdout


def test_a_table_without_rows_is_refused_with_what_to_do(tmp_path: Path) -> None:
    MINIATURES["isic_archive"](tmp_path)
    table = tmp_path / "metadata.csv"
    table.write_text(table.read_text().splitlines()[0])
    done = augderm("data", "check", "isic_archive", tmp_path)
    assert done.returncode == 1
    assert "metadata.csv: has no row below its header" in done.stderr


def test_a_quick_look_reads_as_many_images_as_it_is_told(tmp_path: Path) -> None:
    MINIATURES["ham10000"](tmp_path)
    assert "; 2 images read" in augderm("data", "check", "ham10000", tmp_path, "--limit", "2").stdout
    assert "; no images read" in augderm("data", "check", "ham10000", tmp_path, "--skip-images").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ham", "."), "no dataset is called 'ham'"),
        (("ham10000", "/nowhere"), "there is no HAM10000_metadata"),
        (("ham10000", ".", "--limit", "0"), "--limit"),
        (("ham10000", ".", "--json", "/nowhere/a.json"), "there is no folder /nowhere"),
    ],
)
def test_misuse_exits_with_1_and_says_why(arguments: tuple[str, ...], message: str) -> None:
    done = augderm("data", "check", *arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_names_that_would_act_on_a_terminal_are_spelt_out(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[31mred"
    (tmp_path / "data" / folder.name).mkdir(parents=True)
    (tmp_path / "data" / folder.name / "a.jpg").write_bytes(encoded(1))
    refused = augderm("data", "check", "class_folders", tmp_path / "data")
    assert refused.returncode == 1
    assert "\x1b" not in refused.stderr
    (tmp_path / "data/mel").mkdir()
    (tmp_path / "data/mel/a.jpg").write_bytes(encoded(2))
    done = augderm("data", "check", "class_folders", tmp_path / "data")
    assert done.returncode == 2
    assert "\x1b" not in done.stdout


@pytest.mark.data
@pytest.mark.slow
def test_the_shared_data_can_be_checked_in_part(shared_data: Path) -> None:
    done = augderm("data", "check", "index", shared_data, "--limit", "40", "--jobs", "1")
    assert done.returncode == 0, done.stdout
    assert "12731 images" in done.stdout

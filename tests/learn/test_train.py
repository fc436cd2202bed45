"""Training from a config to a bundle that reads."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from support.cases import record_of
from support.command import augderm
from support.dataset import write_config, write_dataset, write_labels

torch = pytest.importorskip("torch", reason="training needs the train extra")

TWO_EPOCHS = [{"side_px": 64, "epochs": 1}, {"side_px": 96, "epochs": 1}]
IMAGES = 770


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a miniature dataset under data/."""
    folder = tmp_path_factory.mktemp("training")
    write_dataset(folder / "data", images=IMAGES)
    write_labels(folder / "data", images=IMAGES)
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> Path:
    """A finished run of two epochs."""
    config = write_config(place / "c.toml", stages=TWO_EPOCHS)
    done = augderm("train", config, "--out", place / "run", timeout=600)
    assert done.returncode == 0, done.stderr
    return place / "run"


def train_in_two(config: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Train in two processes of one thread."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "augderm", "train", str(config), "--out", str(out)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def metrics(run: Path) -> list[dict[str, float]]:
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.mark.slow
def test_a_run_leaves_a_bundle_that_reads_and_says_what_it_was_trained_on(run: Path, place: Path) -> None:
    manifest = json.loads((run / "bundle" / "manifest.json").read_text())
    training = manifest["training"]
    assert training["train_images"] + training["calibration_images"] == IMAGES * 4 // 5
    assert training["validation_fold"] == 0
    assert training["readers"] == ["index"]
    done = augderm("read", place / "data" / "images" / "0.png", "--model", run / "bundle", "--json", "-")
    assert json.loads(done.stdout)["model"]["name"] == "mini"


@pytest.mark.slow
def test_each_epoch_leaves_its_metrics_and_the_run_its_pictures_and_settings(run: Path) -> None:
    rows = metrics(run)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert 0 <= rows[1]["mean_class_recall"] <= 1
    assert 0 <= rows[1]["structures_auc"] <= 1
    for picture in ("curves.png", "worst-mistakes.png"):
        assert (run / picture).read_bytes().startswith(b"\x89PNG")
    settings = json.loads((run / "settings.json").read_text())
    assert settings["name"] == "mini"
    assert len(settings["data_sha256"]) == 64
    training = json.loads((run / "bundle" / "manifest.json").read_text())["training"]
    assert settings["images_sha256"] == training["images_sha256"]
    assert "commit" in settings


@pytest.mark.slow
def test_a_run_is_not_written_over_and_other_settings_or_data_are_not_mixed_in(
    run: Path, place: Path
) -> None:
    again = augderm("train", place / "c.toml", "--out", run)
    assert again.returncode == 1
    assert "--resume" in again.stderr
    changed = write_config(place / "d.toml", stages=TWO_EPOCHS, dropout=0.3)
    other = augderm("train", changed, "--out", run, "--resume")
    assert other.returncode == 1
    assert "dropout" in other.stderr


@pytest.mark.slow
def test_other_pictures_by_the_same_names_are_not_mixed_in(run: Path, place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "data", tmp_path / "data")
    with (tmp_path / "data" / "images" / "8.png").open("ab") as file:
        file.write(b"\0")
    config = write_config(tmp_path / "c.toml", stages=TWO_EPOCHS)
    other = augderm("train", config, "--out", run, "--resume")
    assert other.returncode == 1
    assert "other settings or data (images_sha256)" in other.stderr, "and not for the folder of the data"


@pytest.mark.slow
def test_an_interrupted_run_goes_on_to_the_same_network(run: Path, place: Path) -> None:
    config = write_config(place / "e.toml", stages=TWO_EPOCHS)
    out = place / "interrupted"
    process = subprocess.Popen(
        [sys.executable, "-m", "augderm", "train", str(config), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 300
    while not (out / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    # Where the second epoch was done already it ends by itself, or by the signal while Python shuts down;
    # what follows must hold too.
    if process.returncode == -signal.SIGINT:
        assert (out / "bundle" / "manifest.json").exists()
    elif process.returncode != 0:
        assert process.returncode == 130
        assert b"--resume" in error
    assert augderm("train", config, "--out", out, "--resume", timeout=600).returncode == 0
    first, second = (torch.load(each / "checkpoint.pt", weights_only=True) for each in (run, out))
    for name, values in first["averaged"].items():
        torch.testing.assert_close(second["averaged"][name], values, rtol=1e-3, atol=1e-4, msg=name)
    assert [row["epoch"] for row in metrics(out)] == [1, 2]


@pytest.mark.slow
def test_going_on_after_a_stop_at_the_very_end_leaves_all_pictures(run: Path, place: Path) -> None:
    out = place / "stopped at the end"
    out.mkdir()
    for name in ("checkpoint.pt", "settings.json"):
        shutil.copy(run / name, out)
    done = augderm("train", place / "c.toml", "--out", out, "--resume", timeout=600)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in run.iterdir())
    manifests = [json.loads((each / "bundle" / "manifest.json").read_text()) for each in (run, out)]
    assert manifests[0]["calibration"] == manifests[1]["calibration"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"start_from": "nowhere"}, r"nowhere: holds no checkpoint"),
        ({"frozen_blocks": 90}, "frozen_blocks is 90"),
    ],
)
def test_what_keeps_a_run_from_beginning_is_told_before_images_are_decoded(
    place: Path, changed: dict[str, object], told: str
) -> None:
    out = place / f"refused {next(iter(changed))}"
    done = augderm("train", write_config(place / "i.toml", **changed), "--out", out, timeout=600)
    assert done.returncode == 1
    assert told in done.stderr
    assert "decoded" not in done.stdout


@pytest.mark.slow
def test_a_run_that_starts_from_another_goes_on_from_what_it_had_learned(run: Path, place: Path) -> None:
    config = write_config(place / "g.toml", start_from="run", frozen_blocks=3)
    done = augderm("train", config, "--out", place / "longer", timeout=600)
    assert done.returncode == 0, done.stderr
    (longer,), earlier = metrics(place / "longer"), metrics(run)
    assert longer["loss"] < earlier[0]["loss"]
    manifest = json.loads((place / "longer" / "bundle" / "manifest.json").read_text())
    assert manifest["training"]["started_from"] == "run"


@pytest.mark.slow
def test_a_run_starts_from_a_bundle_and_shows_each_image_twice(run: Path, place: Path) -> None:
    config = write_config(place / "h.toml", start_from="run/bundle", twins_weight=1.0, keep_of_start=0.3)
    done = augderm("train", config, "--out", place / "twins", timeout=600)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((place / "twins" / "bundle" / "manifest.json").read_text())
    assert manifest["training"]["started_from"] == "bundle"
    assert manifest["training"]["kept_of_start"] == 0.3
    assert metrics(place / "twins")[0]["mean_class_recall"] > 0


@pytest.mark.slow
def test_two_processes_learn_what_one_does_within_noise(run: Path, place: Path) -> None:
    config = write_config(place / "f.toml", stages=TWO_EPOCHS)
    out = place / "two"
    done = train_in_two(config, out)
    assert done.returncode == 0, done.stderr
    assert (out / "bundle" / "manifest.json").exists()
    one, two = metrics(run), metrics(out)
    assert len(two) == 2
    # Each process normalises its own half of a batch: alike, not equal. The border is steady (0.607 and 0.608
    # when this was written); classes, after 58 steps of 8 images, are not (recall 0.82 and 0.54): held to be
    # twice what guessing among seven finds, and the AUC (1.0 and 0.93) half way from guessing to all.
    assert two[1]["loss"] == pytest.approx(one[1]["loss"], rel=0.15)
    assert two[1]["jaccard"] == pytest.approx(one[1]["jaccard"], abs=0.05)
    for row in (one[1], two[1]):
        assert row["mean_class_recall"] > 2 / 7
        assert row["other_melanoma_auc"] > 0.75


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["a broken image", "a folder that cannot be made"])
def test_what_the_first_of_two_processes_cannot_do_ends_both_with_its_message_and_no_trace(
    tmp_path: Path, damage: str
) -> None:
    write_dataset(tmp_path / "data", images=IMAGES)
    out = tmp_path / "run"
    if damage == "a broken image":
        (tmp_path / "data" / "images" / "8.png").write_bytes(b"broken")
    else:
        out.write_bytes(b"a file")
    done = train_in_two(write_config(tmp_path / "c.toml"), out)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("augderm: ")]
    assert 1 <= len(said) <= 2, "torchrun may end either before it has said so"
    reason = "images/8.png: " if damage == "a broken image" else "another --out"
    assert all(reason in line for line in said)
    assert sum("process 2 of 2 ends too, since process 1 says" in line for line in said) <= 1
    assert "augderm/learn" not in done.stderr, "torchrun has a trace of its own, these have none"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["images", "masks"])
def test_a_broken_training_file_is_named(tmp_path: Path, kind: str) -> None:
    write_dataset(tmp_path / "data", images=IMAGES)
    (tmp_path / "data" / kind / "8.png").write_bytes(b"broken")
    done = augderm("train", write_config(tmp_path / "c.toml"), "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "8.png" in done.stderr
    assert "data check" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_loss_that_runs_away_ends_the_run_before_a_checkpoint_of_it(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data", images=IMAGES)
    config = write_config(tmp_path / "c.toml", border_weight=1e38, learning_rate=1e30)
    done = augderm("train", config, "--out", tmp_path / "run", timeout=300)
    assert done.returncode == 1
    assert "gradient" in done.stderr
    assert "learning_rate" in done.stderr
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_missing_dataset_folder_is_told_with_its_path(tmp_path: Path) -> None:
    done = augderm("train", write_config(tmp_path / "c.toml"), "--out", tmp_path / "run")
    assert done.returncode == 1
    assert str(tmp_path / "data") in done.stderr
    assert not (tmp_path / "run").exists()


def test_too_few_calibration_images_are_told_before_training(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data")
    done = augderm("train", write_config(tmp_path / "c.toml"), "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "calibration_share" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_an_empty_part_is_told_with_its_name(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data")
    config = write_config(tmp_path / "c.toml", calibration_share={})
    done = augderm("train", config, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "no image is left for calibration" in done.stderr


def test_one_image_under_two_sources_and_in_two_folds_is_refused(tmp_path: Path) -> None:
    from augderm.domain.errors import InvalidDataset
    from augderm.learn.config import load_config
    from augderm.learn.workshop import read_sources

    header = "image,mask,dataset,group_id,fold,diagnosis,modality,width,height\n"
    for name, fold in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        row = f"ISIC_0024306.jpg,,{name},{name}1,{fold},nv,dermoscopic,600,450\n"
        (tmp_path / name / "index.csv").write_text(header + row)
    sources = [{"dataset": "index", "path": "a"}, {"dataset": "index", "path": "b"}]
    config = load_config(write_config(tmp_path / "c.toml", sources=sources))
    with pytest.raises(InvalidDataset, match=r"ISIC_0024306 is in fold 1 .* fold 2"):
        read_sources(config)


def test_rare_classes_and_weighted_sources_are_drawn_more_often(tmp_path: Path) -> None:
    from augderm.learn.config import load_config
    from augderm.learn.train import draw_weights

    config = load_config(write_config(tmp_path / "c.toml"))
    records = [record_of(0, 5)] * 64 + [record_of(1, 4)] * 4 + [record_of(2, 5, weight=3.0)] * 36
    weights = draw_weights(records, config).numpy()
    assert weights[64] / weights[0] == pytest.approx(np.sqrt(100 / 4))
    assert weights[-1] / weights[0] == pytest.approx(3)

"""Training from a config to a bundle that reads."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import augderm
from support.dataset import write_config, write_dataset

pytest.importorskip("torch", reason="training needs the train extra")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a miniature dataset under data/."""
    folder = tmp_path_factory.mktemp("training")
    write_dataset(folder / "data", images=560)
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> Path:
    """A finished run of two epochs."""
    done = augderm("train", write_config(place / "c.toml", epochs=2), "--out", place / "run", timeout=300)
    assert done.returncode == 0, done.stderr
    return place / "run"


@pytest.mark.slow
def test_a_run_leaves_a_bundle_that_reads_and_says_what_it_was_trained_on(run: Path, place: Path) -> None:
    manifest = json.loads((run / "bundle" / "manifest.json").read_text())
    assert manifest["training"]["train_images"] + manifest["training"]["calibration_images"] == 448
    assert manifest["training"]["validation_fold"] == 0
    done = augderm("read", place / "data" / "images" / "0.png", "--model", run / "bundle", "--json", "-")
    assert json.loads(done.stdout)["model"]["name"] == "mini"


@pytest.mark.slow
def test_each_epoch_leaves_its_metrics(run: Path) -> None:
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["loss"]) < float(rows[0]["loss"])


@pytest.mark.slow
def test_a_bundle_is_evaluated_on_its_held_back_fold_only(run: Path, place: Path) -> None:
    arguments = ("evaluate", place / "data", "--model", run / "bundle", "--json", place / "figures.json")
    done = augderm(*arguments, "--fold", "0")
    assert done.returncode == 0, done.stderr
    figures = json.loads((place / "figures.json").read_text())["mini"]
    assert figures["images"] == 112
    assert 0 <= figures["mean class recall"] <= 1
    refused = augderm(*arguments, "--fold", "1")
    assert refused.returncode == 1
    assert "memory" in refused.stderr


@pytest.mark.slow
def test_a_run_is_not_written_over_and_other_settings_are_not_mixed_in(run: Path, place: Path) -> None:
    again = augderm("train", place / "c.toml", "--out", run)
    assert again.returncode == 1
    assert "--resume" in again.stderr
    other = augderm("train", write_config(place / "d.toml", epochs=2, dropout=0.3), "--out", run, "--resume")
    assert other.returncode == 1
    assert "dropout" in other.stderr


@pytest.mark.slow
def test_an_interrupted_run_goes_on_to_the_same_network(run: Path, place: Path) -> None:
    config = write_config(place / "e.toml", epochs=2)
    out = place / "interrupted"
    process = subprocess.Popen(
        [sys.executable, "-m", "augderm", "train", str(config), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 200
    while not (out / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    # A machine so fast that the second epoch was done already proves nothing, and fails nothing.
    if process.returncode != 0:
        assert process.returncode == 130
        assert b"--resume" in error
    assert augderm("train", config, "--out", out, "--resume", timeout=300).returncode == 0
    logits = []
    for bundle in (run / "bundle", out / "bundle"):
        done = augderm("read", place / "data" / "images" / "3.png", "--model", bundle, "--json", "-")
        logits.append(json.loads(done.stdout)["diagnosis"]["probabilities"])
    assert logits[0] == pytest.approx(logits[1], abs=0.02)


@pytest.mark.slow
def test_a_broken_training_image_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data")
    (tmp_path / "data" / "images" / "5.png").write_bytes(b"broken")
    done = augderm("train", write_config(tmp_path / "c.toml"), "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "images/5.png" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from augderm.domain.errors import OutputRefused
    from augderm.learn.train import save_checkpoint

    path = tmp_path / "checkpoint.pt"
    save_checkpoint({"epoch": 1}, path)

    def full(state: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputRefused, match="--resume"):
        save_checkpoint({"epoch": 2}, path)
    monkeypatch.undo()
    assert torch.load(path, weights_only=True) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]

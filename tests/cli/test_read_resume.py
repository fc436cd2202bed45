"""A stopped `augderm read` is gone on with, and never mixed with other results."""

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

import pytest
from PIL import Image

from support.reading import augderm, read_lines, toy


def test_resume_reads_only_what_is_missing_and_tries_failures_again(
    mixed_folder: Path, tmp_path: Path
) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", mixed_folder, "--json", results, "--csv", tmp_path / "a.csv")
    whole = read_lines(results)
    good = [line for line in results.read_text().splitlines(keepends=True) if '"failed"' not in line]
    # As a kill leaves it: one line whole, the next cut in the middle.
    results.write_text(good[0] + good[1][:100])
    shutil.copy(mixed_folder / "second.jpg", mixed_folder / "broken.jpg")
    done = augderm("read", mixed_folder, "--json", results, "--csv", tmp_path / "a.csv", "--resume")
    assert done.returncode == 0
    found = read_lines(results)
    assert sorted(line["image"] for line in found) == sorted(line["image"] for line in whole)
    assert all(line["status"] == "ok" for line in found)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert sorted(row["image"] for row in csv.DictReader(file)) == sorted(line["image"] for line in found)


def test_resume_refuses_results_of_another_model_and_other_files(phantom_file: Path, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--json", results)
    line = json.loads(results.read_text())
    line["model"]["sha256"] = "0" * 64
    for content, word in ((json.dumps(line) + "\n", "another model"), ("a\nb\n", "no assessment")):
        results.write_text(content)
        done = augderm("read", phantom_file, "--json", results, "--resume")
        assert done.returncode == 1
        assert word in done.stderr
        assert results.read_text() == content


def test_resume_refuses_results_of_another_runtime(phantom_file: Path, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--json", results)
    line = json.loads(results.read_text())
    assert (line["runtime"]["name"], line["runtime"]["precision"]) == ("onnx", "float32")
    line["runtime"]["name"] = "openvino"
    content = json.dumps(line) + "\n"
    results.write_text(content)
    done = augderm("read", phantom_file, "--json", results, "--resume")
    assert done.returncode == 1
    assert "made with --runtime openvino, now it is onnx" in done.stderr
    assert results.read_text() == content
    # A line from before there was a choice is one of ONNX Runtime.
    del line["runtime"]
    results.write_text(json.dumps(line) + "\n")
    done = augderm("read", phantom_file, "--json", results, "--resume")
    assert done.returncode == 0
    assert read_lines(results) == [line]


def test_pressing_ctrl_c_again_and_again_does_not_hang(phantom_file: Path, tmp_path: Path) -> None:
    for index in range(150):
        shutil.copy(phantom_file, phantom_file.parent / f"{index:03d}.jpg")
    results = tmp_path / "a.jsonl"
    reading = [sys.executable, "-m", "augderm", "read", str(phantom_file.parent), "--json", str(results)]
    reading += ["--model", str(toy())]
    process = subprocess.Popen([*reading, "--jobs", "2"], stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while (not results.exists() or results.read_text().count("\n") < 5) and time.monotonic() < deadline:
        time.sleep(0.02)
    for _ in range(8):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    assert process.wait(timeout=30) != 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_loses_nothing_done_and_is_gone_on_with(
    phantom_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    folder = phantom_file.parent
    for index in range(150):
        shutil.copy(phantom_file, folder / f"{index:03d}.jpg")
    results = tmp_path / "a.jsonl"
    reading = [sys.executable, "-m", "augderm", "read", str(folder), "--json", str(results), "--jobs", "2"]
    reading += ["--model", str(toy())]
    process = subprocess.Popen(
        [*reading, "--masks", str(tmp_path / "m")], stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while (not results.exists() or results.read_text().count("\n") < 20) and time.monotonic() < deadline:
        time.sleep(0.02)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as Ctrl-C in a terminal reaches all of them
    else:
        process.send_signal(number)
    _, error = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert b"--resume" in error
    done_before = results.read_text().count("\n")
    assert 20 <= done_before < 151
    done = augderm("read", folder, "--json", results, "--masks", tmp_path / "m", "--resume")
    assert done.returncode == 0
    names = [line["image"] for line in read_lines(results)]
    assert len(names) == len(set(names)) == 151
    assert len(list((tmp_path / "m").glob("*.png"))) == 151
    assert not list((tmp_path / "m").glob(".*partial"))


def test_resume_reads_again_what_changed_and_what_lacks_a_wanted_file(
    mixed_folder: Path, tmp_path: Path
) -> None:
    (mixed_folder / "broken.jpg").unlink()
    results = tmp_path / "a.jsonl"
    augderm("read", mixed_folder, "--json", results)
    before = {line["image"]: line["sha256"] for line in read_lines(results)}
    with Image.open(mixed_folder / "second.jpg") as image:
        image.rotate(180).save(mixed_folder / "second.jpg")
    assert (
        augderm("read", mixed_folder, "--json", results, "--masks", tmp_path / "m", "--resume").returncode
        == 0
    )
    after = {line["image"]: line["sha256"] for line in read_lines(results)}
    assert [name for name in before if after[name] != before[name]] == [str(mixed_folder / "second.jpg")]
    assert len(list((tmp_path / "m").rglob("*.png"))) == len(before) == len(after) == len(read_lines(results))


def test_resume_reads_again_what_an_earlier_version_took_for_sure(phantom_file: Path, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--json", results)
    told = json.loads(results.read_text())
    for clinical, again in ((0.1, False), (0.4, True)):
        old = told | {"modality": {"name": "dermoscopic", "clinical_probability": clinical}}
        results.write_text(json.dumps(old) + "\n")
        assert augderm("read", phantom_file, "--json", results, "--resume").returncode == 0
        (line,) = read_lines(results)
        assert ("in_doubt" in line["modality"]) is again


def _masks(mixed_folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(mixed_folder)): path.read_bytes() for path in mixed_folder.rglob("*.png")}


def test_an_image_added_before_others_gets_the_masks_of_a_fresh_run(
    phantom_file: Path, tmp_path: Path
) -> None:
    png = phantom_file.with_suffix(".png")
    with Image.open(phantom_file) as image:
        image.rotate(90, expand=True).save(png)
    kept = phantom_file.rename(tmp_path / "later.jpg")
    augderm("read", png.parent, "--json", tmp_path / "a.jsonl", "--masks", tmp_path / "m")
    kept.rename(phantom_file)
    augderm("read", png.parent, "--json", tmp_path / "a.jsonl", "--masks", tmp_path / "m", "--resume")
    augderm("read", png.parent, "--masks", tmp_path / "fresh")
    assert _masks(tmp_path / "m") == _masks(tmp_path / "fresh")
    assert len(_masks(tmp_path / "fresh")) == 2


def test_resume_never_gives_one_image_s_mask_to_another(phantom_file: Path, tmp_path: Path) -> None:
    for name, angle in (("a", 0), ("b", 90), ("c", 180)):
        (tmp_path / name).mkdir()
        with Image.open(phantom_file) as image:
            image.rotate(angle, expand=True).save(tmp_path / name / "x.png")
    outputs = ("--json", tmp_path / "r.jsonl", "--masks", tmp_path / "m")
    augderm("read", tmp_path / "a", tmp_path / "b", *outputs)
    before, lines = _masks(tmp_path / "m"), read_lines(tmp_path / "r.jsonl")
    for folders in (("c", "a", "b"), ("c",)):
        done = augderm("read", *(tmp_path / name for name in folders), *outputs, "--resume")
        assert done.returncode == 1
        assert "more than one image" in done.stderr
        assert (_masks(tmp_path / "m"), read_lines(tmp_path / "r.jsonl")) == (before, lines)


def test_two_images_of_one_name_are_gone_on_with_after_a_stop(phantom_file: Path, tmp_path: Path) -> None:
    with Image.open(phantom_file) as image:
        image.save(phantom_file.with_suffix(".png"))
    arguments = ("read", phantom_file.parent, "--json", tmp_path / "a.jsonl", "--masks", tmp_path / "m")
    augderm(*arguments)
    first = (tmp_path / "a.jsonl").read_text().splitlines(keepends=True)[0]
    (tmp_path / "a.jsonl").write_text(first)
    assert augderm(*arguments, "--resume").returncode == 0
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["phantom-2.png", "phantom.png"]


def test_resume_at_another_scale_is_refused(phantom_file: Path, tmp_path: Path) -> None:
    augderm("read", phantom_file, "--json", tmp_path / "a.jsonl")
    done = augderm("read", phantom_file, "--json", tmp_path / "a.jsonl", "--resume", "--mm-per-px", "0.02")
    assert done.returncode == 1
    assert "--mm-per-px" in done.stderr


def test_foreign_files_are_neither_gone_on_with_nor_replaced(phantom_file: Path, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--json", results)
    (tmp_path / "my.csv").write_text("my,table\n")
    refused = augderm("read", phantom_file, "--json", results, "--csv", tmp_path / "my.csv", "--resume")
    assert refused.returncode == 1
    assert (tmp_path / "my.csv").read_text() == "my,table\n"
    results.write_text('{"status": "ok"}\n')
    assert augderm("read", phantom_file, "--json", results, "--resume").returncode == 1
    assert augderm("read", phantom_file, "--json", tmp_path / "b", "--csv", tmp_path / "b").returncode == 1
    assert not list(tmp_path.glob(".*partial"))

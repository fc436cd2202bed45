"""`augderm read`, as its user runs it."""

from __future__ import annotations

import csv
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.domain.taxonomy import CODES
from support.command import augderm


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def folder(phantom_file: Path) -> Path:
    """Three good images, one in a sub-folder, and one that is none."""
    folder = phantom_file.parent
    (folder / "sub").mkdir()
    for name in ("second.jpg", "sub/third.jpg"):
        shutil.copy(phantom_file, folder / name)
    (folder / "broken.jpg").write_bytes(phantom_file.read_bytes()[:2000])
    return folder


def test_all_read_gives_status_zero_and_one_line_an_image(phantom_file: Path, tmp_path: Path) -> None:
    done = augderm("read", phantom_file, "--json", tmp_path / "a.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (line,) = _lines(tmp_path / "a.jsonl")
    assert line["image"] == str(phantom_file)
    assert line["status"] == "ok"


def test_a_broken_image_fails_with_a_reason_and_the_others_go_on(folder: Path, tmp_path: Path) -> None:
    done = augderm("read", folder, "--json", tmp_path / "a.jsonl")
    assert done.returncode == 2
    assert "broken.jpg" in done.stderr
    assert "truncated" in done.stderr
    by_name = {Path(line["image"]).name: line for line in _lines(tmp_path / "a.jsonl")}
    assert {name: line["status"] for name, line in by_name.items()} == {
        "phantom.jpg": "ok",
        "second.jpg": "ok",
        "third.jpg": "ok",
        "broken.jpg": "failed",
    }
    assert by_name["broken.jpg"]["reason"]
    assert by_name["broken.jpg"]["diagnosis"] is None


def test_masks_have_the_image_s_own_size_and_two_levels_and_keep_subfolders(
    folder: Path, tmp_path: Path
) -> None:
    with Image.open(folder / "phantom.jpg") as image:
        image.resize((2000, 1500)).save(folder / "large.jpg")
    augderm("read", folder, "--masks", tmp_path / "m")
    masks = sorted(str(path.relative_to(tmp_path / "m")) for path in (tmp_path / "m").rglob("*.*"))
    assert masks == ["large.png", "phantom.png", "second.png", "sub/third.png"]
    for name, size in (("large.png", (2000, 1500)), ("phantom.png", (600, 450))):
        with Image.open(tmp_path / "m" / name) as mask:
            assert mask.size == size
            assert set(np.unique(np.asarray(mask))) == {0, 255}


def test_csv_has_one_row_an_image(folder: Path, tmp_path: Path) -> None:
    augderm("read", folder, "--csv", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["failed", "ok", "ok", "ok"]
    good = rows[1]
    assert abs(sum(float(good[f"p_{code}"]) for code in CODES) - 1) < 1e-4


def test_reports_are_written_for_every_image(folder: Path, tmp_path: Path) -> None:
    augderm("read", folder, "--report", tmp_path / "r")
    names = sorted(str(path.relative_to(tmp_path / "r")) for path in (tmp_path / "r").rglob("*.*"))
    stems = ("broken", "phantom", "second", "sub/third")
    assert names == sorted(f"{stem}.{ending}" for stem in stems for ending in ("html", "pdf"))


def test_a_list_on_standard_input_is_read(folder: Path, tmp_path: Path) -> None:
    listed = f"{folder / 'phantom.jpg'}\r\n\n{folder / 'sub'}\n".encode()
    augderm("read", "-", "--json", tmp_path / "a.jsonl", stdin=listed)
    assert [Path(line["image"]).name for line in _lines(tmp_path / "a.jsonl")] == ["phantom.jpg", "third.jpg"]


def test_several_processes_give_the_same_in_the_same_order(folder: Path, tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        augderm("read", folder, "--json", tmp_path / f"{jobs}.jsonl", "--jobs", jobs)
    assert (tmp_path / "1.jsonl").read_text() == (tmp_path / "2.jsonl").read_text()


def test_json_to_standard_output_is_nothing_but_json(phantom_file: Path) -> None:
    done = augderm("read", phantom_file, "--json", "-")
    assert json.loads(done.stdout)["status"] == "ok"


def test_a_pipe_without_other_output_gets_the_table(phantom_file: Path) -> None:
    done = augderm("read", phantom_file)
    assert "likeliest" in done.stdout
    assert done.stderr == ""


def test_a_terminal_gets_a_table_and_a_summary(folder: Path) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "augderm", "read", str(folder)], stdout=child, stderr=child
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 4096):
            shown += chunk
    except OSError:  # the terminal closes with the process
        pass
    assert process.wait() == 2
    for word in (b"likeliest", b"4 read: 3 ok", b"1 failed"):
        assert word in shown


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--resume"], "--json FILE"),
        (["--json", "x", "--resume", "--overwrite"], "give one"),
        (["--jobs", "0"], "'--jobs'"),
        (["--mm-per-px", "-1"], "0.005"),
        (["--no-such-option"], "No such option"),
        (["--model", "nowhere"], "no model bundle"),
    ],
)
def test_misuse_is_neither_0_nor_2_and_names_the_remedy(
    phantom_file: Path, arguments: list[str], remedy: str
) -> None:
    done = augderm("read", phantom_file, *arguments)
    assert done.returncode == 1
    assert remedy in " ".join((done.stdout + done.stderr).split())


def test_no_path_is_misuse() -> None:
    assert augderm("read").returncode == 1


@pytest.mark.parametrize("option", ["--json", "--csv", "--masks", "--report"])
def test_earlier_output_is_not_written_over(phantom_file: Path, tmp_path: Path, option: str) -> None:
    target = tmp_path / "kept"
    if option in ("--json", "--csv"):
        target.write_text("precious")
    else:
        target.mkdir()
        (target / "precious.txt").write_text("precious")
    done = augderm("read", phantom_file, option, target)
    assert done.returncode == 1
    assert "--overwrite" in done.stderr
    kept = target if target.is_file() else target / "precious.txt"
    assert kept.read_text() == "precious"
    assert augderm("read", phantom_file, option, target, "--overwrite").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_full_disk_stops_with_a_clear_error(phantom_file: Path, option: str) -> None:
    done = augderm("read", phantom_file, option, "/dev/full")
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "--resume" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_stops_with_a_clear_error(phantom_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = augderm("read", phantom_file, "--masks", tmp_path / "file" / "masks")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_model_costs_no_earlier_result(phantom_file: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("precious")
    done = augderm("read", phantom_file, "--json", tmp_path / "a.jsonl", "--overwrite", "--model", tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "a.jsonl").read_text() == "precious"


def test_resume_reads_only_what_is_missing_and_tries_failures_again(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", folder, "--json", results, "--csv", tmp_path / "a.csv")
    whole = _lines(results)
    good = [line for line in results.read_text().splitlines(keepends=True) if '"failed"' not in line]
    # As a kill leaves it: one line whole, the next cut in the middle.
    results.write_text(good[0] + good[1][:100])
    shutil.copy(folder / "second.jpg", folder / "broken.jpg")
    done = augderm("read", folder, "--json", results, "--csv", tmp_path / "a.csv", "--resume")
    assert done.returncode == 0
    found = _lines(results)
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


def test_pressing_ctrl_c_again_and_again_does_not_hang(phantom_file: Path, tmp_path: Path) -> None:
    for index in range(150):
        shutil.copy(phantom_file, phantom_file.parent / f"{index:03d}.jpg")
    results = tmp_path / "a.jsonl"
    command = [sys.executable, "-m", "augderm", "read", str(phantom_file.parent), "--json", str(results)]
    process = subprocess.Popen([*command, "--jobs", "2"], stderr=subprocess.DEVNULL, start_new_session=True)
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
    command = [sys.executable, "-m", "augderm", "read", str(folder), "--json", str(results), "--jobs", "2"]
    process = subprocess.Popen(
        [*command, "--masks", str(tmp_path / "m")], stderr=subprocess.PIPE, start_new_session=True
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
    names = [line["image"] for line in _lines(results)]
    assert len(names) == len(set(names)) == 151
    assert len(list((tmp_path / "m").glob("*.png"))) == 151
    assert not list((tmp_path / "m").glob(".*partial"))

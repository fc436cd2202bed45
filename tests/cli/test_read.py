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
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.domain.taxonomy import CODES
from support import command
from support.bundles import write_toy_bundle


@cache
def toy() -> Path:
    """The toy bundle, for processes of their own; what is tested is not what a model has learned."""
    return write_toy_bundle(Path(tempfile.mkdtemp(prefix="augderm-toy-")) / "bundle")


def augderm(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run `augderm`, with the toy bundle where no other is given."""
    model = () if "--model" in arguments else ("--model", toy())
    return command.augderm(*arguments, *model, stdin=stdin)


@pytest.fixture(scope="module", autouse=True)
def _remove_toy() -> Iterator[None]:
    yield
    shutil.rmtree(toy().parent)


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
        [sys.executable, "-m", "augderm", "read", str(folder), "--model", str(toy())],
        stdout=child,
        stderr=child,
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
        (["--views", "9"], "'--views'"),
        (["--novelty-limit", "0"], "inf"),
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
    names = [line["image"] for line in _lines(results)]
    assert len(names) == len(set(names)) == 151
    assert len(list((tmp_path / "m").glob("*.png"))) == 151
    assert not list((tmp_path / "m").glob(".*partial"))


def test_resume_reads_again_what_changed_and_what_lacks_a_wanted_file(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.jpg").unlink()
    results = tmp_path / "a.jsonl"
    augderm("read", folder, "--json", results)
    before = {line["image"]: line["sha256"] for line in _lines(results)}
    with Image.open(folder / "second.jpg") as image:
        image.rotate(180).save(folder / "second.jpg")
    assert augderm("read", folder, "--json", results, "--masks", tmp_path / "m", "--resume").returncode == 0
    after = {line["image"]: line["sha256"] for line in _lines(results)}
    assert [name for name in before if after[name] != before[name]] == [str(folder / "second.jpg")]
    assert len(list((tmp_path / "m").rglob("*.png"))) == len(before) == len(after) == len(_lines(results))


def _masks(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.png")}


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
    before, lines = _masks(tmp_path / "m"), _lines(tmp_path / "r.jsonl")
    for folders in (("c", "a", "b"), ("c",)):
        done = augderm("read", *(tmp_path / name for name in folders), *outputs, "--resume")
        assert done.returncode == 1
        assert "more than one image" in done.stderr
        assert (_masks(tmp_path / "m"), _lines(tmp_path / "r.jsonl")) == (before, lines)


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


def test_odd_paths_fail_by_themselves(phantom_file: Path, tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    odd = [str(tmp_path / "loop.jpg").encode(), b"x" * 300 + b".jpg", b"nul\x00.jpg", b"gone/away.jpg"]
    done = augderm(
        "read", "-", "--json", tmp_path / "a.jsonl", stdin=b"\n".join([*odd, str(phantom_file).encode()])
    )
    assert done.returncode == 2
    assert [line["status"] for line in _lines(tmp_path / "a.jsonl")] == ["failed"] * 4 + ["ok"]
    assert all(line["reason"] for line in _lines(tmp_path / "a.jsonl")[:4])


def test_a_name_that_is_no_text_is_read_once(phantom_file: Path, tmp_path: Path) -> None:
    shutil.copy(phantom_file, os.fsdecode(os.fsencode(phantom_file.parent) + b"/caf\xe9.jpg"))
    for option in ((), ("--resume",), ("--resume",)):
        assert augderm("read", phantom_file.parent, "--json", tmp_path / "a.jsonl", *option).returncode == 0
        assert len(_lines(tmp_path / "a.jsonl")) == 2


def test_a_name_cannot_act_on_the_terminal_or_forge_a_row(phantom_file: Path) -> None:
    shutil.copy(phantom_file, phantom_file.parent / "esc\x1b[31m\nrow.jpg")
    done = augderm("read", phantom_file.parent)
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 3


def test_a_result_folder_inside_the_input_is_not_read(phantom_file: Path) -> None:
    masks = phantom_file.parent / "masks"
    results = phantom_file.parent / "a.jsonl"
    for option in ((), ("--resume",)):
        augderm("read", phantom_file.parent, "--json", results, "--masks", masks, *option)
        assert len(_lines(results)) == 1


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


def test_a_link_is_named_as_it_is_called(phantom_file: Path, tmp_path: Path) -> None:
    (tmp_path / "patient.jpg").symlink_to(phantom_file)
    augderm("read", tmp_path / "patient.jpg", "--masks", tmp_path / "m")
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["patient.png"]


@pytest.fixture
def lesions(phantom_file: Path) -> Path:
    """Two lesions with two and one photographs, each in its folder, and a file that is no image."""
    top = phantom_file.parent
    for name in ("one/a.jpg", "one/b.jpg", "two/a.jpg"):
        (top / name).parent.mkdir(exist_ok=True)
        shutil.copy(phantom_file, top / name)
    phantom_file.unlink()
    (top / "one" / "broken.jpg").write_bytes(b"no image")
    return top


def test_the_images_of_a_folder_are_read_as_one_lesion(lesions: Path, tmp_path: Path) -> None:
    done = augderm(
        "read", lesions, "--group-by-folder", "--json", tmp_path / "a.jsonl", "--masks", tmp_path / "m",
        "--report", tmp_path / "r", "--csv", tmp_path / "a.csv",
    )  # fmt: skip
    # A broken photograph of a lesion that was read is told in its assessment.
    assert done.returncode == 0
    one, two = _lines(tmp_path / "a.jsonl")
    assert [one["image"], two["image"]] == [str(lesions / "one"), str(lesions / "two")]
    assert one["images"] == [str(lesions / "one" / name) for name in ("a.jpg", "b.jpg", "broken.jpg")]
    assert [photograph["status"] for photograph in one["photographs"]] == ["ok", "ok", "failed"]
    assert one["status"] == two["status"] == "ok"
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["one.png", "two.png"]
    assert sorted(path.name for path in (tmp_path / "r").glob("*.pdf")) == ["one.pdf", "two.pdf"]
    assert "several photographs" in (tmp_path / "r" / "one.html").read_text()
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert [row["photographs"] for row in csv.DictReader(file)] == ["3", "1"]


def test_a_lesion_is_read_again_where_a_photograph_was_added(lesions: Path, tmp_path: Path) -> None:
    arguments = ("read", lesions, "--group-by-folder", "--json", tmp_path / "a.jsonl")
    (lesions / "one" / "broken.jpg").unlink()
    augderm(*arguments)
    before = {line["image"]: line for line in _lines(tmp_path / "a.jsonl")}
    shutil.copy(lesions / "one" / "a.jpg", lesions / "two" / "b.jpg")
    augderm(*arguments, "--resume")
    after = {line["image"]: line for line in _lines(tmp_path / "a.jsonl")}
    assert after[str(lesions / "one")] == before[str(lesions / "one")]
    assert len(after[str(lesions / "two")]["images"]) == 2
    assert len(after) == 2


def test_views_are_written_down_and_results_of_other_views_are_not_gone_on_with(
    phantom_file: Path, tmp_path: Path
) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--views", "8", "--json", results)
    assert _lines(results)[0]["views"] == 8
    refused = augderm("read", phantom_file, "--json", results, "--resume")
    assert refused.returncode == 1
    assert "--views 8" in refused.stderr


def test_the_novelty_limit_can_be_set(phantom_file: Path, tmp_path: Path) -> None:
    found = {}
    for limit in ("0.01", "inf"):
        done = augderm("read", phantom_file, "--novelty-limit", limit, "--json", "-")
        found[limit] = json.loads(done.stdout)
    assert found["0.01"]["status"] == "abstained"
    assert "unlike" in found["0.01"]["reason"]
    assert (found["inf"]["status"], found["inf"]["novelty"]["limit"]) == ("ok", None)

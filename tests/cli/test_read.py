"""`augderm read`, as its user runs it."""

from __future__ import annotations

import csv
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augderm.domain.taxonomy import CODES
from support.reading import augderm, read_lines, toy


def test_all_read_gives_status_zero_and_one_line_an_image(phantom_file: Path, tmp_path: Path) -> None:
    done = augderm("read", phantom_file, "--json", tmp_path / "a.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (line,) = read_lines(tmp_path / "a.jsonl")
    assert line["image"] == str(phantom_file)
    assert line["status"] == "ok"


def test_a_broken_image_fails_with_a_reason_and_the_others_go_on(mixed_folder: Path, tmp_path: Path) -> None:
    done = augderm("read", mixed_folder, "--json", tmp_path / "a.jsonl")
    assert done.returncode == 2
    assert "broken.jpg" in done.stderr
    assert "truncated" in done.stderr
    by_name = {Path(line["image"]).name: line for line in read_lines(tmp_path / "a.jsonl")}
    assert {name: line["status"] for name, line in by_name.items()} == {
        "phantom.jpg": "ok",
        "second.jpg": "ok",
        "third.jpg": "ok",
        "broken.jpg": "failed",
    }
    assert by_name["broken.jpg"]["reason"]
    assert by_name["broken.jpg"]["diagnosis"] is None


def test_masks_have_the_image_s_own_size_and_two_levels_and_keep_subfolders(
    mixed_folder: Path, tmp_path: Path
) -> None:
    with Image.open(mixed_folder / "phantom.jpg") as image:
        image.resize((2000, 1500)).save(mixed_folder / "large.jpg")
    augderm("read", mixed_folder, "--masks", tmp_path / "m")
    masks = sorted(str(path.relative_to(tmp_path / "m")) for path in (tmp_path / "m").rglob("*.*"))
    assert masks == ["large.png", "phantom.png", "second.png", "sub/third.png"]
    for name, size in (("large.png", (2000, 1500)), ("phantom.png", (600, 450))):
        with Image.open(tmp_path / "m" / name) as mask:
            assert mask.size == size
            assert set(np.unique(np.asarray(mask))) == {0, 255}


def test_csv_has_one_row_an_image(mixed_folder: Path, tmp_path: Path) -> None:
    augderm("read", mixed_folder, "--csv", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["failed", "ok", "ok", "ok"]
    good = rows[1]
    assert abs(sum(float(good[f"p_{code}"]) for code in CODES) - 1) < 1e-4


def test_reports_are_written_for_every_image(mixed_folder: Path, tmp_path: Path) -> None:
    augderm("read", mixed_folder, "--report", tmp_path / "r")
    names = sorted(str(path.relative_to(tmp_path / "r")) for path in (tmp_path / "r").rglob("*.*"))
    stems = ("broken", "phantom", "second", "sub/third")
    assert names == sorted(f"{stem}.{ending}" for stem in stems for ending in ("html", "pdf"))


def test_a_list_on_standard_input_is_read(mixed_folder: Path, tmp_path: Path) -> None:
    listed = f"{mixed_folder / 'phantom.jpg'}\r\n\n{mixed_folder / 'sub'}\n".encode()
    augderm("read", "-", "--json", tmp_path / "a.jsonl", stdin=listed)
    assert [Path(line["image"]).name for line in read_lines(tmp_path / "a.jsonl")] == [
        "phantom.jpg",
        "third.jpg",
    ]


def test_several_processes_give_the_same_in_the_same_order(mixed_folder: Path, tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        augderm("read", mixed_folder, "--json", tmp_path / f"{jobs}.jsonl", "--jobs", jobs)
    assert (tmp_path / "1.jsonl").read_text() == (tmp_path / "2.jsonl").read_text()


def test_json_to_standard_output_is_nothing_but_json(phantom_file: Path) -> None:
    done = augderm("read", phantom_file, "--json", "-")
    assert json.loads(done.stdout)["status"] == "ok"


def test_a_pipe_without_other_output_gets_the_table(phantom_file: Path) -> None:
    done = augderm("read", phantom_file)
    assert "likeliest" in done.stdout
    assert done.stderr == ""


def test_a_terminal_gets_a_table_and_a_summary(mixed_folder: Path) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "augderm", "read", str(mixed_folder), "--model", str(toy())],
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
        (["--runtime", "tensorrt"], "'onnx', 'openvino'"),
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


def test_odd_paths_fail_by_themselves(phantom_file: Path, tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    odd = [str(tmp_path / "loop.jpg").encode(), b"x" * 300 + b".jpg", b"nul\x00.jpg", b"gone/away.jpg"]
    done = augderm(
        "read", "-", "--json", tmp_path / "a.jsonl", stdin=b"\n".join([*odd, str(phantom_file).encode()])
    )
    assert done.returncode == 2
    assert [line["status"] for line in read_lines(tmp_path / "a.jsonl")] == ["failed"] * 4 + ["ok"]
    assert all(line["reason"] for line in read_lines(tmp_path / "a.jsonl")[:4])


def test_a_name_that_is_no_text_is_read_once(phantom_file: Path, tmp_path: Path) -> None:
    shutil.copy(phantom_file, os.fsdecode(os.fsencode(phantom_file.parent) + b"/caf\xe9.jpg"))
    for option in ((), ("--resume",), ("--resume",)):
        assert augderm("read", phantom_file.parent, "--json", tmp_path / "a.jsonl", *option).returncode == 0
        assert len(read_lines(tmp_path / "a.jsonl")) == 2


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
        assert len(read_lines(results)) == 1


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
    # The lesion was read, its broken photograph was not: told in the assessment, and to who runs it.
    assert done.returncode == 2
    assert f"failed: {lesions / 'one' / 'broken.jpg'}: " in done.stderr
    assert "2 read: 2 ok, 0 abstained, 0 failed" in done.stderr
    one, two = read_lines(tmp_path / "a.jsonl")
    assert [one["image"], two["image"]] == [str(lesions / "one"), str(lesions / "two")]
    assert one["images"] == [str(lesions / "one" / name) for name in ("a.jpg", "b.jpg", "broken.jpg")]
    assert [photograph["status"] for photograph in one["photographs"]] == ["ok", "ok", "failed"]
    assert one["status"] == two["status"] == "ok"
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["one.png", "two.png"]
    assert sorted(path.name for path in (tmp_path / "r").glob("*.pdf")) == ["one.pdf", "two.pdf"]
    assert "several photographs" in (tmp_path / "r" / "one.html").read_text()
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["photographs"], row["photographs_read"]) for row in rows] == [("3", "2"), ("1", "1")]
    assert rows[0]["notes"].startswith("2 of 3 photographs were used. Not used: ")
    assert str(lesions / "one" / "broken.jpg") in rows[0]["notes"]
    assert rows[1]["notes"] == ""


def test_a_lesion_is_read_again_where_a_photograph_had_failed(lesions: Path, tmp_path: Path) -> None:
    arguments = ("read", lesions, "--group-by-folder", "--json", tmp_path / "a.jsonl")
    assert augderm(*arguments).returncode == 2
    shutil.copy(lesions / "one" / "a.jpg", lesions / "one" / "broken.jpg")
    assert augderm(*arguments, "--resume").returncode == 0
    (one,) = [line for line in read_lines(tmp_path / "a.jsonl") if line["image"] == str(lesions / "one")]
    assert one["photographs_read"] == 3


def test_a_lesion_is_read_again_where_a_photograph_was_added(lesions: Path, tmp_path: Path) -> None:
    arguments = ("read", lesions, "--group-by-folder", "--json", tmp_path / "a.jsonl")
    (lesions / "one" / "broken.jpg").unlink()
    augderm(*arguments)
    before = {line["image"]: line for line in read_lines(tmp_path / "a.jsonl")}
    shutil.copy(lesions / "one" / "a.jpg", lesions / "two" / "b.jpg")
    augderm(*arguments, "--resume")
    after = {line["image"]: line for line in read_lines(tmp_path / "a.jsonl")}
    assert after[str(lesions / "one")] == before[str(lesions / "one")]
    assert len(after[str(lesions / "two")]["images"]) == 2
    assert len(after) == 2


def test_views_are_written_down_and_results_of_other_views_are_not_gone_on_with(
    phantom_file: Path, tmp_path: Path
) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--views", "8", "--json", results)
    assert read_lines(results)[0]["views"] == 8
    refused = augderm("read", phantom_file, "--json", results, "--resume")
    assert refused.returncode == 1
    assert "--views 8" in refused.stderr


def test_a_view_without_hair_is_written_down_and_results_without_it_are_not_gone_on_with(
    phantom_file: Path, tmp_path: Path
) -> None:
    results = tmp_path / "a.jsonl"
    augderm("read", phantom_file, "--hairless-view", "--json", results)
    assert read_lines(results)[0]["painted_over"] == 0  # the phantom has no hair
    refused = augderm("read", phantom_file, "--json", results, "--resume")
    assert refused.returncode == 1
    assert "--hairless-view" in refused.stderr


def test_the_novelty_limit_can_be_set(phantom_file: Path, tmp_path: Path) -> None:
    found = {}
    for limit in ("0.01", "inf"):
        done = augderm("read", phantom_file, "--novelty-limit", limit, "--json", "-")
        found[limit] = json.loads(done.stdout)
    assert found["0.01"]["status"] == "abstained"
    assert "unlike" in found["0.01"]["reason"]
    assert (found["inf"]["status"], found["inf"]["novelty"]["limit"]) == ("ok", None)

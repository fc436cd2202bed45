"""`augderm worklist` on what `augderm read` wrote of phantoms."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.cli.listing.worklist_json import SCHEMA_FILE
from augderm.domain.advice import BANDS
from support import command
from support.reading import augderm as with_toy

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
TODAY = ("--today", "2026-03-31")


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three phantoms, of which one has a day of its own, and a file that is no image."""
    folder = tmp_path_factory.mktemp("reads") / "images"
    folder.mkdir()
    for number in range(3):
        spec = PhantomSpec(long_axis_px=180 + 20 * number, short_axis_px=150)
        Image.fromarray(draw_phantom(spec).pixels).save(folder / f"{number}.png")
    (folder / "0.capture.json").write_text('{"taken_on": "2026-03-01"}', encoding="utf-8")
    (folder / "broken.jpg").write_bytes(b"no image")
    results = folder.parent / "reads.jsonl"
    assert with_toy("read", folder, "--json", results).returncode == 2
    return results


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return command.augderm("worklist", *arguments)


def listed(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, *TODAY, "--json", "-")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_every_case_has_its_place_with_a_reason_that_adds_up(reads: Path, tmp_path: Path) -> None:
    table = tmp_path / "arrivals.csv"
    table.write_text(
        "image;arrived_on;referred_on\n1.png;2026-01-05;2025-12-01\n2.png;2026-03-30;\nlost.png;2026-03-30;\n",
        encoding="utf-8",
    )
    found = listed(reads, "--arrivals", table, "--arrived", "2026-03-29")
    cases = found["cases"]
    assert [case["place"] for case in cases] == [1, 2, 3, 4]
    by_name = {Path(case["image"]).name: case for case in cases}
    assert set(by_name) == {"0.png", "1.png", "2.png", "broken.jpg"}  # what was not read is not left out
    assert by_name["broken.jpg"]["probability"] is None
    assert "is not known" in by_name["broken.jpg"]["reason"]
    for case in cases:
        left = case["allowed_days"] - case["credit_days"] - case["unread_days"]
        assert case["days_left"] == pytest.approx(left, abs=1e-3)
        assert case["overdue"] == (left < 0)
        assert case["band"] in BANDS
    assert [case["days_left"] for case in cases] == sorted(case["days_left"] for case in cases)
    assert [case["before_next_by"] for case in cases][-1] is None
    longest = by_name["1.png"]
    assert (longest["arrival_from"], longest["unread_days"], longest["waited_days"]) == ("table", 85, 35)
    assert longest["credit_days"] == 7
    assert longest["place"] == 1
    assert longest["passed_by_nothing"]
    assert "nothing that comes later passes it" in longest["reason"]
    assert by_name["broken.jpg"]["arrival_from"] == "option"
    done = run(reads, "--arrivals", table, "--arrived", "2026-03-29", *TODAY)
    assert "without a case in these files, 1: lost.png." in done.stderr
    assert "by the table" in longest["reason"]
    assert "by --arrived" in by_name["broken.jpg"]["reason"]
    assert "Arrived 2026-03-29, by --arrived" in " ".join(done.stdout.split())
    assert "days overdue" in " ".join(done.stdout.split())
    assert "dermatologist decides" in done.stdout


def test_the_photographs_day_counts_where_nothing_else_is_said(reads: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.jsonl"
    one.write_text(
        next(line for line in reads.read_text(encoding="utf-8").splitlines(True) if "0.png" in line),
        encoding="utf-8",
    )
    (case,) = listed(one)["cases"]
    assert (case["arrival_from"], case["arrived_on"], case["unread_days"]) == ("photograph", "2026-03-01", 30)
    assert "Arrived 2026-03-01, by the photograph's date; in for 30" in case["reason"]


def test_a_file_without_a_case_is_an_empty_list_and_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert listed(empty, "--arrived", "2026-03-01")["cases"] == []
    done = run(empty, *TODAY)
    assert done.returncode == 0, done.stderr
    assert "There is no case in these files." in done.stderr
    assert "0 cases on 2026-03-31" in done.stdout


def test_without_a_day_of_arrival_a_case_is_named_and_no_list_given(reads: Path) -> None:
    done = run(reads, *TODAY)
    assert done.returncode == 1
    assert "broken.jpg" in done.stderr
    assert "--arrived DAY" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ("image,arrived_on\n1.png,2026-04-01\n", "after 2026-03-31"),
        ("image,arrived_on\n1.png,31.3.2026\n", "no day"),
        ("image,arrived_on\n1.png,2026-02-30\n", "no day"),
        ("image,arrived_on,referred_on\n1.png,2026-03-01,2026-03-02\n", "after it arrived"),
        ("image,arrived_on\n1.png,2026-03-01\n1.png,2026-03-02\n", "two rows"),
        ("image,day\n1.png,2026-03-01\n", "the columns are"),
        ('image,arrived_on\n"1.png,2026-03-01\n', "no table"),
        ("image,arrived_on\n1.png\n", "1 cells under 2"),
        ("", "the columns are"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_a_wrong_table_is_refused_by_name(reads: Path, tmp_path: Path, rows: str | bytes, named: str) -> None:
    table = tmp_path / "arrivals.csv"
    table.write_bytes(rows if isinstance(rows, bytes) else rows.encode())
    done = run(reads, "--arrivals", table, "--arrived", "2026-03-01", *TODAY)
    assert done.returncode == 1
    assert named in done.stderr


def test_lines_that_are_no_whole_assessments_are_refused_with_their_number(
    reads: Path, tmp_path: Path
) -> None:
    lines = reads.read_text(encoding="utf-8").splitlines(True)
    first = json.loads(lines[0])
    wrong = {
        "was cut": "".join(lines)[:-20],
        "line 1 too": lines[0] + lines[0],
        "no assessment": '{"schema": "augderm.assessment/1"}\n',
        "line 1, is no assessment": json.dumps(first | {"status": "done"}) + "\n",
        "is no assessment": json.dumps(first | {"malignancy": {"probability": 7}}) + "\n",
        "no advice": json.dumps(first | {"advice": None}) + "\n",
        "the policy": json.dumps(
            first | {"advice": first["advice"] | {"policy": first["advice"]["policy"] | {"sha256": "0" * 64}}}
        )
        + "\n",
    }
    for named, text in wrong.items():
        path = tmp_path / "wrong.jsonl"
        path.write_text(text, encoding="utf-8")
        done = run(path, "--arrived", "2026-03-01", *TODAY)
        assert done.returncode == 1, named
        assert named in done.stderr


def test_an_earlier_list_is_kept(reads: Path, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("mine")
    done = run(reads, "--arrived", "2026-03-01", *TODAY, "--json", tmp_path / "list.json")
    assert done.returncode == 1
    assert (tmp_path / "list.json").read_text() == "mine"

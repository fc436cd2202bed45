"""`augderm read --anamnesis`, as its user runs it."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema

from augderm.formats.assessment_json import SCHEMA_FILE
from support.reading import augderm, read_lines

VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))


def test_answers_stand_in_json_and_report_of_their_image_also_where_it_fails(
    mixed_folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "told.csv"
    table.write_text("image,age_years,sex,pregnant,worry\nsecond.jpg,33,male,yes,grows\nbroken.jpg,44,,,\n")
    done = augderm(
        "read", mixed_folder, "--anamnesis", table,
        "--json", tmp_path / "a.jsonl", "--report", tmp_path / "r", "--jobs", "2",
    )  # fmt: skip
    assert done.returncode == 2
    assert "anamnesis: 2 of 4 images have no row, and are read without" in done.stderr
    lines = {Path(line["image"]).name: line for line in read_lines(tmp_path / "a.jsonl")}
    for line in lines.values():
        VALIDATOR.validate(line)
    told = lines["second.jpg"]["anamnesis"]
    assert told["answers"]["person"]["age_years"] == 33
    assert told["answers"]["person"]["skin_type"] is None
    assert [each["answers"] for each in told["contradictions"]] == [["sex", "pregnant"]]
    assert lines["broken.jpg"]["anamnesis"]["answers"]["person"]["age_years"] == 44
    assert lines["third.jpg"]["anamnesis"] is None
    page = (tmp_path / "r/second.html").read_text()
    assert "The sex is male, and the answer to pregnant is yes." in page
    assert 'id="anamnesis"' not in (tmp_path / "r/phantom.html").read_text()


def test_what_is_wrong_is_misuse_and_nothing_is_written(phantom_file: Path, tmp_path: Path) -> None:
    table = tmp_path / "told.csv"
    table.write_text("image,ulceration\nphantom.jpg,yes\n")
    done = augderm("read", phantom_file, "--anamnesis", table, "--json", tmp_path / "a.jsonl")
    assert done.returncode == 1
    assert '"ulcerated" is the nearest' in done.stderr
    assert not (tmp_path / "a.jsonl").exists()


def test_going_on_reads_again_what_was_answered_differently(mixed_folder: Path, tmp_path: Path) -> None:
    (mixed_folder / "broken.jpg").unlink()
    table, results = tmp_path / "told.csv", tmp_path / "a.jsonl"
    table.write_text("image,age_years\nsecond.jpg,33\nthird.jpg,50\n")
    augderm("read", mixed_folder, "--anamnesis", table, "--json", results)
    table.write_text("image,age_years\nsecond.jpg,34\nthird.jpg,50\n")
    done = augderm("read", mixed_folder, "--anamnesis", table, "--json", results, "--resume")
    assert done.returncode == 0
    lines = read_lines(results)
    # What is read again comes last.
    assert [Path(line["image"]).name for line in lines] == ["phantom.jpg", "third.jpg", "second.jpg"]
    assert lines[-1]["anamnesis"]["answers"]["person"]["age_years"] == 34


def test_a_red_flag_that_was_told_raises_the_band_and_an_unknown_answer_changes_nothing(
    mixed_folder: Path, tmp_path: Path
) -> None:
    policy = resources.files("augderm.evidence.advice").joinpath("default.toml").read_text(encoding="utf-8")
    rules, table = tmp_path / "ours.toml", tmp_path / "told.csv"
    # Malignancy raises nothing here: what does must be the answers.
    rules.write_text(policy.replace("at_least = 0.22\n", "above = 1\n"), encoding="utf-8")
    table.write_text(
        "image,growth,ulcerated,firm\nsecond.jpg,rapid,,\nthird.jpg,,unknown,\nbroken.jpg,,yes,\n"
    )
    for name, told in (("none", ()), ("told", ("--anamnesis", table))):
        augderm(
            "read", mixed_folder, "--policy", rules, *told,
            "--json", tmp_path / f"{name}.jsonl", "--report", tmp_path / name,
        )  # fmt: skip
    without, told_of = (
        {Path(line["image"]).name: line["advice"] for line in read_lines(tmp_path / f"{name}.jsonl")}
        for name in ("none", "told")
    )
    for name, flag in (("second.jpg", "rapid_growth"), ("broken.jpg", "ulcerated")):
        assert without[name]["band"] != told_of[name]["band"] == "urgent"
        assert told_of[name]["rules"][0]["name"] == flag
        assert flag in without[name]["unknown"]
    assert told_of["third.jpg"] == without["third.jpg"]
    assert told_of["phantom.jpg"] == without["phantom.jpg"]
    assert "Red flag: Rapid growth" in (tmp_path / "told/second.html").read_text()

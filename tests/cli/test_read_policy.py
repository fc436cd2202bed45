"""`augderm read --policy FILE`: a clinic's own rules of the advice."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

import pytest

from augderm.domain.limits import MAX_SIDECAR_BYTES
from support.reading import augderm, read_lines

SHIPPED = resources.files("augderm.evidence.advice").joinpath("default.toml").read_text(encoding="utf-8")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """The shipped rules under another name."""
    path = tmp_path / "ours.toml"
    path.write_text(SHIPPED.replace('"augderm default"', '"ours"'), encoding="utf-8")
    return path


def test_advice_names_the_policy_and_results_of_another_are_not_gone_on_with(
    phantom_file: Path, tmp_path: Path, policy: Path
) -> None:
    results = tmp_path / "a.jsonl"
    assert augderm("read", phantom_file, "--json", results, "--policy", policy).returncode == 0
    assert read_lines(results)[0]["advice"]["policy"]["name"] == "ours"
    assert augderm("read", phantom_file, "--json", results, "--policy", policy, "--resume").returncode == 0
    other = augderm("read", phantom_file, "--json", results, "--resume")
    assert other.returncode == 1
    assert "another advice policy" in other.stderr


def test_a_file_that_cannot_be_read_has_an_advice_too(phantom_file: Path, tmp_path: Path) -> None:
    (phantom_file.parent / "broken.jpg").write_bytes(b"no image")
    results = tmp_path / "a.jsonl"
    done = augderm("read", phantom_file.parent, tmp_path / "absent.jpg", "--json", results)
    assert done.returncode == 2
    bands = {Path(line["image"]).name: line["advice"]["band"] for line in read_lines(results)}
    assert bands["broken.jpg"] == bands["absent.jpg"] == "soon"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (f"hue = 1\n{SHIPPED}", "unknown key hue"),
        (b"\xff\xfe", "UTF-8"),
        ("#" * (MAX_SIDECAR_BYTES + 1), "KB"),
        (None, "cannot be read"),
    ],
)
def test_a_wrong_policy_is_refused_before_any_result_is_touched(
    phantom_file: Path, tmp_path: Path, content: str | bytes | None, named: str
) -> None:
    path, results = tmp_path / "ours.toml", tmp_path / "a.jsonl"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else os.fsencode(content))
    results.write_text("earlier")
    done = augderm("read", phantom_file, "--json", results, "--policy", path, "--overwrite")
    assert done.returncode == 1
    assert named in done.stderr
    assert "ours.toml" in done.stderr
    assert results.read_text() == "earlier"

"""The command line as a whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from augderm.cli.main import app
from support.command import augderm

COMMANDS = [
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = augderm(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_the_default_commands_load_no_torch() -> None:
    code = (
        "import sys, augderm.cli.main, augderm.cli.reading.worker, augderm.learn.records;"
        "import augderm.learn.evaluation.figures;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_loads_no_image_library() -> None:
    code = "import sys, augderm.cli.main; sys.exit('numpy' in sys.modules or 'onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_command_is_misuse() -> None:
    assert augderm("reed").returncode == 1


def test_version_is_shown() -> None:
    assert augderm("--version").stdout.startswith("augderm ")


def test_the_demo_reads_labelled_phantoms_and_says_where_the_report_is(tmp_path: Path) -> None:
    done = augderm("demo", "--out", tmp_path / "demo")
    assert done.returncode == 0
    assert "synthetic" in done.stdout
    report = tmp_path / "demo" / "reports" / "phantom-001.html"
    assert str(report) in done.stdout.replace("\n", "")
    assert "ynthetic" in report.read_text(encoding="utf-8")
    assert augderm("demo", "--out", tmp_path / "demo").returncode == 0


def test_phantoms_come_with_their_truth(tmp_path: Path) -> None:
    assert augderm("phantom", "--out", tmp_path / "p", "--count", "3").returncode == 0
    truths = [json.loads(line) for line in (tmp_path / "p" / "truth.jsonl").read_text().splitlines()]
    assert [truth["image"] for truth in truths] == sorted(p.name for p in (tmp_path / "p").glob("*.png"))
    assert all(truth["area_px2"] > 0 and truth["synthetic"] for truth in truths)
    again = augderm("phantom", "--out", tmp_path / "p")
    assert again.returncode == 1
    assert "--overwrite" in again.stderr

"""Nothing leaves the machine, and nothing is collected to leave it later."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def test_reading_leaves_no_usage_data_behind(phantom_file: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # Without CI, where the library is silent by itself.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "XDG_CACHE_HOME")}
    environment["HOME"] = str(home)
    command = [sys.executable, "-m", "augderm", "read", str(phantom_file), "--json", "-"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_onnx_runtime_is_imported_in_one_place_only() -> None:
    source = Path(__file__).parents[2] / "src"
    importing = [
        path.name
        for path in source.rglob("*.py")
        if re.search(r"^\s*(import|from) onnxruntime\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert importing == ["runtime.py"]

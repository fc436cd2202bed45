"""`augderm read` with a toy bundle, in a process of its own."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from support import command
from support.bundles import write_toy_bundle


@cache
def toy() -> Path:
    """The toy bundle, for processes of their own; what is tested is not what a model has learned."""
    place = Path(tempfile.mkdtemp(prefix="augderm-toy-"))
    atexit.register(shutil.rmtree, place)
    return write_toy_bundle(place / "bundle")


def augderm(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run `augderm`, with the toy bundle where no other is given."""
    model = () if "--model" in arguments else ("--model", toy())
    return command.augderm(*arguments, *model, stdin=stdin)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The assessments of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

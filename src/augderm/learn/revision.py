"""Which code trained a network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def code_revision() -> str:
    """The commit of this code, with "+" where files differ from it; "" where it is in no git checkout."""
    git = shutil.which("git")
    here = Path(__file__).parent
    if git is None:
        return ""

    def ask(*arguments: str) -> str:
        command = [git, "-C", str(here), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = ask("rev-parse", "HEAD")
    return commit + "+" if commit and ask("status", "--porcelain", "--", ".") else commit

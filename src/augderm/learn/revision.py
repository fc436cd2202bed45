"""Which code trained a network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

CODE = (".", ":(top)pyproject.toml")
"""What a training depends on, from the package's folder: all of it, and what is installed beside it."""


def code_revision(package: Path = Path(__file__).parents[1]) -> str:
    """The commit of this code, with "+" where files of it differ from it or are new.

    "" where it is in no git checkout, or lies in one of something else, as an installed package may.

    Args:
        package: folder of the code.
    """
    git = shutil.which("git")
    if git is None:
        return ""

    def ask(*arguments: str) -> str:
        command = [git, "-C", str(package), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = ask("rev-parse", "HEAD") if ask("ls-files", "--", ".") else ""
    return commit + "+" if commit and ask("status", "--porcelain", "--", *CODE) else commit

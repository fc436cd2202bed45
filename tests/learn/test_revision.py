"""A commit stands for the code that trained, or says that it does not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from augderm.learn.revision import code_revision

GIT = shutil.which("git") or ""
pytestmark = pytest.mark.skipif(not GIT, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = [GIT, "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package of a committed project."""
    package = tmp_path / "project" / "src" / "augderm"
    for name in ("learn/train.py", "reader/network.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("1\n")
    for name in ("pyproject.toml", "README.md"):
        (tmp_path / "project" / name).write_text("1\n")
    git(tmp_path / "project", "init", "-q")
    git(tmp_path / "project", "add", ".")
    git(tmp_path / "project", "commit", "-qm", "first")
    return package


def test_code_as_it_was_committed_is_named_by_its_commit(package: Path) -> None:
    (package.parents[1] / "README.md").write_text("2\n")
    assert code_revision(package) == git(package, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "name", ["learn/train.py", "reader/network.py", "domain/new.py", "../../pyproject.toml"]
)
def test_a_change_anywhere_in_the_package_or_in_what_it_needs_is_marked(package: Path, name: str) -> None:
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("2\n")
    assert code_revision(package) == git(package, "rev-parse", "HEAD") + "+"


def test_code_that_is_installed_within_another_project_has_not_its_commit(package: Path) -> None:
    project = package.parents[1]
    (project / ".gitignore").write_text(".venv\n")
    installed = project / ".venv" / "augderm"
    shutil.copytree(package, installed)
    assert code_revision(installed) == ""


def test_code_in_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert code_revision(tmp_path) == ""

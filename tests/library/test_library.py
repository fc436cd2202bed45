"""Searching an open library, and refusing one that is damaged or hostile."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.domain.errors import InvalidLibrary
from augderm.library.library import Library
from augderm.library.segment import Row
from support.libraries import SIZE, case, rows, vectors, webp, write_library

Change = Callable[[dict[str, Any]], object]


def changed(folder: Path, change: Change) -> Path:
    """The library with its manifest changed."""
    path = folder / "library.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    return folder


def rewritten(folder: Path, name: str, data: bytes) -> Path:
    """The library with one file of its first segment replaced, and the manifest made to agree: what a
    hostile maker would do.
    """
    (next(folder.glob("segment-*")) / name).write_bytes(data)
    facts = {
        "bytes": len(data),
        "sha256": "" if name == "thumbnails.bin" else hashlib.sha256(data).hexdigest(),
    }

    def agree(manifest: dict[str, Any]) -> None:
        manifest["segments"][0]["files"][name] = facts

    return changed(folder, agree)


def with_line(folder: Path, change: Change) -> Path:
    """The library with the line of its first case changed, and all that counts it."""
    place = next(folder.glob("segment-*"))
    lines = (place / "cases.jsonl").read_bytes().splitlines(keepends=True)
    line = json.loads(lines[0])
    change(line)
    lines[0] = json.dumps(line).encode() + b"\n"
    rewritten(folder, "offsets.npy", npy(np.cumsum([0, *map(len, lines)], dtype=np.int64)))
    return rewritten(folder, "cases.jsonl", b"".join(lines))


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_library(tmp_path / "lib", rows(20))


def search(folder: Path) -> list[str]:
    return [n.case.image for n in Library(folder).neighbours(rows(1)[0].vector, 30, "dermoscopic")[0]]


def test_photographs_of_one_group_count_once(tmp_path: Path) -> None:
    held = [Row(case(n, group="g" if n < 40 else f"h{n}"), v, webp()) for n, v in enumerate(vectors(50))]
    held = [Row(row.case, held[0].vector if n < 40 else row.vector, webp()) for n, row in enumerate(held)]
    library = Library(write_library(tmp_path / "lib", held))
    found, _ = library.neighbours(held[0].vector, 5, "dermoscopic")
    groups = [n.case.group for n in found]
    assert groups[0] == "g"
    assert len(set(groups)) == 5


def test_the_very_image_and_its_group_are_left_out(tmp_path: Path) -> None:
    held = [Row(case(n, group=f"g{n // 2}"), v, webp()) for n, v in enumerate(vectors(10))]
    library = Library(write_library(tmp_path / "lib", held))
    found, passed_over = library.neighbours(held[4].vector, 9, "dermoscopic", sha256=f"{4:064x}")
    assert passed_over == 2
    assert sorted(n.case.group for n in found) == ["g0", "g1", "g3", "g4"]


def test_only_cases_photographed_alike_are_compared(tmp_path: Path) -> None:
    held = [
        Row(case(n, modality="clinical" if n % 3 == 0 else "dermoscopic"), v, webp())
        for n, v in enumerate(vectors(30))
    ]
    for name, index_from in (("exact", 10**9), ("index", 10)):
        library = Library(write_library(tmp_path / name, held, index_from=index_from))
        found, _ = library.neighbours(held[1].vector, 30, "clinical")
        assert sorted(n.case.image for n in found) == sorted(f"images/{n}.png" for n in range(0, 30, 3))


def test_an_empty_library_answers_with_nothing(tmp_path: Path) -> None:
    assert Library(write_library(tmp_path / "lib", [])).neighbours(vectors(1)[0], 3, "clinical") == ([], 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda m: m.update(format="augderm.library/2"),
            "format 'augderm.library/2'.*build the library anew",
        ),
        (lambda m: m.update(normalisation="none"), "normalisation"),
        (lambda m: m.update(embedding_size=10**9), "no whole number of 1 to 8192"),
        (lambda m: m.update(embedding_size=SIZE + 1), "it must be float32"),
        (lambda m: m.update(cases=19), "20 cases, library.json says 19"),
        (lambda m: m.update(cases=10**12), "no whole number"),
        (lambda m: m["segments"][0].update(rows=10**12), "no whole number"),
        (lambda m: m["segments"][0].update(folder="../../etc"), "no name of this format"),
        (lambda m: m["segments"][0].update(folder="/etc"), "no name of this format"),
        (lambda m: m["segments"].append(m["segments"][0]), "named twice"),
        (lambda m: m["segments"][0]["files"].update({"../x": {}}), "files"),
        (lambda m: m["segments"][0]["files"]["vectors.npy"].update(sha256="zz"), "no name"),
        (lambda m: m.update(index={"file": "../i", "rows": 1, "facts": {}}), "no name of this format"),
        (lambda m: m.pop("model"), "missing"),
        (lambda m: m.update(diagnoses={"<b>": 1}), "is none of"),
        (lambda m: m.update(segments=7), "library.json"),
    ],
)
def test_a_manifest_that_lies_is_refused(folder: Path, change: Change, message: str) -> None:
    with pytest.raises(InvalidLibrary, match=message):
        Library(changed(folder, change))


def test_no_library_and_no_json_are_refused_with_the_remedy(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InvalidLibrary, match="augderm library build"):
        Library(tmp_path / "none")
    (folder / "library.json").write_bytes(b"[" * 100_000)
    with pytest.raises(InvalidLibrary, match="cannot be read"):
        Library(folder)


@pytest.mark.parametrize("name", ["vectors.npy", "kinds.npy", "offsets.npy", "cases.jsonl"])
def test_a_changed_cut_or_missing_file_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    spoils: list[Callable[[Path], object]] = [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:-2] + b"!\n"),
        lambda path: path.unlink(),
    ]
    for number, spoil in enumerate(spoils):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        spoil(next(copy.glob("segment-*")) / name)
        with pytest.raises(InvalidLibrary, match=name):
            Library(copy)


def test_a_changed_thumbnail_is_refused_when_it_would_be_shown(folder: Path) -> None:
    path = next(folder.glob("segment-*")) / "thumbnails.bin"
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InvalidLibrary, match="a thumbnail has changed"):
        search(folder)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("vectors.npy", vectors(20).astype(np.float64), "is float64"),
        ("vectors.npy", vectors(20, SIZE + 1), "it must be float32"),
        ("vectors.npy", np.asfortranarray(vectors(20)), "it must be float32"),
        ("vectors.npy", 2 * vectors(20), "unit length"),
        ("vectors.npy", np.full((20, SIZE), np.nan, np.float32), "unit length"),
        ("vectors.npy", np.array([{"a": 1}] * 20), "no array"),
        ("kinds.npy", np.full(20, 9, np.uint8), "unknown kind"),
        ("offsets.npy", np.arange(21, dtype=np.int64), "does not fit"),
        ("offsets.npy", np.array([-(2**62)] * 21, np.int64), "does not fit"),
    ],
)
def test_arrays_of_another_kind_are_refused(folder: Path, name: str, array: Any, message: str) -> None:
    with pytest.raises(InvalidLibrary, match=message):
        Library(rewritten(folder, name, npy(array)))


def test_a_header_that_promises_more_than_the_file_holds_is_refused(folder: Path) -> None:
    huge = npy(vectors(20)).replace(b"(20, 8)", b"(2**9)") + b""
    lying = npy(vectors(20)).replace(b"'shape': (20, 8), }", b"'shape': (20000000, 8), }")
    for data in (huge, lying, b"\x93NUMPY", b""):
        with pytest.raises(InvalidLibrary, match=r"vectors\.npy"):
            Library(rewritten(folder, "vectors.npy", data))


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.update(code="<script>"),
        lambda line: line.update(modality="x-ray"),
        lambda line: line.update(diagnosis=7),
        lambda line: line.update(more=1),
        lambda line: line.pop("sha256"),
        lambda line: line.update(age_years=float("nan")),
        lambda line: line["thumbnail"].update(start=-5),
        lambda line: line["thumbnail"].update(start="../../etc/passwd"),
        lambda line: line["thumbnail"].update(bytes=10**12),
        lambda line: line["thumbnail"].update(bytes=3),
        lambda line: line.update(thumbnail="../../etc/passwd"),
    ],
)
def test_a_case_that_is_none_is_refused_when_it_would_be_shown(folder: Path, change: Change) -> None:
    with pytest.raises(InvalidLibrary, match="segment-00000"):
        search(with_line(folder, change))


def test_a_thumbnail_that_is_no_small_webp_never_reaches_a_page(tmp_path: Path) -> None:
    huge, other = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (900, 20)).save(huge, "WEBP")
    Image.new("RGB", (20, 20)).save(other, "PNG")
    for number, data in enumerate((b"<svg onload=alert(1)>", huge.getvalue(), other.getvalue(), webp()[:40])):
        folder = write_library(tmp_path / str(number), [Row(case(), vectors(1)[0], data)])
        with pytest.raises(InvalidLibrary, match="a thumbnail"):
            search(folder)


def test_a_case_where_none_should_be_is_refused(folder: Path) -> None:
    kinds = np.ones(20, np.uint8)
    place = next(folder.glob("segment-*"))
    lines = (place / "cases.jsonl").read_bytes().splitlines(keepends=True)
    lines[3] = b"null\n"
    rewritten(folder, "offsets.npy", npy(np.cumsum([0, *map(len, lines)], dtype=np.int64)))
    rewritten(folder, "cases.jsonl", b"".join(lines))
    rewritten(folder, "kinds.npy", npy(kinds))
    with pytest.raises(InvalidLibrary, match="differ"):
        search(folder)


def test_a_hostile_index_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    folder = write_library(tmp_path / "lib", rows(60), index_from=10)
    path = next(folder.glob("index-*"))
    data = bytearray(path.read_bytes())
    data[-1] = 0xFF  # a neighbour far outside
    data[-4 * 32 - 4 : -4 * 32] = (32).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(InvalidLibrary, match="has changed"):
        Library(folder)

    def agree(manifest: dict[str, Any]) -> None:
        manifest["index"]["facts"]["sha256"] = hashlib.sha256(bytes(data)).hexdigest()

    with pytest.raises(InvalidLibrary, match="index is damaged"):
        Library(changed(folder, agree))

"""Which images a command line names."""

from __future__ import annotations

from pathlib import Path, PurePath

from hypothesis import given
from hypothesis import strategies as st

from augderm.cli.reading.sources import find_sources


def _touch(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return str(path)


def test_a_folder_gives_its_images_sorted_and_keeps_subfolders(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "sub/deep/c.heic", "notes.txt", ".hidden.jpg", ".git/d.jpg"):
        _touch(tmp_path / name)
    found = find_sources([str(tmp_path)])
    assert [source.path for source in found] == [
        str(tmp_path / name) for name in ("a.png", "b.JPG", "sub/deep/c.heic")
    ]
    assert [source.output for source in found] == [PurePath(p) for p in ("a", "b", "sub/deep/c")]


def test_a_file_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    path = _touch(tmp_path / "scan.dat")
    (source,) = find_sources([path])
    assert (source.path, source.output, source.problem) == (path, PurePath("scan"), "")


def test_a_folder_without_images_is_a_problem_that_names_what_is_accepted(tmp_path: Path) -> None:
    _touch(tmp_path / "notes.txt")
    (source,) = find_sources([str(tmp_path)])
    assert "no images" in source.problem
    assert "JPEG" in source.problem


def test_the_same_name_twice_is_kept_apart(tmp_path: Path) -> None:
    paths = [_touch(tmp_path / name) for name in ("x/a.jpg", "y/a.jpg", "y/a.png")]
    assert [str(source.output) for source in find_sources(paths)] == ["a", "a-2", "a-3"]


def test_a_dotted_name_keeps_all_but_the_ending(tmp_path: Path) -> None:
    _touch(tmp_path / "case.2026.left.jpg")
    assert [str(s.output) for s in find_sources([str(tmp_path)])] == ["case.2026.left"]


def test_no_output_leaves_its_folder(tmp_path: Path) -> None:
    _touch(tmp_path / "full" / "a.jpg")
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    for given_path in ("full/../full/a.jpg", "full/./", "empty/inner/..", "missing/..", "empty/inner/../"):
        (source,) = find_sources([f"{tmp_path}/{given_path}"])
        assert ".." not in source.output.parts
        assert not source.output.is_absolute()


@given(st.lists(st.sampled_from(["a.jpg", "a.png", "a-2.jpg", "b/a.jpg", "a-2-2.webp"]), max_size=12))
def test_outputs_are_unique_for_any_list(names: list[str]) -> None:
    outputs = [source.output for source in find_sources(names)]
    assert len(set(outputs)) == len(names)

"""Answers go to the image that they are of, or it is said that they do not."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from augderm.cli.reading.anamneses import with_anamneses
from augderm.cli.reading.sources import Source
from augderm.domain.errors import InvalidAnamnesis

TODAY = "2026-11-25"


def sources(*paths: str) -> list[Source]:
    return [Source(path, PurePath(path).with_suffix("")) for path in paths]


def ages(tmp_path: Path, table: str, *paths: str) -> tuple[list[float | None], list[str]]:
    """The age that each image gets, and the notes."""
    file = tmp_path / "answers.csv"
    file.write_text(table)
    found, notes = with_anamneses(sources(*paths), file, TODAY)
    assert [source.path for source in found] == list(paths)
    return [source.anamnesis.person.age_years if source.anamnesis else None for source in found], notes


def test_a_row_is_matched_by_the_path_as_given_or_by_the_file_name(tmp_path: Path) -> None:
    table = "image,age_years\nc.jpg,3\nx/a.jpg,1\n./x/b.jpg,2\n"
    assert ages(tmp_path, table, "x/a.jpg", "x/b.jpg", "/y/c.jpg") == ([1, 2, 3], [])


def test_the_path_counts_before_the_file_name(tmp_path: Path) -> None:
    table = "image,age_years\na.jpg,1\nx/a.jpg,2\n"
    assert ages(tmp_path, table, "a.jpg", "x/a.jpg") == ([1, 2], [])


def test_a_row_that_names_a_path_is_of_no_image_of_the_same_name_elsewhere(tmp_path: Path) -> None:
    found, notes = ages(tmp_path, "image,age_years\ny/a.jpg,1\nb.jpg,2\n", "x/a.jpg", "b.jpg")
    assert found == [None, 2]
    assert notes == [
        "1 of 2 images have no row, and are read without: x/a.jpg",
        "1 of 2 rows are of no image that is read: y/a.jpg",
    ]


def test_a_row_used_for_the_path_is_not_used_again_for_the_name(tmp_path: Path) -> None:
    found, notes = ages(tmp_path, "image,age_years\na.jpg,1\n", "a.jpg", "x/a.jpg")
    assert found == [1, None]
    assert "x/a.jpg" in notes[0]


def test_many_that_miss_are_counted_and_some_named(tmp_path: Path) -> None:
    _, notes = ages(tmp_path, "image\n0.jpg\n", *(f"{number}.jpg" for number in range(9)))
    assert notes == [
        "8 of 9 images have no row, and are read without: 1.jpg, 2.jpg, 3.jpg, 4.jpg, 5.jpg and 3 more"
    ]


@pytest.mark.parametrize(
    ("table", "paths", "message"),
    [
        ("image\na.jpg\n", ("x/a.jpg", "y/a.jpg"), r'line 2: "a\.jpg" may be any of x/a\.jpg, y/a\.jpg'),
        ("image\na.jpg\nb.jpg\na.jpg\n", ("a.jpg", "b.jpg"), "lines 2 and 4 are both of a.jpg"),
        ("image\nx/a.jpg\nx//a.jpg\n", ("x/a.jpg",), "lines 2 and 3 are both of x/a.jpg"),
        ("image\na.jpg\na.jpg\n", ("x/a.jpg",), "lines 2 and 3 are both of x/a.jpg"),
        ("image\nz.jpg\n", ("a.jpg",), "none of its 1 rows"),
        ("image\n", ("a.jpg",), "none of its 0 rows"),
        ("image,onset\na.jpg,2026-11-26\n", ("a.jpg",), "line 2: onset is 2026-11-26, after today"),
        ("image,onset\nz.jpg,2027\na.jpg,2026\n", ("a.jpg",), "line 2: onset is 2027, after today"),
    ],
)
def test_what_is_ambiguous_or_wrong_is_refused(
    tmp_path: Path, table: str, paths: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InvalidAnamnesis, match=message):
        ages(tmp_path, table, *paths)


def test_an_image_that_is_given_twice_gets_its_answers_twice(tmp_path: Path) -> None:
    assert ages(tmp_path, "image,age_years\na.jpg,1\n", "x/a.jpg", "x/a.jpg") == ([1, 1], [])


def test_a_lesion_of_several_photographs_is_named_by_any_of_them(tmp_path: Path) -> None:
    lesion = Source("case", PurePath("case"), photographs=("case/1.jpg", "case/2.jpg"))
    file = tmp_path / "answers.csv"
    for name in ("case", "2.jpg", "case/1.jpg"):
        file.write_text(f"image,age_years\n{name},7\n")
        (found,), notes = with_anamneses([lesion], file, TODAY)
        assert found.anamnesis
        assert (found.anamnesis.person.age_years, notes) == (7, [])
    file.write_text("image,age_years\ncase/1.jpg,7\ncase/2.jpg,8\n")
    with pytest.raises(InvalidAnamnesis, match="lines 2 and 3 are both of case"):
        with_anamneses([lesion], file, TODAY)


def test_json_is_of_a_single_image(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text('{"person": {"age_years": 9}, "lesion": {"onset": "2026-11-25"}}')
    (found,), notes = with_anamneses(sources("a.jpg"), file, TODAY)
    assert found.anamnesis
    assert (found.anamnesis.person.age_years, notes) == (9, [])
    with pytest.raises(InvalidAnamnesis, match="for one image, and 2 are read"):
        with_anamneses(sources("a.jpg", "b.jpg"), file, TODAY)
    with pytest.raises(InvalidAnamnesis, match="after today"):
        with_anamneses(sources("a.jpg"), file, "2026-11-24")

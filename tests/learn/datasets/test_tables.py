from __future__ import annotations

from pathlib import Path

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.learn.datasets.tables import (
    first_of,
    flag_of,
    number_of,
    read_table,
    sex_of,
    skin_type_of,
    whole_of,
)


def test_it_reads_what_spreadsheets_write(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbfid,age\r\n1,"4,5"\r\n2\r\n3,7,extra\r\n')
    assert read_table(tmp_path / "a.csv", ["id", "age"]) == [
        {"id": "1", "age": "4,5"},
        {"id": "2", "age": ""},
        {"id": "3", "age": "7"},
    ]


def test_a_tab_file_is_separated_by_tabs(tmp_path: Path) -> None:
    (tmp_path / "a.tab").write_text("id\tage\n1\t4\n")
    assert read_table(tmp_path / "a.tab", ["age"]) == [{"id": "1", "age": "4"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id\n1\n", r"no column age; it has id\."),
        (b"", r"no column age, id; it has none\."),
        (b"id,age\n", "has no row below its header; it was cut off or never filled: get it anew"),
        (b"id,age\n\xff,1\n", "not UTF-8"),
        (b'id,age\n"' + b"x" * 200_000 + b'",1\n', "cannot be read as a table"),
    ],
)
def test_it_says_what_is_wrong_with_a_table(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InvalidDataset, match=message):
        read_table(tmp_path / "a.csv", ["id", "age"])


def test_a_table_without_header_that_is_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(InvalidDataset, match=r"a\.csv: has no row; it was cut off"):
        read_table(tmp_path / "a.csv", ["id"], header=False)


def test_it_names_all_tables_of_which_none_is_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"there is no one\.csv or two\.csv; give the folder"):
        first_of(tmp_path, "one.csv", "two.csv")


@pytest.mark.parametrize("text", ["", "NA", "nan", "unknown", " None ", None, "inf"])
def test_what_is_not_stated_is_none(text: str | None) -> None:
    assert number_of(text, "a.csv: 1") is None


def test_numbers_are_read_as_pandas_and_the_archive_write_them() -> None:
    assert number_of("85+", "x") == 85.0
    assert whole_of("3.0", "x") == 3
    assert skin_type_of("-1", "x") is None
    assert skin_type_of("6.0", "x") == 6
    with pytest.raises(InvalidDataset, match=r"a\.csv: 1: 'old' is no number"):
        number_of("old", "a.csv: 1")


def test_a_flag_is_yes_no_or_blank_and_nothing_else() -> None:
    assert [flag_of(text, "x") for text in ("1", "1.0", " True")] == [True] * 3
    assert [flag_of(text, "x") for text in ("0", "0.0", "FALSE")] == [False] * 3
    assert [flag_of(text, "x") for text in ("", " ", None)] == [None] * 3
    with pytest.raises(InvalidDataset, match=r"a\.csv: 1: 'yes' is neither 1 nor 0.*blank"):
        flag_of("yes", "a.csv: 1")
    with pytest.raises(InvalidDataset, match=r"'' is neither 1 nor 0; correct it$"):
        flag_of("", "a.csv: 1", needed=True)


@pytest.mark.parametrize("text", ["34", "0", "7", "2.5"])
def test_what_is_no_skin_type_is_refused(text: str) -> None:
    with pytest.raises(InvalidDataset, match=rf"a\.csv: 1.*'{text}'"):
        skin_type_of(text, "a.csv: 1")


def test_words_become_ours() -> None:
    assert [sex_of(text) for text in ("FEMALE", "m", "other", None)] == ["female", "male", None, None]

"""The anamnesis as a table: nothing is lost, nothing is guessed, and hostile tables are refused."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from augderm.domain.anamnesis import Anamnesis, LesionStory, Person
from augderm.domain.errors import AugDermError, InvalidAnamnesis, LimitExceeded
from augderm.domain.limits import MAX_ANAMNESIS_BYTES
from augderm.formats.anamnesis_csv import ANAMNESIS_COLUMNS, AnamnesisRow, anamnesis_table, read_anamnesis_csv
from support.answers import ANAMNESES

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "answers.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def only(folder: Path, text: str | bytes) -> AnamnesisRow:
    (row,) = read_anamnesis_csv(table(folder, text))
    return row


@SHARED
@given(st.lists(st.tuples(PLAIN.filter(str.strip), ANAMNESES), max_size=3))
@example([("=cmd|'/c calc'!A0", Anamnesis(lesion=LesionStory(worry="@SUM(A1)")))])
def test_writing_and_reading_gives_the_same(tmp_path: Path, rows: list[tuple[str, Anamnesis]]) -> None:
    rows = [
        (image, told) for image, told in rows if told.lesion.worry is None or told.lesion.worry.isprintable()
    ]
    rows = [(image, told) for image, told in rows if not image.startswith("'")]
    found = read_anamnesis_csv(table(tmp_path, anamnesis_table(rows)))
    assert [row.image for row in found] == [image for image, _ in rows]
    for row, (_, told) in zip(found, rows, strict=True):
        worry = told.lesion.worry.strip() if told.lesion.worry else None
        if worry and (worry.lower() == "unknown" or worry.startswith("'")):
            continue
        assert (row.anamnesis.person, row.anamnesis.answered_on) == (told.person, told.answered_on)
        assert row.anamnesis.lesion.worry == worry


@SHARED
@given(st.text(max_size=200) | st.text(st.sampled_from('image,"\n\r;\tyes=\0 '), max_size=60))
def test_any_text_is_read_or_refused_and_never_breaks(tmp_path: Path, text: str) -> None:
    # Anything but an error of ours would fail the test.
    with suppress(AugDermError):
        read_anamnesis_csv(table(tmp_path, text.encode("utf-8", "surrogatepass")))


def test_no_cell_that_is_written_is_a_formula() -> None:
    told = Anamnesis(lesion=LesionStory(worry='=HYPERLINK("http://x")'))
    for image in ("=1+1.jpg", "+x", "-x", "@x", "\tx"):
        cells = list(csv.reader(io.StringIO(anamnesis_table([(image, told)]), newline="")))[1]
        assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'])
def test_a_formula_that_is_read_stays_text(tmp_path: Path, cell: str) -> None:
    quoted = cell.replace('"', '""')
    row = only(tmp_path, f'image,worry\na.jpg,"{quoted}"\n')
    assert row.anamnesis.lesion.worry == '=HYPERLINK("http://x")'


def test_a_formula_in_place_of_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidAnamnesis, match="line 2: age_years is '=1\\+1'; give a number from 0 to 120"):
        read_anamnesis_csv(table(tmp_path, "image,age_years\na.jpg,=1+1\n"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("image,age_years,itch,sex", "a.jpg,40.5,YES,Female"),
        ("image;age_years;itch;sex", "a.jpg;40,5;true;female"),
        ("image\tage_years\titch\tsex", "a.jpg\t40.5\tTRUE\tfemale"),
        ('"image","age_years","itch","sex"', '"a.jpg","40.5"," yes ","female"'),
    ],
)
def test_tables_as_spreadsheets_write_them_are_read(
    tmp_path: Path, line_end: str, mark: str, header: str, cells: str
) -> None:
    row = only(tmp_path, mark + header + line_end + cells + line_end + line_end)
    assert (row.line, row.image) == (2, "a.jpg")
    assert row.anamnesis == Anamnesis(
        person=Person(age_years=40.5, sex="female"), lesion=LesionStory(itch=True)
    )


def test_blank_and_unknown_and_a_column_left_out_are_unknown_never_no(tmp_path: Path) -> None:
    row = only(tmp_path, "image,itch,bleeding,worry\na.jpg,,Unknown,unknown\n")
    assert row.anamnesis == Anamnesis()


@pytest.mark.parametrize("cell", ["0", "1", "maybe", "n", "nein", "-", "?", "N/A"])
def test_what_is_neither_yes_nor_no_is_refused_and_not_guessed(tmp_path: Path, cell: str) -> None:
    with pytest.raises(InvalidAnamnesis, match=r"line 3: itch is .*yes \(true\) or no \(false\)"):
        read_anamnesis_csv(table(tmp_path, f"image,itch\nb.jpg,no\na.jpg,{cell}\n"))


@pytest.mark.parametrize("cell", ["1,5", "1_0", "٤٠", "4O", "1e999", "nan", "0x10", "1 0"])
def test_what_is_no_plain_number_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(InvalidAnamnesis, match="line 2: age_years is"):
        read_anamnesis_csv(table(tmp_path, f'image,age_years\na.jpg,"{cell}"\n'))


def test_a_count_is_whole(tmp_path: Path) -> None:
    assert only(tmp_path, "image,skin_type\na.jpg,2.0\n").anamnesis.person.skin_type == 2
    with pytest.raises(InvalidAnamnesis, match=r"skin_type is 2\.5; give a whole number from 1 to 6"):
        read_anamnesis_csv(table(tmp_path, "image,skin_type\na.jpg,2.5\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column image"),
        ("itch\nyes\n", "no column image"),
        ("image,ulceration\na,yes\n", '"ulceration"; "ulcerated" is the nearest'),
        ("image,Age Years\na,40\n", '"age_years" is the nearest'),
        ("image,itch,itch\na,yes,no\n", "itch stands twice"),
        ("image,itch,bleeding\na,yes\n", "line 2: 2 cells under 3 columns"),
        ("image,itch\na,yes,no\n", "line 2: 3 cells under 2 columns"),
        ("image,itch\n ,yes\n", "line 2: the image is blank"),
        ('image,worry\na,"never closed\nb,more\n', "no table"),
        ("image,sex,pregnant\na,woman,yes\n", "female, male, other"),
        ("image,onset,known_for_months\na,2020,3\n", "give one of them"),
        ("image,onset,answered_on\na,2027,2026\n", "after answered_on"),
        (b"image,worry\na,\xe4rger\n", "UTF-8"),
        ("image,worry\na," + "x" * 200_000, "no table"),
        ("image,worry\na," + "x" * 2001, "1 to 2000 letters"),
        ("image" + ",x" * 50_000, "unknown answer"),
    ],
)
def test_a_wrong_table_is_refused_with_line_and_remedy(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(InvalidAnamnesis, match=message) as refused:
        read_anamnesis_csv(table(tmp_path, text))
    assert "answers.csv" in str(refused.value)
    assert len(str(refused.value)) < 1200


def test_a_line_is_counted_where_its_row_begins(tmp_path: Path) -> None:
    text = 'image,worry\n"a","one\ntwo"\n\nb,three\n'
    assert [row.line for row in read_anamnesis_csv(table(tmp_path, text))] == [2, 5]


def test_a_table_beyond_the_limit_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    with path.open("wb") as file:
        file.truncate(MAX_ANAMNESIS_BYTES + 1)
    with pytest.raises(LimitExceeded, match="64 MB"):
        read_anamnesis_csv(path)


def test_a_table_of_too_many_rows_is_refused_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augderm.formats.anamnesis_csv.MAX_ANAMNESIS_ROWS", 3)
    assert len(read_anamnesis_csv(table(tmp_path, "image\n" + "a\n" * 3))) == 3
    with pytest.raises(LimitExceeded, match="more than 3 rows"):
        read_anamnesis_csv(table(tmp_path, "image\n" + "a\n" * 4))


@pytest.mark.parametrize("place", ["missing.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused_with_the_reason(tmp_path: Path, place: str) -> None:
    with pytest.raises(InvalidAnamnesis, match="cannot be read"):
        read_anamnesis_csv(tmp_path / place)


def test_the_columns_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/explain/anamnesis.md").read_text(encoding="utf-8")
    assert [name for name in ANAMNESIS_COLUMNS if f"`{name}`" not in page] == []

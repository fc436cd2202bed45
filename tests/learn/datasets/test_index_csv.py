from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.learn.datasets.index_csv import index_records, read_index

pytest_plugins = ("support.miniatures.fixtures",)


def test_it_adds_structures_and_artefacts_to_their_image(mini: Callable[[str], Path]) -> None:
    first, second, third = read_index(mini("index"))
    assert [name for name, present in first.structures.items() if present] == ["pigment_network", "globules"]
    assert [name for name, present in first.artefacts.items() if present] == ["dark_corner", "patches"]
    assert not second.structures
    assert (third.label, third.malignant, third.modality, third.skin_type) == (None, True, "clinical", 5)


def test_it_keeps_only_the_sources_that_are_named(mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    assert [r.dataset for r in read_index(folder, ["two"])] == ["two"]
    with pytest.raises(InvalidDataset, match="no dataset three; it has one, two"):
        read_index(folder, ["three"])


def test_an_image_without_a_group_is_its_own_and_keeps_its_archive_id(mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    table = folder / "index.csv"
    table.write_text(table.read_text().replace("ISIC_1,g0,", "ISIC_0000001,,"))
    first, second, _ = read_index(folder)
    assert (first.group, second.group) == ("g0", second.image)
    assert second.isic_id == "ISIC_0000001"


def test_it_refuses_a_group_in_two_folds_but_the_check_may_read_it(mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    table = folder / "index.csv"
    table.write_text(table.read_text().replace("ISIC_1,g0,1", "ISIC_1,g0,2"))
    with pytest.raises(InvalidDataset, match="group g0 is in folds 1 and 2"):
        read_index(folder)
    assert len(index_records(folder)) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fold,", "fould,", "no column fold"),
        (
            "nv,dermoscopic",
            "nevus,dermoscopic",
            r"diagnosis is 'nevus' in 1 row, first a/0\.webp; it may be akiec.*correct",
        ),
        ("nv,dermoscopic", "nv,x-ray", "modality is 'x-ray' in 1 row"),
        (",96,72,40", ",96,0,40", "sizes above 0"),
        (",96,72,40", ",-96,72,40", "sizes above 0"),
        (",96,72,40", ",96,72,forty", r"a/0\.webp: age: 'forty' is no number"),
        ("female,5", "female,34", r"b/2\.webp: skin type '34' is none of 1 to 6"),
    ],
)
def test_it_says_what_is_wrong_and_where(
    old: str, new: str, message: str, mini: Callable[[str], Path]
) -> None:
    folder = mini("index")
    table = folder / "index.csv"
    table.write_text(table.read_text().replace(old, new, 1))
    with pytest.raises(InvalidDataset, match=message):
        read_index(folder)


def test_an_image_without_a_diagnosis_keeps_what_else_is_known_of_it(mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    table = folder / "index.csv"
    table.write_text(table.read_text().replace("nv,dermoscopic", ",Dermoscopic", 1))
    first, *_ = read_index(folder)
    assert (first.label, first.malignant, first.diagnosis) == (None, None, "")
    assert first.modality == "dermoscopic"


def test_it_asks_for_the_folder_that_holds_the_index(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"index\.csv: no such file"):
        read_index(tmp_path)


@pytest.mark.parametrize("table", ["structures.csv", "artefacts.csv"])
def test_a_table_that_pandas_wrote_says_the_same(table: str, mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    before = read_index(folder)
    path = folder / table
    header, row = path.read_text().splitlines()
    path.write_text(f"{header}\n" + row.replace(",1", ",1.0").replace(",0", ",0.0") + "\n")
    assert read_index(folder) == before


def test_a_blank_label_teaches_nothing_instead_of_absent(mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    (folder / "structures.csv").write_text(
        "isic_id,pigment_network,negative_network,milia_like_cyst,globules,streaks\n"
        "ISIC_0,1.0,,0.0,,\nISIC_1,,,,,\n,1,1,1,1,1\n"
    )
    first, second, without_id = read_index(folder)
    assert dict(first.structures) == {"pigment_network": True, "milia_like_cyst": False}
    assert dict(second.structures) == dict(without_id.structures) == {}


@pytest.mark.parametrize("cell", ["2", "yes", "0.5", "-1"])
def test_a_label_that_is_neither_0_nor_1_is_refused_with_its_row(
    cell: str, mini: Callable[[str], Path]
) -> None:
    folder = mini("index")
    path = folder / "artefacts.csv"
    path.write_text(path.read_text().replace("ISIC_0,1,0", f"ISIC_0,1,{cell}"))
    with pytest.raises(InvalidDataset, match=rf"artefacts\.csv: ISIC_0: hair: '{cell}' is neither 1 nor 0"):
        read_index(folder)


@pytest.mark.data
def test_the_shared_data_have_the_counts_of_their_readme(shared_data: Path) -> None:
    records = read_index(shared_data)
    assert len(records) == 12_731
    assert sum(bool(r.structures) for r in records) == 2_015
    assert sum(r.dataset == "ham10000" for r in records) == 10_015

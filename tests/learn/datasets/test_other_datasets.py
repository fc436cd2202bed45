"""The datasets from elsewhere, read from miniatures in their published layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import CHECKLIST, CODES
from augderm.learn.datasets import derm7pt
from augderm.learn.datasets.check import label_findings
from augderm.learn.datasets.hierarchy import MEANING_OF
from augderm.learn.datasets.registry import DATASETS, read_dataset
from augderm.learn.datasets.tables import check_words
from augderm.learn.records import Record
from support.miniatures.files import write_image

pytest_plugins = ("support.miniatures.fixtures",)

Named = Callable[[str], dict[str, Record]]


def code(record: Record) -> str | None:
    return None if record.label is None else CODES[record.label]


def test_derm7pt_keeps_the_seven_items_without_loss(records_of: Named) -> None:
    record = records_of("derm7pt")["NEL027"]
    assert derm7pt.seven_point_levels(record) == {
        "pigment_network": "atypical",
        "streaks": "irregular",
        "pigmentation": "diffuse regular",
        "regression_structures": "blue areas",
        "dots_and_globules": "irregular",
        "blue_whitish_veil": "present",
        "vascular_structures": "absent",
    }
    assert derm7pt.seven_point_score(record) == 7
    assert [record.structures[name] for name in ("pigment_network", "streaks", "globules")] == [True] * 3


def test_derm7pt_gives_the_categories_that_its_authors_judge_by(records_of: Named) -> None:
    records = records_of("derm7pt")
    assert records["NEL027"].checklist == {
        "pigment_network": ("atypical",),
        "streaks": ("irregular",),
        "pigmentation": ("regular",),
        "regression_structures": ("present",),
        "dots_and_globules": ("irregular",),
        "blue_whitish_veil": ("present",),
        "vascular_structures": ("absent",),
    }
    assert records["NEL030"].checklist["vascular_structures"] == ("regular",)  # comma


def test_derm7pt_s_levels_fall_into_the_categories_of_the_checklist() -> None:
    assert list(derm7pt.CATEGORY_OF) == list(CHECKLIST)
    for criterion, table in derm7pt.CATEGORY_OF.items():
        assert set(table.values()) == set(CHECKLIST[criterion])


def test_derm7pt_gives_structures_to_the_dermoscopic_image_only(records_of: Named) -> None:
    records = records_of("derm7pt")
    assert records["NEL025"].modality == "clinical"
    assert dict(records["NEL025"].structures) == {}
    assert dict(records["NEL025"].checklist) == {}
    assert derm7pt.seven_point_score(records["NEL030"]) == 0


def test_derm7pt_reads_a_file_listed_as_both_once_and_names_it(mini: Callable[[str], Path]) -> None:
    folder = mini("derm7pt")
    both = [r for r in derm7pt.read(folder) if r.image == "images/NEL/NEL032.JPG"]
    assert [r.modality for r in both] == ["dermoscopic"]
    findings = {finding.kind: finding for finding in derm7pt.inspect(folder)}
    assert findings["listed_as_both"].where == ("NEL/NEL032.JPG",)
    assert findings["listed_as_both"].level == "problem"
    assert findings["shared_file"].where == ("NEL/NEL028.JPG",)


def test_derm7pt_joins_cases_that_share_a_file(mini: Callable[[str], Path]) -> None:
    records = derm7pt.read(mini("derm7pt"))
    groups = {r.group for r in records if r.image[-10:-4] in {"NEL028", "NEL030", "NEL034"}}
    assert len(groups) == 1
    assert len({r.group for r in records}) == 3


def test_derm7pt_gives_a_file_of_several_cases_once_and_with_what_all_of_them_say(
    mini: Callable[[str], Path],
) -> None:
    folder = mini("derm7pt")
    table = folder / "meta/meta.csv"

    def shared() -> Record:
        (record,) = [r for r in derm7pt.read(folder) if r.image == "images/NEL/NEL028.JPG"]
        return record

    differ = shared()
    assert (differ.label, differ.malignant, differ.unlabelled) == (None, None, "contradictory")
    assert differ.diagnosis == "clark nevus or miscellaneous"
    assert (differ.modality, differ.sex, differ.site) == ("clinical", "male", None), "abdomen and back"
    (finding,) = [f for f in label_findings(derm7pt.DATASET, derm7pt.read(folder)) if f.level == "problem"]
    assert finding.where == ("images/NEL/NEL028.JPG: clark nevus or miscellaneous",)
    table.write_text(table.read_text().replace("miscellaneous", "dermal nevus"))
    agree = shared()
    assert (code(agree), agree.malignant, agree.unlabelled) == ("nv", False, None)


def test_derm7pt_takes_the_authors_split_by_row_and_tests_on_what_any_case_tests_on(
    records_of: Named,
) -> None:
    assert {name: record.split for name, record in records_of("derm7pt").items()} == {
        "NEL025": "train",
        "NEL027": "train",
        "NEL028": "test",
        "NEL030": "validation",
        "NEL032": "train",
        "NEL034": "test",
    }


def test_derm7pt_refuses_an_index_that_is_no_row(mini: Callable[[str], Path]) -> None:
    folder = mini("derm7pt")
    (folder / "meta/test_indexes.csv").write_text("indexes\n4\n")
    with pytest.raises(InvalidDataset, match=r"'4' is no row of meta\.csv, which has 4"):
        derm7pt.read(folder)


def test_derm7pt_refuses_a_level_that_it_does_not_know(mini: Callable[[str], Path]) -> None:
    folder = mini("derm7pt")
    table = folder / "meta/meta.csv"
    table.write_text(table.read_text().replace("diffuse regular", "diffuse"))
    with pytest.raises(InvalidDataset, match=r"case 1: pigmentation is 'diffuse'"):
        derm7pt.read(folder)


def test_ph2_reads_the_table_drawn_with_bars(records_of: Named) -> None:
    records = records_of("ph2")
    assert [(code(r), r.diagnosis) for r in records.values()] == [
        ("nv", "common nevus"),
        ("nv", "atypical nevus"),
        ("mel", "melanoma"),
    ]
    common, melanoma = records["IMD003"], records["IMD058"]
    assert common.mask == "PH2 Dataset images/IMD003/IMD003_lesion/IMD003_lesion.bmp"
    assert [common.structures[name] for name in ("pigment_network", "globules", "streaks")] == [
        True,
        False,
        False,
    ]
    assert all(melanoma.structures.values())
    assert (common.confirmed_by, melanoma.confirmed_by) == (None, "histopathology")


def test_ph2_s_columns_are_criteria_of_the_checklist_as_far_as_they_go(records_of: Named) -> None:
    records = records_of("ph2")
    assert records["IMD003"].checklist == {
        "pigment_network": ("typical",),
        "dots_and_globules": ("absent",),
        "streaks": ("absent",),
        "regression_structures": ("absent",),
        "blue_whitish_veil": ("absent",),
    }
    melanoma = records["IMD058"].checklist
    assert melanoma["dots_and_globules"] == ("irregular",)
    assert melanoma["streaks"] == ("regular", "irregular")  # present: which of the two is not said
    for record in records.values():
        for criterion, categories in record.checklist.items():
            assert set(categories) < set(CHECKLIST[criterion])


def test_ph2_says_where_the_table_is_not_of_the_published_form(mini: Callable[[str], Path]) -> None:
    folder = mini("ph2")
    table = folder / "PH2_dataset.txt"
    table.write_text(table.read_text().replace("AT |", "XX |"))
    with pytest.raises(InvalidDataset, match=r"IMD002.*six criteria"):
        read_dataset("ph2", folder)


def test_ph2_asks_for_the_text_table_where_only_the_excel_file_is(tmp_path: Path) -> None:
    (tmp_path / "PH2_dataset.xlsx").write_bytes(b"PK")
    with pytest.raises(InvalidDataset, match=r"PH2_dataset\.txt: no such file.*Excel"):
        read_dataset("ph2", tmp_path)


def test_pad_ufes_20_groups_by_patient_and_knows_skin_types(records_of: Named) -> None:
    records = records_of("pad_ufes_20")
    first, second, third = records.values()
    assert first.group == second.group == "PAT_46"
    assert (code(first), first.skin_type, first.sex, first.confirmed_by) == (
        "bcc",
        3,
        "female",
        "histopathology",
    )
    assert (code(second), second.malignant, second.confirmed_by) == ("akiec", None, "clinical consensus")
    assert (code(third), third.malignant, third.skin_type, third.sex) == (None, True, None, None)
    assert {r.modality for r in records.values()} == {"clinical"}


@pytest.mark.parametrize(
    ("name", "table", "word", "changed", "message"),
    [
        (
            "ham10000",
            "HAM10000_metadata",
            "akiec",
            "AK",
            "dx is 'AK' in 1 row, first ISIC_0026769; ",
        ),
        (
            "pad_ufes_20",
            "metadata.csv",
            "ACK",
            "AK",
            r"diagnostic is 'AK' in 1 row, first PAT_46_882_14\.png",
        ),
        (
            "bcn20000",
            "bcn_20k_train.csv",
            ",MEL,",
            ",UNK,",
            "'UNK' in 2 rows, first BCN_0000000001",
        ),
        ("derm7pt", "meta/meta.csv", "clark nevus", "", "diagnosis is '' in 1 row, first 2; .*clark nevus"),
        ("fitzpatrick17k", "fitzpatrick17k.csv", "non-neoplastic", "none", "'none' in 1 row, first fa2911"),
        ("milk10k", "MILK10k_Training_Metadata.csv", ",dermoscopic,", ",,", "image_type is '' in 3 rows"),
    ],
)
def test_a_word_outside_of_a_closed_vocabulary_is_refused_with_its_rows(
    name: str, table: str, word: str, changed: str, message: str, mini: Callable[[str], Path]
) -> None:
    folder = mini(name)
    path = folder / table
    path.write_text(path.read_text().replace(word, changed))
    with pytest.raises(InvalidDataset, match=message):
        read_dataset(name, folder)


@pytest.mark.parametrize(
    ("name", "table", "word", "changed"),
    [
        ("ham10000", "HAM10000_metadata", ",bkl,", ", Bkl,"),
        ("pad_ufes_20", "metadata.csv", ",BCC,", ",bcc,"),
        ("bcn20000", "bcn_20k_train.csv", ",MEL,", ",Mel,"),
        ("derm7pt", "meta/meta.csv", "clark nevus", "Clark nevus"),
    ],
)
def test_the_case_of_a_diagnosis_does_not_matter(
    name: str, table: str, word: str, changed: str, mini: Callable[[str], Path]
) -> None:
    folder = mini(name)
    before = read_dataset(name, folder)
    path = folder / table
    assert word in path.read_text()
    path.write_text(path.read_text().replace(word, changed))
    assert read_dataset(name, folder) == before


def test_all_unknown_words_are_named_at_once() -> None:
    rows = [{"id": str(index), "dx": word} for index, word in enumerate(("a", "x", "B ", "y", "x"))]
    with pytest.raises(
        InvalidDataset, match=r"'x' in 2 rows, first 1; 'y' in 1 row, first 3; it may be a, b"
    ):
        check_words(Path("t.csv"), rows, "id", "dx", ("a", "b"))


def test_fitzpatrick17k_leaves_out_and_notes_rows_whose_image_could_not_be_fetched(
    mini: Callable[[str], Path],
) -> None:
    folder = mini("fitzpatrick17k")
    records = read_dataset("fitzpatrick17k", folder)
    assert [(code(r), r.malignant, r.skin_type) for r in records[:2]] == [
        ("mel", True, 3),
        (None, False, None),
    ]
    assert all(r.path.exists() for r in records)
    found = {f.kind: f for f in DATASETS["fitzpatrick17k"].inspect(folder)}
    assert found["not_fetched"].where == ("d2bac3c9e4499032ca8e9b07c7d3bc40",)
    assert {f.level for f in found.values()} == {"note"}


def test_fitzpatrick17k_is_refused_where_no_image_was_fetched(mini: Callable[[str], Path]) -> None:
    folder = mini("fitzpatrick17k")
    for path in (folder / "images").iterdir():
        path.unlink()
    with pytest.raises(InvalidDataset, match=r"none of the 4 images of fitzpatrick17k\.csv is there; fetch"):
        read_dataset("fitzpatrick17k", folder)


def test_fitzpatrick17k_has_no_diagnosis_where_the_release_calls_it_wrong(
    mini: Callable[[str], Path],
) -> None:
    folder = mini("fitzpatrick17k")
    wrong = read_dataset("fitzpatrick17k", folder)[-1]
    assert (wrong.label, wrong.malignant, wrong.diagnosis, wrong.skin_type) == (None, None, "", 2)
    (finding,) = [f for f in DATASETS["fitzpatrick17k"].inspect(folder) if f.kind == "wrongly_labelled"]
    assert finding.where == ("0a94359e7eaacd7178e06b2823777789: halo nevus",)


def test_ddi_keeps_skin_types_as_the_pairs_that_they_are(records_of: Named) -> None:
    records = list(records_of("ddi").values())
    assert [(code(r), r.malignant, r.skin_type) for r in records] == [
        ("akiec", True, (5, 6)),
        (None, False, (3, 4)),
        ("mel", True, (1, 2)),
    ]


def test_class_folders_understand_codes_names_and_splits(records_of: Named) -> None:
    found = {r.image: (code(r), r.malignant, r.split) for r in records_of("class_folders").values()}
    assert found == {
        "train/mel/a.jpg": ("mel", True, "train"),
        "train/Seborrheic_Keratosis/b.png": ("bkl", False, "train"),
        "val/nv/c.jpg": ("nv", False, "validation"),
        "test/scc/d.jpg": (None, True, "test"),
        "train/zzz/e.jpg": (None, None, "train"),
    }


def test_class_folders_take_nothing_that_macos_packed_into_the_archive(mini: Callable[[str], Path]) -> None:
    folder = mini("class_folders")
    before = read_dataset("class_folders", folder)
    for name in ("__MACOSX/train/mel/._a.jpg", "train/mel/._a.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\x00\x05\x16\x07")
    assert read_dataset("class_folders", folder) == before


@pytest.mark.parametrize(
    ("folders", "meaning"),
    [
        ("Squamous_cell_carcinoma_in-situ", ("akiec", True, None)),
        ("squamous cell carcinoma in situ, bowens disease", ("akiec", True, None)),
        ("bowen", ("akiec", True, None)),
        ("Bowen's disease", ("akiec", True, None)),
        ("Benign soft tissue proliferations - Vascular", ("vasc", False, None)),
        ("Actinic keratosis", ("akiec", None, None)),
        ("images/mel", ("mel", True, None)),
        ("mel/patient 7", ("mel", True, None)),
        ("images/train/mel/raw", ("mel", True, None)),
        ("malignant/bcc", ("bcc", True, None)),
        ("vascular lesion/benign", ("vasc", False, None)),
        ("melanoma/malignant", ("mel", True, None)),
        ("akiec/malignant", ("akiec", None, None)),
        ("mel/scc", (None, True, None)),
        ("unsorted/benign/2024", (None, False, None)),
        ("mel/benign", (None, None, "contradictory")),
        ("nothing known", (None, None, None)),
    ],
)
def test_class_folders_take_the_nearest_folder_that_names_a_diagnosis_else_a_behaviour(
    folders: str, meaning: tuple[str | None, bool | None, str | None], tmp_path: Path
) -> None:
    write_image(tmp_path / folders / "a.png", 1)
    write_image(tmp_path / "nv/b.png", 2)
    (record,) = [r for r in read_dataset("class_folders", tmp_path) if r.image.endswith("a.png")]
    assert (code(record), record.malignant, record.unlabelled) == meaning
    assert record.split == ("train" if "train" in folders else None)


def test_every_name_of_the_hierarchy_is_a_name_of_a_class_folder(tmp_path: Path) -> None:
    for name in MEANING_OF:
        write_image(tmp_path / name / "a.png", 1)
    assert all(record.label is not None for record in read_dataset("class_folders", tmp_path))


def test_class_folders_are_refused_where_no_name_is_understood(tmp_path: Path) -> None:
    write_image(tmp_path / "images/melanom/a.png", 1)
    with pytest.raises(InvalidDataset, match=r"no folder is named as a class \(melanom\); rename.*akiec"):
        read_dataset("class_folders", tmp_path)


def test_class_folders_need_a_folder_for_each_class(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="one folder a class"):
        read_dataset("class_folders", tmp_path / "nothing")

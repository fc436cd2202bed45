"""The datasets of the ISIC challenges, read from miniatures in their published layouts."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.check import file_findings, label_findings
from augderm.learn.datasets.masks import check_outlines
from augderm.learn.datasets.probe import probe
from augderm.learn.datasets.registry import DATASETS, read_dataset
from augderm.learn.records import Record
from support.miniatures.files import write_table

pytest_plugins = ("support.miniatures.fixtures",)

Named = Callable[[str], dict[str, Record]]


def code(record: Record) -> str | None:
    return None if record.label is None else CODES[record.label]


def test_ham10000_gives_lesions_masks_and_persons(records_of: Named) -> None:
    records = records_of("ham10000")
    one, two = records["ISIC_0027419"], records["ISIC_0025030"]
    assert one.group == two.group == "HAM_0000118"
    assert one.fold == two.fold == fold_of("HAM_0000118")
    assert (code(one), one.malignant, one.age_years, one.sex, one.site) == (
        "bkl",
        False,
        80.0,
        "male",
        "scalp",
    )
    assert one.confirmed_by == "histopathology"
    assert one.mask == "HAM10000_segmentations_lesion_tschandl/ISIC_0027419_segmentation.png"
    assert one.aspect == pytest.approx(4 / 3)


def test_ham10000_leaves_the_malignancy_of_akiec_open(records_of: Named) -> None:
    record = records_of("ham10000")["ISIC_0026769"]
    assert (code(record), record.malignant, record.age_years, record.sex, record.site) == (
        "akiec",
        *[None] * 4,
    )


def test_ham10000_leaves_out_the_test_image_of_zero_weight(records_of: Named) -> None:
    records = records_of("ham10000")
    assert records["ISIC_0034524"].split == "test"
    assert records["ISIC_0027419"].split == "train"
    assert "ISIC_0035068" not in records


@pytest.mark.parametrize("name", ["HAM10000_metadata.csv", "HAM10000_metadata.tab"])
def test_ham10000_reads_the_table_under_each_name_of_the_dataverse(
    name: str, mini: Callable[[str], Path]
) -> None:
    folder = mini("ham10000")
    text = (folder / "HAM10000_metadata").read_text()
    (folder / "HAM10000_metadata").unlink()
    (folder / name).write_text(text.replace(",", "\t") if name.endswith("tab") else text)
    assert len(read_dataset("ham10000", folder)) == 5


def test_isic2016_knows_malignant_but_no_diagnosis(records_of: Named) -> None:
    records = list(records_of("isic2016").values())
    assert [(r.split, r.malignant, r.label) for r in records] == [
        ("train", False, None),
        ("train", True, None),
        ("test", True, None),
    ]
    assert all(r.mask and r.mask.endswith("_Segmentation.png") for r in records)


def test_isic2017_calls_neither_melanoma_nor_keratosis_a_nevus(records_of: Named) -> None:
    records = list(records_of("isic2017").values())
    assert [code(r) for r in records] == ["nv", "mel", "bkl", "mel"]
    assert [r.split for r in records] == ["train", "train", "train", "test"]
    assert [(r.age_years, r.sex) for r in records[:2]] == [(55.0, "female"), (None, None)]
    assert all(r.mask and r.image.endswith(".jpg") for r in records), "superpixels are no images"


def test_isic2017_finds_the_persons_in_a_folder_unpacked_one_level_deeper(
    mini: Callable[[str], Path],
) -> None:
    folder = mini("isic2017")
    data = folder / "ISIC-2017_Training_Data"
    data.rename(folder / "moved")
    data.mkdir()
    (folder / "moved").rename(data / data.name)
    assert read_dataset("isic2017", folder)[0].age_years == 55.0


def test_isic2018_joins_the_tasks_of_one_image(records_of: Named) -> None:
    records = records_of("isic2018")
    both = records["ISIC_0024306"]
    assert (code(both), both.group, both.split) == ("nv", "HAM_0000550", "train")
    assert both.mask
    assert dict(both.structures) == dict.fromkeys(both.structures, False)
    assert records["ISIC_0024307"].group == "HAM_0000550"


def test_isic2018_calls_a_structure_present_where_its_mask_has_any_pixel(records_of: Named) -> None:
    record = records_of("isic2018")["ISIC_0000000"]
    assert record.label is None
    assert len(record.structures) == 5
    assert [name for name, present in record.structures.items() if present] == ["pigment_network"]
    assert set(record.structure_masks) == set(record.structures)
    assert record.structure_masks["streaks"].endswith("ISIC_0000000_attribute_streaks.png")


def test_isic2018_leaves_out_the_test_image_of_zero_weight(records_of: Named) -> None:
    records = records_of("isic2018")
    assert "ISIC_0035068" not in records
    assert records["ISIC_0034524"].split == "test"


def test_isic2018_leaves_out_whatever_the_test_table_gives_weight_zero(mini: Callable[[str], Path]) -> None:
    folder = mini("isic2018")
    table = folder / "ISIC2018_Task3_Test_GroundTruth/ISIC2018_Task3_Test_GroundTruth.csv"
    header, *rows = table.read_text().splitlines()
    lines = [f"{header},score_weight", *(f"{row},0.0" for row in rows)]
    table.write_text("\n".join(lines))
    assert not [r for r in read_dataset("isic2018", folder) if r.split == "test"]


def test_isic2018_says_nothing_of_a_structure_whose_mask_is_broken_and_the_workshop_refuses_it(
    mini: Callable[[str], Path],
) -> None:
    folder = mini("isic2018")
    path = folder / "ISIC2018_Task2_Training_GroundTruth_v3/ISIC_0000000_attribute_streaks.png"
    path.write_bytes(path.read_bytes()[:40])
    records = read_dataset("isic2018", folder)
    (record,) = [record for record in records if record.isic_id == "ISIC_0000000"]
    assert "streaks" in record.structure_masks
    assert "streaks" not in record.structures
    with pytest.raises(InvalidDataset, match=r"attribute_streaks\.png.*nor can 0 others.*restore"):
        check_outlines(records)


def test_isic2018_is_read_beside_a_broken_image(mini: Callable[[str], Path]) -> None:
    folder = mini("isic2018")
    (folder / "ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg").write_bytes(b"broken")
    records = read_dataset("isic2018", folder)
    check_outlines(records)
    probes = [probe(record) for record in records]
    (finding,) = file_findings(records, probes)
    assert (finding.kind, len(finding.where)) == ("broken_image", 1)


def test_isic2019_keeps_squamous_cell_carcinoma_outside_and_malignant(records_of: Named) -> None:
    records = records_of("isic2019")
    train = [r for r in records.values() if r.split == "train"]
    assert [code(r) for r in train] == ["mel", "nv", "bcc", "akiec", "bkl", "df", "vasc", None]
    assert (train[-1].diagnosis, train[-1].malignant) == ("scc", True)
    assert train[0].group == train[1].group == "BCN_0000001"
    assert train[2].group == "ISIC_0002000", "without a lesion an image is its own group"


def test_isic2019_test_keeps_unknowns_unlabelled_and_drops_zero_weights(records_of: Named) -> None:
    test = [r for r in records_of("isic2019").values() if r.split == "test"]
    assert [(r.diagnosis, r.label, r.malignant) for r in test] == [("unk", None, None)]


def test_isic2019_refuses_a_row_without_a_class(mini: Callable[[str], Path]) -> None:
    folder = mini("isic2019")
    table = folder / "ISIC_2019_Training_GroundTruth.csv"
    table.write_text(table.read_text().replace("1.0", "0.0"))
    with pytest.raises(InvalidDataset, match=r"ISIC_0000000: 0 classes are 1"):
        read_dataset("isic2019", folder)


def test_isic2020_joins_patients_that_share_a_duplicate(records_of: Named) -> None:
    records = records_of("isic2020")
    assert records["ISIC_2637011"].group == records["ISIC_0015719"].group == "IP_3075186"
    assert records["ISIC_2637011"].fold == records["ISIC_0015719"].fold
    assert records["ISIC_0052212"].group == "IP_2842074"


def test_isic2020_leaves_unknown_unlabelled_and_atypical_proliferation_open(records_of: Named) -> None:
    records = records_of("isic2020")
    assert (code(records["ISIC_2637011"]), records["ISIC_2637011"].malignant) == (None, False)
    assert (code(records["ISIC_0052212"]), records["ISIC_0052212"].malignant) == ("mel", True)
    atypical = records["ISIC_0068279"]
    assert (code(atypical), atypical.malignant, atypical.unlabelled) == (None, None, "indeterminate")
    assert atypical.target is False, "a negative case of the challenge all the same"


@pytest.mark.parametrize("name", ["isic2020", "isic2024", "isic_archive"])
def test_the_untouched_release_has_no_diagnosis_to_correct(name: str, mini: Callable[[str], Path]) -> None:
    found = label_findings(DATASETS[name], read_dataset(name, mini(name)))
    assert "problem" not in {finding.level for finding in found}


def test_a_melanoma_with_target_0_is_neither_learned_as_one_nor_as_benign(
    mini: Callable[[str], Path],
) -> None:
    folder = mini("isic2020")
    table = folder / "ISIC_2020_Training_GroundTruth_v2.csv"
    table.write_text(table.read_text().replace("melanoma,malignant,1", "melanoma,benign,0"))
    (record,) = [r for r in read_dataset("isic2020", folder) if r.diagnosis == "melanoma"]
    assert (record.label, record.malignant, record.unlabelled) == (None, None, "contradictory")


def test_isic2024_reads_members_of_the_hdf5_file(records_of: Named) -> None:
    records = records_of("isic2024")
    assert [(code(r), r.malignant) for r in records.values()] == [
        (None, False),
        ("mel", True),
        ("akiec", None),
    ]
    assert {r.modality for r in records.values()} == {"clinical"}
    assert records["ISIC_0015670"].group == records["ISIC_0015671"].group == "IP_0"


def test_isic2024_falls_back_to_plain_files(mini: Callable[[str], Path]) -> None:
    folder = mini("isic2024")
    (folder / "train-image.hdf5").unlink()
    (folder / "train-image/image").mkdir(parents=True)
    (folder / "train-image/image/ISIC_0015670.jpg").write_bytes(b"x")
    assert read_dataset("isic2024", folder)[0].image == "train-image/image/ISIC_0015670.jpg"


def test_an_export_of_the_archive_follows_the_hierarchy(records_of: Named) -> None:
    records = records_of("isic_archive")
    bowen, keratosis, nevus, lymphangioma = records.values()
    assert (code(bowen), bowen.malignant, bowen.group) == ("akiec", True, "IP_1")
    assert (code(keratosis), keratosis.malignant, keratosis.group) == ("akiec", None, "IL_2")
    assert (code(nevus), nevus.malignant, nevus.modality) == ("nv", False, "clinical")
    assert (code(lymphangioma), lymphangioma.malignant) == (None, False)
    assert bowen.skin_type == 4


def test_an_export_of_the_archive_leaves_out_confocal_images(mini: Callable[[str], Path]) -> None:
    folder = mini("isic_archive")
    assert "ISIC_1000003" not in {Path(r.image).stem for r in read_dataset("isic_archive", folder)}
    assert DATASETS["isic_archive"].inspect(folder) == []


@pytest.mark.parametrize("name", ["isic_archive", "bcn20000"])
@pytest.mark.parametrize("kind", ["", "histology"])
def test_an_export_s_image_that_does_not_say_what_it_is_is_left_out_and_named(
    name: str, kind: str, mini: Callable[[str], Path]
) -> None:
    folder = mini("isic_archive")
    table = folder / "metadata.csv"
    table.write_text(table.read_text().replace("IV,clinical: close-up,IL_3", f"IV,{kind},IL_3"))
    assert "ISIC_1000002" not in {Path(r.image).stem for r in read_dataset(name, folder)}
    (finding,) = DATASETS[name].inspect(folder)
    assert (finding.kind, finding.level, finding.where) == ("no_modality", "problem", ("ISIC_1000002",))


def test_an_export_without_image_types_is_dermoscopic(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("isic_id,diagnosis_1\nISIC_1,Benign\n")
    assert [r.modality for r in read_dataset("isic_archive", tmp_path)] == ["dermoscopic"]
    assert "no_modality" not in {finding.kind for finding in DATASETS["isic_archive"].inspect(tmp_path)}


@pytest.mark.parametrize("name", ["isic_archive", "bcn20000"])
def test_a_present_export_gives_its_sites_in_the_general_words(
    name: str, mini: Callable[[str], Path]
) -> None:
    folder = mini("isic_archive")
    sites = [record.site for record in read_dataset(name, folder)]
    assert sites == ["head/neck", "posterior torso", "palms/soles", "oral/genital"]
    assert DATASETS[name].inspect(folder) == []


def test_an_export_with_the_general_site_keeps_it_beside_a_coarser_hierarchy(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "isic_id,diagnosis_1,anatom_site_general,anatom_site_1,anatom_site_2\n"
        "A,Benign,palms/soles,Upper extremity,Hand\nB,Benign,,Upper extremity,Hand\n"
        "C,Benign,lateral torso,,\n"
    )
    sites = [record.site for record in read_dataset("isic_archive", tmp_path)]
    assert sites == ["palms/soles", "upper extremity", "lateral torso"]


@pytest.mark.parametrize("columns", ["isic_id,diagnosis_1,", "isic_id,diagnosis_1,anatom_site_1"])
def test_an_export_in_which_no_image_has_a_site_is_noted(columns: str, tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(f"{columns}\nA,Benign,\nB,Benign,\n")
    assert [record.site for record in read_dataset("isic_archive", tmp_path)] == [None, None]
    (finding,) = DATASETS["isic_archive"].inspect(tmp_path)
    assert (finding.kind, finding.level) == ("no_site", "note")


def test_an_export_keeps_a_lesion_and_all_its_patients_in_one_fold(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "isic_id,diagnosis_1,patient_id,lesion_id\n"
        "A,Benign,IP_1,IL_1\nB,Benign,,IL_1\nC,Benign,IP_1,IL_2\nD,Benign,,IL_2\n"
        "E,Benign,,IL_3\nF,Benign,IP_2,IL_3\nG,Benign,IP_3,IL_3\n"
        "H,Benign,,IL_4\nI,Benign,IP_4,\nJ,Benign,,\n"
    )
    groups = {Path(r.image).stem: r.group for r in read_dataset("isic_archive", tmp_path)}
    assert groups == {
        **dict.fromkeys("ABCD", "IP_1"),
        **dict.fromkeys("EFG", "IP_2"),
        **{"H": "IL_4", "I": "IP_4", "J": "J"},
    }


def test_an_older_export_s_contradiction_is_learned_from_in_neither_way(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "isic_id,benign_malignant,diagnosis\nA,benign,actinic keratosis\nB,benign,melanoma\n"
        "C,malignant,nevus\n"
    )
    records = read_dataset("isic_archive", tmp_path)
    assert [(code(r), r.malignant, r.unlabelled) for r in records] == [
        ("akiec", None, None),
        (None, None, "contradictory"),
        (None, None, "contradictory"),
    ]
    (finding,) = [f for f in label_findings(DATASETS["isic_archive"], records) if f.level == "problem"]
    assert finding.where == ("./B.jpg: melanoma that is benign", "./C.jpg: nevus that is malignant")


def test_an_export_from_before_the_hierarchy_is_read(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "isic_id,benign_malignant,diagnosis\nISIC_1,malignant,melanoma\nISIC_2,benign,angioma\n"
    )
    records = read_dataset("isic_archive", tmp_path)
    assert [(code(r), r.malignant) for r in records] == [("mel", True), ("vasc", False)]


def test_bcn20000_is_read_from_its_own_table(records_of: Named) -> None:
    records = records_of("bcn20000")
    assert records["BCN_0000000001"].group == records["BCN_0000000002"].group == "BCN_0003884"
    assert (code(records["BCN_0000000003"]), records["BCN_0000000003"].malignant) == (None, True)


def test_bcn20000_is_read_from_an_export_of_the_archive(mini: Callable[[str], Path]) -> None:
    records = read_dataset("bcn20000", mini("isic_archive"))
    assert {r.dataset for r in records} == {"bcn20000"}
    assert len(records) == 4


def test_milk10k_gives_a_clinical_and_a_dermoscopic_image_a_lesion(records_of: Named) -> None:
    records = records_of("milk10k")
    assert [r.modality for r in records.values()] == ["clinical", "dermoscopic"] * 3
    assert records["ISIC_4671410"].group == records["ISIC_4671411"].group == "IL_0000652"


def test_milk10k_tells_bowens_disease_from_actinic_keratosis(records_of: Named) -> None:
    records = records_of("milk10k")
    assert (code(records["ISIC_4671411"]), records["ISIC_4671411"].malignant) == ("akiec", True)
    assert (code(records["ISIC_4671421"]), records["ISIC_4671421"].malignant) == ("akiec", None)
    assert (code(records["ISIC_4671431"]), records["ISIC_4671431"].malignant) == (None, False)
    assert {r.skin_type for r in records.values()} == {None}, "a tone class is no Fitzpatrick type"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("1.0,1.0", "it is melanoma and seborrheic keratosis"),
        (",0.0", "melanoma: '' is neither 1 nor 0"),
        ("0.0,x", "seborrheic_keratosis: 'x' is neither"),
    ],
)
def test_isic2017_does_not_call_a_row_without_an_answer_a_nevus(
    cells: str, message: str, mini: Callable[[str], Path]
) -> None:
    folder = mini("isic2017")
    table = folder / "ISIC-2017_Training_Part3_GroundTruth.csv"
    table.write_text(table.read_text().replace("0.0,0.0", cells))
    with pytest.raises(InvalidDataset, match=f"ISIC_0000180: {message}"):
        read_dataset("isic2017", folder)


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("isic2020", "ISIC_2020_Training_GroundTruth_v2.csv", "target"),
        ("isic2024", "train-metadata.csv", "target"),
    ],
)
def test_a_target_is_read_as_pandas_writes_it_and_must_be_there(
    name: str, table: str, column: str, mini: Callable[[str], Path]
) -> None:
    folder = mini(name)
    before = read_dataset(name, folder)
    with (folder / table).open(newline="") as file:
        rows = list(csv.DictReader(file))
    for cells, message in (([f"{float(row[column])}" for row in rows], ""), ([""] * len(rows), "neither")):
        changed = [{**row, column: cell} for row, cell in zip(rows, cells, strict=True)]
        write_table(folder / table, list(rows[0]), [list(row.values()) for row in changed])
        if message:
            with pytest.raises(InvalidDataset, match=message):
                read_dataset(name, folder)
        else:
            assert read_dataset(name, folder) == before

"""Miniatures of the datasets from elsewhere."""

from __future__ import annotations

from pathlib import Path

from support.miniatures.files import write_image, write_mask, write_table

CHECKLIST = (
    "pigment_network",
    "streaks",
    "pigmentation",
    "regression_structures",
    "dots_and_globules",
    "blue_whitish_veil",
    "vascular_structures",
)


def derm7pt(folder: Path) -> None:
    """Four cases: a melanoma of 7 points, a nevus; one with a file listed twice; one sharing a file."""
    melanoma = ("atypical", "irregular", "diffuse regular", "blue areas", "irregular", "present", "absent")
    nevus = ("typical", "absent", "absent", "absent", "regular", "absent", "comma")
    rows = [
        ("1", "melanoma (in situ)", "7", *melanoma, "female", "back", "NEL/NEL025.JPG", "NEL/NEL027.JPG"),
        ("2", "clark nevus", "0", *nevus, "male", "abdomen", "NEL/NEL028.JPG", "NEL/NEL030.JPG"),
        ("3", "blue nevus", "0", *nevus, "male", "back", "NEL/NEL032.JPG", "NEL/NEL032.JPG"),
        ("4", "miscellaneous", "0", *nevus, "male", "back", "NEL/NEL028.JPG", "NEL/NEL034.JPG"),
    ]
    columns = ("case_num", "diagnosis", "seven_point_score", *CHECKLIST, "sex", "location", "clinic", "derm")
    write_table(folder / "meta/meta.csv", columns, rows)
    for name, indexes in (("train", (0, 2)), ("valid", (1,)), ("test", (3,))):
        write_table(folder / f"meta/{name}_indexes.csv", ("indexes",), [(index,) for index in indexes])
    for seed, file in enumerate(sorted({file for row in rows for file in row[-2:]})):
        write_image(folder / "images" / file, seed)


def ph2(folder: Path) -> None:
    """A common nevus, an atypical one, a melanoma; the table drawn with bars, and a legend below."""
    lines = [
        (
            "|| Name   ||    Histological Diagnosis || Clinical Diagnosis || Asymmetry | Pigment Network | "
            "Dots/Globules | Streaks | Regression Areas | Blue-Whitish Veil ||           Colors ||"
        ),
        (
            "|| IMD003 ||                           ||                  0 ||         0 |               T | "
            "            A |       A |                A |                 A ||                4 ||"
        ),
        (
            "|| IMD002 ||                           ||                  1 ||         1 |              AT | "
            "            T |       A |                A |                 A ||             3  4 ||"
        ),
        (
            "|| IMD058 ||                  Melanoma ||                  2 ||         2 |              AT | "
            "           AT |       P |                P |                 P ||       3  4  5 6 ||"
        ),
        "",
        "Clinical Diagnosis:",
        "0 - Common Nevus",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "PH2_dataset.txt").write_text("\n".join(lines), encoding="utf-8")
    for seed, name in enumerate(("IMD003", "IMD002", "IMD058")):
        place = folder / "PH2 Dataset images" / name
        write_image(place / f"{name}_Dermoscopic_Image" / f"{name}.bmp", seed)
        write_mask(place / f"{name}_lesion" / f"{name}_lesion.bmp", seed)
        write_mask(place / f"{name}_roi" / f"{name}_R1_Label1.bmp", seed)


def pad_ufes_20(folder: Path) -> None:
    """One patient with two lesions, another with a squamous cell carcinoma and little known."""
    columns = ("patient_id", "lesion_id", "smoke", "age", "gender", "fitspatrick", "region", "diagnostic")
    rows = [
        ("PAT_46", "881", "False", "55", "FEMALE", "3.0", "NECK", "BCC", "PAT_46_881_939.png", "True"),
        ("PAT_46", "882", "False", "55", "FEMALE", "3.0", "FACE", "ACK", "PAT_46_882_14.png", "False"),
        ("PAT_8", "11", "", "67", "", "", "ARM", "SCC", "PAT_8_11_2.png", "True"),
    ]
    write_table(folder / "metadata.csv", (*columns, "img_id", "biopsed"), rows)
    for seed, row in enumerate(rows):
        write_image(folder / "images" / f"imgs_part_{seed + 1}" / row[8], seed)


def fitzpatrick17k(folder: Path) -> None:
    """A melanoma, a rash of unknown skin type, one whose image could not be fetched, and a wrong label."""
    columns = ("md5hash", "fitzpatrick_scale", "fitzpatrick_centaur", "label", "nine_partition_label")
    rows = [
        (
            "5e82a45bc5d78bd24ae9202d194423f8",
            "3",
            "3",
            "malignant melanoma",
            "malignant melanoma",
            "malignant",
        ),
        ("fa2911a9b13b6f8af79cb700937cc14f", "-1", "-1", "psoriasis", "inflammatory", "non-neoplastic"),
        (
            "d2bac3c9e4499032ca8e9b07c7d3bc40",
            "6",
            "5",
            "mycosis fungoides",
            "malignant cutaneous lymphoma",
            "malignant",
        ),
    ]
    wrong = ("0a94359e7eaacd7178e06b2823777789", "2", "3", "halo nevus", "benign melanocyte", "benign")
    checked = ((rows[0], "1 Diagnostic"), *((row, "") for row in rows[1:]), (wrong, "3 Wrongly labelled"))
    write_table(
        folder / "fitzpatrick17k.csv",
        (*columns, "three_partition_label", "qc", "url", "url_alphanum"),
        [(*row, qc, "http://127.0.0.1/x.jpg", "x.jpg") for row, qc in checked],
    )
    for seed, row in enumerate((*rows[:2], wrong)):
        write_image(folder / "images" / f"{row[0]}.jpg", seed)


def ddi(folder: Path) -> None:
    """Bowen's disease on dark skin, a wart, a melanoma; the first column of the table has no name."""
    rows = [
        ("0", "1", "000001.png", "56", "True", "squamous-cell-carcinoma-in-situ"),
        ("1", "2", "000002.png", "34", "False", "verruca-vulgaris"),
        ("2", "3", "000003.png", "12", "True", "melanoma"),
    ]
    columns = ("", "DDI_ID", "DDI_file", "skin_tone", "malignant", "disease")
    write_table(folder / "ddi_metadata.csv", columns, rows)
    for seed, row in enumerate(rows):
        write_image(folder / row[2], seed)


def class_folders(folder: Path) -> None:
    """Splits of class folders, one with a full name, one that no one understands, a stray picture."""
    for seed, name in enumerate(
        (
            "train/mel/a.jpg",
            "train/Seborrheic_Keratosis/b.png",
            "val/nv/c.jpg",
            "test/scc/d.jpg",
            "train/zzz/e.jpg",
        )
    ):
        write_image(folder / name, seed)
    write_image(folder / "logo.png", 9)


def index(folder: Path) -> None:
    """Two images of one lesion, a clinical photograph; structures and artefacts of one of them."""
    columns = ("image", "mask", "dataset", "isic_id", "group_id", "fold", "diagnosis", "modality")
    rows = [
        (
            "a/0.webp",
            "a/0.png",
            "one",
            "ISIC_0",
            "g0",
            "1",
            "nv",
            "dermoscopic",
            "96",
            "72",
            "40",
            "male",
            "2",
        ),
        ("a/1.webp", "a/1.png", "one", "ISIC_1", "g0", "1", "nv", "dermoscopic", "96", "72", "", "", ""),
        ("b/2.webp", "", "two", "", "g2", "4", "scc", "clinical", "96", "72", "61.0", "female", "5"),
    ]
    write_table(folder / "index.csv", (*columns, "width", "height", "age", "sex", "skin_type"), rows)
    structures = ("pigment_network", "negative_network", "milia_like_cyst", "globules", "streaks")
    write_table(folder / "structures.csv", ("isic_id", *structures), [("ISIC_0", 1, 0, 0, 1, 0)])
    artefacts = ("dark_corner", "hair", "gel_border", "gel_bubble", "ruler", "ink", "patches")
    write_table(folder / "artefacts.csv", ("isic_id", *artefacts), [("ISIC_0", 1, 0, 0, 0, 0, 0, 1)])
    for seed, row in enumerate(rows):
        write_image(folder / row[0], seed)
        if row[1]:
            write_mask(folder / row[1], seed)

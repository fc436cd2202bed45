"""Miniatures of the datasets of the ISIC challenges, and of exports of its archive."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from augderm.domain.taxonomy import STRUCTURES
from support.miniatures.files import encoded, one_hot, write_image, write_mask, write_table

HAM_COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization", "dataset")
CLASSES_2018 = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
CLASSES_2019 = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")


def ham10000(folder: Path) -> None:
    """Two images of one lesion, an akiec, and a test part with the image of zero weight."""
    rows = [
        ("HAM_0000118", "ISIC_0027419", "bkl", "histo", "80.0", "male", "scalp", "vidir_modern"),
        ("HAM_0000118", "ISIC_0025030", "bkl", "histo", "80.0", "male", "scalp", "vidir_modern"),
        ("HAM_0002730", "ISIC_0026769", "akiec", "histo", "", "unknown", "unknown", "rosendahl"),
        ("HAM_0001466", "ISIC_0031633", "nv", "follow_up", "75.0", "female", "ear", "vidir_molemax"),
    ]
    write_table(folder / "HAM10000_metadata", HAM_COLUMNS, rows)
    for seed, row in enumerate(rows):
        part = "HAM10000_images_part_1" if seed < 2 else "HAM10000_images_part_2"
        write_image(folder / part / f"{row[1]}.jpg", seed)
        masks = folder / "HAM10000_segmentations_lesion_tschandl"
        write_mask(masks / f"{row[1]}_segmentation.png", seed)
    tests = [
        ("HAMTEST_0000000", "ISIC_0034524", "nv", "follow_up", "40.0", "female", "back", "vidir_molemax"),
        ("HAMTEST_0000001", "ISIC_0035068", "nv", "follow_up", "40.0", "female", "back", "vidir_molemax"),
    ]
    write_table(folder / "ISIC2018_Task3_Test_GroundTruth.csv", HAM_COLUMNS, tests)
    for seed, row in enumerate(tests, 10):
        write_image(folder / "ISIC2018_Task3_Test_Images" / f"{row[1]}.jpg", seed)


def isic2016(folder: Path) -> None:
    """One benign and one malignant training image, one test image; tables without headers."""
    parts = (("Training", ("benign", "malignant")), ("Test", ("1.0",)))
    for part, truths in parts:
        names = [f"ISIC_00000{len(part)}{index}" for index in range(len(truths))]
        table = folder / f"ISBI2016_ISIC_Part3_{part}_GroundTruth.csv"
        write_table(table, (), list(zip(names, truths, strict=True)), header=False)
        for seed, name in enumerate(names, len(part)):
            write_image(folder / f"ISBI2016_ISIC_Part3_{part}_Data" / f"{name}.jpg", seed)
            masks = folder / f"ISBI2016_ISIC_Part1_{part}_GroundTruth"
            write_mask(masks / f"{name}_Segmentation.png", seed)


def isic2017(folder: Path) -> None:
    """All three classes in training, one image in the test part, superpixels among the images."""
    parts = (("Training", ("0.0,0.0", "1.0,0.0", "0.0,1.0")), ("Test_v2", ("1.0,0.0",)))
    for part, truths in parts:
        names = [f"ISIC_00001{len(part)}{index}" for index in range(len(truths))]
        write_table(
            folder / f"ISIC-2017_{part}_Part3_GroundTruth.csv",
            ("image_id", "melanoma", "seborrheic_keratosis"),
            [(name, *truth.split(",")) for name, truth in zip(names, truths, strict=True)],
        )
        data = folder / f"ISIC-2017_{part}_Data"
        for seed, name in enumerate(names, 10 * len(part)):
            write_image(data / f"{name}.jpg", seed)
            write_image(data / f"{name}_superpixels.png", seed)
            masks = folder / f"ISIC-2017_{part}_Part1_GroundTruth"
            write_mask(masks / f"{name}_segmentation.png", seed)
        write_table(
            data / f"ISIC-2017_{part}_Data_metadata.csv",
            ("image_id", "age_approximate", "sex"),
            [(names[0], "55", "female"), *((name, "unknown", "unknown") for name in names[1:])],
        )


def isic2018(folder: Path) -> None:
    """Task 3 with a lesion of two images and a test part; Tasks 1-2 with one structure present."""
    task3 = {"ISIC_0024306": "NV", "ISIC_0024307": "NV", "ISIC_0024310": "MEL"}
    truth = folder / "ISIC2018_Task3_Training_GroundTruth/ISIC2018_Task3_Training_GroundTruth.csv"
    write_table(
        truth, ("image", *CLASSES_2018), [(n, *one_hot(CLASSES_2018, hot)) for n, hot in task3.items()]
    )
    write_table(
        folder / "ISIC2018_Task3_Training_LesionGroupings.csv",
        ("image", "lesion_id", "diagnosis_confirm_type"),
        [
            ("ISIC_0024306", "HAM_0000550", "serial imaging showing no change"),
            ("ISIC_0024307", "HAM_0000550", "serial imaging showing no change"),
            ("ISIC_0024310", "HAM_0003521", "histopathology"),
        ],
    )
    for seed, name in enumerate(task3):
        write_image(folder / "ISIC2018_Task3_Training_Input" / f"{name}.jpg", seed)
    write_table(
        folder / "ISIC2018_Task3_Test_GroundTruth/ISIC2018_Task3_Test_GroundTruth.csv",
        ("image", *CLASSES_2018),
        [(name, *one_hot(CLASSES_2018, "AKIEC")) for name in ("ISIC_0034524", "ISIC_0035068")],
    )
    write_image(folder / "ISIC2018_Task3_Test_Input/ISIC_0034524.jpg", 20)
    outlined = folder / "ISIC2018_Task1-2_Training_Input"
    for seed, name in enumerate(("ISIC_0000000", "ISIC_0024306"), 30):
        write_image(outlined / f"{name}.jpg", seed)
        masks = folder / "ISIC2018_Task1_Training_GroundTruth"
        write_mask(masks / f"{name}_segmentation.png", seed)
        for structure in STRUCTURES:
            path = folder / "ISIC2018_Task2_Training_GroundTruth_v3" / f"{name}_attribute_{structure}.png"
            write_mask(path, seed, empty=structure != "pigment_network" or name != "ISIC_0000000")


def isic2019(folder: Path) -> None:
    """Every training class once but UNK, two images of one lesion; test images of weight 1 and 0."""
    names = [f"ISIC_000{index}000" for index in range(len(CLASSES_2019) - 1)]
    write_table(
        folder / "ISIC_2019_Training_GroundTruth.csv",
        ("image", *CLASSES_2019),
        [(name, *one_hot(CLASSES_2019, hot)) for name, hot in zip(names, CLASSES_2019, strict=False)],
    )
    lesions = ["BCN_0000001", "BCN_0000001", "", *(f"HAM_000{index}" for index in range(len(names) - 3))]
    write_table(
        folder / "ISIC_2019_Training_Metadata.csv",
        ("image", "age_approx", "anatom_site_general", "lesion_id", "sex"),
        [
            (name, "55.0", "anterior torso", lesion, "female")
            for name, lesion in zip(names, lesions, strict=True)
        ],
    )
    for seed, name in enumerate(names):
        write_image(folder / "ISIC_2019_Training_Input/ISIC_2019_Training_Input" / f"{name}.jpg", seed)
    tests = (("ISIC_0053453", "UNK", "1.0"), ("ISIC_0053454", "NV", "0.0"))
    write_table(
        folder / "ISIC_2019_Test_GroundTruth.csv",
        ("image", *CLASSES_2019, "score_weight", "validation_weight"),
        [(name, *one_hot(CLASSES_2019, hot), weight, "0.0") for name, hot, weight in tests],
    )
    for seed, (name, *_) in enumerate(tests, 20):
        write_image(folder / "ISIC_2019_Test_Input" / f"{name}.jpg", seed)


def isic2020(folder: Path) -> None:
    """Two patients that a duplicate joins, an indeterminate diagnosis, an unknown one."""
    rows = [
        ("ISIC_2637011", "IP_7279968", "IL_7972535", "male", "45.0", "head/neck", "unknown", "benign", "0"),
        (
            "ISIC_0015719",
            "IP_3075186",
            "IL_4649854",
            "female",
            "45.0",
            "upper extremity",
            "nevus",
            "benign",
            "0",
        ),
        ("ISIC_0052212", "IP_2842074", "IL_9087444", "female", "", "", "melanoma", "malignant", "1"),
        (
            *("ISIC_0068279", "IP_6890425", "IL_4255399", "female", "45.0", "head/neck"),
            *("atypical melanocytic proliferation", "benign", "0"),
        ),
    ]
    columns = ("image_name", "patient_id", "lesion_id", "sex", "age_approx", "anatom_site_general_challenge")
    write_table(
        folder / "ISIC_2020_Training_GroundTruth_v2.csv",
        (*columns, "diagnosis", "benign_malignant", "target"),
        rows,
    )
    write_table(
        folder / "ISIC_2020_Training_Duplicates.csv",
        ("image_name_1", "image_name_2"),
        [("ISIC_2637011", "ISIC_0015719")],
    )
    for seed, row in enumerate(rows):
        write_image(folder / "train" / f"{row[0]}.jpg", seed)


def isic2024(folder: Path) -> None:
    """Three crops inside an HDF5 file: a benign one, a melanoma in situ, an actinic keratosis."""
    hierarchy = (
        ("Benign",),
        ("Malignant", "Malignant melanocytic proliferations (Melanoma)", "Melanoma in situ"),
        ("Indeterminate", "Indeterminate epidermal proliferations", "Solar or actinic keratosis"),
    )
    rows = [
        (
            *(f"ISIC_001567{index}", int(levels[0] == "Malignant"), f"IP_{index // 2}", "60.0", "male"),
            *("posterior torso", "3.04", "TBP tile: close-up"),
            *(levels[level] if level < len(levels) else "" for level in range(5)),
        )
        for index, levels in enumerate(hierarchy)
    ]
    columns = ("isic_id", "target", "patient_id", "age_approx", "sex", "anatom_site_general")
    levels = tuple(f"iddx_{level}" for level in range(1, 6))
    write_table(
        folder / "train-metadata.csv", (*columns, "clin_size_long_diam_mm", "image_type", *levels), rows
    )
    with h5py.File(folder / "train-image.hdf5", "w") as file:
        for seed, row in enumerate(rows):
            file.create_dataset(row[0], data=np.void(encoded(seed)))


def isic_archive(folder: Path) -> None:
    """A present export: a Bowen's disease, an actinic keratosis, a nevus, a clinical and a confocal image."""
    levels = tuple(f"diagnosis_{level}" for level in range(1, 6))
    sites = tuple(f"anatom_site_{level}" for level in range(1, 6))
    columns = ("isic_id", "attribution", "copyright_license", "age_approx", *sites, "anatom_site_special")
    epidermal = ("Malignant", "Malignant epidermal proliferations", "Squamous cell carcinoma in situ")
    benign = ("Benign", "Benign melanocytic proliferations", "Nevus")
    rows = [
        ((*epidermal, "Squamous cell carcinoma in situ, Bowens disease", ""), "dermoscopic", "IP_1", "IL_1"),
        (
            *(
                (
                    "Indeterminate",
                    "Indeterminate epidermal proliferations",
                    "Solar or actinic keratosis",
                    "",
                    "",
                ),
            ),
            *("dermoscopic", "", "IL_2"),
        ),
        ((*benign, "Nevus, Congenital", ""), "clinical: close-up", "", "IL_3"),
        ((*benign, "", ""), "RCM: mosaic", "", "IL_3"),
        (
            ("Benign", "Benign soft tissue proliferations - Vascular", "Lymphangioma", "", ""),
            "dermoscopic",
            "",
            "",
        ),
    ]
    places = (
        ("Head and neck", "Head", "Face", "Cheek", "Upper cheek", ""),
        ("Trunk", "Posterior trunk", "Upper back", "", "", ""),
        ("Lower extremity", "Foot", "Sole of foot", "Heel", "", "acral palms or soles"),
        ("Lower extremity", "Foot", "Sole of foot", "Heel", "", "acral palms or soles"),
        ("Anogenital region", "", "", "", "", "oral or genital"),
    )
    write_table(
        folder / "metadata.csv",
        (
            *columns,
            "diagnosis_confirm_type",
            *levels,
            "fitzpatrick_skin_type",
            "image_type",
            "lesion_id",
            "patient_id",
            "sex",
        ),
        [
            (
                *(f"ISIC_100000{index}", "Somebody", "CC-BY", "55", *places[index], "histopathology"),
                *(*names, "IV", kind, lesion, patient, "female"),
            )
            for index, (names, kind, patient, lesion) in enumerate(rows)
        ],
    )
    for index in range(len(rows)):
        write_image(folder / "images" / f"ISIC_100000{index}.jpg", index)


def bcn20000(folder: Path) -> None:
    """Two images of one melanoma and a squamous cell carcinoma."""
    rows = [
        ("BCN_0000000001.jpg", "55.0", "anterior torso", "MEL", "BCN_0003884", "2012-05-16", "male", "train"),
        ("BCN_0000000002.jpg", "55.0", "anterior torso", "MEL", "BCN_0003884", "2012-05-16", "male", "train"),
        ("BCN_0000000003.jpg", "", "", "SCC", "BCN_0000019", "2015-07-09", "female", "train"),
    ]
    columns = ("bcn_filename", "age_approx", "anatom_site_general", "diagnosis", "lesion_id", "capture_date")
    write_table(folder / "bcn_20k_train.csv", (*columns, "sex", "split"), rows)
    for seed, row in enumerate(rows):
        write_image(folder / "bcn_20k_train" / row[0], seed)


def milk10k(folder: Path) -> None:
    """Three lesions, two images each: Bowen's disease, actinic keratosis, an inflammation."""
    classes = ("AKIEC", "BCC", "BEN_OTH", "BKL", "DF", "INF", "MAL_OTH", "MEL", "NV", "SCCKA", "VASC")
    lesions = (
        ("IL_0000652", "AKIEC", "Squamous cell carcinoma in situ, Bowens disease"),
        ("IL_0003176", "AKIEC", "Solar or actinic keratosis"),
        ("IL_0004688", "INF", "Inflammatory or infectious diseases"),
    )
    write_table(
        folder / "MILK10k_Training_GroundTruth.csv",
        ("lesion_id", *classes),
        [(lesion, *one_hot(classes, hot)) for lesion, hot, _ in lesions],
    )
    metadata, supplement = [], []
    for index, (lesion, _, full) in enumerate(lesions):
        for offset, kind in enumerate(("clinical: close-up", "dermoscopic")):
            name = f"ISIC_{4671410 + 10 * index + offset}"
            metadata.append((lesion, kind, name, "70.0", "male", "3", "head_neck_face", "0.2"))
            supplement.append((name, full, "histopathology", ""))
            write_image(folder / "MILK10k_Training_Input" / lesion / f"{name}.jpg", 10 * index + offset)
    columns = ("lesion_id", "image_type", "isic_id", "age_approx", "sex", "skin_tone_class", "site")
    write_table(folder / "MILK10k_Training_Metadata.csv", (*columns, "MONET_hair"), metadata)
    write_table(
        folder / "MILK10k_Training_Supplement.csv",
        ("isic_id", "diagnosis_full", "diagnosis_confirm_type", "invasion_thickness_interval"),
        supplement,
    )

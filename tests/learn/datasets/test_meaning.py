from __future__ import annotations

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.hierarchy import MEANING_OF, deepest, meaning_of
from augderm.learn.datasets.meaning import (
    BENIGN,
    BOWEN,
    CLASS,
    CONTRADICTORY,
    INDETERMINATE,
    ISIC_COLUMNS,
    UNSTATED,
    Meaning,
    agreed,
    one_hot,
)


def test_each_class_is_malignant_as_the_taxonomy_says() -> None:
    assert {code: meaning.malignant for code, meaning in CLASS.items()} == {
        "akiec": None,
        "bcc": True,
        "bkl": False,
        "df": False,
        "mel": True,
        "nv": False,
        "vasc": False,
    }
    assert [CLASS[code].label for code in CODES] == list(range(7))


def test_columns_of_the_challenges_mean_classes_or_malignant_or_benign() -> None:
    assert ISIC_COLUMNS["AK"] == ISIC_COLUMNS["AKIEC"] == Meaning("akiec", None)
    assert ISIC_COLUMNS["SCC"] == Meaning(None, True)
    assert ISIC_COLUMNS["INF"] == Meaning(None, False)
    assert ISIC_COLUMNS["UNK"] == Meaning(None, None)


def test_one_column_must_be_hot() -> None:
    assert one_hot({"A": "0.0", "B": "1.0"}, ("A", "B"), "x") == "B"
    for row in ({"A": "1", "B": "1"}, {"A": "0", "B": "0"}, {"A": "yes", "B": "no"}):
        with pytest.raises(InvalidDataset, match=r"t\.csv: 7: "):
            one_hot(row, ("A", "B"), "t.csv: 7")


@pytest.mark.parametrize(
    ("levels", "code", "malignant"),
    [
        ("Malignant:Malignant melanocytic proliferations (Melanoma):Melanoma, NOS", "mel", True),
        ("Malignant:Malignant epidermal proliferations:Squamous cell carcinoma, Invasive", None, True),
        ("Malignant:Malignant epidermal proliferations:Squamous cell carcinoma in situ", "akiec", True),
        (
            "Malignant:Malignant adnexal epithelial proliferations - Follicular:Basal cell carcinoma",
            "bcc",
            True,
        ),
        ("Indeterminate:Indeterminate epidermal proliferations:Solar or actinic keratosis", "akiec", None),
        ("Benign:Benign melanocytic proliferations:Nevus:Blue nevus:Blue nevus, Cellular", "nv", False),
        ("Benign:Benign epidermal proliferations:Epidermal nevus", None, False),
        ("Benign:Benign epidermal proliferations:Lichen planus like keratosis", "bkl", False),
        ("Benign:Benign soft tissue proliferations - Vascular:Hemangioma", "vasc", False),
        ("Benign:Benign soft tissue proliferations - Vascular:Glomus tumor", None, False),
        ("Benign:Benign soft tissue proliferations - Fibro-histiocytic:Scar", None, False),
        ("Benign:Flat melanotic pigmentations - not melanocytic nevus:Lentigo NOS", None, False),
        ("Benign", None, False),
        ("", None, None),
    ],
)
def test_the_hierarchy_is_read_from_its_deepest_known_level(
    levels: str, code: str | None, malignant: bool | None
) -> None:
    assert meaning_of(levels.split(":")) == Meaning(code, malignant)


@pytest.mark.parametrize(
    ("levels", "meaning"),
    [
        ("Indeterminate:Indeterminate melanocytic proliferations:Atypical Spitz tumor", INDETERMINATE),
        ("Indeterminate", INDETERMINATE),
        ("indeterminate/benign:atypical melanocytic proliferation", INDETERMINATE),
        ("benign:actinic keratosis", CLASS["akiec"]),
        ("malignant:actinic keratosis", CLASS["akiec"]),
        (":actinic keratosis", CLASS["akiec"]),
        (":melanoma", CLASS["mel"]),
        ("benign:melanoma", CONTRADICTORY),
        ("malignant:nevus", CONTRADICTORY),
        ("indeterminate:melanoma", CONTRADICTORY),
        ("benign:Squamous cell carcinoma in situ", CONTRADICTORY),
    ],
)
def test_a_class_and_its_behaviour_agree_or_nothing_is_taken(levels: str, meaning: Meaning) -> None:
    assert meaning_of(levels.split(":")) == meaning


def test_the_second_word_decides_where_the_diagnosis_does_not() -> None:
    assert agreed(UNSTATED, False) == BENIGN
    assert agreed(UNSTATED, None) == UNSTATED
    assert agreed(CLASS["mel"], True) == agreed(CLASS["mel"], None) == CLASS["mel"]
    assert agreed(BOWEN, False) == CONTRADICTORY
    assert agreed(INDETERMINATE, False) == INDETERMINATE


def test_the_deepest_level_is_shown() -> None:
    assert deepest(["Benign", "Cysts", "", "", ""]) == "Cysts"
    assert deepest(["", ""]) == ""
    assert {meaning.code for meaning in MEANING_OF.values()} == set(CODES)

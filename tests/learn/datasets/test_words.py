"""One word for one thing, and no word for two."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from augderm.domain.body_sites import SITES as BODY_SITES
from augderm.domain.outcome import CONFIRMATIONS as ISIC_CONFIRMATIONS
from augderm.domain.sites import GENERAL_SITES
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.datasets.words import (
    CONFIRMATIONS,
    GENERAL_OF_LEVELS,
    SITES,
    confirmation_of,
    general_site_of,
    site_of,
)
from augderm.learn.weigh_history import SITES_OF_SOURCES

pytest_plugins = ("support.miniatures.fixtures",)


def test_confirmations_are_in_the_archive_s_words() -> None:
    assert set(CONFIRMATIONS.values()) <= set(ISIC_CONFIRMATIONS)
    assert confirmation_of("histo") == confirmation_of("Histopathology ") == "histopathology"
    assert confirmation_of("clinical consensus") == "clinical consensus"
    assert [confirmation_of(text) for text in ("", "unknown", None)] == [None] * 3


def test_sites_that_are_one_have_one_word_and_parts_keep_theirs() -> None:
    assert site_of("back") == site_of("Posterior torso") == "posterior torso"
    assert site_of("head_neck_face") == site_of("head neck") == "head/neck"
    assert [site_of(text) for text in ("FACE", "chest", "upper_extremity")] == [
        "face",
        "chest",
        "upper extremity",
    ]
    assert [site_of(text) for text in ("unknown", "", None)] == [None] * 3
    assert not set(SITES) & set(GENERAL_SITES)


@pytest.mark.parametrize("code", [each.code for each in BODY_SITES])
def test_a_site_of_the_map_and_of_an_export_have_one_general_word(code: str) -> None:
    (site,) = [each for each in BODY_SITES if each.code == code]
    levels = site.isic.split(":")
    assert general_site_of([*levels, *[""] * (5 - len(levels))], site.special) == site.general


def test_the_deepest_level_that_has_a_general_word_decides() -> None:
    assert set(GENERAL_OF_LEVELS.values()) == {*GENERAL_SITES, "trunk"}
    assert general_site_of(["Trunk", "Anterior trunk", "Anterior chest", "", ""], "") == "anterior torso"
    assert general_site_of(["Trunk", "", "", "", ""], None) == site_of("torso") == "trunk"
    assert general_site_of(["Tail", "Tip of tail", "", "", ""], "nail NOS") == "tail"
    assert general_site_of([""] * 5, "") is None


def test_no_word_is_another_s_synonym_and_has_one_itself() -> None:
    assert not set(SITES) & set(SITES.values())
    assert not set(CONFIRMATIONS) & set(CONFIRMATIONS.values())


def test_the_weights_of_a_site_keep_their_meaning() -> None:
    for word, group in SITES_OF_SOURCES.items():
        assert SITES_OF_SOURCES[site_of(word) or ""] == group


def test_an_index_and_the_release_say_it_in_the_same_words(mini: Callable[[str], Path]) -> None:
    folder = mini("index")
    table = folder / "index.csv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    words = (("back", "histo"), ("unknown", "follow_up"), ("FACE", ""))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "site", "confirmed_by"])
        writer.writeheader()
        for row, (site, confirmed) in zip(rows, words, strict=True):
            writer.writerow({**row, "site": site, "confirmed_by": confirmed})
    assert [(r.site, r.confirmed_by) for r in read_dataset("index", folder)] == [
        ("posterior torso", "histopathology"),
        (None, "serial imaging showing no change"),
        ("face", None),
    ]
    assert read_dataset("ham10000", mini("ham10000"))[3].confirmed_by == "serial imaging showing no change"


@pytest.mark.data
def test_the_shared_data_lie_in_the_groups_that_the_weights_were_fitted_on(shared_data: Path) -> None:
    with (shared_data / "index.csv").open(newline="") as file:
        said = [row["site"].lower() for row in csv.DictReader(file)]
    read = [record.site or "" for record in read_dataset("index", shared_data)]
    groups = [[SITES_OF_SOURCES.get(site, "") for site in sites] for sites in (said, read)]
    assert groups[0] == groups[1]

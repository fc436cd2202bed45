"""Meanings of the codes of sites."""

from __future__ import annotations

import pytest

from augderm.domain.body_sites import SITES
from augderm.formats.site_codes import meaning_of


def test_every_site_of_the_map_has_a_code_with_a_meaning_that_a_row_can_hold() -> None:
    meanings = {site.code: meaning_of(site.sct) for site in SITES}
    assert all(0 < len(meaning) <= 64 for meaning in meanings.values()), "DICOM's Code Meaning is LO"
    assert meanings["cheek"] == "Skin of cheek"


def test_a_code_of_another_list_has_none_here() -> None:
    with pytest.raises(KeyError):
        meaning_of("1")

"""Weights carry the licences of what they learned from."""

from __future__ import annotations

from pathlib import Path

from augderm.learn.licence import licence_of

SHIPPED = Path(__file__).parents[2] / "src/augderm/reader/bundles/default/LICENSE-WEIGHTS.md"


def test_the_shipped_weights_have_the_licence_of_the_index() -> None:
    assert licence_of(["index"]) == SHIPPED.read_text(encoding="utf-8")


def test_another_dataset_is_named_with_its_licence_and_the_index_only_where_it_was_read() -> None:
    both, alone = licence_of(["derm7pt", "index"]), licence_of(["derm7pt"])
    for text in (both, alone):
        assert "Kawahara" in text
        assert "never redistribute" in text
        assert "ImageNet" in text
    assert "HAM10000" in both
    assert "HAM10000" not in alone

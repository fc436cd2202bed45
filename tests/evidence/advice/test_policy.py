"""A policy's text: every mistake is an error that names it."""

from __future__ import annotations

from importlib import resources

import pytest

from augderm.domain.advice import BANDS
from augderm.domain.errors import InvalidConfig
from augderm.evidence.advice import policy_from
from augderm.evidence.advice.facts import FACTS, StoryFacts

SHIPPED = resources.files("augderm.evidence.advice").joinpath("default.toml").read_text(encoding="utf-8")
RULE = """
[[rules]]
name = "more"
band = "soon"
fact = "malignancy"
at_least = 0.5
sentence = "Why."
origin = "A test."
"""


def test_the_shipped_policy_is_read_with_its_hash_and_all_bands() -> None:
    policy = policy_from(SHIPPED, "shipped")
    assert tuple(policy.bands) == BANDS
    assert len(policy.name.sha256) == 64
    assert policy_from(f"{SHIPPED}\n# more\n", "x").name.sha256 != policy.name.sha256


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('version = "5"', 'version = "5"\nsize = 3', "size"),
        ('version = "5"', "", "version"),
        ('otherwise = "soon"', 'otherwise = "reassure"', "otherwise"),
        ("read_within_days = 21", "read_within_days = 14", "read_within_days"),
        ("read_within_days = 21", "read_within_days = 5000", "bands.reassure.read_within_days"),
        ("read_within_days = 21", "read_within_days = inf", "bands.reassure.read_within_days"),
        ("read_within_days = 21", "read_within_days = 21\nhue = 1", "hue in bands.reassure"),
        ("[bands.reassure]", "[bands.never]", "never"),
        ("see_within_days = 14", "", "missing key see_within_days in bands.urgent"),
        ("see_within_days = 14", "see_within_days = 29", "soon must not be sooner"),
        ("see_within_days = 28", "see_within_days = 90", "bands.soon.see_within_days is 90"),
        ("see_within_days = 28", "see_within_days = 13.5", "whole days"),
        ("see_within_days = 28", "see_within_days = 0", "bands.soon.see_within_days"),
        (
            "read_within_days = 7",
            "read_within_days = 7\nsee_within_days = 40",
            "see_within_days in bands",
        ),
        (
            "read_within_days = 21",
            'read_within_days = 21\nrecall_origin = "a"',
            "recall_origin in bands",
        ),
        ('recall_origin = "our own choice"', "", "missing key recall_origin in bands.soon"),
        (RULE, RULE.replace("at_least", "atleast"), "atleast in rule more"),
        (RULE, RULE.replace("at_least = 0.5", ""), "rule more has 0 limits"),
        (RULE, RULE.replace("at_least = 0.5", "at_least = 0.5\nbelow = 0.7"), "rule more has 2 limits"),
        (RULE, RULE.replace("at_least = 0.5", "is = true"), "malignancy is a number"),
        (RULE, RULE.replace("0.5", "50"), "malignancy goes from 0 to 1"),
        (RULE, RULE.replace("0.5", "nan"), "rule more: at_least"),
        (RULE, RULE.replace("0.5", "true"), "rule more: at_least"),
        (RULE, RULE.replace("0.5", "1" + 3000 * "0"), "rule more: at_least"),
        (RULE, RULE.replace('"malignancy"', '"mood"'), "mood"),
        (RULE, RULE.replace('"malignancy"\nat_least = 0.5', '"status"\nis = "lost"'), "lost"),
        (RULE, RULE.replace('"malignancy"\nat_least = 0.5', '"efg"\nis = 1.0'), "rule more: is"),
        (RULE, RULE.replace('band = "soon"', 'band = "never"'), "never"),
        (RULE, RULE.replace('band = "soon"', 'band = "monitor_3"\nred_flag = true'), "red flag"),
        (RULE, RULE.replace('band = "soon"', 'band = "soon"\nred_flag = "yes"'), "red_flag"),
        (RULE, RULE.replace('name = "more"', 'name = "efg"'), "two rules are called efg"),
        (RULE, RULE.replace('"Why."', '""'), "sentence"),
        (RULE, RULE.replace('"Why."', '"a\\u0007b"'), "sentence"),
        (RULE, RULE.replace('origin = "A test."', ""), "origin"),
    ],
)
def test_a_mistake_is_refused_by_name(old: str, new: str, named: str) -> None:
    text = SHIPPED + RULE
    policy_from(text, "sound")
    assert old in text
    with pytest.raises(InvalidConfig, match=r"policy mine\.toml: ") as refused:
        policy_from(text.replace(old, new), "mine.toml")
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "rules = 3", "= 1", "a = " + 5000 * "[", f"a = {6000 * '9'}", "rules = []\nbands = 1"]
)
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfig):
        policy_from(text, "x")


@pytest.mark.parametrize("bounds", [(-1, 3), (4, 3), (0, 11), (None, -1), (11, None)])
def test_impossible_points_are_refused(bounds: tuple[int | None, int | None]) -> None:
    with pytest.raises(ValueError, match="NG12"):
        StoryFacts(ng12_lowest=bounds[0], ng12_highest=bounds[1])


def test_the_page_of_the_advice_names_every_fact(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "explain" / "advice.md").read_text(encoding="utf-8")
    assert not [name for name in FACTS if not name.startswith("p_") and f"`{name}`" not in page]

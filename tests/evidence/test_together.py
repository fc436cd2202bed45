"""Image, age, sex and site together: parts that add up, unknowns that add nothing, when nothing is joined."""

from __future__ import annotations

import dataclasses
import json
import math
from importlib import resources
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.anamnesis import Anamnesis, LesionStory, Person, Site
from augderm.domain.assessment import Assessment, Malignancy, ModalityRead, ModelName
from augderm.domain.together import NO_GAIN, Gain, Together
from augderm.evidence.together import (
    CONTRADICTED,
    NO_DATA,
    NOT_ANSWERED,
    SITE_GROUPS,
    Weights,
    join,
    shipped_weights,
    weights_from,
)
from augderm.reader.bundle import load_bundle
from support.answers import ANAMNESES

MODEL = ModelName("toy", "1.0", "ab" * 32)
FIGURES = ("auc", "log_loss", "brier", "ece")
GAIN = Gain(900, 150, dict.fromkeys(FIGURES, (0.01, 0.002, 0.02)))  # type: ignore[arg-type]
WEIGHTS = Weights(
    model=MODEL,
    age_years=((20.0, -2.0), (45.0, -0.5), (65.0, 0.5), (85.0, 0.7)),
    sex={"female": -0.1, "male": 0.1},
    site={"head_and_neck": 0.3, "trunk": 0.1, "upper_extremity": -0.1, "lower_extremity": -0.2},
    gain=GAIN,
)
PROBABILITIES = st.floats(1e-6, 1 - 1e-6)


def image(probability: float) -> Assessment:
    """A dermoscopic image with a probability of malignancy."""
    return Assessment(
        "a.jpg",
        "cd" * 32,
        MODEL,
        "ok",
        modality=ModalityRead("dermoscopic", 0.01),
        malignancy=Malignancy(probability, 0.02),
    )


def told(age: float | None = None, sex: Any = None, site: Any = None) -> Anamnesis:
    """These answers alone."""
    return Anamnesis(person=Person(age_years=age, sex=sex), lesion=LesionStory(site=site))


def parts(joined: Together) -> dict[str, tuple[float, str]]:
    return {part.name: (part.log_odds, part.reason) for part in joined.contributions}


@given(PROBABILITIES, ANAMNESES)
def test_the_parts_add_up_to_the_whole(probability: float, anamnesis: Anamnesis) -> None:
    joined = join(image(probability), anamnesis, WEIGHTS)
    assert joined.probability is not None
    assert 0 < joined.probability < 1
    assert [part.name for part in joined.contributions] == ["image", "age_years", "sex", "site"]
    total = sum(part.log_odds for part in joined.contributions)
    assert math.log(joined.probability / (1 - joined.probability)) == pytest.approx(total, abs=1e-6)
    assert joined.contributions[0].log_odds == pytest.approx(math.log(probability / (1 - probability)))


@given(PROBABILITIES, ANAMNESES)
def test_a_part_adds_nothing_or_has_no_reason_to(probability: float, anamnesis: Anamnesis) -> None:
    for part in join(image(probability), anamnesis, WEIGHTS).contributions:
        assert not (part.reason and part.log_odds)


@given(PROBABILITIES)
def test_where_nothing_is_known_the_whole_is_the_image_s_own(probability: float) -> None:
    joined = join(image(probability), Anamnesis(), WEIGHTS)
    assert joined.probability == pytest.approx(probability, rel=1e-9)
    nothing = (0.0, NOT_ANSWERED)
    assert {**parts(joined), "image": None} == {
        "image": None, "age_years": nothing, "sex": nothing, "site": nothing,
    }  # fmt: skip


@given(PROBABILITIES, st.floats(1.0001, 5), ANAMNESES)
def test_it_rises_with_the_image(probability: float, more: float, anamnesis: Anamnesis) -> None:
    odds = more * probability / (1 - probability)
    lower = join(image(probability), anamnesis, WEIGHTS).probability
    higher = join(image(odds / (1 + odds)), anamnesis, WEIGHTS).probability
    assert lower is not None
    assert higher is not None
    assert lower < higher


@given(ANAMNESES)
def test_only_age_sex_and_site_change_it_and_the_rest_is_told_beside(anamnesis: Anamnesis) -> None:
    lesion = dataclasses.replace(anamnesis.lesion, known_for_months=None, onset=None)
    person = dataclasses.replace(anamnesis.person, pregnant=None)
    whole = join(image(0.3), dataclasses.replace(anamnesis, person=person, lesion=lesion), WEIGHTS)
    alone = join(image(0.3), told(person.age_years, person.sex, lesion.site), WEIGHTS)
    assert whole.contributions == alone.contributions
    assert alone.beside == ()
    left_out = {"ancestry", "region", "age_years", "sex", "site"}
    answered = {
        name
        for part in (person, lesion)
        for name, answer in dataclasses.asdict(part).items()
        if answer is not None
    }
    assert {each.name for each in whole.beside} == answered - left_out


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_a_certain_image_stays_finite(probability: float) -> None:
    joined = join(image(probability), told(60, "male", "face"), WEIGHTS)
    assert joined.probability == pytest.approx(probability, abs=1e-6)
    assert all(math.isfinite(part.log_odds) for part in joined.contributions)


@pytest.mark.parametrize(
    ("age", "log_odds"),
    [
        (0, -2.0),
        (20, -2.0),
        (32.5, -1.25),
        (45, -0.5),
        (55, 0.0),
        (65, 0.5),
        (75, 0.6),
        (85, 0.7),
        (120, 0.7),
    ],
)
def test_age_is_straight_between_its_points_and_held_beyond_them(age: float, log_odds: float) -> None:
    found, reason = parts(join(image(0.3), told(age=age), WEIGHTS))["age_years"]
    assert found == pytest.approx(log_odds)
    assert reason == ""


def test_a_value_computed_by_hand() -> None:
    # odds 0.25 / 0.75 x e^(0.5 + 0.1 + 0.3) = 0.81987; 0.81987 / 1.81987
    joined = join(image(0.25), told(65, "male", "scalp"), WEIGHTS)
    assert joined.probability == pytest.approx(0.450510, abs=1e-5)


@pytest.mark.parametrize("site", get_args(Site))
def test_every_site_is_of_a_group_or_said_to_be_without_data(site: Site) -> None:
    log_odds, reason = parts(join(image(0.3), told(site=site), WEIGHTS))["site"]
    if site in SITE_GROUPS:
        assert (log_odds, reason) == (WEIGHTS.site and WEIGHTS.site[SITE_GROUPS[site]], "")
    else:
        assert (log_odds, reason) == (0.0, NO_DATA)


def test_choices_are_worded_and_free_text_is_left_as_it_was_said() -> None:
    answers = Anamnesis(lesion=LesionStory(site="lower_extremity", worry="a_b", diameter_mm=7.5))
    joined = join(image(0.3), answers, WEIGHTS)
    assert joined.contributions[3].answer == "lower extremity"
    assert {each.name: each.answer for each in joined.beside} == {"worry": "a_b", "diameter_mm": "7.5"}


def test_another_sex_has_no_data() -> None:
    assert parts(join(image(0.3), told(sex="other"), WEIGHTS))["sex"] == (0.0, NO_DATA)


def test_answers_that_are_contradicted_add_nothing() -> None:
    pregnant = Anamnesis(person=Person(age_years=40, sex="male", pregnant=True))
    found = parts(join(image(0.3), pregnant, WEIGHTS))
    assert found["sex"] == (0.0, CONTRADICTED)
    assert found["age_years"][0] != 0
    old = Anamnesis(person=Person(age_years=30), lesion=LesionStory(known_for_months=600))
    assert parts(join(image(0.3), old, WEIGHTS))["age_years"] == (0.0, CONTRADICTED)


def test_what_gained_nothing_adds_nothing_and_says_so() -> None:
    weights = dataclasses.replace(WEIGHTS, age_years=None, sex=None, site=None)
    joined = join(image(0.3), told(70, "male", "face"), weights)
    assert joined.probability == pytest.approx(0.3)
    assert [part.reason for part in joined.contributions] == ["", NO_GAIN, NO_GAIN, NO_GAIN]
    assert [part.answer for part in joined.contributions] == ["", "70", "male", "face"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"malignancy": None, "status": "abstained", "reason": "Blurred."}, "no probability of malignancy"),
        ({"modality": ModalityRead("clinical", 0.99)}, "dermoscopic images alone"),
        ({"modality": ModalityRead("dermoscopic", 0.99, mixed=True)}, "this is another photograph"),
        ({"modality": ModalityRead("dermoscopic", 0.3, in_doubt=True)}, "whether this is one is in doubt"),
        ({"model": ModelName("toy", "1.1", "cd" * 32)}, "toy 1.1 (cdcdcdcdcdcd) read the image"),
    ],
)
def test_nothing_is_joined_without_what_it_was_weighed_for(change: dict[str, Any], words: str) -> None:
    answers = Anamnesis(person=Person(age_years=70), lesion=LesionStory(itch=True))
    joined = join(dataclasses.replace(image(0.3), **change), answers, WEIGHTS)
    assert (joined.probability, joined.contributions, joined.gain) == (None, (), None)
    assert words in joined.reason
    assert [(each.name, each.answer) for each in joined.beside] == [("itch", "yes")]


def test_the_shipped_weights_are_of_the_shipped_bundle() -> None:
    # Where this fails, a new bundle was shipped: tools/experiments/together.py weighs anew.
    assert shipped_weights().model == load_bundle().name


@pytest.mark.parametrize(
    "change",
    [
        {"age_years": ((45.0, 0.1), (20.0, 0.2))},
        {"age_years": ((45.0, 0.1), (45.0, 0.2))},
        {"age_years": ()},
        {"age_years": ((45.0, math.nan),)},
        {"sex": {"female": 0.1}},
        {"sex": {"female": 0.1, "male": math.inf}},
        {"site": {"trunk": 0.1}},
    ],
)
def test_weights_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="weights"):
        dataclasses.replace(WEIGHTS, **change)


def test_the_file_that_is_shipped_is_what_is_read() -> None:
    entry = json.loads(resources.files("augderm.evidence").joinpath("together.json").read_text())
    assert weights_from(entry) == shipped_weights()
    assert entry["gain"]["malignant"] < entry["gain"]["images"]
    for missing in ("model", "age_years", "gain"):
        with pytest.raises(KeyError):
            weights_from({name: part for name, part in entry.items() if name != missing})


@pytest.mark.parametrize(
    ("worse", "shown"), [(None, True), ("auc", False), ("log_loss", False), ("ece", True)]
)
def test_a_gain_is_shown_where_ranking_and_log_loss_are_surely_better(worse: Any, shown: bool) -> None:
    figures = {**GAIN.figures, **({worse: (0.01, -0.001, 0.02)} if worse else {})}
    assert Gain(900, 150, figures).shown is shown

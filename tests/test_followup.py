"""Comparing visits end to end, with the shipped model, on phantoms."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, any_visit, draw_skin, photograph
from augderm.analysis.phantom import Phantom, PhantomSpec
from augderm.analysis.ruler import RulerScale
from augderm.domain.advice import BANDS
from augderm.domain.errors import InvalidConfig, InvalidImage
from augderm.domain.followup import FollowUp
from augderm.followup import KIND_IN_DOUBT, OTHER_MODEL, compare
from augderm.formats.report.followup import report_comparison
from augderm.reader.bundle import load_bundle
from augderm.reader.calibrated import IN_DOUBT
from augderm.reader.network import Network
from support.bundles import write_toy_bundle

LESION = PhantomSpec(colours=(("black", 0.15), ("dark_brown", 0.4), ("light_brown", 0.45)), hairs=4)
GROWN = 1.3
"""Of the area."""
Taken = Callable[..., Path]


@pytest.fixture(scope="module")
def skin() -> Phantom:
    return draw_skin(SkinSpec(lesion=LESION))


@pytest.fixture(scope="module")
def grown() -> Phantom:
    side = math.sqrt(GROWN)
    larger = replace(
        LESION, long_axis_px=LESION.long_axis_px * side, short_axis_px=LESION.short_axis_px * side
    )
    return draw_skin(SkinSpec(lesion=larger))


@pytest.fixture
def taken(tmp_path: Path, skin: Phantom) -> Taken:
    def take(name: str, visit: VisitSpec, **capture: str) -> Path:
        path = tmp_path / f"{name}.png"
        Image.fromarray(photograph(skin, visit).pixels).save(path)
        if capture:
            (tmp_path / f"{name}.capture.json").write_text(json.dumps(capture), encoding="utf-8")
        return path

    return take


def visits(count: int) -> list[VisitSpec]:
    rng = np.random.default_rng(5)
    return [any_visit(rng) for _ in range(count)]


def of(found: FollowUp, name: str) -> float:
    change = next(change for change in found.changes if change.name == name)
    assert change.change is not None, change.reason
    return change.change


@pytest.mark.slow
def test_a_lesion_photographed_anew_has_not_changed_and_a_larger_one_has(
    skin: Phantom, grown: Phantom
) -> None:
    first = photograph(skin, VisitSpec())
    specs = visits(6)
    same = [photograph(skin, spec).pixels for spec in specs[:4]]
    larger = [photograph(grown, spec).pixels for spec in specs[4:]]
    done = compare(first.pixels, [*same, *larger], novelty_limit=math.inf)
    # A phantom is a drawing: the model may doubt whether it is a dermoscopic image, and say so.
    assert all(note == OTHER_MODEL or "It is in doubt" in note for note in done.notes)
    assert not any(found.reason for found in done.follow_ups)
    for found in done.follow_ups[:4]:
        assert abs(of(found, "area")) < 0.03
    assert sum(bool(found.changed) for found in done.follow_ups[:4]) <= 1  # 95 of 100 are promised
    for found in done.follow_ups[4:]:
        assert found.advice
        assert found.assessment.advice == found.advice  # no milder one beside it
        assert "changed" in {rule.name for rule in found.advice.rules}
        assert BANDS.index(found.advice.band) <= BANDS.index("soon")
        assert of(found, "area") == pytest.approx(GROWN - 1, abs=0.03)
        assert "area" in {change.name for change in found.changed}


def test_a_ruler_in_one_of_the_photographs_alone_does_not_mix_units(
    skin: Phantom, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = photograph(skin, VisitSpec()).pixels, photograph(skin, VisitSpec(seed=3)).pixels
    ruler = RulerScale(0.03, 0.001, 1.0, 9, ((0.0, 0.0), (1.0, 1.0)), 4.0)
    monkeypatch.setattr(
        "augderm.followup.find_ruler", lambda pixels: None if np.array_equal(pixels, first) else ruler
    )
    (found,) = compare(first, [again], novelty_limit=math.inf).follow_ups
    assert abs(of(found, "area")) < 0.05


def test_where_the_kind_is_in_doubt_no_colour_and_no_probability_is_compared_and_the_page_says_so(
    skin: Phantom, tmp_path: Path
) -> None:
    network = Network(load_bundle(write_toy_bundle(tmp_path / "doubtful", modality_logit=-1.0)))
    pixels = [photograph(skin, VisitSpec(seed=seed)).pixels for seed in (1, 3)]
    done = compare(pixels[0], pixels[1:], network=network)
    (found,) = done.follow_ups
    assert f"The baseline's read is limited. {IN_DOUBT}" in done.notes
    assert f"The follow-up's read is limited. {IN_DOUBT}" in found.notes
    by_group = {change.group: change for change in found.changes}
    for group in ("colour", "probability"):
        assert (by_group[group].change, by_group[group].reason) == (None, KIND_IN_DOUBT)
    page = html.unescape(report_comparison(done))
    assert page.count(IN_DOUBT) == 2


def test_the_same_follow_up_twice_is_refused(taken: Taken) -> None:
    baseline, later = taken("a", VisitSpec()), taken("b", VisitSpec(seed=2))
    copy = later.with_name("c.png")
    copy.write_bytes(later.read_bytes())
    with pytest.raises(InvalidConfig, match=r"c\.png is the same picture as .*b\.png"):
        compare(baseline, [later, copy], novelty_limit=math.inf)


def test_another_lesion_is_not_compared_and_says_why(skin: Phantom) -> None:
    other = draw_skin(SkinSpec(lesion=LESION, seed=9))
    found = compare(
        photograph(skin, VisitSpec()).pixels,
        [photograph(other, VisitSpec()).pixels],
        novelty_limit=math.inf,
    ).follow_ups[0]
    assert "too few points in common" in found.reason
    assert not found.changes
    assert found.registration is None


def test_two_patients_are_refused_by_name(taken: Taken) -> None:
    one = taken("one", VisitSpec(), patient="P-1")
    two = taken("two", VisitSpec(turn_deg=30), patient="P-2")
    with pytest.raises(InvalidConfig, match=r"one\.png is of patient P-1 and .*two\.png of patient P-2"):
        compare(one, [two])


def test_two_follow_ups_of_two_patients_are_refused_though_the_baseline_names_none(taken: Taken) -> None:
    first = taken("first", VisitSpec())
    one = taken("one", VisitSpec(turn_deg=10), patient="P-1")
    two = taken("two", VisitSpec(turn_deg=30), patient="P-2")
    with pytest.raises(InvalidConfig, match="patient"):
        compare(first, [one, two])


def test_a_follow_up_before_its_baseline_is_refused_with_both_dates(taken: Taken) -> None:
    first = taken("first", VisitSpec(), taken_on="2025-03-01")
    later = taken("later", VisitSpec(turn_deg=30), taken_on="2025-02-28")
    with pytest.raises(InvalidConfig, match=r"2025-02-28, before the baseline .*2025-03-01"):
        compare(first, [later])


def test_the_same_file_twice_is_refused(taken: Taken) -> None:
    first = taken("first", VisitSpec())
    with pytest.raises(InvalidConfig, match="same picture"):
        compare(first, [first])


def test_a_baseline_that_cannot_be_read_is_refused_and_a_follow_up_named(
    taken: Taken, tmp_path: Path
) -> None:
    good = taken("good", VisitSpec())
    broken = tmp_path / "broken.png"
    broken.write_bytes(good.read_bytes()[:500])
    with pytest.raises(InvalidImage, match=r"broken\.png: the baseline"):
        compare(broken, [good])
    found = compare(good, [broken], novelty_limit=math.inf).follow_ups[0]
    assert "damaged" in found.reason


def test_follow_ups_stand_in_the_order_of_their_dates(taken: Taken) -> None:
    first = taken("first", VisitSpec(), taken_on="2025-01-01")
    late = taken("late", VisitSpec(turn_deg=30), taken_on="2025-06-01")
    early = taken("early", VisitSpec(turn_deg=60), taken_on="2025-02-01")
    done = compare(first, [late, early], novelty_limit=math.inf)
    assert [found.days for found in done.follow_ups] == [31, 151]

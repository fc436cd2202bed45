"""A corpus of what the machine says of phantoms of many kinds: all of it is translated, in every language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.color import DERMOSCOPIC_COLOURS
from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, draw_skin, photograph
from augderm.analysis.maps.colour_maps import colour_maps
from augderm.analysis.neighbours import disagreements, sentence
from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.clinic.preparing import prepare
from augderm.domain.anamnesis import Anamnesis, LesionStory, Person
from augderm.domain.assessment import Assessment
from augderm.domain.errors import AugDermError
from augderm.domain.taxonomy import CODES
from augderm.evidence.advice.default import default_policy
from augderm.evidence.duckling import find_ducklings
from augderm.followup import compare
from augderm.formats.assessment_json import to_json_object
from augderm.formats.comparison_json import comparison_json
from augderm.formats.report.followup import VERDICTS, row_of
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.second_read import assess, default_network, judged
from support.answers import ANAMNESES, MAN, WOMAN
from support.bundles import calibration, write_manifest, write_telling_bundle, write_toy_bundle
from support.hindrances import blurred, with_bubbles, with_ink
from support.images import declares_size, encode, picture, tiff_of_pages, with_chunk
from support.libraries import case as known_case
from support.spoken import left_english, spoken

Pixels = NDArray[np.uint8]
PLAIN = PhantomSpec(dark_corners=True)
SIX = tuple((name, 1 / 6) for name in DERMOSCOPIC_COLOURS)
KINDS: dict[str, Callable[[], Pixels]] = {
    "plain": lambda: draw_phantom(PLAIN).pixels,
    "all colours": lambda: _drawn(colours=SIX, layout="sectors", dent=0.5),
    "abrupt": lambda: _drawn(edge_px=0.5, noise=0.5),
    "soft": lambda: _drawn(edge_px=40.0),
    "hairy": lambda: _drawn(hairs=60),
    "ruler": lambda: _drawn(mm_per_px=0.03),
    "cut": lambda: _drawn(center=(0.05, 0.5)),
    "blurred": lambda: blurred(_drawn(), 3.0),
    "blurred beyond use": lambda: blurred(_drawn(), 12.0),
    "dark": lambda: _lit(0.35),
    "bright": lambda: _lit(1.35),
    "overexposed": lambda: _lit(2.2),
    "grey": lambda: np.repeat(_drawn().mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2),
    "small": lambda: _reduced(3),
    "tiny": lambda: _reduced(8),
    "glare": lambda: with_bubbles(_drawn(), 25),
    "ink": lambda: with_ink(_drawn(), width_px=40),
    "lens": lambda: _through_a_tube(_drawn()),
    "blank": lambda: np.random.default_rng(1).normal(215, 6, (300, 400, 3)).clip(0, 255).astype(np.uint8),
    "one colour": lambda: np.full((300, 400, 3), 90, np.uint8),
    "black": lambda: np.zeros((300, 400, 3), np.uint8),
}
TOLD: dict[str, Anamnesis] = {
    "nothing": Anamnesis(),
    "man": Anamnesis(
        person=MAN,
        lesion=LesionStory(site="back", elevated=True, firm=True, growth="rapid", bleeding=True),
    ),
    "woman": Anamnesis(
        person=WOMAN, lesion=LesionStory(site="face", diameter_mm=6.5, change_in_size=True, itch=True)
    ),
    "contradictory": Anamnesis(
        person=replace(MAN, pregnant=True, age_years=3),
        lesion=LesionStory(
            known_for_months=1200, growth="slow", change_in_size=False, itch=True, sensation_changed=False
        ),
    ),
    "outside of the tool": Anamnesis(
        person=Person(age_years=85, sex="other", ancestry="other", melanoma_before=True),
        lesion=LesionStory(ulcerated=True),
    ),
}


def _drawn(**changes: Any) -> Pixels:
    phantom = draw_phantom(replace(PLAIN, **changes))
    return phantom.pixels


def _reduced(by: int) -> Pixels:
    return _drawn()[::by, ::by].copy()


def _lit(gain: float) -> Pixels:
    return (_drawn() * gain).clip(0, 255).astype(np.uint8)


def _through_a_tube(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    seen = np.hypot(rows - height / 2, columns - width / 2) < 0.28 * height
    return np.where(seen[..., None], pixels, np.uint8(0))


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Network]:
    """Toy models that tell all they can tell, that see plain photographs, to which all is unlike, and that
    are in doubt of what they see, or cannot tell."""
    folder = tmp_path_factory.mktemp("bundles")
    made = {
        "telling": write_telling_bundle(folder / "telling"),
        "clinical": write_toy_bundle(folder / "clinical", modality_logit=3.0),
        "novel": write_toy_bundle(folder / "novel", novelty_limit=1e-6),
        "doubtful": write_toy_bundle(folder / "doubtful", modality_logit=-1.0),
        "half": write_toy_bundle(folder / "half", modality_logit=-1.0),
        "alone": write_toy_bundle(folder / "alone"),
    }
    write_manifest(made["half"], calibration=calibration() | {"clinical": None})
    write_manifest(made["alone"], calibration=calibration() | {"clinical": None, "modality": None})
    return {name: Network(load_bundle(bundle)) for name, bundle in made.items()}


def _names(network: Network) -> set[str]:
    """Names of models within sentences, which stay as they are."""
    found = set()
    for name in (network.bundle.name, default_network().bundle.name):
        found |= {name.name, name.version, name.sha256[:12]}
    return found


def _read(network: Network, kinds: Iterable[str]) -> list[Assessment]:
    """Phantoms of these kinds, with every story in turn, and every other one with a scale."""
    told = list(TOLD.values())
    return [
        assess(
            KINDS[kind](),
            network=network,
            anamnesis=told[place % len(told)],
            mm_per_px=(None, 0.02)[place % 2],
        )
        for place, kind in enumerate(kinds)
    ]


def test_all_that_is_said_of_phantoms_of_every_kind_is_translated(networks: dict[str, Network]) -> None:
    reads = _read(networks["telling"], KINDS)
    checks = {check.sentence for read in reads if read.quality for check in read.quality.checks}
    for word in ("blurred", "dark", "bright", "overexposed", "Reflections", "frame", "resolution", "colour"):
        assert any(word in sentence for sentence in checks)
    said = {text for read in reads for text in spoken(to_json_object(read))}
    assert len(said) > 200
    assert left_english(said, _names(networks["telling"])) == set()


@pytest.mark.parametrize("model", ["clinical", "novel", "doubtful", "half", "alone"])
def test_all_that_is_said_of_what_cannot_be_diagnosed_or_told_is_translated(
    networks: dict[str, Network], model: str
) -> None:
    reads = _read(networks[model], ("plain", "cut", "blank"))
    said = {text for read in reads for text in spoken(to_json_object(read))}
    assert left_english(said, _names(networks[model])) == set()


def test_all_that_the_shipped_model_says_is_translated() -> None:
    network = default_network()
    said: set[str] = set()
    for told in TOLD.values():
        read = assess(_drawn(hairs=5), network=network, novelty_limit=math.inf, anamnesis=told)
        said |= {*spoken(to_json_object(read))}
    said |= {*spoken(to_json_object(assess(_drawn(), network=network)))}
    assert any("unlike those" in text for text in said)
    assert left_english(said) == set()


@given(ANAMNESES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_answered_what_follows_from_it_is_translated(told: Anamnesis) -> None:
    said = {*spoken(to_json_object(judged(_read_once(), default_policy(), told)))}
    assert left_english(said) == set()


@cache
def _read_once() -> Assessment:
    return assess(_drawn(hairs=5), network=default_network(), novelty_limit=math.inf)


def test_every_sentence_of_the_policy_is_translated() -> None:
    policy = default_policy()
    said = {each.action for each in policy.bands.values()}
    said |= {text for rule in policy.rules for text in (rule.sentence, rule.origin)}
    assert left_english(said) == set()


@cache
def _skin(**changes: Any) -> Phantom:
    return draw_skin(SkinSpec(lesion=replace(PhantomSpec(), **changes)))


def _visit(**changes: Any) -> Pixels:
    return photograph(_skin(), VisitSpec(**changes)).pixels


VISITS: dict[str, Callable[[], Pixels]] = {
    "again": lambda: _visit(seed=3, turn_deg=15.0),
    "much nearer": lambda: _visit(scale=3.0),
    "cut": lambda: _visit(shift=(0.42, 0.0)),
    "oblique": lambda: _visit(tilt=(0.4, 0.3)),
    "grown": lambda: photograph(_skin(long_axis_px=330.0, short_axis_px=260.0), VisitSpec()).pixels,
    "another lesion": lambda: photograph(draw_skin(SkinSpec(seed=9)), VisitSpec()).pixels,
    "blurred": lambda: blurred(_visit(), 12.0),
}


@pytest.mark.slow
def test_all_that_comparisons_say_is_translated(networks: dict[str, Network]) -> None:
    later = [draw() for draw in VISITS.values()]
    found = compare(
        _visit(), later, network=networks["telling"], names=["first", *VISITS], novelty_limit=math.inf
    )
    content = comparison_json(found)
    said = {*spoken(content), content["repeatability"], *content["notes"]}
    verdicts = set()
    for each in found.follow_ups:
        said |= {each.reason, *each.notes}
        for row in map(row_of, each.changes):
            verdicts.add(row.verdict)
            said |= {row.name, row.baseline, row.follow_up, row.change, row.limit, row.reason}
    assert verdicts == set(VERDICTS.values())
    assert sum(bool(each.reason) for each in found.follow_ups) >= 3
    assert left_english(said, {"tools/experiments/followup.py", *VISITS}) == set()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image at all",
        encode(picture(), "JPEG")[:400],
        encode(picture(12, 12), "PNG"),
        encode(Image.new("RGB", (200, 200), (90, 90, 90)), "PNG"),
        declares_size("PNG", 40_000, 100),
        declares_size("PNG", 20_000, 20_000),
        tiff_of_pages(3),
        with_chunk(encode(picture(), "PNG"), b"tEXt", b"%PDF-1.7"),
    ],
    ids=["empty", "text", "truncated", "tiny", "grey", "wide", "large", "pages", "document"],
)
def test_every_refusal_of_an_image_file_is_translated(data: bytes) -> None:
    with pytest.raises(AugDermError) as refused:
        prepare(data)
    said = str(refused.value)
    # What the decoding library itself says stands in brackets, in its own words.
    own = {said[said.find("(") + 1 : said.rfind(")")]} if "damaged" in said else set()
    assert left_english([said], own) == set()


def test_warnings_of_similar_cases_ducklings_and_maps_are_translated(toy_network: Network) -> None:
    cases = [known_case(place, code="mel") for place in range(6)]
    said = {*map(sentence, disagreements(cases, dict.fromkeys(CODES, 0.1) | {"nv": 0.4}, ("nv",)))}
    assert len(said) == 3
    marks = find_ducklings(
        [assess(_drawn(), network=toy_network), assess(KINDS["tiny"](), network=toy_network)]
    )
    said |= {marks.reason, *(each.reason for each in marks.lesions)}
    with pytest.raises(AugDermError) as refused:
        colour_maps(_drawn(), np.ones(_drawn().shape[:2], bool))
    said.add(str(refused.value))
    assert left_english(said) == set()

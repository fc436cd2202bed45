"""The scores of an assessment: what is measured is claimed, and nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image, ImageFilter

import augderm
from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.domain.assessment import Assessment, ModalityRead
from augderm.domain.taxonomy import CHECKLIST
from augderm.evidence.scores import RULES, overruled, read_scores
from augderm.formats.assessment_json import SCHEMA_FILE, to_json_object
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from support.bundles import write_telling_bundle, write_toy_bundle
from support.reports import abstained, abstained_without_lesion, assessment_of, clinical, failed

VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
Read = Callable[..., Assessment]


@pytest.fixture(scope="module")
def assess(toy_network: Network) -> Read:
    return partial(augderm.assess, network=toy_network)


def test_a_phantom_gets_every_score_with_its_evidence(assess: Read) -> None:
    colours = (("dark_brown", 0.5), ("light_brown", 0.3), ("blue_grey", 0.2))
    phantom = draw_phantom(PhantomSpec(layout="sectors", colours=colours))
    read = assess(phantom.pixels)
    assert read.status == "ok"
    assert tuple(read.scores) == tuple(RULES)
    abcd = read.scores["abcd"]
    assert abcd.item("colours").value == 3
    assert abcd.item("asymmetry").value == 2
    assert read.scores["menzies"].item("symmetry_of_pattern").value == 0
    assert {item.set_by for score in read.scores.values() for item in score.items} == {"machine", "nobody"}


def test_a_symmetric_phantom_has_no_asymmetric_axis(assess: Read, phantom: Phantom) -> None:
    item = assess(phantom.pixels).scores["abcd"].item("asymmetry")
    assert (item.lowest, item.highest, item.set_by) == (0, 2, "nobody")


def test_each_measure_named_stands_in_the_json(assess: Read, phantom: Phantom) -> None:
    read = to_json_object(assess(phantom.pixels))
    named = {i["measure"] for score in read["scores"].values() for i in score["items"].values()}
    assert len(named - {None}) >= 5
    for place in named - {None}:
        inner = read
        for name in place.split("."):
            inner = inner[name]
        assert inner


def test_the_json_form_says_open_and_set_apart(assess: Read, phantom: Phantom) -> None:
    read = assess(phantom.pixels)
    scores = to_json_object(read)["scores"]
    assert scores["seven_point"]["total"] is None
    veil = scores["seven_point"]["items"]["blue_whitish_veil"]
    assert (veil["value"], veil["lowest"], veil["highest"], veil["set_by"]) == (None, 0, 1, "nobody")
    person = {"abcd.asymmetry": 2, "abcd.border": 4, "abcd.colours": 5, "abcd.structures": 4}
    settled = to_json_object(replace(read, scores=overruled(read.scores, person)))
    VALIDATOR.validate(settled)
    assert (settled["scores"]["abcd"]["total"], settled["scores"]["abcd"]["verdict"]) == (7.5, "melanoma")
    assert settled["scores"]["abcd"]["items"]["colours"]["set_by"] == "person"


def test_the_schema_knows_exactly_the_items_of_the_rules() -> None:
    published = json.loads(SCHEMA_FILE.read_text())["properties"]["scores"]["properties"]
    assert list(published) == list(RULES)
    for name, rule in RULES.items():
        items = published[name]["allOf"][1]["properties"]["items"]
        assert items["required"] == [item.name for item in rule.items]
        for item in rule.items:
            value = items["properties"][item.name]["allOf"][1]["properties"]["lowest"]
            assert (value["minimum"], value["maximum"]) == (item.least, item.most)


def test_the_schema_accepts_a_line_from_before_the_scores(assess: Read, phantom: Phantom) -> None:
    line = to_json_object(assess(phantom.pixels)) | {"scores": {}}
    del line["measures"]["least_asymmetry"]
    VALIDATOR.validate(line)


def test_the_schema_refuses_scores_of_a_failed_read_and_values_out_of_range(
    assess: Read, phantom: Phantom
) -> None:
    read = to_json_object(assess(phantom.pixels))
    wrong = to_json_object(assess(b"no image")) | {"scores": read["scores"]}
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(wrong)
    read["scores"]["abcd"]["items"]["colours"]["value"] = 7
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(read)


def test_a_failed_read_and_a_clinical_photograph_have_no_scores(
    assess: Read, phantom: Phantom, tmp_path: Path
) -> None:
    assert assess(b"no image").scores == {}
    network = Network(load_bundle(write_toy_bundle(tmp_path / "clinical", modality_logit=3.0)))
    read = assess(phantom.pixels, network=network)
    assert read.modality
    assert read.modality.name == "clinical"
    assert read.measures
    assert read.scores == {}
    assert read_scores(clinical()) == read_scores(failed()) == {}


def test_where_it_abstains_structures_are_open_and_measures_count(assess: Read, phantom: Phantom) -> None:
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    read = assess(blurred)
    assert read.status == "abstained"
    assert read.scores["abcd"].item("structures").set_by == "nobody"
    assert read.scores["abcd"].item("colours").set_by == "machine"
    assert {item.set_by for item in read.scores["seven_point"].items} == {"nobody"}


def test_without_a_lesion_nothing_was_measured() -> None:
    assert read_scores(abstained_without_lesion()) == {}


def test_of_several_photographs_the_first_dermoscopic_one_read_leads() -> None:
    plain = assessment_of(spec=PhantomSpec())
    photographs = (clinical(), abstained(assessment_of(), "Blurred."), plain, assessment_of())
    lesion = replace(clinical(), structures={"pigment_network": 0.95}, photographs=photographs, scores={})
    scores = read_scores(lesion)
    assert scores["abcd"].item("colours").value == 2
    assert "0.95 (present)" in scores["three_point"].item("atypical_network").evidence
    assert read_scores(replace(lesion, photographs=(clinical(), failed()))) == {}


def test_the_scores_of_joined_photographs_are_filled_by_the_read(assess: Read, phantom: Phantom) -> None:
    read = assess([b"no image", phantom.pixels])
    assert read.scores == read.photographs[1].scores
    assert read.scores
    assert read.photographs[0].scores == {}


def test_an_unlike_image_keeps_what_was_measured(phantom: Phantom) -> None:
    read = augderm.assess(phantom.pixels)
    if read.novelty is None or not read.novelty.beyond:
        pytest.skip("the shipped model takes phantoms for lesions")
    assert read.scores["abcd"].item("structures").set_by == "nobody"
    assert read.scores["abcd"].item("colours").value == 2
    assert augderm.assess(phantom.pixels, novelty_limit=math.inf).status == "ok"


def test_the_modality_must_be_known() -> None:
    ok = assessment_of()
    assert read_scores(ok)
    assert read_scores(replace(ok, modality=None)) == {}
    assert read_scores(replace(ok, modality=ModalityRead("dermoscopic", None)))


def test_where_the_kind_is_in_doubt_there_are_no_scores() -> None:
    ok = assessment_of()
    assert read_scores(replace(ok, modality=ModalityRead("dermoscopic", 0.1)))
    assert read_scores(replace(ok, modality=ModalityRead("dermoscopic", 0.3, in_doubt=True))) == {}


def test_a_bundle_that_tells_the_checklist_sets_the_seven_items(phantom: Phantom, tmp_path: Path) -> None:
    network = Network(load_bundle(write_telling_bundle(tmp_path / "telling")))
    read = augderm.assess(phantom.pixels, network=network)
    assert read.status == "ok"
    for name in ("seven_point", "seven_point_revised"):
        assert {item.set_by for item in read.scores[name].items} == {"machine"}
        assert read.scores[name].verdict != "undecided"
    network_item = read.scores["three_point"].item("atypical_network")
    assert network_item.value == read.scores["seven_point"].item("atypical_network").value
    line = to_json_object(read)
    VALIDATOR.validate(line)
    for item in line["scores"]["seven_point"]["items"].values():
        place, criterion = item["measure"].split(".")
        assert sum(line[place][criterion]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    # Unfit to be read: nothing of the network is told.
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    unfit = augderm.assess(blurred, network=network)
    assert (unfit.status, unfit.checklist) == ("abstained", {})
    VALIDATOR.validate(to_json_object(unfit))


def test_the_schema_knows_exactly_the_criteria_and_their_categories(assess: Read, phantom: Phantom) -> None:
    published = json.loads(SCHEMA_FILE.read_text())["properties"]["checklist"]["properties"]
    assert {
        criterion: tuple(entry["properties"]["probabilities"]["properties"])
        for criterion, entry in published.items()
    } == dict(CHECKLIST)
    line = to_json_object(assess(phantom.pixels))
    assert line["checklist"] == {}
    VALIDATOR.validate({key: value for key, value in line.items() if key != "checklist"})

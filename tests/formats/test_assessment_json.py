"""The JSON form and its published schema."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image, ImageFilter

import augderm
from augderm.analysis.phantom import Phantom
from augderm.domain.assessment import Assessment, ModalityRead, Scale
from augderm.domain.runtime import Runtime
from augderm.domain.structures import DESCRIPTIVE
from augderm.formats.assessment_csv import COLUMNS, to_row
from augderm.formats.assessment_json import SCHEMA_FILE, to_json_line, to_json_object
from augderm.reader.network import RUNTIMES, Network
from support.reports import abstained, with_findings

VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))


@pytest.fixture(scope="module")
def assess(toy_network: Network) -> Callable[..., Assessment]:
    return partial(augderm.assess, network=toy_network)


@pytest.fixture(scope="module")
def ok(phantom: Phantom, assess: Callable[..., Assessment]) -> Assessment:
    return assess(phantom.pixels, mm_per_px=0.03)


def test_every_status_fits_the_published_schema(
    ok: Assessment, phantom: Phantom, assess: Callable[..., Assessment]
) -> None:
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    several = [phantom.pixels, blurred, b"no image"]
    unlimited = assess(phantom.pixels, novelty_limit=math.inf)
    uncalibrated = replace(ok, structures=dict.fromkeys(ok.structures, None))
    reads = (ok, assess(blurred), assess(b"no image"), assess("/nonexistent.jpg"), unlimited, uncalibrated)
    for read in (*reads, assess(several), assess(several[1:])):
        VALIDATOR.validate(json.loads(to_json_line(read)))


def test_each_structure_says_what_found_it_where_and_how_well_that_works() -> None:
    read = to_json_object(with_findings())
    VALIDATOR.validate(read)
    network = read["structures"]["pigment_network"]
    assert (network["probability"], network["source"], network["located"]) == (0.81, "network", True)
    assert network["share"] == pytest.approx(0.41, abs=0.05)
    left, top, right, bottom = network["box"]
    x, y = network["centroid"]
    assert left < x < right
    assert top < y < bottom
    assert network["validation"]["auc"] == 0.88
    silent = read["structures"]["globules"]
    assert (silent["located"], silent["share"], silent["box"]) == (None, None, None)
    assert silent["validation"]["words"] == "not validated"
    assert list(read["findings"]) == list(DESCRIPTIVE)
    spots = read["findings"]["dots_and_globules"]
    assert (spots["source"], spots["located"], spots["count"]) == ("image analysis", True, 12)
    assert read["findings"]["peppering"]["located"] is False
    assert read["findings"]["streaks"]["located"] is None


def test_the_schema_refuses_a_claim_without_its_source_and_findings_of_an_abstained_image() -> None:
    read = to_json_object(with_findings())
    for name in ("source", "validation", "located"):
        lacking = json.loads(json.dumps(read))
        del lacking["findings"]["blotch"][name]
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(lacking)
    unfit = abstained(with_findings(), "Blurred.")
    VALIDATOR.validate(to_json_object(replace(unfit, findings=())))
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(to_json_object(unfit))


def test_several_photographs_stand_in_the_read_of_their_lesion(
    phantom: Phantom, assess: Callable[..., Assessment]
) -> None:
    read = to_json_object(assess([phantom.pixels, b"no image"], name="lesion"))
    assert (read["image"], read["images"]) == ("lesion", ["<array>", "<bytes>"])
    assert [photograph["status"] for photograph in read["photographs"]] == ["ok", "failed"]
    assert "images" not in read["photographs"][0]
    assert read["photographs_read"] == 1
    row = to_row(read)
    assert (row["photographs"], row["photographs_read"], row["modality"]) == (2, 1, "dermoscopic")
    assert row["notes"].startswith("1 of 2 photographs were used. Not used: <bytes>.")
    # Lines of an earlier version say less.
    for older in (read, *read["photographs"]):
        for name in ("notes", "photographs_read"):
            older.pop(name, None)
        older["modality"] and older["modality"].pop("in_doubt")
    VALIDATOR.validate(read)
    assert to_row(read) == row | {"notes": "", "modality_in_doubt": None}
    assert row["p_pigment_network"] == read["structures"]["pigment_network"]["probability"]


def test_photographs_of_both_kinds_and_a_doubtful_one_are_called_so(ok: Assessment) -> None:
    def told(modality: ModalityRead) -> tuple[Any, ...]:
        line = to_json_object(replace(ok, modality=modality))
        VALIDATOR.validate(line)
        row = to_row(line)
        return line["modality"]["name"], row["modality"], row["modality_in_doubt"]

    assert told(ModalityRead("dermoscopic", 0.98, mixed=True)) == ("mixed", "mixed", False)
    assert told(ModalityRead("clinical", 0.7, in_doubt=True)) == ("clinical", "clinical", True)


def test_no_limit_of_novelty_is_null(phantom: Phantom, assess: Callable[..., Assessment]) -> None:
    novelty = to_json_object(assess(phantom.pixels, novelty_limit=math.inf))["novelty"]
    assert novelty["limit"] is None
    assert novelty["score"] > 0


def test_every_line_says_what_ran_the_network_and_the_schema_knows_no_other(ok: Assessment) -> None:
    for name in RUNTIMES:
        told = to_json_object(replace(ok, runtime=Runtime(name, "1.2.3")))
        assert told["runtime"] == {"name": name, "version": "1.2.3", "precision": "float32"}
        VALIDATOR.validate(told)
        for wrong in ({"name": "tensorrt"}, {"precision": "int8"}):
            with pytest.raises(jsonschema.ValidationError):
                VALIDATOR.validate(told | {"runtime": told["runtime"] | wrong})
    VALIDATOR.validate({key: value for key, value in told.items() if key != "runtime"})


def test_the_schema_refuses_a_diagnosis_of_an_abstained_image(ok: Assessment) -> None:
    wrong = to_json_object(replace(ok, status="abstained", reason="blurred"))
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(wrong)


def test_the_outer_names_are_those_that_others_build_on(ok: Assessment) -> None:
    assert " ".join(to_json_object(ok)) == (
        "schema image sha256 model status reason notes views runtime painted_over capture modality novelty "
        "quality border measures diagnosis malignancy structures findings artefacts checklist scores "
        "anamnesis advice"
    )


def test_the_advice_tells_its_rules_and_the_schema_lets_nothing_unread_reassure(
    ok: Assessment, assess: Callable[..., Assessment]
) -> None:
    advice = to_json_object(ok)["advice"]
    assert {"name", "value", "limit", "decides"} <= set(advice["rules"][0])
    assert advice["action"]
    assert "efg" in advice["unknown"]
    failed = to_json_object(assess(b"no image"))
    assert failed["advice"]["band"] == "soon"
    assert to_row(failed)["advice"] == "soon"
    VALIDATOR.validate(failed | {"advice": None})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(failed | {"advice": failed["advice"] | {"band": "reassure"}})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(failed | {"advice": failed["advice"] | {"more": 1}})
    assert failed["advice"]["recall"]["kind"] == "visit"
    with pytest.raises(jsonschema.ValidationError):  # what is controlled has a recall
        VALIDATOR.validate(failed | {"advice": failed["advice"] | {"recall": None}})
    # Lines written before recalls were known stay valid.
    VALIDATOR.validate(
        failed | {"advice": {name: value for name, value in failed["advice"].items() if name != "recall"}}
    )


def test_a_line_is_one_line_whatever_the_name(ok: Assessment) -> None:
    name = 'a\nb\u2028"c"\udcff.jpg'
    line = to_json_line(replace(ok, image=name))
    assert "\n" not in line
    line.encode("utf-8")
    assert json.loads(line)["image"].startswith("a\nb")


def test_undefined_is_null_and_never_left_out(ok: Assessment) -> None:
    assert ok.measures
    bare = to_json_object(replace(ok, measures=replace(ok.measures, scale=None)))["measures"]
    assert bare["area_mm2"] is bare["long_axis_mm"] is bare["mm_per_px"] is None
    assert bare["length_unit"] == "px"
    nan = to_json_object(replace(ok, measures=replace(ok.measures, circularity=float("nan"))))
    assert nan["measures"]["circularity"] is None


def test_a_csv_row_has_all_columns_and_no_formula(ok: Assessment) -> None:
    row = to_row(to_json_object(replace(ok, image="=cmd()|x.jpg")))
    assert tuple(row) == COLUMNS
    assert row["image"].startswith("'")
    assert row["long_axis_mm"] == pytest.approx(row["long_axis_px"] * 0.03, rel=1e-4)


def test_a_failed_image_has_a_csv_row_with_its_reason(assess: Callable[..., Assessment]) -> None:
    row = to_row(to_json_object(assess(b"no image")))
    assert row["status"] == "failed"
    assert row["reason"]
    assert row["p_mel"] is None


def test_the_scale_says_where_it_comes_from_and_how_sure_it_is(ok: Assessment) -> None:
    assert ok.measures
    given = to_json_object(ok)["measures"]
    assert (given["scale_source"], given["mm_per_px"], given["mm_per_px_uncertainty"]) == (
        "given",
        0.03,
        None,
    )
    ruled = replace(ok, measures=replace(ok.measures, scale=Scale(0.02, 0.0001, "ruler")))
    VALIDATOR.validate(to_json_object(ruled))
    row = to_row(to_json_object(ruled))
    assert (row["scale_source"], row["mm_per_px"], row["mm_per_px_uncertainty"]) == ("ruler", 0.02, 0.0001)
    assert row["hidden_share"] == to_json_object(ok)["measures"]["hidden_share"]


def test_colours_that_are_hidden_are_null_with_a_reason(ok: Assessment) -> None:
    assert ok.measures
    hidden = replace(
        ok.measures, colours=None, lab_mean=None, lab_spread=None, colour_asymmetry=None, no_colours="Ink."
    )
    read = to_json_object(replace(ok, measures=hidden))
    VALIDATOR.validate(read)
    assert read["measures"]["colours"] is read["measures"]["colour_asymmetry"] is None
    assert read["measures"]["no_colours"] == "Ink."

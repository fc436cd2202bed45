"""The view model of a report: what it words, rounds and draws."""

from __future__ import annotations

import dataclasses
import io
import math
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree

from augderm.analysis.phantom import PhantomSpec
from augderm.domain.assessment import (
    LIMIT_OF_USE,
    Assessment,
    BorderEighth,
    DiagnosisRead,
    Measures,
    ModalityRead,
    Novelty,
    Scale,
)
from augderm.domain.runtime import Runtime
from augderm.domain.taxonomy import ARTEFACTS, STRUCTURES
from augderm.domain.text import visible
from augderm.formats.report.colours import swatch
from augderm.formats.report.content import report_content
from augderm.formats.report.html import report_html
from augderm.formats.report.layers import OUTLINE_TOLERANCE_PX, draw_layers
from augderm.formats.report.lesion import NO_SCALE, view_measured
from augderm.formats.report.presence import NAMES
from augderm.formats.report.reading import view_attention, view_diagnosis
from augderm.formats.report.rose import RADIUS, border_rose
from augderm.formats.report.wording import number, percent
from augderm.reader.joined import join_photographs
from support.reports import (
    NO_LESION,
    abstained,
    abstained_without_lesion,
    assessment_of,
    clinical,
    failed,
    several_photographs,
)


def measures_of(assessment: Assessment) -> Measures:
    assert assessment.measures
    return assessment.measures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not determined"),
        (math.nan, "undefined"),
        (math.inf, "undefined"),
        (0.0, "0"),
        (38812.0, "38 800"),
        (0.9996, "1.00"),
        (7.734, "7.73"),
        (-2.5, "−2.50"),
        (0.0000123, "< 0.0001"),
    ],
)
def test_a_number_has_three_digits_and_is_never_blank(value: float | None, text: str) -> None:
    assert number(value).replace("\u202f", " ") == text


def test_columns_of_numbers_keep_their_decimals() -> None:
    assert [number(v, places=1) for v in (0.0, -0.04, -0.06, 12.0)] == ["0.0", "0.0", "−0.1", "12.0"]
    assert number(16.9, "°", places=0) == "17°"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0006, "< 0.1 %"),
        (0.0999, "10 %"),
        (0.0312, "3.1 %"),
        (0.414, "41 %"),
        (0.994, "99.4 %"),
        (0.9999, "> 99.9 %"),
        (1.0, "100 %"),
        (None, "not determined"),
        (math.nan, "undefined"),
    ],
)
def test_a_probability_is_never_rounded_to_certainty(share: float | None, text: str) -> None:
    assert percent(share).replace("\u202f", " ") == text


def test_a_name_cannot_reorder_or_hide_text() -> None:
    assert visible("a\u202egnp.exe\x00\ud800\n") == "a\\u202egnp.exe\\x00\\ud800\\x0a"
    assert visible("Läsion 中 №1.png") == "Läsion 中 №1.png"


def test_millimetres_appear_only_with_a_scale() -> None:
    without = report_content(assessment_of()).lesion
    assert without
    assert without.scale == NO_SCALE
    assert not without.in_mm
    assert {row.mm for row in without.measures} == {None}
    with_scale = report_content(assessment_of(mm_per_px=0.03)).lesion
    assert with_scale
    assert "0.0300\u202fmm per pixel" in with_scale.scale
    by_label = {row.label: row for row in with_scale.measures}
    measures = measures_of(assessment_of(mm_per_px=0.03))
    assert by_label["Long axis"].mm == number(measures.long_axis_px * 0.03, "mm")
    assert by_label["Area"].mm == number(measures.area_px2 * 0.0009, "mm²")
    assert by_label["Circularity"].mm == "–"


def test_a_scale_from_a_ruler_says_so_with_its_uncertainty() -> None:
    assessment = assessment_of(mm_per_px=0.03)
    ruled = dataclasses.replace(measures_of(assessment), scale=Scale(0.03, 0.0006, "ruler"))
    lesion = report_content(dataclasses.replace(assessment, measures=ruled)).lesion
    assert lesion
    assert "ticks of a ruler" in lesion.scale
    assert "uncertainty 2.0\u202f%" in lesion.scale
    given = report_content(assessment).lesion
    assert given
    assert "as given" in given.scale
    assert "uncertainty" not in given.scale


def test_hidden_colours_are_left_out_and_the_reason_stands_there() -> None:
    assessment = assessment_of()
    hidden = dataclasses.replace(
        measures_of(assessment),
        colours=None, lab_mean=None, lab_spread=None, colour_asymmetry=None, no_colours="Hidden by ink.",
    )  # fmt: skip
    lesion = report_content(dataclasses.replace(assessment, measures=hidden)).lesion
    assert lesion
    assert lesion.colours.count == "Hidden by ink."
    assert not lesion.colours.named
    folds = [row.value for row in lesion.measures if row.label.startswith("Colour asymmetry")]
    assert folds == ["not determined"] * 2


def test_a_lesion_cut_by_the_frame_has_lower_bounds() -> None:
    lesion = report_content(assessment_of(spec=PhantomSpec(center=(0.1, 0.5)))).lesion
    assert lesion
    assert lesion.warning
    bounded = {row.label for row in lesion.measures if row.value.startswith("≥")}
    assert bounded == {"Area", "Long axis", "Short axis"}


def test_what_is_unknown_is_said() -> None:
    measures = dataclasses.replace(
        measures_of(assessment_of()),
        border_eighths=(BorderEighth(None, None),) * 8,
        circularity=math.nan,
        lab_mean=(math.nan, 0.0, 0.0),
    )
    lesion = view_measured(measures, None)
    assert {row.sharpness for row in lesion.eighths} == {"not determined"}
    values = {row.label: row.value for row in lesion.measures}
    assert values["Circularity"] == "undefined"
    assert values["Certainty of the border"] == "not determined"
    assert lesion.colours.lab[0].mean == "undefined"
    assert lesion.colours.mean_swatch is None


def test_bars_are_sorted_and_the_set_is_marked() -> None:
    diagnosis = assessment_of().diagnosis
    assert diagnosis
    view = view_diagnosis(diagnosis)
    widths = [bar.width for bar in view.bars]
    assert widths == sorted(widths, reverse=True)
    assert len(view.bars) == 7
    assert [bar.code for bar in view.bars if bar.in_set] == ["mel", "nv", "bkl"]
    assert all(bool(bar.mark) == bar.in_set for bar in view.bars)
    assert "90\u202f% of cases" in view.set_sentence


def test_a_set_of_one_is_named_as_one() -> None:
    codes = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
    view = view_diagnosis(
        DiagnosisRead(dict.fromkeys(codes, 1 / 7), ("akiec",), 0.95, mixture=dict.fromkeys(codes, 1 / 7))
    )
    assert view.set_sentence.startswith("One diagnosis makes up the prediction set")
    assert [bar.code for bar in view.bars] == list(codes)


def test_the_map_is_that_of_the_likeliest() -> None:
    assessment = assessment_of()
    report = report_content(assessment)
    assert assessment.pictures
    assert report.attention
    assert report.attention.title == "How much each place speaks for melanoma"
    assert number(float(assessment.pictures.attention[4].mean())) in report.attention.sentence
    assert report.attention.strongest.startswith(number(float(assessment.pictures.attention[4].max())))


def test_where_nothing_speaks_for_it_no_map_is_drawn() -> None:
    evidence = np.full((4, 4), -1, np.float32)
    view = view_attention("nv", evidence)
    assert not view.drawn
    assert view.sentence.startswith("No place")
    assert draw_layers(np.zeros((40, 60, 3), np.uint8), np.zeros((0, 2)), evidence).heat is None


def test_the_map_is_strongest_where_the_network_looked() -> None:
    evidence = np.full((9, 12), -2, np.float32)
    evidence[2, 9] = 5
    heat = draw_layers(np.zeros((450, 600, 3), np.uint8), np.zeros((0, 2)), evidence).heat
    assert heat
    opacity = np.asarray(Image.open(io.BytesIO(heat)).convert("RGBA"))[..., 3]
    row, column = np.unravel_index(opacity.argmax(), opacity.shape)
    assert row / opacity.shape[0] == pytest.approx(2.5 / 9, abs=0.03)
    assert column / opacity.shape[1] == pytest.approx(9.5 / 12, abs=0.03)
    assert opacity[-20:].max() == 0


def test_the_drawn_outline_lies_on_the_measured_one() -> None:
    assessment = assessment_of()
    assert assessment.pictures
    measured = assessment.pictures.outline
    layers = report_content(assessment).layers
    assert layers
    assert len(layers.outline) < len(measured) / 3
    ends = np.array(layers.outline)
    t = np.linspace(0, 1, 50)[:, None, None]
    drawn = (ends[:-1] * (1 - t) + ends[1:] * t).reshape(-1, 2)
    distances, _ = cKDTree(drawn).query(measured)
    assert np.max(distances) < OUTLINE_TOLERANCE_PX + 0.3
    assert layers.outline_path.startswith("M")
    assert layers.outline_path.endswith("Z")


def test_the_rose_is_long_where_the_border_is_sharp() -> None:
    svg = ET.fromstring(border_rose([1.0, 0.5, 0.0, None, 1.0, 1.0, 1.0, 1.0]))
    wedges = svg.findall("{http://www.w3.org/2000/svg}path")
    assert len(wedges) == 8
    assert f"A{RADIUS:.2f}" in wedges[0].attrib["d"]
    assert f"A{RADIUS / 2:.2f}" in wedges[1].attrib["d"]
    assert "stroke-dasharray" in wedges[3].attrib
    assert "stroke-dasharray" not in wedges[2].attrib


def test_swatches_show_the_colour() -> None:
    assert swatch((100.0, 0.0, 0.0)) == "#ffffff"
    assert swatch((0.0, 0.0, 0.0)) == "#000000"


def test_an_abstained_read_gives_no_probability_but_its_measures() -> None:
    report = report_content(abstained(assessment_of(), "The image is blurred beyond use."))
    assert (report.diagnosis, report.malignancy, report.attention) == (None, None, None)
    assert report.reason == "The image is blurred beyond use."
    assert report.no_diagnosis == "Not given: the machine abstains."
    assert report.lesion
    assert report.layers
    assert report.layers.heat is None


def test_probabilities_of_an_abstained_read_are_never_shown() -> None:
    kept = dataclasses.replace(assessment_of(), status="abstained", reason="Unfit.")
    report = report_content(kept)
    assert (report.diagnosis, report.malignancy, report.attention) == (None, None, None)


def test_without_a_lesion_the_sections_say_so() -> None:
    report = report_content(abstained_without_lesion())
    assert report.lesion is None
    assert report.no_lesion == "Not determined: no lesion was found."
    assert report.reason == NO_LESION
    assert report.layers
    assert report.layers.outline_path == ""
    assert report.quality
    unknown = report.quality.checks[-1]
    assert (unknown.value, unknown.verdict, unknown.grade) == ("not determined", "Not determined", "none")


def test_a_failed_read_has_a_reason_and_no_picture() -> None:
    report = report_content(failed())
    assert report.layers is None
    assert report.lesion is None
    assert report.quality is None
    assert "truncated" in report.reason
    assert report.limit_of_use == LIMIT_OF_USE


def test_the_head_names_image_model_and_time() -> None:
    at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    facts = {fact.label: fact.value for fact in report_content(assessment_of(), read_at=at).facts}
    assert facts["Image"] == "phantom_0007.png"
    assert facts["Image SHA-256"] == "9f86d081884c"
    assert facts["Model"] == "augderm-lite 0.1.0"
    assert facts["Model SHA-256"] == "4b1d4b1d4b1d"
    assert facts["Read at"] == "2026-11-03 14:05 UTC"
    assert "Read at" not in {fact.label for fact in report_content(assessment_of()).facts}


def test_the_head_says_what_ran_the_network() -> None:
    read = dataclasses.replace(assessment_of(), runtime=Runtime("openvino", "2026.4.1"))
    facts = {fact.label: fact.value for fact in report_content(read).facts}
    assert facts["Read with"] == "OpenVINO 2026.4.1, float32"
    assert "Read with" not in {fact.label for fact in report_content(failed()).facts}


def test_a_clinical_photograph_says_that_it_is_no_dermoscopy() -> None:
    report = report_content(clinical())
    assert report.title == "Second read of a clinical photograph"
    assert report.clinical == "Clinical photograph, not dermoscopy"
    assert "calibration of its own" in report.clinical_notice
    assert report.presence is None
    assert report.picture_description.startswith("Clinical photograph")
    facts = {fact.label: fact.value for fact in report.facts}
    assert facts["Kind"].replace("\u202f", " ") == "Clinical photograph, not dermoscopy (97 %)"
    assert report_content(assessment_of()).clinical is None


def test_the_head_names_kind_and_novelty() -> None:
    facts = {fact.label: fact.value for fact in report_content(assessment_of()).facts}
    assert facts["Kind"].replace("\u202f", " ") == "Dermoscopic image (99.6 %)"
    assert facts["Novelty"] == "0.930 (limit 1.31)"
    unlimited = dataclasses.replace(assessment_of(), novelty=Novelty(3.0, math.inf))
    facts = {fact.label: fact.value for fact in report_content(unlimited).facts}
    assert facts["Novelty"] == "3.00 (not judged by)"
    assumed = dataclasses.replace(assessment_of(), modality=ModalityRead("dermoscopic", None))
    facts = {fact.label: fact.value for fact in report_content(assumed).facts}
    assert facts["Kind"] == "Dermoscopic image (taken for granted: this model cannot tell)"


def test_of_an_unlike_image_it_is_not_claimed_what_kind_it_is() -> None:
    unlike = dataclasses.replace(
        assessment_of(),
        status="abstained",
        reason="unlike",
        novelty=Novelty(3.0, 1.5),
        modality=ModalityRead("clinical", 0.9),
    )
    report = report_content(unlike)
    assert report.title == "Second read of an image"
    assert "Kind" not in {fact.label for fact in report.facts}
    assert report.clinical is None
    assert report.picture_description.startswith("Image;")


def test_where_the_kind_is_in_doubt_the_report_claims_neither_and_says_what_that_limits() -> None:
    for name, share in (("dermoscopic", 0.35), ("clinical", 0.65)):
        doubtful = dataclasses.replace(
            assessment_of(),
            modality=ModalityRead(name, share, in_doubt=True),  # type: ignore[arg-type]
            notes=("It is in doubt.",),
        )
        report = report_content(doubtful)
        assert report.title == "Second read of an image"
        assert report.clinical is None
        assert report.notes == ("It is in doubt.",)
        assert report.picture_description.startswith("Image;")
        facts = {fact.label: fact.value.replace("\u202f", " ") for fact in report.facts}
        assert facts["Kind"] == (
            f"In doubt: dermoscopic image or clinical photograph (clinical: {100 * share:.0f} %)"
        )
        assert "What limits this read" in report_html(doubtful)
        assert "It is in doubt." in report_html(doubtful)


def test_of_several_photographs_the_kind_in_doubt_names_the_one_and_no_percentage_of_another() -> None:
    doubtful = dataclasses.replace(
        assessment_of(), image="b.jpg", modality=ModalityRead("dermoscopic", 0.4, in_doubt=True)
    )
    report = report_content(join_photographs([doubtful, clinical()], "lesion"))
    facts = {fact.label: fact.value for fact in report.facts}
    assert facts["Kind"] == "In doubt: dermoscopic image or clinical photograph (b.jpg)"
    assert report.clinical == "Clinical photograph, not dermoscopy"
    assert "Not all photographs were taken through a dermatoscope" in report.clinical_notice


@pytest.mark.parametrize("clinical_first", [True, False])
def test_a_report_of_several_photographs_tells_of_a_clinical_one_wherever_it_stands(
    clinical_first: bool,
) -> None:
    reads = [clinical(), assessment_of()]
    report = report_content(join_photographs(reads if clinical_first else reads[::-1], "lesion"))
    assert report.clinical == "Dermoscopic images and clinical photographs"
    assert "Not all photographs were taken through a dermatoscope" in report.clinical_notice
    facts = {fact.label: fact.value for fact in report.facts}
    assert facts["Kind"] == "Dermoscopic images and clinical photographs"
    words = "Clinical" if clinical_first else "Dermoscopic"
    assert report.picture_description.startswith(f"{words} photograph")


def test_the_probabilities_say_for_which_mixture_they_hold() -> None:
    diagnosis = report_content(assessment_of()).diagnosis
    assert diagnosis
    said = diagnosis.mixture_sentence.replace("\u202f", " ")
    assert "nv 64 %, mel 14 %, bkl 12 %" in said


def test_a_diagnosis_in_every_set_is_named_as_such() -> None:
    assessment = assessment_of()
    assert assessment.diagnosis
    view = view_diagnosis(dataclasses.replace(assessment.diagnosis, never_excluded=("df", "vasc")))
    assert "In every set" in view.set_sentence
    assert "dermatofibroma and vascular lesion" in view.set_sentence
    assert "In every set" not in view_diagnosis(assessment.diagnosis).set_sentence


def test_structures_and_artefacts_are_named_and_what_is_unknown_is_said() -> None:
    presence = report_content(assessment_of()).presence
    assert presence
    shown = {row.name: row.probability.replace("\u202f", " ") for row in presence.structures}
    assert shown["Pigment network"] == "81 %"
    assert shown["Streaks"] == "not determined"
    assert [row.name for row in presence.artefacts][:2] == ["Dark corner", "Hair"]
    assert {*STRUCTURES, *ARTEFACTS} <= set(NAMES)


def test_each_of_several_photographs_is_listed() -> None:
    report = report_content(several_photographs())
    assert report.title == "Second read of a lesion in several photographs"
    assert report.photographs
    assert [(row.name, row.status) for row in report.photographs.rows] == [
        ("a.png", "read"),
        ("b.png", "not read"),
        ("c.jpg", "failed"),
    ]
    assert report.photographs.rows[0].finding.startswith("Melanoma 41")
    assert report.photographs.rows[1].finding == "Blurred."
    assert report_content(assessment_of()).photographs is None

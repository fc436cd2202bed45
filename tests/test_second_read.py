"""The one function behind all doors."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import augderm
from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.domain.anamnesis import Anamnesis, Person
from augderm.domain.assessment import Assessment
from augderm.domain.structures import ANSWERED_BY, DESCRIPTIVE
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.reader.bundle import load_bundle
from augderm.reader.calibrated import IN_DOUBT, read_modality
from augderm.reader.network import Network
from augderm.second_read import IN_DOUBT_NOT_CALIBRATED, NOT_RECOGNISED, RULER_POSSIBLE
from support.bundles import calibration, write_manifest, write_toy_bundle

Read = Callable[..., Assessment]


@pytest.fixture
def assess(toy_network: Network) -> Read:
    """The function itself, with the toy network: what is tested is not what a model has learned."""
    return partial(augderm.assess, network=toy_network)


def _network(folder: Path, **how: float) -> Network:
    return Network(load_bundle(write_toy_bundle(folder, **how)))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_path_bytes_and_an_array_are_read_alike(assess: Read, phantom: Phantom, tmp_path: Path) -> None:
    data = _png(Image.fromarray(phantom.pixels))
    (tmp_path / "a.png").write_bytes(data)
    reads = [
        assess(tmp_path / "a.png"),
        assess(str(tmp_path / "a.png")),
        assess(data),
        assess(phantom.pixels),
    ]
    assert [read.status for read in reads] == ["ok"] * 4
    assert len({str(read.diagnosis) for read in reads}) == 1
    assert len({str(read.measures) for read in reads}) == 1
    assert [read.image for read in reads[2:]] == ["<bytes>", "<array>"]


def test_it_stays_a_function_however_often_it_is_imported() -> None:
    from augderm import assess as again

    assert callable(again)
    assert again is augderm.assess


def test_an_ok_read_has_every_part(assess: Read, phantom: Phantom) -> None:
    read = assess(phantom.pixels)
    assert read.quality
    assert read.border
    assert read.measures
    assert read.diagnosis
    assert read.malignancy
    assert read.pictures
    assert tuple(read.diagnosis.probabilities) == CODES
    assert read.modality
    assert read.modality.name == "dermoscopic"
    assert read.novelty
    assert not read.novelty.beyond
    assert tuple(read.structures) == STRUCTURES
    assert tuple(read.artefacts) == ARTEFACTS
    assert sum(read.diagnosis.probabilities.values()) == pytest.approx(1)
    assert read.diagnosis.likeliest == read.diagnosis.prediction_set[0]
    assert read.border.area_fraction == pytest.approx(read.pictures.mask.mean())


def test_the_border_box_and_centroid_are_those_of_the_mask(assess: Read, phantom: Phantom) -> None:
    read = assess(phantom.pixels)
    assert read.border
    assert read.pictures
    rows, columns = np.nonzero(read.pictures.mask)
    height, width = read.pictures.mask.shape
    box = (columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height)
    assert read.border.box == pytest.approx(box)
    centroid = ((columns.mean() + 0.5) / width, (rows.mean() + 0.5) / height)
    assert read.border.centroid == pytest.approx(centroid)


def test_lengths_are_those_of_the_unreduced_image(assess: Read) -> None:
    small = draw_phantom(PhantomSpec())
    large = Image.fromarray(small.pixels).resize((2400, 1800), Image.Resampling.BICUBIC)
    at_one, at_four = assess(small.pixels).measures, assess(_png(large)).measures
    assert at_one
    assert at_four
    assert at_four.long_axis_px / at_one.long_axis_px == pytest.approx(4, rel=0.02)


def test_a_known_scale_gives_millimetres(assess: Read, phantom: Phantom) -> None:
    measures = assess(phantom.pixels, mm_per_px=0.02).measures
    assert measures
    assert measures.long_axis_mm == pytest.approx(measures.long_axis_px * 0.02)
    assert measures.area_mm2 == pytest.approx(measures.area_px2 * 0.0004)


def test_a_ruler_gives_the_scale_of_a_dermoscopic_image_where_none_is_given(
    assess: Read, tmp_path: Path
) -> None:
    ruled = draw_phantom(PhantomSpec(mm_per_px=0.04)).pixels
    large = np.asarray(Image.fromarray(ruled).resize((1200, 900), Image.Resampling.BICUBIC))
    found = assess(large).measures
    assert found
    assert found.scale
    assert found.scale.source == "ruler"
    assert found.scale.mm_per_px == pytest.approx(0.02, rel=0.02)
    assert found.long_axis_mm == pytest.approx(found.long_axis_px * found.scale.mm_per_px)
    given = assess(large, mm_per_px=0.05).measures
    assert given
    assert given.scale
    assert (given.scale.source, given.mm_per_px) == ("given", 0.05)
    clinical = augderm.assess(large, network=_network(tmp_path / "c", modality_logit=3.0)).measures
    assert clinical
    assert clinical.scale is None


def _ruler_as(folder: Path, curve: dict[str, float] | None, **how: float) -> Network:
    """A network that gives this curve's probability of a ruler."""
    written = write_toy_bundle(folder, **how)
    entry = calibration()
    entry["artefacts"]["ruler"] = curve
    write_manifest(written, calibration=entry)
    return Network(load_bundle(written))


def test_a_ruler_is_not_looked_for_where_the_network_is_sure_that_there_is_none(tmp_path: Path) -> None:
    ruled = draw_phantom(PhantomSpec(mm_per_px=0.04)).pixels
    limit = math.log(RULER_POSSIBLE / (1 - RULER_POSSIBLE))
    none = _ruler_as(tmp_path / "none", {"slope": 0.0, "offset": limit - 0.1})
    some = _ruler_as(tmp_path / "some", {"slope": 0.0, "offset": limit + 0.1})
    for network, found in ((none, False), (some, True)):
        measures = augderm.assess(ruled, network=network).measures
        assert measures
        assert (measures.scale is not None) is found


@pytest.mark.parametrize("novelty_limit", [None, math.inf])
def test_a_ruler_is_looked_for_where_the_network_cannot_know(
    novelty_limit: float | None, tmp_path: Path
) -> None:
    ruled = draw_phantom(PhantomSpec(mm_per_px=0.04)).pixels
    never = {"slope": 0.0, "offset": -30.0}
    networks = (
        # Never calibrated; and unlike what the model learned from, whatever limit the caller sets.
        _ruler_as(tmp_path / "uncalibrated", None),
        _ruler_as(tmp_path / "novel", never, novelty_limit=1e-6),
    )
    for network in networks:
        measures = augderm.assess(ruled, network=network, novelty_limit=novelty_limit).measures
        assert measures
        assert measures.scale
        assert measures.scale.source == "ruler"


def test_an_unfit_image_abstains_with_the_reason_and_still_measures(assess: Read, phantom: Phantom) -> None:
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    read = assess(blurred)
    assert read.status == "abstained"
    assert "blurred" in read.reason
    assert read.diagnosis is None
    assert read.malignancy is None
    assert read.measures


def test_blank_skin_is_read_whole_or_abstains_whole(assess: Read) -> None:
    rng = np.random.default_rng(0)
    skin = np.clip(rng.normal((210, 170, 150), 3, (450, 600, 3)), 0, 255).astype(np.uint8)
    read = assess(skin)
    whole = read.border is not None and read.diagnosis is not None
    assert (read.status, read.reason == "") == (("ok", True) if whole else ("abstained", False))


def test_what_is_no_image_fails_with_a_reason(assess: Read) -> None:
    read = assess(b"not an image")
    assert read.status == "failed"
    assert "JPEG" in read.reason
    assert (read.diagnosis, read.measures, read.pictures) == (None, None, None)


@pytest.mark.parametrize(
    "pixels", [np.zeros((9, 9, 3)), np.zeros((50, 50), np.uint8), np.zeros((9, 9, 4), np.uint8)]
)
def test_a_wrong_array_is_the_caller_s_error(assess: Read, pixels: np.ndarray) -> None:
    with pytest.raises((TypeError, ValueError), match="give"):
        assess(pixels)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_wrong_scale_is_the_caller_s_error(assess: Read, phantom: Phantom, scale: float) -> None:
    with pytest.raises(ValueError, match="mm_per_px"):
        assess(phantom.pixels, mm_per_px=scale)


def test_a_sharp_224_pixel_image_is_read(assess: Read, phantom: Phantom) -> None:
    small = Image.fromarray(phantom.pixels).resize((299, 224), Image.Resampling.LANCZOS)
    assert assess(np.asarray(small)).status == "ok"


def test_the_same_image_gives_the_same_read(assess: Read, phantom: Phantom) -> None:
    assert assess(phantom.pixels) == assess(phantom.pixels)


def test_an_unlike_image_abstains_with_the_reason_and_still_measures(
    phantom: Phantom, tmp_path: Path
) -> None:
    network = _network(tmp_path / "strict", novelty_limit=1e-6)
    read = augderm.assess(phantom.pixels, network=network)
    assert read.status == "abstained"
    assert "unlike" in read.reason
    assert read.measures
    assert (read.diagnosis, read.malignancy, read.structures, read.artefacts) == (None, None, {}, {})
    assert augderm.assess(phantom.pixels, network=network, novelty_limit=math.inf).status == "ok"


def test_a_clinical_photograph_is_read_with_its_own_calibration_and_without_structures(
    assess: Read, phantom: Phantom, tmp_path: Path
) -> None:
    dermoscopic = assess(phantom.pixels)
    clinical = augderm.assess(phantom.pixels, network=_network(tmp_path / "c", modality_logit=3.0))
    assert clinical.status == "ok"
    assert clinical.modality
    assert clinical.modality.name == "clinical"
    assert clinical.modality.clinical_probability == pytest.approx(1 / (1 + math.exp(-3)))
    assert clinical.diagnosis
    assert dermoscopic.diagnosis
    assert clinical.diagnosis.probabilities != dermoscopic.diagnosis.probabilities
    assert clinical.diagnosis.never_excluded == ("df", "mel", "vasc")
    assert (clinical.structures, clinical.artefacts) == ({}, {})


@pytest.mark.parametrize(("name", "logit"), [("clinical", 3.0), ("dermoscopic", -3.0)])
def test_a_modality_without_calibration_gets_no_probability(
    phantom: Phantom, tmp_path: Path, name: str, logit: float
) -> None:
    folder = write_toy_bundle(tmp_path / "bundle", modality_logit=logit)
    write_manifest(folder, calibration=calibration() | {name: None})
    read = augderm.assess(phantom.pixels, network=Network(load_bundle(folder)))
    assert read.status == "abstained"
    assert "no calibration" in read.reason
    assert (read.diagnosis, read.malignancy) == (None, None)


def test_a_photograph_of_doubtful_kind_is_read_as_both_and_says_so(phantom: Phantom, tmp_path: Path) -> None:
    doubtful, dermoscopic, clinical = (
        augderm.assess(phantom.pixels, network=_network(tmp_path / name, modality_logit=logit))
        for name, logit in (("doubtful", -1.0), ("dermoscopic", -3.0), ("clinical", 3.0))
    )
    assert doubtful.status == "ok"
    assert doubtful.modality
    assert (doubtful.modality.name, doubtful.modality.in_doubt) == ("dermoscopic", True)
    assert doubtful.notes == (IN_DOUBT,)
    assert (dermoscopic.notes, clinical.notes) == ((), ())
    assert doubtful.diagnosis
    assert doubtful.malignancy
    for sure in (dermoscopic, clinical):
        assert sure.diagnosis
        assert sure.malignancy
        assert set(sure.diagnosis.prediction_set) <= set(doubtful.diagnosis.prediction_set)
        assert sure.malignancy.probability <= doubtful.malignancy.probability
    assert doubtful.structures == dermoscopic.structures
    assert (bool(dermoscopic.scores), doubtful.scores) == (True, {})


def test_no_ruler_is_looked_for_where_the_kind_is_in_doubt(
    phantom: Phantom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr("augderm.second_read._may_show_ruler", lambda *_: True)
    monkeypatch.setattr("augderm.second_read.find_ruler", looked.append)
    for kind, logit, times in (("doubtful", -1.0, 0), ("dermoscopic", -3.0, 1)):
        augderm.assess(phantom.pixels, network=_network(tmp_path / kind, modality_logit=logit))
        assert len(looked) == times, kind


@pytest.mark.parametrize("views", [1, 8])
def test_doubt_of_the_kind_is_of_the_same_views_that_are_read(
    phantom: Phantom, tmp_path: Path, views: int
) -> None:
    network = _network(tmp_path / "bundle", modality_logit=-1.0)
    hairy = draw_phantom(PhantomSpec(hairs=5)).pixels
    for hairless in (False, True):
        read = augderm.assess(hairy, network=network, views=views, hairless_view=hairless)
        seen = network.read(hairy, views)
        assert read.modality == read_modality(seen.modality, network.bundle.calibrations)
        assert read.modality.in_doubt
        assert read.status == "ok"


def test_a_doubtful_kind_is_not_read_where_one_of_the_calibrations_is_missing(
    phantom: Phantom, tmp_path: Path
) -> None:
    folder = write_toy_bundle(tmp_path / "bundle", modality_logit=-1.0)
    write_manifest(folder, calibration=calibration() | {"clinical": None})
    read = augderm.assess(phantom.pixels, network=Network(load_bundle(folder)))
    assert (read.status, read.reason) == ("abstained", IN_DOUBT_NOT_CALIBRATED)
    assert (read.diagnosis, read.notes) == (None, ())


@pytest.mark.parametrize(("name", "other"), [("dermoscopic", "clinical"), ("clinical", "dermoscopic")])
def test_a_model_of_one_modality_says_that_it_cannot_tell_another(
    phantom: Phantom, tmp_path: Path, name: str, other: str
) -> None:
    folder = write_toy_bundle(tmp_path / "bundle", modality_logit=50.0)
    write_manifest(folder, calibration=calibration() | {"modality": None, other: None})
    read = augderm.assess(phantom.pixels, network=Network(load_bundle(folder)))
    assert read.status == "ok"
    assert read.notes == (NOT_RECOGNISED[name],)
    assert augderm.assess([phantom.pixels] * 2, network=Network(load_bundle(folder))).notes == read.notes


def test_a_structure_without_calibration_gets_no_probability(phantom: Phantom, tmp_path: Path) -> None:
    folder = write_toy_bundle(tmp_path / "bundle")
    entry = calibration()
    entry["structures"]["streaks"] = None
    write_manifest(folder, calibration=entry)
    read = augderm.assess(phantom.pixels, network=Network(load_bundle(folder)))
    assert read.structures["streaks"] is None
    assert read.structures["globules"] is not None


def test_findings_are_of_the_network_and_of_image_analysis(assess: Read, phantom: Phantom) -> None:
    found = assess(phantom.pixels).findings
    assert [one.name for one in found if one.source == "network"] == list(STRUCTURES)
    assert [one.name for one in found if one.source == "image analysis"] == list(DESCRIPTIVE)
    # Nothing was measured of the toy network.
    assert all(one.located is None for one in found if one.source == "network")
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    assert assess(blurred).findings == ()


@pytest.mark.parametrize(("offset", "looked_for"), [(50.0, True), (-50.0, False)])
def test_image_analysis_never_contradicts_the_network_where_that_answers_better(
    phantom: Phantom, tmp_path: Path, offset: float, looked_for: bool
) -> None:
    folder = write_toy_bundle(tmp_path / "bundle")
    entry = calibration()
    for name in STRUCTURES:
        entry["structures"][name] = {"slope": 0.001, "offset": offset}
    figures = {"auc": 0.9, "images": 9, "positive": 4, "map_from": -1e6, "area_correlation": 0.5}
    write_manifest(folder, calibration=entry, figures={"structures": {"globules": figures}})
    read = augderm.assess(phantom.pixels, network=Network(load_bundle(folder)))
    found = {(one.source, one.name): one for one in read.findings}
    for name in ANSWERED_BY:
        assert (found["image analysis", name].located is not None) is looked_for
    assert found["image analysis", "blotch"].located is not None
    # The map speaks everywhere; it counts only where the probability says so too.
    globules = found["network", "globules"]
    assert globules.located is looked_for
    assert globules.share == (1.0 if looked_for else 0.0)
    assert found["network", "streaks"].located is None


def test_a_lesion_that_is_mostly_hidden_has_no_findings_of_image_analysis(assess: Read) -> None:
    hairy = assess(draw_phantom(PhantomSpec(hairs=5)).pixels)
    assert hairy.measures
    assert hairy.measures.hidden_share > 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("augderm.second_read.MAX_HIDDEN", 0.0)
        hidden = assess(draw_phantom(PhantomSpec(hairs=5)).pixels)
    assert hidden.status == "ok"
    assert all(one.located is None for one in hidden.findings)
    assert any(one.located is not None for one in hairy.findings)


def test_several_photographs_are_read_as_one_lesion(assess: Read, phantom: Phantom, tmp_path: Path) -> None:
    Image.fromarray(phantom.pixels).save(tmp_path / "a.png")
    red = draw_phantom(PhantomSpec(colours=(("red", 1.0),))).pixels
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    read = assess([tmp_path / "a.png", red, blurred, b"no image"], name="lesion 7")
    assert (read.image, read.status, read.reason) == ("lesion 7", "ok", "")
    assert [p.status for p in read.photographs] == ["ok", "ok", "abstained", "failed"]
    assert [p.image for p in read.photographs] == [str(tmp_path / "a.png"), "<array>", "<array>", "<bytes>"]
    first, second = read.photographs[:2]
    assert (read.border, read.measures, read.pictures) == (first.border, first.measures, first.pictures)
    assert read.diagnosis
    assert first.diagnosis
    assert second.diagnosis
    for one, other in (("mel", "nv"), ("bkl", "nv")):
        joined, *each = (
            math.log(d.probabilities[one] / d.probabilities[other])
            for d in (read.diagnosis, first.diagnosis, second.diagnosis)
        )
        assert joined == pytest.approx(sum(each) / 2)


def test_one_photograph_in_a_list_is_read_as_it_is_alone(assess: Read, phantom: Phantom) -> None:
    alone, listed = assess(phantom.pixels), assess([phantom.pixels])
    assert listed.photographs == (alone,)
    assert listed.diagnosis
    assert alone.diagnosis
    assert listed.diagnosis.prediction_set == alone.diagnosis.prediction_set
    assert listed.diagnosis.probabilities == pytest.approx(alone.diagnosis.probabilities)
    assert listed.sha256 == hashlib.sha256(str(alone.sha256).encode()).hexdigest()
    assert dataclasses.replace(
        listed, photographs=(), sha256=alone.sha256, diagnosis=None, malignancy=None, structures={}
    ) == dataclasses.replace(alone, diagnosis=None, malignancy=None, structures={})


def test_a_lesion_none_of_whose_photographs_is_fit_abstains_and_names_each(
    assess: Read, phantom: Phantom
) -> None:
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    read = assess([b"no image", blurred])
    assert read.status == "abstained"
    assert "<bytes>: " in read.reason
    assert "blurred" in read.reason
    assert read.measures
    assert (read.diagnosis, read.malignancy) == (None, None)
    assert assess([b"no image", b"nor this"]).status == "failed"


def test_views_are_averaged_and_their_number_is_checked(assess: Read, phantom: Phantom) -> None:
    one, eight = assess(phantom.pixels), assess(phantom.pixels, views=8)
    assert eight.status == "ok"
    assert one.novelty
    assert eight.novelty
    assert eight.novelty.score == pytest.approx(one.novelty.score, abs=1e-4)
    for views in (0, 9):
        with pytest.raises(ValueError, match="1 to 8"):
            assess(phantom.pixels, views=views)


def test_a_view_without_hair_is_told_and_the_picture_is_shown_as_it_is(assess: Read) -> None:
    spec = PhantomSpec(hairs=8, seed=1)
    hairy = draw_phantom(spec).pixels
    usual, second = assess(hairy), assess(hairy, hairless_view=True)
    assert usual.painted_over is None
    assert second.painted_over
    assert 0.005 < second.painted_over < 0.2
    assert second.diagnosis != usual.diagnosis
    assert (second.measures, second.border, second.artefacts) == (
        usual.measures,
        usual.border,
        usual.artefacts,
    )
    assert second.pictures
    np.testing.assert_array_equal(second.pictures.pixels, hairy)
    assert assess(draw_phantom(PhantomSpec(seed=1)).pixels, hairless_view=True).painted_over == 0


def test_an_empty_list_is_the_caller_s_error(assess: Read) -> None:
    with pytest.raises(ValueError, match="at least one"):
        assess([])


def test_age_is_joined_for_the_shipped_bundle_alone_and_changes_neither_image_nor_band(
    phantom: Phantom, toy_network: Network
) -> None:
    told = Anamnesis(person=Person(age_years=80))
    bare = augderm.assess(phantom.pixels, novelty_limit=math.inf)
    read = augderm.assess(phantom.pixels, novelty_limit=math.inf, anamnesis=told)
    assert read.malignancy
    assert read.together
    assert read.together.probability
    assert read.together.probability > read.malignancy.probability
    assert (read.malignancy, read.diagnosis) == (bare.malignancy, bare.diagnosis)
    assert read.advice
    assert bare.advice
    assert (read.advice.band, read.advice.rules) == (bare.advice.band, bare.advice.rules)
    assert bare.together is None
    other = augderm.assess(phantom.pixels, network=toy_network, anamnesis=told)
    assert other.malignancy
    assert other.together
    assert other.together.probability is None
    assert "weigh them anew" in other.together.reason


def test_several_photographs_are_joined_with_what_was_told_of_their_lesion(phantom: Phantom) -> None:
    told = Anamnesis(person=Person(age_years=80))
    pair = [phantom.pixels, np.ascontiguousarray(phantom.pixels[:, ::-1])]
    read = augderm.assess(pair, novelty_limit=math.inf, anamnesis=told)
    assert read.malignancy
    assert read.together
    odds = math.log(read.malignancy.probability / (1 - read.malignancy.probability))
    assert read.together.contributions[0].log_odds == pytest.approx(odds)
    assert [photograph.together for photograph in read.photographs] == [None, None]

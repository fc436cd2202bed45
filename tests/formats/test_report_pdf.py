"""The report as a typeset PDF."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
import pytest
from numpy.typing import NDArray

from augderm.analysis.maps.colour_maps import LIMITS
from augderm.analysis.phantom import PhantomSpec
from augderm.domain.assessment import LIMIT_OF_USE, Assessment
from augderm.formats.report import report_html, report_html_and_pdf, report_pdf
from augderm.formats.report.content import report_content
from support.reports import (
    abstained,
    abstained_without_lesion,
    assessment_of,
    clinical,
    failed,
    several_photographs,
    with_findings,
)

CASES = {
    "ok": assessment_of(),
    "with millimetres": assessment_of(mm_per_px=0.03, notes=("Transparent parts were laid over white.",)),
    "tall": assessment_of(spec=PhantomSpec(width_px=300, height_px=800, long_axis_px=200, short_axis_px=150)),
    "cut by the frame": assessment_of(spec=PhantomSpec(center=(0.1, 0.5))),
    "abstained": abstained(assessment_of(), "The image is blurred beyond use."),
    "without lesion": abstained_without_lesion(),
    "failed": failed(),
    "clinical": clinical(),
    "several photographs": several_photographs(),
    "with findings": with_findings(),
}
HOSTILE = (
    '#panic("x").png',
    "$x$ *b* <a>",
    '#read("/etc/passwd")',
    "]] #image(\"x.png\") \\ // /* `raw` @cite",
    '"}, #eval("1+1")',
)  # fmt: skip


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, spaces made plain."""
    document = pypdfium2.PdfDocument(pdf)
    pages = []
    for page in document:
        text = page.get_textpage()
        pages.append(re.sub(r"\s+", " ", text.get_text_range()))
        text.close()
        page.close()
    document.close()
    return pages


def drawn(pdf: bytes, number: int = 0) -> NDArray[np.uint8]:
    """A page rendered at 72 dpi, (h, w, 3)."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[number]
    pixels = np.asarray(page.render().to_pil().convert("RGB")).copy()
    page.close()
    document.close()
    return pixels


@pytest.mark.parametrize("assessment", CASES.values(), ids=CASES.keys())
def test_each_page_is_a4_and_says_the_limit_of_use(assessment: Assessment) -> None:
    pdf = report_pdf(assessment)
    document = pypdfium2.PdfDocument(pdf)
    sizes = {tuple(round(side) for side in document.get_page_size(i)) for i in range(len(document))}
    document.close()
    assert sizes == {(595, 842)}
    pages = pages_of(pdf)
    most = (4 if assessment.scores else 2) + bool(assessment.photographs)
    assert 1 <= len(pages) <= most
    for number, text in enumerate(pages, start=1):
        assert LIMIT_OF_USE in text
        assert "augderm-lite 0.1.0" in text
        assert f"Page {number} of {len(pages)}" in text


def test_an_ok_report_shows_every_section() -> None:
    at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    text = " ".join(pages_of(report_pdf(CASES["with millimetres"], synthetic=True, read_at=at)))
    for part in (
        "Synthetic phantom: not a patient", "2026-11-03 14:05 UTC", "9f86d081884c", "47 %", "Melanoma",
        "in the set", "90 % of cases", "How much each place speaks for melanoma", "In millimetres",
        "Sharpness of the border", "4:30–6:00", "Dermoscopic colours", "Blue-grey", "Mean colour",
        "Structures and artefacts", "Dermoscopic scores", "Menzies method", "In words",
        "Parameter maps", "Quality of the image: Good",
        "Transparent parts were laid over white.",
    ):  # fmt: skip
        assert part in text


def test_a_clinical_photograph_says_so_and_has_no_structures() -> None:
    text = " ".join(pages_of(report_pdf(CASES["clinical"])))
    assert "Clinical photograph, not dermoscopy" in text
    assert "Structures and artefacts" not in text


def test_each_located_structure_has_a_picture_and_says_how_well_that_works() -> None:
    data = report_pdf(CASES["with findings"])
    text = " ".join(pages_of(data))
    for part in ("Where structures are", "Pigment network, the network.", "Possible blue-whitish veil",
                 "AUC 0.88", "Not validated on skin", "reticular lines"):  # fmt: skip
        assert part in text
    assert len(data) > len(report_pdf(CASES["ok"]))
    assert "Where structures are" not in " ".join(pages_of(report_pdf(CASES["ok"])))


def test_paragraph_and_maps_stand_in_it_with_their_limits() -> None:
    text = " ".join(pages_of(report_pdf(CASES["ok"])))
    paragraph = report_content(CASES["ok"]).paragraph.replace("\u202f", " ")
    for part in (paragraph, "Melanin, relative. More or less", "Residual. What neither", *LIMITS):
        assert part in text
    unmade = " ".join(pages_of(report_pdf(CASES["clinical"])))
    assert "Not made: the light of a clinical photograph" in unmade
    failed_text = " ".join(pages_of(report_pdf(CASES["failed"])))
    assert "In words" not in failed_text
    assert "Parameter maps" not in failed_text


def test_both_together_are_the_same_as_each_alone() -> None:
    page, document = report_html_and_pdf(CASES["ok"], synthetic=True)
    assert page == report_html(CASES["ok"], synthetic=True)
    assert document == report_pdf(CASES["ok"], synthetic=True)


def test_several_photographs_are_listed() -> None:
    text = " ".join(pages_of(report_pdf(CASES["several photographs"])))
    for part in ("Photographs of this lesion", "a.png", "b.png", "c.jpg", "Blurred.", "truncated"):
        assert part in text


def test_reports_without_diagnosis_show_no_probability() -> None:
    text = " ".join(pages_of(report_pdf(CASES["abstained"])))
    assert "The image is blurred beyond use." in text
    assert "Not given: the machine abstains." in text
    # The rules of the scores say "melanoma"; the machine's own bars must not.
    assert "mel · malignant" not in text
    assert "mel · malignant" in " ".join(pages_of(report_pdf(CASES["ok"])))
    assert "px²" in text
    without = " ".join(pages_of(report_pdf(CASES["without lesion"])))
    assert "Not determined: no lesion was found." in without
    unread = pages_of(report_pdf(CASES["failed"]))
    assert len(unread) == 1
    assert "The file is damaged or truncated" in unread[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name: str) -> None:
    text = " ".join(pages_of(report_pdf(abstained(assessment_of(name=name, notes=(name,)), name))))
    shown = re.sub(r"\s+", " ", name)
    assert text.count(shown) == 3


def test_a_name_in_any_script_gives_a_report() -> None:
    assert pages_of(report_pdf(failed("病变 لآفة \u202e\ud800.png")))


def test_long_texts_give_more_pages_not_lost_text() -> None:
    assessment = assessment_of(name="/".join(["folder"] * 60) + "/last.png", notes=tuple(map(str, range(90))))
    pages = pages_of(report_pdf(assessment))
    assert "last.png" in pages[0]
    assert "89" in " ".join(pages[1:])
    assert all(LIMIT_OF_USE in text for text in pages)


def test_the_same_assessment_gives_the_same_bytes() -> None:
    first = report_pdf(assessment_of())
    assert first == report_pdf(assessment_of())
    assert b"CreationDate" not in first


def test_fonts_are_inside_and_it_is_tagged() -> None:
    pdf = report_pdf(assessment_of())
    assert b"/FontFile" in pdf or b"/ObjStm" in pdf
    assert b"/MarkInfo" in pdf
    document = pypdfium2.PdfDocument(pdf)
    assert document.get_metadata_value("Title") == "Second read of a dermoscopic image"
    page = document[0]
    fonts = [
        pdfium.FPDFFont_GetIsEmbedded(pdfium.FPDFTextObj_GetFont(item.raw))
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])
    ]
    page.close()
    document.close()
    assert fonts
    assert set(fonts) == {1}


def test_border_and_map_are_drawn_over_the_picture() -> None:
    """Cyan outline pixels stand in the second picture alone, the map's hues in the third alone."""
    pixels = drawn(report_pdf(CASES["ok"])).astype(int)[:600]
    third = pixels.shape[1] / 3
    cyan = np.nonzero((pixels[..., 2] > pixels[..., 0] + 50) & (pixels[..., 1] > pixels[..., 0] + 50))[1]
    assert len(cyan) > 50
    assert cyan.min() > third * 0.95
    assert cyan.max() < third * 2.05


def test_no_file_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    report_pdf(assessment_of())
    assert list(tmp_path.iterdir()) == []


def test_a_name_in_letters_without_a_font_is_spelt_out() -> None:
    assessment = replace(CASES["ok"], image="患者-Łódź-№1.jpg")
    text = "".join(pages_of(report_pdf(assessment)))
    assert "\\u60a3\\u8005-Łódź-№1.jpg" in text.replace("\n", "")

"""The report of a signed case as PDF and HTML: every part shown, foreign text as text, no empty boxes."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from augderm.domain.body_map import VIEWS
from augderm.domain.errors import InvalidConfig
from augderm.formats.letter.content import BodyMap, Item, Letter, Machine, Photograph, body_map_svg
from augderm.formats.letter.html import letter_css, letter_html
from augderm.formats.letter.pdf import ARABIC, letter_pdf, letters_beyond
from support.pages import tags_of, text_of

FONTS = Path(__file__).parents[2] / "src/augderm/web/static/vendor"
HOSTILE = (
    "<script>alert(1)</script>",
    "#panic()",
    "*bold* _it_ $x^2$ @ref <label>",
    '"]) #read("/etc/passwd")',
)


def _jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (180, 120, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def _letter(name: str = "Müller, Ada", *, language: str = "en") -> Letter:
    return Letter(
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        title="The title",
        clinic=f"Clinic of {name}",
        limit_of_use="The limit of use",
        synthetic="Synthetic stamp",
        paragraphs=(f"Dear {name},\nsecond row", "A paragraph"),
        patient_title="Patient title",
        patient=(Item("Name label", name), Item("Identifier label", "4711-12")),
        lesion_title="Lesion title",
        lesion=(Item("Site label", "back"),),
        body_map=BodyMap(body_map_svg("back", 0.4, 0.3), "Words of the map"),
        decision_title="Decision title",
        decision=(Item("Diagnosis label", "Naevus"), Item("Reason label", name)),
        notice="Notice of doubt",
        signature=f"Signed by {name}",
        history_title="History title",
        history=(Item("Addendum label", f"Addendum of {name}\nsecond row"),),
        photographs_title="Photographs title",
        photographs=(Photograph(_jpeg(), f"Caption {name}", "Words of the photograph"),),
        machine=Machine("Machine title", "Machine note", (("Heading", (Item("P", "71 %"),)),), "Model toy 7"),
        page="Page {page} of {pages}",
    )


def _text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def test_both_show_every_part_and_the_persons_decision_before_the_machines() -> None:
    letter = _letter()
    for text in (_text(letter_pdf(letter)), text_of(letter_html(letter))):
        for part in (
            "The title", "The limit of use", "Synthetic stamp", "A paragraph", "Patient title", "4711-12",
            "Lesion title", "back", "Decision title", "Naevus", "Signed by", "Caption", "Machine note",
            "71 %", "Model toy 7", "Notice of doubt", "History title", "Addendum of", "second row",
        ):  # fmt: skip
            assert part in text, part
        assert text.index("Decision title") < text.index("Machine title")
    assert "Page 1 of" in _text(letter_pdf(letter))


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_names_is_text_in_both(name: str) -> None:
    letter = _letter(name)
    page = letter_html(letter)
    assert not [tag for tag, _ in tags_of(page) if tag in ("script", "label")]
    assert name in text_of(page).replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
    shown = "".join(_text(letter_pdf(letter)).split())
    assert shown.count("".join(name.split())) == 7, (
        "clinic, salutation, name, reason, signature, history, caption"
    )


def test_an_arabic_report_is_set_in_its_own_font_from_the_right() -> None:
    name = "أحمد"
    letter = dataclasses.replace(_letter(name, language="ar"), title="تقرير عن آفة جلدية")
    assert letters_beyond(letter, arabic=True) == ""
    pdf = letter_pdf(letter, [FONTS])
    assert b"NotoNaskhArabic" in pdf
    assert b"NotoNaskhArabic" not in letter_pdf(_letter(), [FONTS])
    assert 'dir="rtl"' in letter_html(letter)
    document = pypdfium2.PdfDocument(pdf)
    title = document[0].render(scale=0.5).to_pil().convert("L")
    document.close()
    ink = [
        x for x in range(title.width) if min(title.getpixel((x, y)) for y in range(title.height // 3)) < 128
    ]
    left, right = min(ink), title.width - max(ink)
    assert right <= left + 2, "the right margin is the straight one"


def test_an_identifier_keeps_its_order_in_an_arabic_report() -> None:
    letter = dataclasses.replace(
        _letter("أحمد", language="ar"), patient=(Item("المعرّف", "A-4711/(b)"),), paragraphs=()
    )
    document = pypdfium2.PdfDocument(letter_pdf(letter, [FONTS]))
    page = document[0].get_textpage()
    letters = [(page.get_charbox(at)[0], page.get_text_range(at, 1)) for at in range(page.count_chars())]
    document.close()
    left = {letter: x for x, letter in letters if letter in "A4b"}
    assert left["A"] < left["4"] < left["b"]


def test_letters_that_no_font_has_are_told_and_not_drawn_as_boxes() -> None:
    assert letters_beyond(_letter("Müller Ωμέγα Ёж – “x” ≥"), arabic=False) == ""
    assert letters_beyond(_letter("山田"), arabic=True) == "".join(sorted("山田"))
    assert letters_beyond(_letter("أ"), arabic=False) == "أ"


@pytest.mark.parametrize("name", ["NotoNaskhArabic_400Regular.ttf", "NotoNaskhArabic_700Bold.ttf"])
def test_what_the_font_is_said_to_have_it_has(name: str) -> None:
    fonts = pytest.importorskip("fontTools.ttLib", reason="fontTools is not installed")
    held = set(fonts.TTFont(FONTS / name).getBestCmap())
    assert [hex(code) for letters in ARABIC for code in letters if code not in held] == []


def test_the_page_stands_for_itself_or_takes_its_style_from_an_address() -> None:
    alone, linked = letter_html(_letter()), letter_html(_letter(), "/letter.css")
    assert letter_css() in alone
    assert "stylesheet" not in alone
    assert "<style" not in linked
    assert 'href="/letter.css"' in linked
    for page in (alone, linked):
        assert not [tag for tag, _ in tags_of(page) if tag == "script"]
        sources = [attributes.get("src") or "" for tag, attributes in tags_of(page) if tag == "img"]
        assert len(sources) == 2
        assert all(source.startswith("data:image/") for source in sources)


def test_the_same_report_is_the_same_pdf() -> None:
    assert letter_pdf(_letter()) == letter_pdf(_letter())


@pytest.mark.parametrize("view", VIEWS)
def test_the_point_on_the_map_is_where_it_was_set(view: str) -> None:
    width, height = VIEWS[view].size  # type: ignore[index]
    svg = body_map_svg(view, 0.25, 0.75)
    assert f'cx="{0.25 * width:.4g}" cy="{0.75 * height:.4g}"' in svg


def test_a_point_of_no_view_is_refused() -> None:
    with pytest.raises(InvalidConfig):
        body_map_svg("nowhere", 0.5, 0.5)

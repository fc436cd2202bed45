"""Languages: no text of a page or refusal is untranslated, in any of them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from babel.dates import get_timezone

from augderm.clinic.accounts.start import timezones
from augderm.clinic.patients import SEXES
from augderm.clinic.person import ROLES
from augderm.domain.advice import BANDS
from augderm.domain.sites import GENERAL_SITES, LATERALITIES
from augderm.domain.taxonomy import CODES
from augderm.web.language import LANGUAGES, chosen, locale_of, translations
from augderm.web.words import WORDS

TOOL = Path(__file__).parents[2] / "tools" / "messages.py"
TEMPLATES = sorted((Path(__file__).parents[2] / "src/augderm/web/templates").glob("*.html"))
SAME_EVERYWHERE = {"augderm"}
"""Names, which no language changes."""


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_catalogue_has_every_text_and_none_is_empty_fuzzy_or_left_over() -> None:
    tool = _tool()
    texts = tool.extracted()
    assert len(texts) > 150
    assert set(tool.LANGUAGES) == set(LANGUAGES) - {"en"}
    assert [fault for language in tool.LANGUAGES for fault in tool.faults(language, texts)] == []


def test_a_catalogue_that_lacks_a_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = _tool()
    text = (tool.LOCALES / "de.po").read_text(encoding="utf-8")
    (tmp_path / "de.po").write_text(text.replace('msgstr "Konto"', 'msgstr ""'), encoding="utf-8")
    monkeypatch.setattr(tool, "LOCALES", tmp_path)
    assert tool.faults("de", tool.extracted()) == ["de: empty or fuzzy: Account"]


def test_a_translation_that_is_brought_goes_into_its_own_language_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = _tool()
    brought = {"Account": {language: f"in {language}" for language in tool.LANGUAGES}}
    monkeypatch.setattr(tool, "LOCALES", tmp_path)
    monkeypatch.setattr(tool, "brought", lambda: brought)
    monkeypatch.setattr("sys.argv", ["messages.py"])
    tool.main()
    assert {each: tool.catalogue(each).get("Account").string for each in tool.LANGUAGES} == brought["Account"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_text_of_a_template_stands_outside_the_catalogues(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.S)
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', bare)
    text = re.sub(r"<[^>]*>|&\w+;", " ", bare)
    words = set(re.findall(r"[^\W\d_]{2,}", " ".join([text, *spoken])))
    assert words <= SAME_EVERYWHERE


def test_every_word_of_a_vocabulary_that_pages_show_has_a_text() -> None:
    shown = {*SEXES, *ROLES, *GENERAL_SITES, *LATERALITIES, *CODES, *BANDS, "other", "good", "poor", "unfit"}
    assert shown <= set(WORDS)


@pytest.mark.parametrize(
    ("preferred", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "zh,pt-BR;q=0.5,fr;q=0.4", "pt"),
        ("fr", "de", "fr"),
        ("xx", "ar-EG", "ar"),
        (None, "de;q=x, es", "es"),
        (None, "," * 100_000, "en"),
    ],
)
def test_the_persons_choice_counts_before_the_browsers(
    preferred: str | None, accepted: str, language: str
) -> None:
    assert chosen(preferred, accepted) == language


def test_arabic_is_written_from_the_right() -> None:
    assert {code for code in LANGUAGES if locale_of(code).text_direction == "rtl"} == {"ar"}
    assert translations("ar").gettext("Patients") == "المرضى"


def test_every_time_zone_that_can_be_chosen_can_be_shown() -> None:
    assert {"UTC", "Europe/Berlin", "America/Sao_Paulo"} <= timezones()
    assert get_timezone("Europe/Berlin") is not None

"""What the machine says, in the reader's language: by template, with its values, and never by guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from augderm.clinic.anamneses import answer
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.reader.network import Network
from augderm.second_read import default_network
from augderm.web.app import create_app
from augderm.web.language import LANGUAGES, machine_texts
from augderm.web.security import MAX_BODY_BYTES
from augderm.web.sentences import PLACE, Part, told, told_markup, told_text
from support.clinic import open_case, somebody
from support.machine import all_work
from support.spoken import TRANSLATED
from support.web import as_person, post

NOVEL = (
    "The image is unlike those that the model learned from (novelty 12.31, the limit is 1.50); photograph "
    "one lesion, sharp and centred, or trust your own eye."
)


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform)) as made:
        yield made


def test_english_stays_as_it_was_written() -> None:
    assert told(NOVEL, "en") == (Part(NOVEL),)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_template_is_found_by_its_own_sentence_and_keeps_every_value(language: str) -> None:
    texts = machine_texts(language)
    assert len(texts) > 350
    for english, translated in texts.items():
        names = dict.fromkeys(PLACE.findall(english))
        values = {name: f"{11 + place} / {51 + place}" for place, name in enumerate(names)}
        found = told_text(_filled(english, values), language)
        assert (english, found) == (english, _filled(translated, values))


def _filled(template: str, values: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: values[place[1]], template)


def test_values_are_written_by_the_custom_of_the_language() -> None:
    assert "(Neuartigkeit 12,31, die Grenze ist 1,50)" in told_text(NOVEL, "de")
    assert "12.31" in told_text(NOVEL, "ar")
    assert told_text("12\u202f000 px²", "de") == "12.000 px²"
    assert told_text("100\u202f000 to 3.5", "ar") == "100,000 إلى 3.5"
    assert told_text("Told: diameter 6.5 mm.", "fr") == "Dit\u00a0: diamètre 6,5 mm."


def test_words_within_a_sentence_are_translated_by_the_vocabularies() -> None:
    text = "Probability of pigment network 0.95 (present), streaks < 0.01 (absent)."
    assert told_text(text, "de") == (
        "Wahrscheinlichkeit: Pigmentnetz 0,95 (vorhanden), Streifen < 0,01 (nicht vorhanden)."
    )
    assert (
        told_text("Told: change in size yes; growth slow.", "ar") == "المذكور: تغيّر في الحجم نعم؛ النمو بطيء."
    )


def test_what_begins_a_sentence_is_written_large() -> None:
    text = "Light brown 23 %, blue-grey 3.1 % of the area (present from 2 %)."
    assert told_text(text, "de").startswith("Hellbraun 23\u00a0%, blaugrau 3,1\u00a0% der Fläche")


def test_a_sign_stays_before_its_number_in_a_line_that_runs_to_the_left() -> None:
    assert told_text("−4.5 %", "ar") == "\u2066−4.5\u2069\u00a0%"
    assert told_text("−4.5 %", "es") == "−4,5\u00a0%"


def test_a_sentence_without_a_template_stays_english_beside_those_that_have_one() -> None:
    text = "The image is sharp. A sentence of an older version. The image is in colour."
    assert told(text, "de") == (
        Part("Das Bild ist scharf. "),
        Part("A sentence of an older version. ", english=True),
        Part("Das Bild ist farbig."),
    )
    assert told_markup(text, "de") == (
        'Das Bild ist scharf. <span lang="en" dir="ltr">A sentence of an older version. </span>'
        "Das Bild ist farbig."
    )


def test_a_value_that_is_no_word_of_ours_is_kept_and_marked() -> None:
    text = "The file is damaged or truncated (broken data stream); copy or export it anew."
    found = [part.text for part in told(text, "es") if part.english]
    assert found == ["broken data stream"]


def test_a_value_never_takes_in_the_next_sentence() -> None:
    text = "Told: something else. No lesion was found in it. The answers contradict each other."
    assert "Darin wurde keine Läsion gefunden." in told_text(text, "de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_a_sentence_is_text_in_every_language(language: str) -> None:
    for text in (
        "<b>bold</b>",
        "Told: <b>.",
        "This file could not be decoded (<script>); export it anew as JPEG.",
    ):
        assert "<b>" not in told_markup(text, language)
        assert "<script>" not in told_markup(text, language)


def test_hostile_text_is_answered_in_time_that_does_not_explode() -> None:
    for text in ("Told: " * 2000, "a" * 100_000, "." * 10_000, "Probability of " + "x, " * 5000):
        assert told_text(text, "de")


def test_numbers_that_are_no_numbers_keep_their_letters() -> None:
    assert told_text("2026-05-04", "de") == "2026-05-04"
    assert told_text("007", "de") == "007"


def test_what_is_refused_before_a_page_is_told_in_the_browsers_language(client: TestClient) -> None:
    foreign = {"sec-fetch-site": "cross-site", "accept-language": "de-AT,de;q=0.9"}
    answer = client.post("/login", headers=foreign)
    assert answer.status_code == 403
    assert "einer anderen Website" in answer.text
    assert answer.headers["content-language"] == "de"
    large = client.post("/login", content=b"x" * (MAX_BODY_BYTES + 1), headers={"accept-language": "ar"})
    assert large.status_code == 413
    assert "ما أُرسل يزيد على 1 ميغابايت" in large.text
    assert "has more than 1 MB" in client.post("/login", content=b"x" * (MAX_BODY_BYTES + 1)).text


def _names_of_models(*networks: Network) -> set[str]:
    """What a sentence names a model by, which every language leaves as it is."""
    models = [network.bundle.name for network in (*networks, default_network())]
    return {part for model in models for part in (model.name, model.version, model.sha256[:12])}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_reading_page_has_no_english_left(
    platform: Platform, toy_network: Network, language: str
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person).image.case_id
    answers = {
        "person": {"sex": "female"},
        "lesion": {"bleeding": True, "itch": True, "sensation_changed": False},
    }
    answer(platform, person, str(case), answers, "", confirmed=True)
    all_work(platform, toy_network)
    commit_impression(platform, person, str(case), "nv", "monitor_3")
    with as_person(platform, person) as client:
        page = client.get(f"/cases/{case}", headers={"accept-language": language}).text
    names = _names_of_models(toy_network)
    assert {text.strip() for text in re.findall(r'lang="en"[^>]*>([^<]*)<', page)} <= names
    for sentence in (
        "It is told to bleed.",
        "The lesion itches, and the answer to change in sensation is no.",
        "Structures were not compared.",
    ):
        assert str(escape(told_text(sentence, language))) in page


def test_a_refused_image_file_is_told_in_the_persons_language_on_pages_and_by_the_api(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader", "nurse")
    case = open_case(platform, person)
    reason = "Dies ist kein lesbares Bild; angenommen werden JPEG, PNG, TIFF, WebP, BMP und HEIC."
    german = {"accept-language": "de"}
    with as_person(platform, person) as client:
        client.headers |= german
        visit = f"/visits/{case.visit.id}"
        form, files = {"lesion": case.lesion.id}, {"images": ("a.jpg", b"no image", "image/jpeg")}
        assert reason in post(client, f"{visit}/images", form, page=visit, files=files).text
        token = client.get("/api/v1/session").json()["csrf_token"]
        sent = client.post(
            f"/api/v1{visit}/images",
            data=form,
            files={"file": files["images"]},
            headers={"x-csrf-token": token},
        )
    assert sent.status_code == 422
    assert reason in sent.json()["error"]["details"]

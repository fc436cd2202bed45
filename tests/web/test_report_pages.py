"""Reports as pages and files: in the recipient's language, the person's decision first, names as text."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2  # type: ignore[import-untyped]
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.addenda import add_addendum
from augderm.clinic.letters import PLACEHOLDERS, RECIPIENTS, checked_text
from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import MANAGEMENTS
from augderm.formats.stored_read import READ_AS_ONE
from augderm.reader.calibrated import IN_DOUBT
from augderm.store.models import AssessmentRow, LesionRow
from augderm.web.language import LANGUAGES, translations
from augderm.web.letter_words import NEXT_STEPS, TEXTS, default_text
from support.clinic import Case, open_case, somebody
from support.pages import tags_of, text_of
from support.signing import read_by_machine, sign
from support.web import as_person, post

HOSTILE = PatientEntry(
    identifier="4711",
    family_name="<script>alert(1)</script>",
    given_name="{reader} #panic()",
    birth_date="1961-04-23",
    sex="female",
)


@pytest.fixture
def ada(platform: Platform) -> Person:
    return somebody(platform, "reader", "administrator")


@pytest.fixture
def client(platform: Platform, ada: Person) -> Iterator[TestClient]:
    with as_person(platform, ada) as made:
        yield made


def _signed(platform: Platform, ada: Person, entry: PatientEntry = HOSTILE) -> Case:
    case = open_case(platform, ada, entry)
    read_by_machine(platform, case.image.id)
    sign(platform, ada, str(case.image.case_id), diagnosis="mel", management="urgent", reason="It grew.")
    return case


def _pdf_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()


def test_an_unsigned_case_is_a_409_with_what_to_do_on_every_way(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = open_case(platform, ada).image.case_id
    for path in (f"/cases/{case}/report", f"/api/v1/cases/{case}/report"):
        for ending in ("", ".pdf", ".html"):
            answer = client.get(path + ending)
            assert answer.status_code == 409, path + ending
            assert "Sign it first" in answer.text


def test_the_page_leads_to_pdf_and_html_with_the_persons_decision_first(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada).image.case_id
    page = client.get(f"/cases/{case}/report")
    assert "Melanoma" in page.text
    assert 'aria-label="Patient"' in page.text
    pdf = client.get(f"/cases/{case}/report.pdf?locale=de&recipient=doctor")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "Müller" not in pdf.headers["content-disposition"]
    html = client.get(f"/cases/{case}/report.html?locale=de&recipient=doctor")
    for text in (_pdf_text(pdf.content), text_of(html.text)):
        for part in ("Melanom", "Dringend", "It grew.", "Some Body", "71", "toy 7", "Kein Medizinprodukt"):
            assert part in text, part
        assert text.index("Die Entscheidung") < text.index("Der Anteil des Programms")


def test_an_addendum_stands_in_every_form_of_the_report_and_a_letter_is_a_409(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = str(_signed(platform, ada).image.case_id)
    assert "All signatures and addenda" not in client.get(f"/cases/{case}/report.html").text
    add_addendum(platform, ada, case, "Histology: <b>naevus</b>.")
    page = client.get(f"/cases/{case}/report").text
    assert 'name="recipient"' not in page
    forms = (
        text_of(page),
        text_of(client.get(f"/cases/{case}/report.html?locale=en").text),
        _pdf_text(client.get(f"/cases/{case}/report.pdf?locale=en").content),
    )
    for text in forms:
        for part in (
            "Histology: <b>naevus</b>.",
            "All signatures and addenda",
            "came after the last decision",
        ):
            assert part in text.replace("&lt;", "<").replace("&gt;", ">"), part
    for path in (f"/cases/{case}", f"/api/v1/cases/{case}"):
        answer = client.get(f"{path}/report.pdf?locale=en&recipient=patient")
        assert answer.status_code == 409
        assert "write the letter yourself" in answer.text


def test_names_are_text_and_fill_no_placeholder(platform: Platform, client: TestClient, ada: Person) -> None:
    case = _signed(platform, ada).image.case_id
    html = client.get(f"/cases/{case}/report.html?locale=en&recipient=patient").text
    assert not [tag for tag, _ in tags_of(html) if tag == "script"]
    assert "&lt;script&gt;" in html
    pdf = _pdf_text(client.get(f"/cases/{case}/report.pdf?locale=en&recipient=patient").content)
    assert "{reader} #panic() <script>alert(1)</script>" in pdf
    assert HOSTILE.family_name not in client.get(f"/cases/{case}/report").text


def test_a_patients_letter_names_the_program_without_its_figures(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada).image.case_id
    for ending, words in (("html", text_of), ("pdf", None)):
        answer = client.get(f"/cases/{case}/report.{ending}?locale=en&recipient=patient")
        text = words(answer.text) if words else _pdf_text(answer.content)
        assert "toy 7" in text
        assert "What happens next" in text
        assert "71" not in text.replace("4711", "")


def test_the_page_is_styled_under_the_policy_and_the_saved_file_by_itself(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada).image.case_id
    shown = client.get(f"/cases/{case}/report.html")
    assert "<style" not in shown.text
    assert client.get("/letter.css").headers["content-type"].startswith("text/css")
    saved = client.get(f"/cases/{case}/report.html?download=yes")
    assert "<style" in saved.text
    assert saved.headers["content-disposition"].startswith("attachment")


def test_letters_that_the_pdf_lacks_are_told_and_the_page_has_them(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    entry = PatientEntry(identifier="1", family_name="山", given_name="Eva", birth_date="1990-01-01")
    case = _signed(platform, ada, entry).image.case_id
    pdf = client.get(f"/cases/{case}/report.pdf")
    assert pdf.status_code == 409
    assert "山" in pdf.text
    assert "山" in client.get(f"/cases/{case}/report.html").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_speaks_the_recipients_language_and_not_the_readers(
    platform: Platform, client: TestClient, ada: Person, language: str
) -> None:
    case = _signed(platform, ada, PatientEntry(**ENTRY))
    with platform.database.writing() as session:
        lesion = session.get_one(LesionRow, case.lesion.id)
        lesion.map_view, lesion.map_x, lesion.map_y = "front", 0.5, 0.3
    html = client.get(f"/cases/{case.image.case_id}/report.html?locale={language}&recipient=patient").text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
    assert translations(language).gettext("Report on a skin lesion") in html
    assert "image/svg+xml" in html
    assert "{" not in text_of(html), "every placeholder is filled in"
    pdf = client.get(f"/cases/{case.image.case_id}/report.pdf?locale={language}&recipient=patient")
    assert pdf.status_code == 200
    assert pdf.content.startswith(b"%PDF")


def test_why_the_machine_gives_no_diagnosis_stands_in_the_report_in_its_language(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada, PatientEntry(**ENTRY)).image.case_id
    with platform.database.writing() as session:
        row = session.scalars(select(AssessmentRow)).one()
        reason = "The image is blurred beyond use; focus and take it again."
        row.status, row.content = "abstained", {**row.content, "reason": reason}
    address = f"/cases/{case}/report.{{}}?locale=fr&recipient=doctor"
    said = "L’image est trop floue pour être exploitée"
    assert said in client.get(address.format("html")).text
    assert said in _pdf_text(client.get(address.format("pdf")).content)
    assert said not in client.get(address.format("html").replace("doctor", "patient")).text


def test_a_report_tells_the_doubt_of_the_kind_before_the_machines_figures(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada, PatientEntry(**ENTRY)).image.case_id
    address = f"/cases/{case}/report.html?locale=en&recipient=doctor"
    for told, note in (
        ({"notes": [IN_DOUBT], "modality": {"name": "dermoscopic", "in_doubt": True}}, IN_DOUBT),
        ({"notes": [], "modality": {"name": "dermoscopic", "clinical_probability": 0.4}}, READ_AS_ONE),
    ):
        with platform.database.writing() as session:
            row = session.scalars(select(AssessmentRow)).one()
            row.content = {**row.content, **told}
        page = client.get(address).text
        assert note in page
        assert page.index(note) < page.index("Probability of malignancy")
        assert note not in client.get(address.replace("doctor", "patient")).text


ENTRY = {"identifier": "4711", "family_name": "Müller", "given_name": "Eva", "birth_date": "1961-04-23"}


def test_an_unknown_language_or_recipient_is_refused(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada).image.case_id
    for query in ("locale=xx", "recipient=mallory"):
        assert client.get(f"/cases/{case}/report.pdf?{query}").status_code == 422


def test_the_api_gives_facts_and_files(platform: Platform, client: TestClient, ada: Person) -> None:
    case = _signed(platform, ada).image.case_id
    facts = client.get(f"/api/v1/cases/{case}/report").json()
    assert (facts["diagnosis"], facts["images"][0]["machine"]["version"]) == ("mel", "7")
    assert client.get(f"/api/v1/cases/{case}/report.pdf?recipient=doctor").content.startswith(b"%PDF")
    assert "<style" in client.get(f"/api/v1/cases/{case}/report.html").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_every_letter_that_comes_with_the_program_has_the_same_placeholders(
    recipient: str, language: str
) -> None:
    text = default_text(recipient, language)
    assert checked_text(text) == text
    for name in PLACEHOLDERS:
        assert (f"{{{name}}}" in text) == (f"{{{name}}}" in TEXTS[recipient]), name


def test_every_management_has_plain_words_for_a_patient() -> None:
    assert set(MANAGEMENTS) == set(NEXT_STEPS)


def test_a_letter_is_written_anew_used_and_brought_back(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = _signed(platform, ada).image.case_id
    path = "/letters/patient/en"
    assert "Dear {patient}" in client.get(path).text
    wrong = post(client, path, {"letter_text": "Hello {nobody}", "version": "0"}, page=path)
    assert wrong.status_code == 422
    assert "Hello {nobody}" in wrong.text, "what was typed stays"
    saved = post(client, path, {"letter_text": "Hello {patient}\n\nBye", "version": "0"}, page=path)
    assert "your clinic's own" in saved.text
    stale = post(client, path, {"letter_text": "Late", "version": "0"}, page=path)
    assert stale.status_code == 409
    assert "Late" in stale.text
    html = client.get(f"/cases/{case}/report.html?locale=en&recipient=patient").text
    assert "Hello" in text_of(html)
    assert "Bye" in text_of(html)
    back = post(client, path, {"restore": "yes", "version": "1"}, page=path)
    assert "your clinic's own" not in back.text
    assert "What happens next" in client.get(f"/cases/{case}/report.html?recipient=patient").text
    assert client.get("/letters/mallory/en").status_code == 422
    assert client.get("/letters/patient/xx").status_code == 422

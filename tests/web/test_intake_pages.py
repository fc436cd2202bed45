"""The pages of intake without script, and the same by the API."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from augderm.clinic.platform import Platform
from augderm.domain.body_map import middle_of
from augderm.web.app import create_app
from support.clinic import phantom_jpeg
from support.web import PATIENT, post, signed_in, token_in


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform)) as made:
        signed_in(made, platform)
        yield made


def _patient(client: TestClient, **other: str) -> str:
    return post(client, "/patients", PATIENT | other, page="/patients/new").url.path


def _case(client: TestClient, seed: int = 0, **other: str) -> tuple[str, str, str]:
    """Paths of a visit with a photograph, its lesion's key, and the case's path."""
    patient = _patient(client, **other)
    lesion = post(client, f"{patient}/lesions", {"site_region": "left_calf"}, page=patient).url.path
    visit = post(client, f"{patient}/visits", {}, page=patient).url.path
    key = lesion.rpartition("/")[2]
    page = _upload(client, visit, key, ("a.jpg", phantom_jpeg(seed), "image/jpeg"))
    case = re.search(r"/cases/[0-9a-f-]{36}", page.text)
    assert case is not None
    return visit, key, case[0]


def _upload(client: TestClient, visit: str, lesion: str, *files: tuple[str, bytes, str], **form: str):  # type: ignore[no-untyped-def]
    sent = [("images", file) for file in files]
    return post(client, f"{visit}/images", {"lesion": lesion, **form}, page=visit, files=sent)


def test_lesions_stand_on_the_patients_map_as_numbered_links(client: TestClient) -> None:
    patient = _patient(client)
    x, y = middle_of("left_cheek", "head_front")
    place = {"site_region": "left_cheek", "site_view": "head_front", "site_x": str(x), "site_y": str(y)}
    lesion = post(client, f"{patient}/lesions", place, page=patient)
    assert "SNOMED CT 36141000 Skin of cheek" in lesion.text
    post(client, f"{patient}/lesions", {"site_region": "chin"}, page=patient)
    page = client.get(patient).text
    overview = page.partition('class="body-overview')[2].partition("<form")[0]
    assert f'<a href="{lesion.url.path}" class="body-map-lesion"' in overview
    assert 'aria-label="Lesion L1: Cheek, patient&#39;s left"' in overview
    assert "body-map-about" in overview, "a lesion without a point is drawn hollow"


def test_a_contradicting_side_keeps_what_was_typed(client: TestClient) -> None:
    patient = _patient(client)
    form = {"site_region": "left_cheek", "laterality": "right", "note": "brown spot"}
    page = post(client, f"{patient}/lesions", form, page=patient)
    assert page.status_code == 422
    assert "patient&#39;s left, and the side says otherwise" in page.text
    assert "brown spot" in page.text
    assert '<option value="left_cheek" selected>' in page.text


def test_a_correction_of_a_lesion_from_a_stale_form_is_refused(client: TestClient) -> None:
    patient = _patient(client)
    lesion = post(client, f"{patient}/lesions", {"site_region": "chin"}, page=patient).url.path
    change = f"{lesion}/change"
    form = {"site_region": "left_ear", "version": "1", "note": "x"}
    assert "Ear, patient&#39;s left" in post(client, change, form, page=change).text
    late = post(client, change, form | {"note": "late"}, page=change)
    assert late.status_code == 409
    assert "late" in late.text


def test_one_bad_file_keeps_none_of_the_others_out_and_the_patient_stands_above(client: TestClient) -> None:
    visit, lesion, _ = _case(client)
    page = _upload(
        client,
        visit,
        lesion,
        ("<b>bad.jpg", b"GIF89a", "image/jpeg"),
        ("good.jpg", phantom_jpeg(2), "image/jpeg"),
        ("again.jpg", phantom_jpeg(2), "image/jpeg"),
    )
    assert page.status_code == 422
    assert "&lt;b&gt;bad.jpg</bdi>: was not added." in page.text
    assert "not an image that can be read" in page.text
    assert re.search(r"good\.jpg</bdi>:\s+was added\.", page.text)
    assert "not again" in page.text
    banner = page.text.partition('<aside class="patient"')[2].partition("</aside>")[0]
    assert "Müller" in banner


def test_another_patients_photograph_needs_a_confirmation(client: TestClient) -> None:
    _case(client)
    visit, lesion, _ = _case(client, 5, identifier="4712", given_name="Eva")
    photograph = ("a.jpg", phantom_jpeg(), "image/jpeg")
    page = _upload(client, visit, lesion, photograph)
    assert page.status_code == 422
    assert "at lesion L1 of Müller, Ada, born on 1961-04-23" in page.text
    confirmed = _upload(client, visit, lesion, photograph, confirmed="yes")
    assert confirmed.status_code == 200
    assert "The very same photograph stands at lesion L1 of Müller, Ada" in confirmed.text


def test_a_namesake_born_on_the_same_day_needs_a_confirmation(client: TestClient) -> None:
    _patient(client)
    double = PATIENT | {"identifier": "4712", "family_name": "MULLER"}
    page = post(client, "/patients", double, page="/patients/new")
    assert page.status_code == 409
    assert "with the identifier 4711" in page.text
    assert 'name="another_person"' in page.text
    assert (
        post(client, "/patients", double | {"another_person": "yes"}, page="/patients/new").status_code == 200
    )


def test_the_anamnesis_form_takes_unknown_tells_what_cannot_be_and_asks_again(client: TestClient) -> None:
    visit, _, case = _case(client)
    page = client.get(f"{case}/anamnesis").text
    assert '<option value="lower_extremity" selected>' in page, "from the body map"
    answers = {"based_on": "", "bleeding": "yes", "itch": "", "diameter_mm": "0", "onset": "May"}
    wrong = post(client, f"{case}/anamnesis", answers, page=f"{case}/anamnesis")
    assert wrong.status_code == 422
    assert "Give a number above 0, up to 500" in wrong.text
    assert "as in 2024, 2024-05 or 2024-05-17" in wrong.text
    assert 'value="May"' in wrong.text
    contrary = {"based_on": "", "itch": "yes", "sensation_changed": "no", "diameter_mm": "6,5"}
    asked = post(client, f"{case}/anamnesis", contrary, page=f"{case}/anamnesis")
    assert asked.status_code == 409
    assert '<a href="#itch">Itch</a>, <a href="#sensation_changed">Change in sensation</a>' in asked.text
    kept = post(client, f"{case}/anamnesis", contrary | {"confirmed": "yes"}, page=f"{case}/anamnesis")
    assert kept.url.path == visit
    told = client.get(f"/api/v1{case}/anamnesis").json()
    assert told["answers"]["lesion"]["diameter_mm"] == 6.5
    assert told["answers"]["lesion"]["bleeding"] is None
    assert told["flagged"] == [["itch", "sensation_changed"]]
    stale = post(
        client, f"{case}/anamnesis", answers | {"diameter_mm": "", "onset": ""}, page=f"{case}/anamnesis"
    )
    assert stale.status_code == 409
    assert "changed by someone else" in stale.text


def test_an_upload_by_the_api_goes_on_where_it_was(client: TestClient) -> None:
    visit, lesion, _ = _case(client)
    data = phantom_jpeg(8)
    headers = {"x-csrf-token": token_in(client.get(visit).text)}
    path = f"/api/v1{visit}/lesions/{lesion}/uploads/{hashlib.sha256(data).hexdigest()}"
    said = {"length": len(data), "file_name": "a.jpg"}
    assert client.get(path).status_code == 404
    assert client.put(path, json=said, headers=headers).json()["offset"] == 0
    piece = headers | {"content-type": "application/offset+octet-stream"}
    client.patch(path, content=data[:5000], headers=piece | {"upload-offset": "0"})
    wrong = client.patch(path, content=data[5000:], headers=piece | {"upload-offset": "4000"})
    assert (wrong.status_code, "byte 5000" in wrong.text) == (409, True)
    assert client.get(path).json()["offset"] == 5000
    client.patch(path, content=data[5000:], headers=piece | {"upload-offset": "5000"})
    first = client.post(f"{path}/finish", json={}, headers=headers)
    assert (first.status_code, first.json()["new"]) == (201, True)
    assert client.post(f"{path}/finish", json={}, headers=headers).json()["new"] is False
    assert client.get(path).json()["added"]["image"]["id"] == first.json()["image"]["id"]
    too_much = client.patch(path, content=bytes(1024 * 1024 + 1), headers=piece | {"upload-offset": "0"})
    assert too_much.status_code == 413

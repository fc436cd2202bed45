"""The worklist's pages and API: what a reader meets first, filtered, paged, assigned, taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from augderm.clinic.images import add_image
from augderm.clinic.person import Person, Role
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.worklist import PAGE
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE, token_from
from support.clinic import Clock, open_case, phantom_jpeg, somebody
from support.pages import tags_of, text_of
from support.served import session_of
from support.signing import reveal, sign, stored
from support.web import post
from support.worklist import add_cases

HTMX = {"hx-request": "true"}


def browser_of(platform: Platform, person: Person) -> TestClient:
    token = session_of(platform, person)
    client = TestClient(create_app(platform.settings, platform), cookies={SESSION_COOKIE: token})
    client.headers["x-csrf-token"] = token_from(token)
    return client


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse")


@pytest.fixture
def client(platform: Platform, person: Person) -> Iterator[TestClient]:
    with browser_of(platform, person) as made:
        yield made


def lines(page: str) -> list[str]:
    return re.findall(r'<li id="case-([0-9a-f-]{36})"', page)


@pytest.mark.parametrize(
    ("role", "first"),
    [("reader", "/worklist"), ("nurse", "/patients"), ("administrator", "/users"), ("auditor", "/audit")],
)
def test_each_role_begins_where_its_work_is(platform: Platform, role: Role, first: str) -> None:
    assert browser_of(platform, somebody(platform, role)).get("/").url.path == first


def test_the_list_goes_on_page_by_page_by_its_link(
    platform: Platform, person: Person, client: TestClient
) -> None:
    keys = add_cases(platform, person, [("soon", number / 100, 0) for number in range(PAGE + 3)])
    page = client.get("/worklist")
    following = re.search(r'href="(/worklist\?[^"]*after=[^"]*)" rel="next"', page.text)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&"))
    assert [*lines(page.text), *lines(second.text)] == keys[::-1]
    assert 'rel="next"' not in second.text
    assert f"Unread: {PAGE + 3}" in text_of(page.text)


def test_a_blind_page_tells_nothing_of_the_machine_until_the_impression(
    platform: Platform, person: Person, client: TestClient
) -> None:
    (case,) = add_cases(platform, person, [("monitor_6", 0.37, 1)])
    line = client.get("/worklist", headers=HTMX).text
    assert lines(line) == [case]
    assert not any(secret in line for secret in ("6 months", "37%", "0.37", "Days waited", "malignancy"))
    assert "monitor_6" not in str(client.get("/api/v1/worklist").json())
    commit_impression(platform, person, case, "nv", "reassure")
    reveal(platform, person, case)
    told = text_of(client.get("/worklist", headers=HTMX).text)
    assert "Photograph again in 6 months · Probability of malignancy: 37% · Days waited: 1" in told


def test_a_line_says_that_a_case_was_signed_before_and_why_it_is_here_again(
    platform: Platform, person: Person, client: TestClient, clock: Clock
) -> None:
    case = open_case(platform, person)
    key = str(case.image.case_id)
    sign(platform, person, key)
    reveal(platform, person, key)
    assert "signed before" not in client.get("/worklist").text
    clock.forward(timedelta(hours=1))
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(3), "x.jpg")
    stored(platform, case.image.id, band="soon")
    told = text_of(client.get("/worklist").text)
    assert "signed before : 1 photograph came since, the machine proposes more than what was signed ·" in told
    blind = browser_of(platform, somebody(platform, "reader", like=person))
    assert "signed before ·" in text_of(blind.get("/worklist").text)
    assert "came since" not in blind.get("/worklist").text
    assert blind.get("/api/v1/worklist").json()["cases"][0]["again"] is None


def test_an_overdue_case_is_told_in_words(
    platform: Platform, person: Person, client: TestClient, clock: Clock
) -> None:
    """To a blind reader too, though not since when: the due day gives the band away."""
    (case,) = add_cases(platform, person, [("urgent", 1.0, 0)])
    assert "May 4" not in client.get("/worklist", headers=HTMX).text
    clock.forward(timedelta(days=1))
    browser = browser_of(platform, person)
    late = browser.get("/worklist?show=overdue", headers=HTMX).text
    assert '<span class="due">Overdue</span>' in late
    assert "May 4" not in late
    commit_impression(platform, person, case, "nv", "reassure")
    reveal(platform, person, case)
    assert "overdue since May 4, 2026" in text_of(browser.get("/worklist?show=overdue").text)


def test_the_due_day_is_shown_with_the_reason(platform: Platform, person: Person, client: TestClient) -> None:
    (case,) = add_cases(platform, person, [("urgent", 1.0, 0)])
    commit_impression(platform, person, case, "nv", "reassure")
    reveal(platform, person, case)
    assert "due May 4, 2026" in text_of(client.get("/worklist").text)


def test_filters_and_search_work_without_script(
    platform: Platform, person: Person, client: TestClient
) -> None:
    (case,) = add_cases(platform, person, [("soon", 0.5, 0)])
    for query, wanted in (
        ("q=ada", [case]),
        ("q=nobody", []),
        ("reader=mine", []),
        ("reader=unassigned", [case]),
    ):
        page = client.get(f"/worklist?{query}")
        assert lines(page.text) == wanted, query
        if not wanted:
            assert "No case that waits fits these filters." in page.text
    assert client.get("/worklist?show=x").status_code == 422
    assert client.get("/worklist?after=x").status_code == 404


def test_the_next_is_taken_and_opened_and_none_is_told(
    platform: Platform, person: Person, client: TestClient
) -> None:
    add_cases(platform, person, [("soon", 0.5, 0)])
    taken = post(client, "/worklist/next", {}, page="/worklist")
    assert taken.url.path.startswith("/cases/")
    again = post(client, "/worklist/next", {}, page="/worklist")
    assert again.url.path == "/worklist"
    assert "there is no next one to take" in again.text


def test_assigning_works_as_a_page_and_in_the_line(
    platform: Platform, person: Person, client: TestClient
) -> None:
    (case,) = add_cases(platform, person, [("soon", 0.5, 0)])
    path = f"/worklist/{case}/assign"
    assert "Example" in client.get(path).text.partition('<aside class="patient"')[2].partition("</aside>")[0]
    page = post(client, path, {"reader": person.user_id, "version": "1"}, page=path)
    assert page.url.path == "/worklist"
    assert f"<bdi>{person.name}</bdi>" in page.text
    form = client.get(path, headers=HTMX)
    assert 'name="version" value="2"' in form.text
    line = client.post(path, data={"reader": "", "version": "2"}, headers=HTMX)
    assert lines(line.text) == [case]
    assert "Assigned to nobody" in line.text


def test_a_stale_assignment_shows_the_line_as_it_is_now_and_says_why(
    platform: Platform, person: Person, client: TestClient
) -> None:
    (case,) = add_cases(platform, person, [("soon", 0.5, 0)])
    path = f"/worklist/{case}/assign"
    other = somebody(platform, "reader", like=person)
    client.post(path, data={"reader": other.user_id, "version": "1"})
    assert client.post(path, data={"reader": person.user_id, "version": "1"}).status_code == 409
    line = client.post(path, data={"reader": person.user_id, "version": "1"}, headers=HTMX)
    assert "changed by someone else" in line.text
    assert lines(line.text) == [case]


def test_the_api_does_what_the_pages_do(platform: Platform, person: Person, client: TestClient) -> None:
    first, second = add_cases(platform, person, [("urgent", 0.5, 0), ("soon", 0.5, 0)])
    page = client.get("/api/v1/worklist?reader=unassigned").json()
    assert [case["id"] for case in page["cases"]] == [first, second]
    assert (page["more"], page["unread"], page["overdue"]) == (False, 2, 0)
    assert page["cases"][0]["due_on"] is None
    commit_impression(platform, person, first, "mel", "urgent")
    reveal(platform, person, first)
    assert client.get("/api/v1/worklist").json()["cases"][0]["due_on"] == "2026-05-04"
    assert client.post("/api/v1/worklist/next").json()["id"] == first
    assert [each["id"] for each in client.get("/api/v1/worklist/readers").json()] == [person.user_id]
    given = {"reader": person.user_id, "version": 1}
    assert client.put(f"/api/v1/cases/{second}/assignment", json=given).json()["reader_id"] == person.user_id
    assert client.put(f"/api/v1/cases/{second}/assignment", json=given).status_code == 409
    assert client.post("/api/v1/worklist/next").json() is None


def test_the_browser_keeps_no_copy_of_the_list_when_its_address_changes(client: TestClient) -> None:
    """htmx would store the page, with its names, for going back."""
    assert ("hx-history", "false") in [
        item for _, attributes in tags_of(client.get("/worklist").text) for item in attributes.items()
    ]

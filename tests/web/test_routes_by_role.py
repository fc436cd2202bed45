"""Every route of pages and API x every role x another clinic's keys: what has no rule here fails.

The routes come from the application itself, the roles of each stand here: a new route is added to `RULES`, by
somebody who has thought about who may call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.person import ROLES, Person, Role
from augderm.clinic.platform import Platform
from augderm.clinic.recalls import plan_recall
from augderm.clinic.referrals import ask
from augderm.store.models import UserRow
from augderm.web.api import OPEN_API, SIGNED_API
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE, token_from
from augderm.web.routes import OPEN, SIGNED
from support.clinic import open_case, somebody

ALL: frozenset[Role] = frozenset(ROLES)
CLINICAL: frozenset[Role] = frozenset({"reader", "nurse"})
READER: frozenset[Role] = frozenset({"reader"})
ADMINISTRATOR: frozenset[Role] = frozenset({"administrator"})
AUDITOR: frozenset[Role] = frozenset({"auditor"})
OVERSIGHT: frozenset[Role] = frozenset({"reader", "administrator", "auditor"})
EVERYBODY = None
"""Also without a session."""

RULES: list[tuple[str, frozenset[Role] | None]] = [
    # pages
    (r"GET /health|(GET|POST) /login", EVERYBODY),
    (
        r"GET /oidc/(login|callback|link/\{token\}|link/\{token\}/begin)|POST /oidc/(choose|confirm)",
        EVERYBODY,
    ),
    (r"(GET|POST) /(link|enter|start)/\{token\}", EVERYBODY),
    (r"GET /|GET /design|GET /account|POST /account/(password|locale)|POST /logout", ALL),
    (r"GET /patients/new", ALL),  # an empty form
    (r"GET /letter\.css", ALL),
    (r"GET /patients/\{patient_id\}/ducklings|GET /images/\{image_id\}/overlays/\{name\}", READER),
    (r"(GET|POST) /(patients|lesions|visits|images)\b.*", CLINICAL),
    (r"POST /worklist/next", READER),
    (r"(GET|POST) /(worklist|recalls|outcomes)\b.*", CLINICAL),
    (r"(GET|POST) /cases/\{case_id\}/(anamnesis|report)\b.*", CLINICAL),
    (r"(GET|POST) /(cases|comparisons|referrals|questions)\b.*", READER),
    (r"GET /figures", OVERSIGHT),
    (r"(GET|POST) /letters\b.*", ADMINISTRATOR),
    (r"(GET|POST) /(users|clinic|privacy)\b.*", ADMINISTRATOR),
    (r"(GET|POST) /audit\b.*", AUDITOR),
    # API
    (r"POST /api/v1/session", EVERYBODY),
    (r"(GET|DELETE) /api/v1/session|PUT /api/v1/account/(password|locale)", ALL),
    (r"GET /api/v1/images/\{image_id\}/(assessment|overlays/\{name\})", READER),
    (r"GET /api/v1/cases/\{case_id\}/audit|(GET|POST) /api/v1/audit\b.*", AUDITOR),
    (r"(GET|PUT) /api/v1/clinic|GET /api/v1/retention|(GET|POST|PUT) /api/v1/users\b.*", ADMINISTRATOR),
    (r"\w+ /api/v1/patients/\{patient_id\}/(retention|hold|export|erasure)", ADMINISTRATOR),
    (r"GET /api/v1/patients/\{patient_id\}/ducklings|POST /api/v1/worklist/next", READER),
    (r"\w+ /api/v1/cases/\{case_id\}/(anamnesis|assignment|report)\b.*", CLINICAL),
    (r"\w+ /api/v1/(cases|colleagues|comparisons|referrals|questions)\b.*", READER),
    (r"\w+ /api/v1/(patients|lesions|visits|images|worklist|recalls|outcomes)\b.*", CLINICAL),
    (r"GET /api/v1/figures", OVERSIGHT),
    (r"(GET|PUT) /api/v1/letters\b.*", ADMINISTRATOR),
]
"""By "METHOD /path", the first that fits whole."""

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/session": {"login": "nobody", "password": "wrong"},
    "POST /api/v1/cases/{case_id}/read": {"impression": "nv", "management": "reassure"},
    "PUT /api/v1/cases/{case_id}/draft": {"fields": {}, "version": 0},
    "POST /api/v1/cases/{case_id}/signature": {"diagnosis": "nv", "management": "reassure", "version": 1},
    "POST /api/v1/cases/{case_id}/addenda": {"text": "more"},
    "POST /api/v1/cases/{case_id}/images/{image_id}/items": {"items": {}},
    "PUT /api/v1/cases/{case_id}/assignment": {"reader": "", "version": 1},
    "POST /api/v1/cases/{case_id}/anamnesis": {"answers": {}},
    "POST /api/v1/cases/{case_id}/referrals": {"asked_of": "", "with_identity": False, "question": "?"},
    "POST /api/v1/referrals/{referral_id}/withdraw": {"version": 1},
    "POST /api/v1/questions/{referral_id}/read": {"impression": "nv", "management": "reassure"},
    "POST /api/v1/questions/{referral_id}/answer": {
        "impression": "nv", "management": "reassure", "answer": "yes", "version": 1,
    },
    "POST /api/v1/questions/{referral_id}/decline": {"reason": "away", "version": 1},
    "PUT /api/v1/letters/{recipient}/{language}": {"text": "", "version": 0},
    "POST /api/v1/lesions/{lesion_id}/recalls": {"due_on": "2026-12-01", "reason": "because"},
    "POST /api/v1/recalls/{recall_id}/move": {"due_on": "2026-12-01", "reason": "because", "version": 1},
    "POST /api/v1/recalls/{recall_id}/close": {"closing": "done", "reason": "because", "version": 1},
    "POST /api/v1/lesions/{lesion_id}/outcomes": {"confirmed_by": "histopathology", "diagnosis": "nv"},
    "POST /api/v1/outcomes/{outcome_id}/correct": {
        "confirmed_by": "histopathology", "diagnosis": "nv", "correction": "because", "version": 1,
    },
    "PUT /api/v1/lesions/{lesion_id}": {"version": 1},
    "PUT /api/v1/visits/{visit_id}/lesions/{lesion_id}/uploads/{sha256}": {"length": 1},
    "POST /api/v1/visits/{visit_id}/lesions/{lesion_id}/uploads/{sha256}/finish": {},
    "POST /api/v1/patients": {"identifier": "", "family_name": "", "given_name": "", "birth_date": ""},
    "PUT /api/v1/patients/{patient_id}": {
        "identifier": "1", "family_name": "a", "given_name": "b", "birth_date": "1990-01-01", "version": 1,
    },
    "POST /api/v1/patients/{patient_id}/lesions": {},
    "POST /api/v1/patients/{patient_id}/visits": {},
    "PUT /api/v1/patients/{patient_id}/hold": {"reason": "", "version": 1},
    "POST /api/v1/patients/{patient_id}/erasure": {"identifier": "", "version": 1},
    "POST /api/v1/users": {"login": "", "name": "", "roles": []},
    "PUT /api/v1/users/{user_id}": {"roles": ["reader"], "active": True, "version": 1},
    "POST /api/v1/users/{user_id}/provider/remove": {"version": 1},
    "PUT /api/v1/clinic": {"name": "", "timezone": "UTC", "blind_first": True, "version": 1},
    "PUT /api/v1/account/password": {"old_password": "", "password": ""},
    "PUT /api/v1/account/locale": {"locale": ""},
}  # fmt: skip
"""What the API takes, so that a refusal is of the person and not of the body."""


@dataclass(frozen=True)
class Route:
    """A method and a path, as the application has them."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def allowed(self) -> frozenset[Role] | None:
        """Who may call it.

        Raises:
            LookupError: no rule says so.
        """
        for pattern, roles in RULES:
            if re.fullmatch(pattern, str(self)):
                return roles
        raise LookupError(f"{self} has no rule: decide who may call it, and add it to RULES")


def _routes() -> list[Route]:
    found = [
        Route(method, prefix + route.path)
        for routers, prefix in (((*SIGNED, *OPEN), ""), ((*SIGNED_API, *OPEN_API), "/api/v1"))
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
    assert len(found) == len(set(found)), "two routes answer the same"
    return sorted(found, key=str)


OWN = {"token", "recipient", "language"}
"""Parts of a path that are no clinic's keys."""
NO_IMAGE = ("a.jpg", b"\xff\xd8", "image/jpeg")
ROUTES = _routes()
GUARDED = [route for route in ROUTES if route.allowed is not EVERYBODY]


@dataclass(frozen=True)
class Theirs:
    """A clinic's keys for every path, and who belongs to it."""

    owner: Person
    keys: dict[str, str]


@pytest.fixture
def theirs(platform: Platform) -> Theirs:
    """A case with all that can be had of one."""
    owner = somebody(platform, "reader", "nurse", "administrator")
    colleague = somebody(platform, "reader", like=owner)
    case = open_case(platform, owner)
    case_id = str(case.image.case_id)
    outcome = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
    keys = {
        "patient_id": case.patient.id,
        "lesion_id": case.lesion.id,
        "visit_id": case.visit.id,
        "image_id": case.image.id,
        "baseline_image_id": case.image.id,
        "case_id": case_id,
        "user_id": colleague.user_id,
        "recall_id": plan_recall(platform, owner, case.lesion.id, "2026-12-01", "because").id,
        "outcome_id": enter_outcome(platform, owner, case.lesion.id, outcome).id,
        "referral_id": ask(platform, owner, case_id, colleague.user_id, False, "What is it?").id,
        "sha256": "0" * 64,
        "name": "border",
        "side": "baseline",
        "recipient": "patient",
        "language": "en",
        "token": "x" * 43,
    }
    return Theirs(owner, keys)


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform), raise_server_exceptions=False) as made:
        yield made


def _ask(client: TestClient, platform: Platform, route: Route, theirs: Theirs, person: Person | None) -> int:
    """The status of a whole and well-formed request with these keys."""
    keys = theirs.keys
    path = re.sub(r"\{(\w+)\}", lambda found: keys[found[1]], route.path)
    client.cookies.clear()
    headers = {"upload-offset": "0"}
    if person is not None:
        with platform.database.writing() as session:
            token = new_session(session, platform, session.get_one(UserRow, person.user_id))
        client.cookies.set(SESSION_COOKIE, token)
        headers["x-csrf-token"] = token_from(token)
    form = {
        "version": "1",
        "lesion": keys["lesion_id"],
        "image": keys["image_id"],
        "baseline": "0" * 36,
        "due_on": "2026-12-01",
        "reason": "because",
        "closing": "done",
        "addendum": "more",
        "diagnosis": "nv",
        "confirmed_by": "histopathology",
        "asked_of": keys["user_id"],
        "question": "What is it?",
        "answer": "yes",
        "impression": "nv",
        "management": "reassure",
        "roles": "reader",
        "next": "/",
    }
    if route.path.startswith("/api/") and not route.path.endswith("/images"):
        sent: dict[str, Any] = {"json": BODIES.get(str(route))}
    else:
        sent = {
            "data": form,
            "files": dict.fromkeys(("file", "images"), NO_IMAGE),
        }
    if route.method == "GET":
        sent = {}
    answer = client.request(route.method, path, headers=headers, follow_redirects=False, **sent)
    assert answer.status_code < 500, (str(route), answer.text)
    return answer.status_code


def test_every_route_of_the_application_has_a_rule_and_every_rule_a_route(platform: Platform) -> None:
    app = create_app(platform.settings, platform)
    included = [route.original_router for route in app.routes if hasattr(route, "original_router")]
    assert set(map(id, included)) == set(map(id, (*SIGNED, *OPEN, *SIGNED_API, *OPEN_API)))
    apart = {getattr(route, "path", "") for route in app.routes if not hasattr(route, "original_router")}
    assert apart == {"/api/v1/openapi.json", "/static"}, "a route beside the routers has no rule"
    described = {
        f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods
    }
    assert described == {str(route) for route in ROUTES if route.path.startswith("/api/")}
    assert len(ROUTES) >= 70
    used = {next(p for p, _ in RULES if re.fullmatch(p, str(route))) for route in ROUTES}
    assert [pattern for pattern, _ in RULES if pattern not in used] == []
    with pytest.raises(LookupError, match="has no rule"):
        _ = Route("GET", "/something/new").allowed
    assert set(BODIES) <= {str(route) for route in ROUTES}


def test_without_a_session_only_what_is_open_answers(
    platform: Platform, client: TestClient, theirs: Theirs
) -> None:
    for route in GUARDED:
        status = _ask(client, platform, route, theirs, None)
        # A page leads to signing in.
        allowed = (303, 401) if not route.path.startswith("/api/") else (401,)
        assert status in allowed, (str(route), status)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_what_it_may_not_and_gets_the_rest(
    platform: Platform, client: TestClient, theirs: Theirs, role: Role
) -> None:
    person = somebody(platform, role, like=theirs.owner)
    for route in sorted(GUARDED, key=lambda each: "erase" in each.path or "erasure" in each.path):
        status = _ask(client, platform, route, theirs, person)
        refused = status in (401, 403)
        assert refused == (role not in (route.allowed or ())), (str(route), role, status)


def test_another_clinics_keys_are_not_found_by_whoever_may_call_the_route(
    platform: Platform, client: TestClient, theirs: Theirs
) -> None:
    person = somebody(platform, *ROLES)
    asked = [route for route in GUARDED if set(re.findall(r"\{(\w+)\}", route.path)) - OWN]
    assert len(asked) >= 40
    for route in asked:
        assert _ask(client, platform, route, theirs, person) == 404, str(route)


def test_a_session_is_not_what_a_stranger_fixed_before(platform: Platform, client: TestClient) -> None:
    """Signing in gives a new token, whatever cookies the browser came with."""
    from augderm.clinic.accounts.passwords import hashed

    password = "correct horse battery"
    person = somebody(platform, "reader", password_hash=hashed("password", password))
    client.cookies.set(SESSION_COOKIE, "fixed-by-a-stranger")
    given = {"login": person.login, "password": password}
    assert client.post("/api/v1/session", json=given).status_code == 201
    tokens = {cookie.value for cookie in client.cookies.jar if cookie.name == SESSION_COOKIE}
    assert len(tokens - {"fixed-by-a-stranger"}) == 1
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, "fixed-by-a-stranger")
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1:80@evil.example", "", "testserver, evil"]
)
def test_a_hostile_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/login", headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_no_page_can_be_framed(platform: Platform, client: TestClient) -> None:
    for path in ("/login", "/patients", "/audit", "/api/v1/session", "/nothing"):
        answer = client.get(path, follow_redirects=False)
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]

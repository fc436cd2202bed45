"""The API against its own OpenAPI, by schemathesis: no fault of ours, no answer that is not described."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.platform import Platform
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import HEADER, SESSION_COOKIE, token_from
from support.clinic import platform_in, somebody
from support.everything import keys_of_all

EXAMPLES = 12
"""For each operation; the seed is fixed, so that a failure comes again."""
ENDS_THE_SESSION = {("DELETE", "/api/v1/session"), ("PUT", "/api/v1/account/password")}
# A piece of an upload is bytes as any other.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Clinic:
    """One clinic for all examples, with somebody of every role, and keys that are there."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        self.platform: Platform = platform_in(folder, bundle)
        self.app = create_app(self.platform.settings, self.platform)
        self.person = somebody(self.platform, "reader", "nurse", "administrator", "auditor")
        self.keys = keys_of_all(self.platform, self.person, Network(load_bundle(bundle), 1))
        with self.platform.database.writing() as session:
            user = session.get_one(UserRow, self.person.user_id)
            self.token = new_session(session, self.platform, user)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path) -> Clinic:
    return Clinic(tmp_path_factory.mktemp("api") / "clinic", toy_bundle)


def _operations() -> list[tuple[str, str]]:
    """Methods and paths, without a database."""
    from augderm.web.api import OPEN_API, SIGNED_API

    found = [
        (method, f"/api/v1{route.path}")  # type: ignore[attr-defined]
        for router in (*SIGNED_API, *OPEN_API)
        for route in router.routes
        for method in route.methods  # type: ignore[attr-defined]
    ]
    # What is there is looked at before it is changed or taken away.
    return sorted(found, key=lambda each: (each[0] != "GET", each))


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), _operations(), ids=lambda part: part)
def test_every_answer_is_described_whatever_is_sent(clinic: Clinic, method: str, path: str) -> None:
    logging.getLogger("augderm.web").setLevel(logging.ERROR)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", clinic.app)
    operation = schema[path][method]
    cookie = "none" if (method, path) in ENDS_THE_SESSION else clinic.token
    statuses: set[int] = set()
    sent = operation.as_strategy()
    if operation.body or operation.query:
        sent |= operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=sent, known=hypothesis.strategies.booleans())
    def examine(case: schemathesis.Case[Any], known: bool) -> None:
        if known and not path.endswith("/erasure"):
            # Random keys are only ever not found: half of the requests are about what is there.
            case.path_parameters = {
                name: clinic.keys.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        answer = case.call_and_validate(
            checks=CHECKS,
            headers={HEADER: token_from(cookie), "host": "testserver"},
            cookies={SESSION_COOKIE: cookie},
        )
        statuses.add(answer.status_code)

    examine()
    assert statuses
    if method == "GET":
        assert 200 in statuses, "what is there is asked for too"


def test_the_description_itself_is_given_to_everybody_and_names_the_refusals(clinic: Clinic) -> None:
    found = TestClient(clinic.app).get("/api/v1/openapi.json").json()
    assert set(found["components"]["schemas"]) >= {"Problem"}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert "422" in operation["responses"], (method, path)
            content = operation["responses"]["422"]["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}

"""The OpenAPI document and what really comes back agree, for whatever is sent (schemathesis)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given

from .callers import Caller

if TYPE_CHECKING:
    from cases.town import Town

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

OPERATIONS = [
    ("POST", "/api/v1/reports"),
    ("POST", "/api/v1/reports/batch"),
    ("GET", "/api/v1/cases"),
    ("GET", "/api/v1/cases/{number}"),
    ("GET", "/api/v1/cases/{number}/verbs"),
    ("POST", "/api/v1/cases/{number}/act"),
    ("POST", "/api/v1/proposals"),
    ("POST", "/api/v1/positions"),
    ("GET", "/api/v1/registry/locate"),
    ("POST", "/api/v1/registry/locate"),
    ("GET", "/api/v1/registry/resolve"),
    ("GET", "/api/v1/registry/catalogue"),
    ("GET", "/api/v1/registry/catalogue/{kind}/{code}"),
    ("POST", "/api/v1/files/uploads"),
    ("GET", "/api/v1/files/uploads/{upload_id}"),
    ("PATCH", "/api/v1/files/uploads/{upload_id}"),
    ("POST", "/api/v1/files/uploads/{upload_id}/finish"),
]


@pytest.fixture(scope="module", autouse=True)
def one_connection() -> Iterator[None]:
    """Let requests share the test's transaction, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def document(one_connection: None) -> Any:
    import schemathesis
    from django.core.wsgi import get_wsgi_application

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def test_every_operation_is_held_to_the_document(document: Any) -> None:
    found = {(one.ok().method.upper(), one.ok().path) for one in document.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_answers_are_as_documented(
    document: Any, acceptor: Caller, town: Town, method: str, path: str
) -> None:
    from schemathesis.checks import (
        content_type_conformance,
        not_a_server_error,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    headers = {"Authorization": f"Bearer {acceptor.token}"}
    number = town.report().number

    @given(case=document[path][method].as_strategy())
    @hypothesis.settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def hold(case: Any) -> None:
        if "number" in case.path_parameters:
            case.path_parameters["number"] = number
        response = case.call(headers=headers)
        case.validate_response(response, checks=checks)

    hold()

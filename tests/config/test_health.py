"""`/healthz`, `/readyz`, `/metrics`."""

import json
from pathlib import Path

import pytest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from chengguan.config import counters, health, schema_state


def test_alive_asks_nothing(rf: RequestFactory) -> None:
    response = health.alive(rf.get("/healthz"))

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready(rf: RequestFactory, settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]

    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 200
    assert json.loads(response.content) == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "files": "ok"},
    }


@pytest.mark.django_db
def test_not_ready_says_why(
    rf: RequestFactory, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = Path("/proc/none/files")  # type: ignore[attr-defined]
    monkeypatch.setattr(schema_state, "pending", lambda: 3)

    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content)["checks"] == {
        "database": "ok",
        "migrations": "有 3 项表结构更新未执行，请运行 chengguan migrate。",
        "files": "文件目录不可写，请检查 CHENGGUAN_FILES 的权限。",
    }


@pytest.mark.django_db
def test_metrics_count_requests_and_jobs(rf: RequestFactory) -> None:
    counters.request_done("GET", "cases/<int:id>/", 200, 0.02)

    response = health.metrics(rf.get("/metrics"))

    text = response.content.decode()
    assert response.status_code == 200
    assert 'chengguan_requests_total{method="GET",route="cases/<int:id>/",status="200"} 1.0' in text
    assert 'chengguan_jobs{status="todo"} 0.0' in text
    assert "chengguan_oldest_waiting_job_seconds 0.0" in text


@pytest.mark.django_db
def test_metrics_queries_are_few(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        health.metrics(rf.get("/metrics"))


@pytest.mark.parametrize(
    "stranger",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer wrong"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_metrics_refuse_strangers(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, stranger: dict[str, str]
) -> None:
    monkeypatch.setenv("CHENGGUAN_METRICS_TOKEN", "right")

    assert health.metrics(rf.get("/metrics", **stranger)).status_code == 403  # type: ignore[arg-type]


@pytest.mark.django_db
def test_metrics_accept_the_token(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGGUAN_METRICS_TOKEN", "right")
    request = rf.get("/metrics", REMOTE_ADDR="10.0.0.7", HTTP_AUTHORIZATION="Bearer right")

    assert health.metrics(request).status_code == 200

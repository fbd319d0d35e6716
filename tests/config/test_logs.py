"""JSON logs and the request id on its way into a job."""

import asyncio
import json
import logging

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from chengguan.config import jobs, logs


def _answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(logs.request_id.get() + " " + request.META["chengguan.request_id"])


def test_given_request_id_is_kept_and_sent_back(rf: RequestFactory) -> None:
    response = logs.RequestIdMiddleware(_answer)(rf.get("/", HTTP_X_REQUEST_ID="proxy-12345678"))

    assert response["X-Request-ID"] == "proxy-12345678"
    assert response.content == b"proxy-12345678 proxy-12345678"  # type: ignore[attr-defined]
    assert logs.request_id.get() == ""


@pytest.mark.parametrize("given", ["", "short", "a" * 41, 'with"quote"12', "with\nnewline12"])
def test_missing_or_unsafe_request_id_is_replaced(rf: RequestFactory, given: str) -> None:
    response = logs.RequestIdMiddleware(_answer)(rf.get("/", HTTP_X_REQUEST_ID=given))

    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


def test_line_is_one_json_object() -> None:
    record = logging.LogRecord("a.b", logging.INFO, "f", 1, "案件 %s", ("7",), None)
    record.status = 200

    with logs.working_for("request-1"):
        line = json.loads(logs.JsonFormatter().format(record))

    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "a.b",
        "message": "案件 7",
        "request_id": "request-1",
        "status": 200,
    }


def test_access_line_has_no_query_string(
    rf: RequestFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "chengguan.access"):
        logs.RequestIdMiddleware(_answer)(rf.get("/cases/?phone=13800000000"))
        logs.RequestIdMiddleware(_answer)(rf.get("/healthz"))

    assert [(r.path, r.status) for r in caplog.records] == [("/cases/", 200)]  # type: ignore[attr-defined]
    assert "138" not in caplog.text


@pytest.mark.django_db
def test_job_carries_the_request_id() -> None:
    with logs.working_for("request-2"):
        app.configure_task("config.forget_old", allow_unknown=True).defer(timestamp=1)
    app.configure_task("config.forget_old", allow_unknown=True).defer(timestamp=2)

    carried = [job.args for job in ProcrastinateJob.objects.order_by("id")]
    assert carried == [{"timestamp": 1, "__request_id": "request-2"}, {"timestamp": 2}]


def test_job_runs_under_the_id_it_carries() -> None:
    job = Job(
        id=5, queue="default", lock=None, queueing_lock=None, task_name="t",
        task_kwargs={"a": 1, "__request_id": "request-3"},
    )  # fmt: skip
    context = JobContext(app=app, job=job, abort_reason=lambda: None, start_timestamp=0.0)

    async def run() -> tuple[str, dict[str, object]]:
        return logs.request_id.get(), dict(job.task_kwargs)

    assert asyncio.run(jobs.run_marked(run, context, None)) == ("request-3", {"a": 1})


@pytest.mark.parametrize("odd", ["半个字\ud800", 2**70, {"a": {1, 2}}])
def test_what_json_can_not_say_is_still_one_line(odd: object) -> None:
    record = logging.makeLogRecord({"msg": "request", "odd": odd})
    line = json.loads(logs.JsonFormatter().format(record))
    assert (line["message"], "odd" in line) == ("request", True)

"""The edge of every page: policy, refusals in three forms, the words of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template import Context, Template
from django.test import RequestFactory

from chengguan.core import slots as registered
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.ui import assets, clockface, navigation, slots
from chengguan.ui.middleware import ContentSecurityMiddleware, DomainErrorMiddleware, policy
from chengguan.ui.recipe.export import safe
from chengguan.ui.refusal import refuse


def request(**headers: str) -> HttpRequest:
    made = RequestFactory().get("/somewhere/", headers=headers)
    made.user = AnonymousUser()
    return made


def test_policy_allows_our_own_origin_and_the_nonce_alone(settings: Any) -> None:
    settings.CHENGGUAN_BASE_MAP = settings.CHENGGUAN_STREAM_URL = ""
    rules = dict(rule.split(" ", 1) for rule in policy("abc").split("; "))
    assert rules == {
        "default-src": "'self'",
        "script-src": "'self' 'nonce-abc'",
        "style-src": "'self' 'nonce-abc'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "font-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_policy_names_the_base_map_and_the_stream(settings: Any) -> None:
    settings.CHENGGUAN_BASE_MAP = "https://maps.example/{z}/{x}/{y}.png"
    settings.CHENGGUAN_STREAM_URL = "http://127.0.0.1:8001/stream/"
    rules = dict(rule.split(" ", 1) for rule in policy("abc").split("; "))
    assert rules["img-src"] == "'self' data: blob: https://maps.example"
    assert rules["connect-src"] == "'self' https://maps.example http://127.0.0.1:8001"


def test_each_answer_has_its_own_nonce() -> None:
    seen: list[str] = []

    def view(asked: HttpRequest) -> HttpResponse:
        seen.append(asked.csp_nonce)  # type: ignore[attr-defined]
        return HttpResponse()

    middleware = ContentSecurityMiddleware(view)
    answers = [middleware(request()) for _ in range(2)]
    assert seen[0] != seen[1]
    assert f"'nonce-{seen[1]}'" in answers[1]["Content-Security-Policy"]


def test_refusal_as_page_says_the_mend(settings: Any) -> None:
    answer = refuse(request(accept="text/html"), NotAllowed("x", "不能导出。", mend="请申请岗位。"))
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "不能导出。" in text
    assert "请申请岗位。" in text


def test_refusal_as_fragment_goes_where_the_form_asks() -> None:
    headers = {"HX-Request": "true", "accept": "text/html"}
    error = Invalid("x", "请填写“说明”。")
    plain = refuse(request(**headers), error)
    asked = refuse(request(**headers, **{"X-Refusals": "#verb-refusal"}), error)
    wicked = refuse(request(**headers, **{"X-Refusals": "body,#x"}), error)
    places = [answer["HX-Retarget"] for answer in (plain, asked, wicked)]
    assert places == ["#flash", "#verb-refusal", "#flash"]
    assert "<html" not in asked.content.decode()


def test_refusal_as_problem_json() -> None:
    answer = refuse(request(accept="application/json"), Invalid("x.y", "太长。", field="text"))
    assert answer["Content-Type"] == "application/problem+json"
    assert '"code": "x.y"' in answer.content.decode()


@pytest.mark.parametrize(
    ("seconds", "mode", "said"),
    [
        (0, "wall", "0分"),
        (42, "wall", "42秒"),
        (3_900, "wall", "1小时5分"),
        (90_000, "wall", "1天1小时"),
        (-600, "wall", "-10分"),
        (14_400, "work", "4工作时"),
        (28_800 * 2 + 3_600, "work", "2工作日1工作时"),
    ],
)
def test_durations_in_words(seconds: int, mode: str, said: str) -> None:
    assert clockface.duration(seconds, mode) == said


def test_light_is_red_only_when_overdue() -> None:
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    due, warn = now + timedelta(minutes=10), now + timedelta(minutes=5)
    later = [now, now + timedelta(minutes=6), due, due + timedelta(seconds=1)]
    lights = [clockface.face(due, warn, at).light for at in later]
    assert lights == ["green", "yellow", "yellow", "red"]
    assert clockface.face(None).light == "none"
    assert clockface.face(due, warn, due + timedelta(hours=2)).text == "超期2小时"


def test_slot_is_filled_in_order() -> None:
    late, early = (lambda _: "乙"), (lambda _: "甲")
    slots.fill("test.slot", late, order=200)  # type: ignore[arg-type]
    slots.fill("test.slot", early, order=100)  # type: ignore[arg-type]
    shown = Template('{% slot "test.slot" %}').render(Context({}))
    registered.unregister("test.slot", late)
    registered.unregister("test.slot", early)
    assert (shown, Template('{% slot "test.slot" %}').render(Context({}))) == ("甲乙", "")


def test_navigation_is_empty_for_nobody() -> None:
    links = [
        link.title
        for group in navigation.groups_for(request())
        for link in group.links
        if link.url.startswith(("/cases", "/registry"))
    ]
    assert links == []


def test_page_without_a_build_says_what_to_run(settings: Any, tmp_path: Any) -> None:
    settings.DJANGO_VITE = {"default": {"manifest_path": tmp_path / "manifest.json"}}
    assert not assets.built()
    assert "missing" in assets.tags("src/main.ts")


def test_spreadsheets_run_nothing() -> None:
    cells = ["=1+1", "+1", "-1", "@x", "\t=1", "井盖", -5, 3.5]
    assert [safe(cell) for cell in cells] == [
        "'=1+1", "'+1", "'-1", "'@x", "'\t=1", "井盖", -5, 3.5,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("application/json", "default-src 'none'"),
        ("text/html; charset=utf-8", "default-src 'self'"),
    ],
)
def test_data_may_do_nothing_and_a_page_of_the_api_runs_no_text(kind: str, begins: str) -> None:
    asked = RequestFactory().get("/api/v1/docs")
    answer = ContentSecurityMiddleware(lambda _: HttpResponse(content_type=kind))(asked)
    policies = answer["Content-Security-Policy"]
    assert policies.startswith(begins)
    assert "nonce" not in policies
    assert "frame-ancestors 'none'" in policies


def test_an_address_of_a_form_opened_by_hand_says_so() -> None:
    """Django's 405 is an empty page."""

    def only_post(asked: HttpRequest) -> HttpResponse:
        return HttpResponseNotAllowed(["POST"])

    answer = DomainErrorMiddleware(only_post)(request(accept="text/html"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert isinstance(answer, HttpResponse)
    assert "请回到原来的页面办理" in answer.content.decode()

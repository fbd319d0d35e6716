"""The database goes away: every page says so, asks it nothing more, and names the request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from chengguan.config.unavailable import server_error

if TYPE_CHECKING:
    from factories import City

Leave = Callable[[], None]
ID = "test-request-0001"


@pytest.fixture
def city(transactional_db: None) -> City:
    from factories import working_city

    return working_city()


@pytest.fixture
def client(city: City) -> Client:
    found = Client(raise_request_exception=False, headers={"X-Request-ID": ID})
    found.force_login(city.people["acceptor"])
    return found


@pytest.fixture
def away(client: Client, tmp_path: Path) -> Iterator[None]:
    """No server listens where the database should be."""
    where = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = str(tmp_path)
    yield
    connection.close()
    connection.settings_dict["HOST"] = where


def is_told(answer: Any) -> str:
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["X-Request-ID"] == ID
    text = str(answer.content.decode())
    assert ID in text
    return text


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize(
    "path",
    ["/", "/cases/", "/cases/3101152026030200001/", "/registry/coverage/", "/audit/entries/"],
)
def test_a_page_says_so_in_chinese(client: Client, path: str) -> None:
    answer = client.get(path)
    text = is_told(answer)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert '<html lang="zh-Hans">' in text
    assert "数据库暂时连不上" in text
    assert f'href="{path}"' in text


@pytest.mark.usefixtures("away")
def test_what_was_sent_is_not_promised(client: Client) -> None:
    text = is_told(client.post("/cases/3101152026030200001/verbs/file/act/", {"matter": "x"}))
    assert "没有得到确认" in text
    assert "/verbs/file/act/" not in text


@pytest.mark.usefixtures("away")
def test_the_door_says_so_too(city: City) -> None:
    door = Client(raise_request_exception=False, headers={"X-Request-ID": ID})
    is_told(door.post("/login/", {"login": "acceptor", "password": "x"}))


@pytest.mark.usefixtures("away")
def test_a_part_of_a_page_says_it_above(client: Client) -> None:
    answer = client.get("/cases/", headers={"HX-Request": "true"})
    assert is_told(answer).strip().startswith('<div class="note')
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#flash", "innerHTML")


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize(
    ("path", "accept"), [("/api/v1/cases", "*/*"), ("/cases/map.geojson", "application/json")]
)
def test_a_program_gets_a_problem(client: Client, path: str, accept: str) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "api.unavailable"


@pytest.mark.usefixtures("away")
def test_that_the_process_lives_needs_no_database() -> None:
    assert Client().get("/healthz").status_code == 200


def test_a_server_that_is_stopped_under_a_request_is_away(client: Client, city: City) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [own])
    finally:
        other.close()
    is_told(client.get("/cases/"))
    connection.close()
    assert client.get("/cases/").status_code == 200


def test_another_error_is_our_own(rf: RequestFactory) -> None:
    try:
        int("wrong")
    except ValueError:
        answer = server_error(rf.get("/"))
    assert (answer.status_code, answer.has_header("Retry-After")) == (500, False)
    assert "系统出错" in answer.content.decode()

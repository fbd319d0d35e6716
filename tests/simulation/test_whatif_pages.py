"""The planner's pages: ask, wait, read, open what is behind a number; and who may not."""

from __future__ import annotations

import csv
import io
from importlib import import_module
from typing import Any

import factories
import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from page_clients import signed_in, statements
from procrastinate.contrib.django.models import ProcrastinateJob

from chengguan.accounts.domain.posts import load_posts
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.audit.models import Entry
from chengguan.core.errors import Conflict, DomainError, NotAllowed
from chengguan.simulation.domain import comparing
from chengguan.simulation.domain.comparing import (
    cancel_comparison,
    run_comparison,
    start_comparison,
)
from chengguan.simulation.enums import State
from chengguan.simulation.models import Comparison, Figure, SeedFigure
from chengguan.simulation.tasks import compare
from chengguan.simulation.whatif.engine import pairs
from chengguan.simulation.whatif.measures import LOADS

from .plans import base_text, plans

pytestmark = pytest.mark.django_db
LIST = "/simulation/comparisons/"


@pytest.fixture
def planner() -> User:
    return planning("规划员", factories.DISTRICT)


def planning(name: str, area: str, post: str = "planning") -> User:
    held = factories.post(post, Capability.PLAN)
    return factories.user(name, factories.organisation("规划处"), held, area_code=area)


def started(user: User, days: int = 1, seeds: int = 20) -> Comparison:
    base, other = plans()
    return start_comparison(
        principal_of(user), base, other, days=days, seeds=seeds, area_code=factories.DISTRICT
    )


def finished(user: User) -> Comparison:
    made = started(user)
    run_comparison(made.pk, workers=0)
    made.refresh_from_db()
    return made


def upload(client: Client, base: str, other: str, **said: Any) -> Any:
    files = {
        name: SimpleUploadedFile(f"{name}.toml", text.encode())
        for name, text in (("base", base), ("other", other))
    }
    return client.post(
        f"{LIST}new/", {"days": 2, "seeds": 20, "area": factories.DISTRICT, **files, **said}
    )


def test_from_two_files_to_a_result(planner: User) -> None:
    client = signed_in(planner)
    base, other = plans()
    answer = upload(client, base[1], other[1])
    made = Comparison.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"{LIST}{made.pk}/"
    job = ProcrastinateJob.objects.get(task_name="simulation.compare")
    assert (job.args["comparison"], job.lock) == (made.pk, "simulation.compare")
    waiting = client.get(f"{LIST}{made.pk}/")
    assert "已完成 0 / 20 个种子" in waiting.content.decode()

    compare(comparison=made.pk)
    page = client.get(f"{LIST}{made.pk}/")
    text = page.content.decode()
    assert "采集员人数" in text
    assert len(page.context["lines"]) == Figure.objects.count() == 21
    for one in Figure.objects.all():
        assert f'href="{LIST}{made.pk}/figures/{one.code}/"' in text
    assert [one["code"] for one in page.context["hours"]] == list(LOADS)
    made.refresh_from_db()
    assert (made.state, made.done, made.base_title, made.other_title) == (
        State.DONE, 20, "现状", "多两人",
    )  # fmt: skip
    assert SeedFigure.objects.count() == 20 * 21
    actions = Entry.objects.filter(subject_type="simulation.comparison")
    assert list(actions.values_list("action", flat=True)) == ["simulation.compare"]


def test_every_number_opens_the_seeds_behind_it(planner: User) -> None:
    made = finished(planner)
    figure = Figure.objects.get(code="found_share")
    seeds = list(SeedFigure.objects.filter(code="found_share").order_by("seed"))
    gaps = [one.other - one.base for one in seeds if one.base is not None and one.other is not None]
    assert figure.n == len(gaps) == 20
    assert figure.mean == pytest.approx(sum(gaps) / 20)
    page = signed_in(planner).get(f"{LIST}{made.pk}/figures/found_share/")
    assert [row[0] for row in page.context["seeds"]] == list(range(1, 21))
    assert page.context["pairs"]["rows"] == [
        [one.seed, round(100 * (one.base or 0), 4), round(100 * (one.other or 0), 4)]
        for one in seeds
    ]


def test_the_rows_leave_as_files(planner: User) -> None:
    made = finished(planner)
    client = signed_in(planner)
    page = client.get(f"{LIST}{made.pk}/figures/on_time/")
    urls = dict(page.context["exports"])
    answer = client.get(urls["各种子的数 CSV"])
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 20
    assert {row["指标代码"] for row in rows} == {"on_time"}
    whole = dict(client.get(f"{LIST}{made.pk}/").context["exports"])
    assert len(whole) == 4
    for url in whole.values():
        sent = client.get(url)
        assert sent.status_code == 200
        assert len(sent.getvalue()) > 200  # reading to the end closes the file
    assert Entry.objects.filter(action="export").count() == 5


def test_strangers_get_nothing(planner: User) -> None:
    made = finished(planner)
    seed = SeedFigure.objects.first()
    assert seed is not None
    addresses = [
        LIST,
        f"{LIST}new/",
        f"{LIST}export.csv",
        f"{LIST}{made.pk}/",
        f"{LIST}{made.pk}/progress/",
        f"{LIST}{made.pk}/history/",
        f"{LIST}{made.pk}/figures/on_time/",
        f"{LIST}{made.pk}/plans/base.toml",
        "/simulation/figures/",
        "/simulation/seed-figures/",
        f"/simulation/seed-figures/{seed.pk}/",
        "/simulation/seed-figures/export.csv",
    ]
    stranger, nobody = signed_in(factories.stranger()), Client()
    other = signed_in(planning("别区规划员", "310104"))
    for url in addresses:
        assert stranger.get(url).status_code == 403, url
        assert nobody.get(url).status_code == 302, url
        answer = other.get(url)
        if str(made.pk) in url or str(seed.pk) in url:
            assert answer.status_code == 404, url
        elif answer.status_code == 200 and not answer.streaming:
            assert "多两人" not in answer.content.decode(), url
    assert stranger.post(f"{LIST}{made.pk}/cancel/").status_code == 403
    assert other.post(f"{LIST}{made.pk}/cancel/").status_code == 404


def test_nobody_plans_for_another_area(planner: User) -> None:
    base, other = plans()
    with pytest.raises(NotAllowed):
        start_comparison(principal_of(planner), base, other, days=2, seeds=20, area_code="310104")
    with pytest.raises(NotAllowed):
        start_comparison(principal_of(planner), base, other, days=2, seeds=20)
    assert upload(signed_in(planner), base[1], other[1], area="310104").status_code == 422


def test_a_list_of_three_asks_as_often_as_a_list_of_one(planner: User) -> None:
    client = signed_in(planner)
    made = finished(planner)
    one = statements(client, LIST)
    assert "多两人" in client.get(LIST).content.decode()
    page = statements(client, f"{LIST}{made.pk}/")
    for _ in range(2):
        finished(planner)
    assert statements(client, LIST) == one
    assert statements(client, f"{LIST}{made.pk}/") == page


@pytest.mark.parametrize(
    ("base", "other", "said"),
    [
        ("[city]\nname\n", "", "base.toml 第 2 行第 5 列不是有效的 TOML"),
        (None, "[collectors]\nnumber = 6\n", "other.toml"),
        (None, "[plan]\nchanges = true\n[collectors]\nskill = 0.99\n", "other.toml 第 4 行：两份方案的 collectors.skill 不同"),
        (None, '[plan]\nchanges = true\ntitle = "x"\n', "没有任何不同"),
        (None, "[plan]\nchanges = true\n[desks]\nwhat = 1\n", "desks.what"),
        ("#" * (256 * 1024 + 1), "", "超过 256 KB"),
    ],
)  # fmt: skip
def test_wrong_files_are_told_where_they_are_wrong(
    planner: User, base: str | None, other: str, said: str
) -> None:
    answer = upload(signed_in(planner), base_text() if base is None else base, other or "x = 1")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Comparison.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="simulation.compare").exists()


def test_a_file_that_is_no_text_is_told(planner: User) -> None:
    files = {
        "base": SimpleUploadedFile("base.toml", b"\xff\xfe\x00"),
        "other": SimpleUploadedFile("other.toml", b"x = 1"),
    }
    said = {"days": 2, "seeds": 20, "area": factories.DISTRICT, **files}
    answer = signed_in(planner).post(f"{LIST}new/", said)
    assert answer.status_code == 422
    assert "不是 UTF-8" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "value"), [("days", 0), ("days", 401), ("seeds", 19), ("seeds", 201)]
)
def test_days_and_seeds_are_bounded(planner: User, name: str, value: int) -> None:
    base, other = plans()
    assert upload(signed_in(planner), base[1], other[1], **{name: value}).status_code == 422


def test_a_cancelled_one_never_begins(planner: User) -> None:
    made = started(planner)
    client = signed_in(planner)
    assert client.post(f"{LIST}{made.pk}/cancel/").status_code == 302
    run_comparison(made.pk, workers=0)
    made.refresh_from_db()
    assert (made.state, made.done) == (State.CANCELLED, 0)
    assert "已取消" in client.get(f"{LIST}{made.pk}/").content.decode()
    with pytest.raises(Conflict):
        cancel_comparison(principal_of(planner), made)
    progress = client.get(f"{LIST}{made.pk}/progress/")
    assert progress["HX-Refresh"] == "true"


def test_one_that_runs_stops_and_goes_no_further(
    planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = started(planner)

    def interrupted(*args: Any) -> Any:
        for number, pair in enumerate(pairs(*args)):
            if number == 3:
                cancel_comparison(principal_of(planner), made)
            yield pair

    monkeypatch.setattr(comparing, "pairs", interrupted)
    run_comparison(made.pk, workers=0)
    made.refresh_from_db()
    assert (made.state, made.done) == (State.CANCELLED, 3)
    assert not Figure.objects.exists()


def test_after_a_kill_the_next_worker_goes_on_where_it_stood(
    planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = finished(planner)
    made = started(planner)

    class Killed(BaseException):
        pass

    asked: list[list[int]] = []

    def killed(question: Any, seeds: Any, workers: int) -> Any:
        asked.append(list(seeds))
        for number, pair in enumerate(pairs(question, seeds, workers)):
            if len(asked) == 1 and number == 5:
                raise Killed
            yield pair

    monkeypatch.setattr(comparing, "pairs", killed)
    with pytest.raises(Killed):
        run_comparison(made.pk, workers=0)
    made.refresh_from_db()
    assert (made.state, made.done) == (State.RUNNING, 5)
    run_comparison(made.pk, workers=0)
    assert asked == [list(range(1, 21)), list(range(6, 21))]
    made.refresh_from_db()
    assert made.hours == whole.hours
    columns = ("code", "base", "other", "mean", "low", "high", "p_holm", "verdict")
    assert list(made.figures.order_by("place").values_list(*columns)) == list(
        whole.figures.order_by("place").values_list(*columns)
    )


def test_what_goes_wrong_is_told_on_the_page(
    planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = started(planner)

    def broken(*_args: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(comparing, "pairs", broken)
    with pytest.raises(ZeroDivisionError):
        run_comparison(made.pk, workers=0)
    page = signed_in(planner).get(f"{LIST}{made.pk}/").content.decode()
    assert "程序出错：ZeroDivisionError" in page
    made.refresh_from_db()
    assert made.state == State.FAILED


def test_nobody_fills_the_queue(planner: User) -> None:
    for _ in range(comparing.MOST_WAITING):
        started(planner)
    with pytest.raises(DomainError, match="排队"):
        started(planner)


def test_a_figure_that_is_not_there_is_not_found(planner: User) -> None:
    made = finished(planner)
    client = signed_in(planner)
    for url in ("figures/nothing/", "plans/third.toml"):
        assert client.get(f"{LIST}{made.pk}/{url}").status_code == 404
    assert client.get(f"{LIST}999999/").status_code == 404
    text = client.get(f"{LIST}{made.pk}/plans/base.toml").content.decode()
    assert text == base_text()


def test_planning_posts_plan() -> None:
    may = {post.code for post in load_posts() if Capability.PLAN in post.capabilities}
    assert may == {
        "planner", "planner_city", "supervisor", "supervisor_city",
        "leader", "leader_city", "leader_street", "system_admin",
    }  # fmt: skip


def test_what_the_command_kept_is_the_whole_citys(planner: User) -> None:
    from chengguan.simulation.domain.comparing import calendars, keep_comparison
    from chengguan.simulation.whatif.question import ask

    base, other = plans()
    asked = ask(base, other, days=2, seeds=3, calendars=calendars())
    found = list(pairs(asked.question, (7, 8, 9), 0))
    made = keep_comparison(Principal.system("命令行"), asked, base, other, found, days=2)
    made.refresh_from_db()
    assert (made.state, made.seeds, made.done, made.first_seed) == (State.DONE, 3, 3, 7)
    assert signed_in(planner).get(f"{LIST}{made.pk}/").status_code == 404
    city = signed_in(planning("市规划员", ""))
    assert city.get(f"{LIST}{made.pk}/").status_code == 200


def test_posts_installed_before_get_it_once() -> None:
    held = factories.post("leader_city", Capability.SEE_CASES)
    other = factories.post("dispatcher", Capability.SEE_CASES)
    give = import_module("chengguan.simulation.migrations.0002_posts").give
    for _ in range(2):
        give(apps, None)
    held.refresh_from_db()
    other.refresh_from_db()
    assert held.capabilities == [Capability.SEE_CASES, Capability.PLAN]
    assert other.capabilities == [Capability.SEE_CASES]

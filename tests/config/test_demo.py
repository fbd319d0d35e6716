"""The demo district, loaded once for the module in a transaction that is rolled back at its end."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import shapely
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.config import demo
from chengguan.config.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def district(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    from chengguan.accounts.domain import loading
    from chengguan.store import cache

    lines: list[str] = []
    files = tmp_path_factory.mktemp("media")
    cache.forget()
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=files), transaction.atomic():
        demo.load(lines.append, life=False)
        yield lines
        transaction.set_rollback(True)
    cache.forget()
    loading.forget()


@pytest.fixture(autouse=True)
def _loaded(district: list[str]) -> None:
    """Every test here stands in the district."""


def test_every_step_says_what_it_loaded(district: list[str]) -> None:
    from chengguan.config.demo.steps import STEPS

    assert [line.split("：")[0] for line in district] == [step.title for step in STEPS]


def test_the_ground_is_31_communities_with_real_codes_where_names_match() -> None:
    from chengguan.registry.models import Area

    communities = Area.objects.filter(level="community")
    with (ROOT / "data/divisions/310115-villages.csv").open(encoding="utf-8") as file:
        published = {row["code"] for row in csv.DictReader(file)}

    real = set(communities.filter(reserved=False).values_list("code", flat=True))
    reserved = set(communities.filter(reserved=True).values_list("code", flat=True))
    assert (communities.count(), len(real), len(reserved)) == (31, 12, 19)
    assert real <= published
    assert not reserved & published
    assert communities.filter(original=None).count() == 0
    assert set(
        Area.objects.exclude(level__in=["community", "grid"]).values_list("code", "name")
    ) == {
        ("3101", "上海市"),
        ("310115", "浦东新区"),
        ("310115145", "南汇新城镇"),
    }


def test_names_are_matched_by_one_documented_form() -> None:
    from chengguan.config.demo.ground import plain_name

    assert plain_name("海汇社区居委会") == "海汇居委会"
    assert plain_name("宜浩佳园第二居委会") == "宜浩佳园二居委会"
    assert plain_name("果园居委会2") == "果园居委会2"
    assert plain_name("汇角村村委会") == "汇角村村委会"


def test_unit_grids_fill_their_communities_without_overlap() -> None:
    from chengguan.registry.domain.shapes import to_shape
    from chengguan.registry.models import Area

    grids = Area.objects.filter(level="grid")
    per = Counter(grids.values_list("parent_code", flat=True))
    assert len(per) == 31
    assert max(per.values()) <= 999
    for code in sorted(per)[::5]:
        whole = to_shape(Area.objects.get(code=code).geometry)
        cells = [
            to_shape(g) for g in grids.filter(parent_code=code).values_list("geometry", flat=True)
        ]
        assert shapely.union_all(cells).area == pytest.approx(whole.area, rel=1e-6)
        assert sum(cell.area for cell in cells) == pytest.approx(whole.area, rel=1e-6)


def test_duty_grids_hold_every_unit_grid_once() -> None:
    from chengguan.registry.models import Area, DutyGrid

    held = [code for grids in DutyGrid.objects.values_list("grids", flat=True) for code in grids]
    assert sorted(held) == sorted(Area.objects.filter(level="grid").values_list("code", flat=True))


def test_catalogue_and_rules_are_complete() -> None:
    from chengguan.registry.models import FilingRule, Matter

    national = Counter(Matter.objects.filter(local=False).values_list("kind", flat=True))
    assert national == {"component": 153, "matter": 250}
    assert FilingRule.objects.count() == 534
    local = Matter.objects.filter(local=True, kind="matter")
    assert local.filter(rules__isnull=False).distinct().count() == 32
    assert all(int(code[2:]) >= 90 for code in local.values_list("code", flat=True))


def test_limits_are_those_the_source_reads_out() -> None:
    from chengguan.registry.models import FilingRule

    with (ROOT / "data/standards/case_standards.csv").open(encoding="utf-8") as file:
        said = Counter(
            (row["limit_unit"], float(row["limit_value"])) for row in csv.DictReader(file)
        )
    stored = FilingRule.objects.values_list("limit_unit", "limit_value")
    assert Counter((unit, float(value)) for unit, value in stored) == said


def test_all_things_are_there_also_the_two_without_a_place() -> None:
    from chengguan.registry.models import Camera, Component, Device

    assert (Device.objects.count(), Camera.objects.count()) == (781, 734)
    assert (
        Device.objects.filter(point=None).count(),
        Camera.objects.filter(point=None).count(),
    ) == (1, 1)
    assert Component.objects.exclude(remark__startswith="设备编号").count() == 0
    assert Component.objects.exclude(grid_code="").count() == 102


def test_a_dozen_made_up_vehicles_are_where_they_said() -> None:
    from chengguan.registry.models import Vehicle
    from chengguan.telemetry.models import Latest

    assert Vehicle.objects.filter(owner__endswith="（模拟）").count() == 12
    assert Vehicle.objects.exclude(plate__contains="IO").count() == 0
    assert Latest.objects.exclude(area_code="").count() == Vehicle.objects.count() == 12


@pytest.mark.parametrize("level", ["community", "street", "district"])
def test_duties_leave_no_gap_and_no_conflict(level: str) -> None:
    from chengguan.registry.domain.coverage import coverage

    found = coverage(timezone.now(), level)
    assert found.counts == {"gap": 0, "one": len(found.matters) * len(found.areas), "conflict": 0}
    assert len(found.matters) == 153 + 250 + 47


def test_people_and_organisations_are_marked_as_made_up() -> None:
    from chengguan.accounts.models import Organisation, User

    assert Organisation.objects.filter(made_up=False).count() == 0
    assert User.objects.filter(made_up=False).count() == 0
    assert User.objects.exclude(phone__startswith="000-").count() == 0


def test_one_account_for_each_post_can_sign_in() -> None:
    from chengguan.accounts.domain.posts import shipped
    from chengguan.accounts.models import Grant, User

    accounts = demo.accounts()
    users = {
        u.username: u for u in User.objects.filter(username__in=[a.username for a in accounts])
    }
    held = {g.user.username: g.post for g in Grant.objects.select_related("user", "post")}
    assert sorted(held[a.username].code for a in accounts) == sorted(p.code for p in shipped())
    assert [held[a.username].name for a in accounts] == [a.post for a in accounts]
    hashes = {users[a.username].password for a in accounts}
    assert all(
        users[a.username].is_active and not users[a.username].must_change_password for a in accounts
    )
    assert [check_password(demo.PASSWORD, one) for one in hashes] == [True]


def test_doctor_can_count_the_accounts_that_are_open() -> None:
    from chengguan.config.demo.bringing import own

    assert demo.open_accounts() == sum(row["可登录"] == "是" for row in own("people.csv"))


def test_174_events_came_in_with_a_sketch_each_at_their_hour_of_day() -> None:
    from chengguan.cases.models import Report
    from chengguan.files.models import Attachment, Blob

    reports = Report.objects.filter(client="lingang")
    assert Counter(reports.values_list("source", flat=True)) == {"sensor": 24, "video": 150}
    now = timezone.now()
    for source in ("sensor", "video"):
        last = max(reports.filter(source=source).values_list("at", flat=True))
        assert timedelta(hours=2) <= now - last <= timedelta(hours=27)
    one = reports.get(key="video-671364")
    assert f"{timezone.localtime(one.at):%H:%M:%S}" == "15:00:56"
    sketched = Attachment.objects.filter(role="report").values_list("subject_id", flat=True)
    assert {int(pk) for pk in sketched} == set(reports.values_list("case_id", flat=True))
    assert max(Blob.objects.values_list("size", flat=True)) <= 60_000
    # A camera reads O as 0: whatever stands where a plate is said is one.
    plate = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5}|PLATE|车牌号[:：](?!（已隐去）|无)")
    assert [r.key for r in reports if plate.search(r.text)] == []


def test_every_queue_has_something_in_it() -> None:
    from chengguan.cases.models import Case
    from chengguan.workflow.domain import current
    from chengguan.workflow.models import Request, WorkItem

    states = current("case").states
    assert set(Case.objects.values_list("state", flat=True)) == set(states)
    queues = {name for name, state in states.items() if state.queue}
    waiting = set(WorkItem.objects.filter(closed_at=None).values_list("state", flat=True))
    assert waiting == queues
    pending = set(Request.objects.filter(status="pending").values_list("kind", flat=True))
    assert pending == {"extension", "suspension", "return", "appeal", "oversight", "force_close"}


def test_every_mark_a_case_may_carry_is_carried() -> None:
    from chengguan.cases.models import Case

    cases = Case.objects.all()
    assert cases.filter(suspended_until__gt=timezone.now()).count() == 2
    assert cases.exclude(main_case_id=None).count() == 6
    assert cases.filter(duplicates__gt=0).count() == 6
    for marks in (
        {"reopened__gt": 0},
        {"reworks__gt": 0},
        {"returns__gt": 0},
        {"urged__gt": 0},
        {"extensions__gt": 0},
        {"overseen": True},
        {"forced": True},
        {"self_handled": True},
        {"exempt": True},
        {"on_time": True},
        {"on_time": False},
    ):
        assert cases.filter(**marks).exists(), marks


def test_lights_vary() -> None:
    from chengguan.cases.models import Case

    now = timezone.now()
    at_units = Case.objects.filter(
        state__in=["awaiting_handling", "handling"], suspended_until=None
    )
    assert at_units.filter(stage_due_at__lt=now).exists()
    assert at_units.filter(stage_warn_at__gt=now).exists()


def test_every_case_is_the_fold_of_its_events() -> None:
    from chengguan.cases.domain.rebuild import verify

    found = verify()
    assert (found.cases, found.differences) == (174, [])


def test_loading_again_changes_nothing() -> None:
    from chengguan.audit.models import Entry
    from chengguan.workflow.models import Event

    before = (Entry.objects.count(), Event.objects.count())
    lines: list[str] = []
    demo.load(lines.append, life=False)
    assert lines == ["演示区：数据已在，未作改动"]
    assert (Entry.objects.count(), Event.objects.count()) == before


def test_a_load_after_an_upgrade_brings_what_was_not_shipped_before() -> None:
    from chengguan.accounts.models import User
    from chengguan.cases.procedure import shipped_source
    from chengguan.config.demo.bringing import LOADER
    from chengguan.workflow.domain import publish

    User.objects.filter(username="daping1").update(username="earlier")
    publish("case", f"{shipped_source()}# earlier", LOADER)
    lines: list[str] = []
    assert demo.load(lines.append, life=False)
    assert lines == ["人员与授权：1 人，可登录账号 1 个（均为虚构）", "案件流程：第 3 版"]
    came = User.objects.get(username="daping1")
    assert check_password(demo.PASSWORD, came.password)
    assert came.grants.get().post.code == "wall"

    publish("case", f"{shipped_source()}# a city's own", Principal.system("本市"))
    assert not demo.load(lines.append, life=False)


def test_a_load_that_died_goes_on_where_it_died(monkeypatch: pytest.MonkeyPatch) -> None:
    from chengguan.config.demo import steps

    done: list[str] = []

    def runs(name: str) -> Callable[[], str]:
        def run() -> str:
            done.append(name)
            return name

        return run

    def dies() -> str:
        done.append("died")
        raise RuntimeError("power")

    first, last = steps.Step("t1", "一", runs("一")), steps.Step("t3", "三", runs("三"))
    monkeypatch.setattr(steps, "STEPS", (first, steps.Step("t2", "二", dies), last))
    with pytest.raises(RuntimeError, match="power"):
        steps.run(lambda _: None, life=False)
    monkeypatch.setattr(steps, "STEPS", (first, steps.Step("t2", "二", runs("二")), last))
    steps.run(lambda _: None, life=False)

    assert done == ["一", "died", "二", "三"]


def test_somebody_is_on_duty_at_every_desk_at_any_hour_of_the_ninety_days() -> None:
    from chengguan.command.roster.queries import on_duty

    now = timezone.now()
    for hours in (-90 * 24 + 24, -1000, -13, 0, 300):
        there = on_duty(now + timedelta(hours=hours), area_code="310115")
        assert {"acceptor", "dispatcher", "commander"} <= {one.post for one in there}

"""Forces across towns: asked for, approved by the county, ordered in their time, ended by the clock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import factories
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from page_clients import statements

from chengguan.accounts.domain import loading
from chengguan.accounts.models import Grant
from chengguan.audit.models import Entry
from chengguan.command.deployments import queries
from chengguan.command.deployments.domain.asking import ask
from chengguan.command.deployments.domain.deciding import decide, finish
from chengguan.command.deployments.domain.running import run_due
from chengguan.command.enums import DeploymentState
from chengguan.command.models import Deployment, Order, Receipt
from chengguan.command.orders.domain import receiving
from chengguan.command.orders.domain.issuing import issue
from chengguan.command.orders.domain.reach import reachable_units
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.notify.models import OutboxMessage
from chengguan.store import cache

from .towns import LENDER, Towns

if TYPE_CHECKING:
    from django.test import Client

Signed = Callable[[str], "Client"]


def _state(one: Deployment, hours: float = 0) -> str:
    one.refresh_from_db()
    return one.state(timezone.now() + timedelta(hours=hours)).value


def _told(towns: Towns, name: str) -> list[str]:
    rows = OutboxMessage.objects.filter(
        topic="command.deployment", user_ids__contains=[towns.people[name].pk]
    )
    return [str(row.payload["title"]).partition("：")[0] for row in rows.order_by("id")]


def test_only_with_approval_do_orders_go_out(towns: Towns) -> None:
    home = towns.who("home")
    with pytest.raises(NotAllowed, match="不在您的指挥范围内"):
        issue(home, title="直接下达", units=[towns.unit.pk])
    one = towns.ask()
    assert (one.town, one.lenders, one.district) == ("310115501", [LENDER], "310115")
    assert _told(towns, "county") == ["待审批的跨镇域调配"]
    with pytest.raises(NotAllowed):
        issue(home, title="还没有批准", units=[towns.unit.pk])
    decide(towns.who("county"), one.pk, approve=True, words="同意")
    assert _state(one) == DeploymentState.ACTIVE
    order = Order.objects.get()
    assert (order.sender_name, order.title, order.subject, order.due_at, order.kind) == (
        "临港指挥",
        "夜间占道整治",
        one.subject,
        one.ends_at,
        "joint",
    )
    assert (_told(towns, "home"), _told(towns, "lender")) == (
        ["跨镇域调配已批准"],
        ["本镇力量被调用"],
    )
    # In its time the town orders more, whoever leads its shift, and never beyond its end.
    more = issue(towns.who("home2"), title="再来一队", units=[towns.unit.pk, towns.own.pk])
    assert (more.subject, more.due_at) == (one.subject, one.ends_at)
    late = one.ends_at + timedelta(minutes=1)
    with pytest.raises(Invalid, match="时限不能更晚"):
        issue(towns.who("home"), title="太晚", units=[towns.unit.pk], due_at=late)
    own = issue(towns.who("home"), title="本镇的", units=[towns.own.pk], due_at=late)
    assert own.subject == ""
    # Nobody else's reach has grown.
    for name in ("lender", "third"):
        found = set(reachable_units(towns.who(name)).values_list("pk", flat=True))
        assert (towns.unit.pk in found) == (name == "lender")
    actions = Entry.objects.filter(subject_type="deployment").values_list("action", flat=True)
    assert sorted(actions) == ["deployment.approve", "deployment.ask", "deployment.begin"]


def test_the_county_needs_no_approval(towns: Towns) -> None:
    order = issue(towns.who("county"), title="县里直接下达", units=[towns.unit.pk, towns.own.pk])
    assert (order.subject, Deployment.objects.count()) == ("", 0)
    with pytest.raises(NotAllowed, match="只有街镇的指挥人员"):
        ask(towns.who("county"), towns.asked())


def test_who_decides(towns: Towns) -> None:
    one = towns.ask()
    for name in ("home", "home2", "lender", "officer", "away", "clerk"):
        with pytest.raises(NotAllowed):
            decide(towns.who(name), one.pk, approve=True, words="")
    with pytest.raises(Invalid, match="须写明理由"):
        decide(towns.who("county"), one.pk, approve=False, words=" ")
    decide(towns.who("county"), one.pk, approve=False, words="县里另有安排")
    assert (_state(one), Order.objects.count()) == (DeploymentState.REFUSED, 0)
    with pytest.raises(Conflict, match="未批准"):
        decide(towns.who("county"), one.pk, approve=True, words="")
    assert _told(towns, "home") == ["跨镇域调配未批准"]


def test_what_begins_later_is_ordered_then(towns: Towns) -> None:
    now = timezone.now()
    one = towns.approved(begins_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    assert (_state(one), Order.objects.count(), run_due()) == (DeploymentState.APPROVED, 0, 0)
    with pytest.raises(NotAllowed):
        issue(towns.who("home"), title="太早", units=[towns.unit.pk])
    Deployment.objects.update(begins_at=now)
    cache.forget()
    assert (run_due(), run_due()) == (1, 0)
    assert Order.objects.get().subject == one.subject


def test_it_ends_by_itself(towns: Towns) -> None:
    one = towns.approved()
    second = issue(towns.who("home"), title="第二道", units=[towns.unit.pk])
    done = Receipt.objects.get(order=second)
    for verb in ("accept", "finish"):
        getattr(receiving, verb)(towns.who("clerk"), done.pk)
    assert run_due(one.ends_at - timedelta(seconds=1)) == 0
    assert run_due(one.ends_at) == 1
    assert run_due(one.ends_at) == 0
    one.refresh_from_db()
    assert (one.ended_by, one.ended_reason) == ("跨镇域调配", "跨镇域调配已到期")
    first = Receipt.objects.exclude(pk=done.pk).get()
    done.refresh_from_db()
    assert (first.withdrawn_at, done.withdrawn_at) == (one.ends_at, None)
    with pytest.raises(NotAllowed):
        issue(towns.who("home"), title="已经结束", units=[towns.unit.pk])
    assert _told(towns, "home")[-1] == "跨镇域调配已结束"


def test_what_nobody_decides_lapses(towns: Towns) -> None:
    one = towns.ask()
    assert _state(one, hours=3.1) == DeploymentState.LAPSED
    with pytest.raises(Conflict, match="已失效"):
        decide(towns.who("county"), one.pk, approve=True, words="", at=one.ends_at)
    assert run_due(one.ends_at) == 1
    assert _state(one, hours=3.1) == DeploymentState.LAPSED
    assert one.ended_reason == "到结束时间仍未审批"


def test_who_asked_and_left_the_town_ends_nothing(towns: Towns) -> None:
    running = towns.approved()
    Grant.objects.filter(user=towns.people["home"]).delete()
    with pytest.raises(NotAllowed):
        finish(towns.who("home"), running.pk, "我已调走")
    assert _state(running) == DeploymentState.ACTIVE


def test_it_is_taken_back_and_ended_early(towns: Towns) -> None:
    asked, running = towns.ask(), towns.approved()
    for name in ("lender", "third", "away", "clerk"):
        with pytest.raises(NotAllowed):
            finish(towns.who(name), running.pk, "不愿意")
    with pytest.raises(Invalid, match="写明原因"):
        finish(towns.who("home"), asked.pk, "")
    with pytest.raises(NotAllowed):
        # The county answers what it is asked.
        finish(towns.who("county"), asked.pk, "不合适")
    finish(towns.who("home2"), asked.pk, "不需要了")
    assert _state(asked) == DeploymentState.WITHDRAWN
    finish(towns.who("county"), running.pk, "另有任务")
    assert _state(running) == DeploymentState.ENDED
    assert Receipt.objects.get().withdrawn_at is not None
    with pytest.raises(Conflict):
        finish(towns.who("home"), running.pk, "再结束")


def test_who_asked_must_still_be_allowed_when_it_begins(towns: Towns) -> None:
    one = towns.ask()
    Grant.objects.filter(user=towns.people["home"]).delete()
    loading.forget()
    decide(towns.who("county"), one.pk, approve=True, words="")
    assert (_state(one), Order.objects.count()) == (DeploymentState.ENDED, 0)
    assert one.ended_reason.startswith("命令未能下达")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"units": []}, "unit"),
        ({"units": [999_999]}, "unit"),
        ({"title": " "}, "title"),
        ({"reason": ""}, "reason"),
        ({"case_number": "3101152026030200001"}, "case"),
    ],
)
def test_what_can_not_be_asked(towns: Towns, more: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        towns.ask(**more)
    assert fault.value.field == field
    now = timezone.now()
    for begins, ends in ((0, -1), (2, 1), (0, 24 * 31)):
        with pytest.raises(Invalid) as fault:
            towns.ask(begins_at=now + timedelta(hours=begins), ends_at=now + timedelta(hours=ends))
        assert fault.value.field == "ends_at"
    # Units of one's own town, of the county and of another county are no other town's.
    for unit in (towns.own, towns.town.city.unit):
        with pytest.raises(Invalid):
            towns.ask(units=[unit.pk])


@pytest.mark.django_db(transaction=True)
def test_one_word_of_two(towns: Towns) -> None:
    one = towns.ask()
    county = towns.who("county")
    barrier = Barrier(4)

    def say(number: int) -> str:
        try:
            connection.ensure_connection()
            barrier.wait()
            try:
                decide(county, one.pk, approve=number % 2 == 0, words="依规定")
            except Conflict:
                return "late"
            return "said"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(say, range(4)))
    assert said == ["late", "late", "late", "said"]
    assert Order.objects.count() == (1 if _state(one) == DeploymentState.ACTIVE else 0)


def test_two_deployments_of_one_unit_end_each_at_its_time(towns: Towns) -> None:
    more = factories.organisation("泥城执法队", parent=towns.town.city.centre, area_code=LENDER)
    factories.user("泥城经办乙", more, factories.post("unit"))
    now = timezone.now()
    long = towns.approved(ends_at=now + timedelta(hours=8))
    short = towns.approved(units=[towns.unit.pk, more.pk])
    order = Order.objects.get(subject=short.subject)
    assert (order.due_at, order.receipts.count()) == (short.ends_at, 2)
    home = towns.who("home")
    assert issue(home, title="一队", units=[towns.unit.pk]).subject == long.subject
    assert issue(home, title="两队", units=[towns.unit.pk, more.pk]).subject == short.subject
    third = factories.organisation("泥城环卫站", parent=towns.town.city.centre, area_code=LENDER)
    factories.user("泥城经办丙", third, factories.post("unit"))
    towns.approved(units=[third.pk])
    with pytest.raises(Invalid, match="分属几次"):
        issue(home, title="三队", units=[more.pk, third.pk])


def test_a_worker_that_slept_through_it_says_so(towns: Towns) -> None:
    now = timezone.now()
    one = towns.approved(begins_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    assert (run_due(one.ends_at), Order.objects.count()) == (1, 0)
    one.refresh_from_db()
    assert "命令没有下达" in one.ended_reason


def test_the_county_is_shown_what_else_the_units_do(towns: Towns, signed_as: Signed) -> None:
    one, other = towns.approved(), towns.ask()
    url = reverse("command:deployments-detail", args=[other.pk])
    assert signed_as("county").get(url).context["beside"] == [one]
    assert signed_as("home").get(url).context["beside"] == []


def test_strangers_see_nothing(towns: Towns, signed_as: Signed) -> None:
    one = towns.ask()
    for name, seen in (
        ("home", True), ("home2", True), ("lender", True), ("county", True), ("officer", True),
        ("third", False), ("away", False), ("clerk", False),
    ):  # fmt: skip
        rows = queries.deployments_visible_to(towns.who(name))
        assert list(rows.values_list("pk", flat=True)) == ([one.pk] if seen else []), name
    url = reverse("command:deployments-detail", args=[one.pk])
    assert signed_as("third").get(url).status_code == 404
    for verb in ("approve", "refuse", "end"):
        act = reverse("command:deployments-act", args=[one.pk, verb])
        assert signed_as("third").post(act, {"words": "x"}).status_code == 404
        assert signed_as("clerk").post(act, {"words": "x"}).status_code == 404
    assert signed_as("lender").get(url).context["may_decide"] is False
    assert signed_as("clerk").get(reverse("command:deployments")).status_code == 403


def test_the_pages(towns: Towns, signed_as: Signed) -> None:
    home, county = signed_as("home"), signed_as("county")
    new = reverse("command:deployments-new")
    assert "泥城城建办" in home.get(new).content.decode()
    assert county.get(new).status_code == 403
    sent = {
        "town": "310115501", "title": "联合整治", "reason": "人手不足", "unit": str(towns.unit.pk),
        "begins_at": "2026-01-01T08:00", "ends_at": "2020-01-01T08:00", "case": "", "text": "", "place": "",
    }  # fmt: skip
    assert home.post(new, sent).status_code == 422
    ends = timezone.localtime() + timedelta(hours=2)
    answer = home.post(new, sent | {"ends_at": f"{ends:%Y-%m-%dT%H:%M}"})
    one = Deployment.objects.get()
    url = reverse("command:deployments-detail", args=[one.pk])
    assert answer["Location"] == url
    refuse = reverse("command:deployments-act", args=[one.pk, "refuse"])
    blank = county.post(refuse, {"words": ""})
    assert (blank.status_code, "须写明理由" in blank.content.decode()) == (422, True)
    approve = reverse("command:deployments-act", args=[one.pk, "approve"])
    assert county.post(approve, {"words": "同意"}).status_code == 302
    assert "进行中" in home.get(url).content.decode()
    waiting = county.get(reverse("command:deployments"), {"tab": "waiting"})
    assert (waiting.context["lines"], waiting.context["waiting"]) == ([], 0)
    assert "申请跨镇域调配" in home.get(reverse("command:orders-new")).content.decode()
    assert "申请跨镇域调配" not in county.get(reverse("command:orders-new")).content.decode()


def test_lists_ask_the_same_for_one_and_three(towns: Towns, signed_as: Signed) -> None:
    one = towns.approved()
    county = signed_as("county")
    urls = [reverse("command:deployments"), reverse("command:deployments-detail", args=[one.pk])]
    first = [statements(county, url) for url in urls]
    for _ in range(2):
        towns.ask()
        issue(towns.who("home"), title="再来", units=[towns.unit.pk])
    assert [statements(county, url) for url in urls] == first

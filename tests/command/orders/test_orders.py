"""An order from issue to done: receipts, races, withdrawal, amendment, escalation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.audit.models import Entry
from chengguan.command.enums import OrderKind, Stand
from chengguan.command.models import Order, OrderEvent, Receipt
from chengguan.command.orders import queries
from chengguan.command.orders.domain import changing, delivering, issuing, receiving
from chengguan.command.orders.domain.issuing import Target, issue
from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound
from chengguan.notify.domain.relay import relay
from chengguan.notify.models import InboxItem

from ..staff import who

if TYPE_CHECKING:
    from factories import City


def _order(city: City, **more: object) -> Order:
    given: dict[str, object] = {
        "title": "排查下穿通道",
        "text": "积水超过 15 厘米立即封控",
        "due_at": timezone.now() + timedelta(hours=1),
        "units": [city.unit.pk],
        "people": [city.people["chief"].pk],
    }
    return issue(who(city, "commander"), **{**given, **more})  # type: ignore[arg-type]


def test_each_recipient_has_a_receipt_and_is_told(city: City) -> None:
    order = _order(city)
    relay()
    told = InboxItem.objects.filter(kind="order.issued").values_list("user_id", flat=True)
    people = city.people
    assert {people["unit"].pk, people["unit2"].pk, people["chief"].pk} == set(told)
    receipts = list(order.receipts.order_by("pk"))
    assert [one.name for one in receipts] == ["西片长", "环卫所"]
    assert {one.stand for one in receipts} == {Stand.DELIVERED}
    assert order.area_code == factories.DISTRICT


def test_the_instants_follow_one_after_another(city: City) -> None:
    order = _order(city)
    receipt = order.receipts.get(unit=city.unit)
    clerk = who(city, "unit")
    receiving.see(clerk, receipt)
    receiving.accept(clerk, receipt.pk)
    receiving.arrive(clerk, receipt.pk, point=factories.inside(1), place="通道北口")
    done = receiving.finish(clerk, receipt.pk, "已封控")
    assert done.stand is Stand.DONE
    instants = [done.issued_at, done.seen_at, done.accepted_at, done.arrived_at, done.done_at]
    assert [at for at in instants if at] == sorted(at for at in instants if at)
    assert None not in instants
    verbs = list(done.events.order_by("pk").values_list("verb", "actor_name"))
    assert verbs == [(v, "环卫所经办") for v in ("see", "accept", "arrive", "finish")]


def test_of_two_clerks_one_wins_and_the_other_is_told_kindly(city: City) -> None:
    receipt = _order(city).receipts.get(unit=city.unit)
    receiving.accept(who(city, "unit"), receipt.pk)
    with pytest.raises(Conflict, match="环卫所经办已于"):
        receiving.accept(who(city, "unit2"), receipt.pk)
    with pytest.raises(Conflict):
        receiving.refuse(who(city, "unit2"), receipt.pk, "没有车")
    assert OrderEvent.objects.filter(receipt=receipt, verb="accept").count() == 1


def test_a_refusal_has_a_reason_and_reaches_the_commander(city: City) -> None:
    receipt = _order(city).receipts.get(unit=city.unit)
    with pytest.raises(Invalid):
        receiving.refuse(who(city, "unit"), receipt.pk, " ")
    receiving.refuse(who(city, "unit"), receipt.pk, "车辆在另一处抢险")
    relay()
    item = InboxItem.objects.get(user_id=city.people["commander"].pk)
    assert (item.title, item.body) == ("环卫所拒绝了命令：排查下穿通道", "车辆在另一处抢险")


@pytest.mark.parametrize("verb", ["arrive", "finish"])
def test_nothing_before_acceptance(city: City, verb: str) -> None:
    receipt = _order(city).receipts.get(unit=city.unit)
    with pytest.raises(Conflict, match="还没有接受"):
        getattr(receiving, verb)(who(city, "unit"), receipt.pk)


def test_nobody_answers_for_another(city: City) -> None:
    order = _order(city)
    for code in ("other", "commander", "handler", "away"):
        with pytest.raises(NotAllowed):
            receiving.accept(who(city, code), order.receipts.get(unit=city.unit).pk)
    assert Entry.objects.filter(action="order.accept", result="refused").count() == 4
    assert not order.receipts.exclude(accepted_at=None).exists()


def test_another_district_can_not_be_ordered(city: City) -> None:
    away = city.people["away_worker"]
    with pytest.raises(NotAllowed, match="不在您的指挥范围内") as refused:
        _order(city, people=[away.pk])
    assert "邻区人员" not in str(refused.value)
    with pytest.raises(NotAllowed):
        issue(who(city, "away"), title="越区", units=[city.unit.pk])
    with pytest.raises(NotAllowed, match="不能下达命令"):
        issue(who(city, "acceptor"), title="无权", units=[city.unit.pk])
    assert not Order.objects.exists()
    assert Entry.objects.filter(action="order.issue", result="refused").count() == 3


def test_a_unit_nobody_answers_for_can_not_be_ordered(city: City) -> None:
    factories.user("无岗", silent := factories.organisation("物业", area_code=factories.DISTRICT))
    with pytest.raises(Invalid, match="物业 没有经办人"):
        _order(city, units=[silent.pk])


def test_a_hundred_points_are_one_order_with_a_receipt_each(
    city: City, django_assert_max_num_queries: object
) -> None:
    targets = [Target(f"点位 {n}", factories.inside(1)) for n in range(100)]
    targets[7] = Target("绿化点", None, city.other_unit.pk)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        order = _order(city, people=[], targets=targets)
    assert order.receipts.count() == 100
    assert order.receipts.get(unit=city.other_unit).place == "绿化点"
    relay()
    assert InboxItem.objects.filter(user_id=city.people["unit"].pk).count() == 1
    assert not order.receipts.filter(delivered_at=None).exists()


def test_withdrawn_means_that_nothing_more_is_done(city: City) -> None:
    order = _order(city)
    receipt = order.receipts.get(unit=city.unit)
    changing.withdraw(who(city, "commander"), order.pk, "雨已停")
    with pytest.raises(Conflict, match="已经撤回"):
        receiving.accept(who(city, "unit"), receipt.pk)
    with pytest.raises(Conflict):
        changing.withdraw(who(city, "commander"), order.pk, "再撤")
    relay()
    titles = InboxItem.objects.filter(user_id=city.people["unit"].pk).values_list(
        "title", flat=True
    )
    assert "命令已撤回：排查下穿通道" in titles


def test_an_amendment_keeps_what_was_said_and_asks_to_look_again(city: City) -> None:
    order = _order(city)
    receipt = order.receipts.get(unit=city.unit)
    receiving.see(who(city, "unit"), receipt)
    before = order.text
    due = timezone.now() + timedelta(hours=3)
    changed = changing.amend(who(city, "commander"), order.pk, text="改为全线封控", due_at=due)
    receipt.refresh_from_db()
    assert (changed.revision, receipt.due_at, receipt.seen_revision) == (2, due, 1)
    event = order.events.get(verb="amend")
    assert event.data["before"]["text"] == before
    with pytest.raises(NotAllowed):
        changing.amend(who(city, "away"), order.pk, text="外人", due_at=due)


def test_what_is_late_reaches_the_commander_once(city: City) -> None:
    order = _order(city)
    after = timezone.now() + timedelta(hours=2)
    assert delivering.escalate() == 0
    assert delivering.escalate(after) == 2
    assert delivering.escalate(after) == 0
    relay()
    item = InboxItem.objects.get(kind="order.late")
    assert item.user_id == city.people["commander"].pk
    assert item.body == "西片长、环卫所 共 2 个接收方超期未完成"
    late = queries.orders_visible_to(who(city, "commander")).get(pk=order.pk)
    assert queries.counted(Order.objects.filter(pk=late.pk), after).get().n_late == 2


def test_the_history_can_not_be_changed(city: City) -> None:
    _order(city)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        OrderEvent.objects.update(actor_name="别人")


def test_strangers_see_nothing(city: City) -> None:
    order = _order(city)
    for code in ("away", "acceptor", "other"):
        assert not queries.orders_visible_to(who(city, code)).exists()
        assert not queries.receipts_answered_by(who(city, code)).exists()
        assert not queries.can_see_order(who(city, code), order.pk)
    assert queries.can_see_order(who(city, "unit2"), order.pk)
    assert queries.orders_visible_to(who(city, "officer")).count() == 1


def test_median_arrival_counts_no_drill(city: City) -> None:
    now = timezone.now()
    for minutes, drill in ((4, False), (6, False), (20, False), (500, True)):
        order = _order(
            city,
            kind=OrderKind.SCENE,
            people=[],
            drill=drill,
            at=now,
            due_at=now + timedelta(days=2),
        )
        receipt = order.receipts.get()
        receiving.accept(who(city, "unit"), receipt.pk, at=now + timedelta(minutes=1))
        receiving.arrive(who(city, "unit"), receipt.pk, at=now + timedelta(minutes=minutes))
    [row] = queries.figures_by_kind(who(city, "commander"), now)
    assert (row.issued, row.arrived, row.arrive_median) == (3, 3, 360.0)
    listed = queries.order_list(
        who(city, "commander"), queries.Wanted(kind="scene", drill="0", step="arrived"), now
    )
    assert len(listed) == row.arrived


def test_a_deadline_in_the_past_is_refused(city: City) -> None:
    with pytest.raises(Invalid, match="已经过去"):
        _order(city, due_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(Invalid, match="接收方"):
        _order(city, units=[], people=[])
    with pytest.raises(NotFound):
        receiving.accept(who(city, "unit"), 999_999)
    assert not Receipt.objects.exists()
    assert issuing.MOST == 500


def test_who_commands_a_unit_does_not_command_the_streets_it_works_in(city: City) -> None:
    """A city may give 指挥调度 to a unit's clerk: his people are his, others' orders are not."""
    from chengguan.command.bulletins.domain import publishing
    from chengguan.command.bulletins.queries import publishes
    from chengguan.command.models import PlanTemplate
    from chengguan.command.plans.domain.starting import start_plan
    from chengguan.command.plans.queries import plans_visible_to

    foreman = factories.post("foreman", Capability.ORDER, Capability.HANDLE_UNIT, by_unit=True)
    city.people["foreman"] = factories.user("班长", city.unit, foreman, username="foreman")
    clerk = who(city, "foreman")
    order = _order(city)
    assert not changing.may_change(clerk, order)
    with pytest.raises(NotAllowed):
        changing.withdraw(clerk, order.pk, "不办了")

    bulletin = publishing.publish(
        who(city, "commander"), title="防汛", text="值守", area_code=factories.DISTRICT
    )
    assert not publishes(clerk, bulletin)
    with pytest.raises(NotAllowed):
        publishing.withdraw(clerk, bulletin)
    with pytest.raises(NotAllowed):
        publishing.publish(clerk, title="x", text="x", area_code=factories.DISTRICT)

    plan = PlanTemplate.objects.create(
        code="x",
        version=1,
        name="暴雨",
        area_code=factories.DISTRICT,
        content=[],
        made_at=timezone.now(),
    )
    assert not plans_visible_to(clerk).exists()
    with pytest.raises(NotAllowed):
        start_plan(clerk, plan.pk, level="IV", drill=True, area_code=factories.DISTRICT)
    mine = issue(clerk, title="清扫", people=[city.people["handler"].pk])
    assert changing.may_change(clerk, mine)

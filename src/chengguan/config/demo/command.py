"""Made-up orders, a finished drill, a bulletin and a meeting, so that command's pages show something.

Everything goes through the verbs a person would use, at instants before now; titles say 模拟.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import Organisation, User
from chengguan.command.bulletins.domain.publishing import confirm, publish
from chengguan.command.enums import OrderKind
from chengguan.command.meetings.domain.deciding import decide, keep_minutes
from chengguan.command.models import Order, PlanTemplate, Receipt
from chengguan.command.orders.domain import receiving
from chengguan.command.orders.domain.delivering import mark_delivered
from chengguan.command.orders.domain.issuing import Target, issue
from chengguan.command.orders.domain.reach import clerks_of
from chengguan.command.plans.domain.keeping import keep_plan, read_file
from chengguan.command.plans.domain.starting import start_plan
from chengguan.command.plans.domain.template import Head
from chengguan.programmes.domain import act, close
from chengguan.programmes.enums import ItemVerb
from chengguan.programmes.models import Programme

from . import FILES
from .marks import MARK

_AREA: Final = "310115"
_STREET: Final = "310115145"
_PLACE: Final = (121.9273, 30.9003)


def load() -> str:
    """Write plans, orders in every stand, a drill from start to end, a bulletin and a meeting."""
    commander = _who("zhihui1")
    now = timezone.now()
    chance = Random(2026)  # noqa: S311 - the same story at every load
    plans = _plans(commander, now)
    _drill(commander, plans[0], now - timedelta(days=2, hours=3), chance)
    orders = _orders(commander, now, chance)
    _bulletins(commander, now)
    decisions = _meeting(commander, now)
    return f"预案 {len(plans)} 份、演练 1 次、命令 {orders} 条、通报 2 份、议定事项 {decisions} 件"


def _plans(commander: Principal, now: datetime) -> list[PlanTemplate]:
    kept = []
    for file in sorted((FILES / "plans").glob("*.toml"), reverse=True):
        head, tasks = read_file(file.name, file.read_bytes(), Head("", ""))
        at = now - timedelta(days=30)
        kept.append(keep_plan(commander, head, tasks, area_code=_AREA, made_up=True, at=at))
    return kept


def _orders(commander: Principal, now: datetime, chance: Random) -> int:
    units = {one.code: one.pk for one in Organisation.objects.all()}

    def give(hours: float, due: float, title: str, codes: Sequence[str], **more: object) -> Order:
        at = now - timedelta(hours=hours)
        given = {"kind": OrderKind.SCENE, "area_code": _STREET, **more}
        order = issue(
            commander,
            title=f"{title}（{MARK}）",
            units=[units[code] for code in codes],
            due_at=at + timedelta(hours=due),
            at=at,
            **given,  # type: ignore[arg-type]
        )
        receipts = list(order.receipts.values_list("pk", flat=True))
        mark_delivered(receipts, at + timedelta(seconds=2))
        return order

    flood = give(
        5,
        2,
        "环湖西一路下穿通道积水，到场处置",
        ["MUNICIPAL", "WATER"],
        text="积水约 20 厘米，先警示，再抽排；现场照片请附回执。",
        circle=(*_PLACE, 400.0),
        lead_unit=units["WATER"],
    )
    _answer(flood, chance, steps=("accept", "arrive", "finish"))
    tree = give(20, 3, "行道树倒伏影响公交站", ["GREEN"], place="古棕路公交站", point=_PLACE)
    _answer(tree, chance, steps=("accept", "arrive", "finish"))
    gas = give(1, 4, "燃气井盖异响，查看并反馈", ["GAS"], kind=OrderKind.CHECK)
    _answer(gas, chance, steps=("accept", "arrive"))
    joint = give(
        0.6, 6, "渣土运输联合检查", ["ENFORCE", "TRAFFIC", "BUILDING"], kind=OrderKind.JOINT
    )
    first, second, _ = joint.receipts.select_related("unit", "order").order_by("pk")
    receiving.accept(_clerk(first), first.pk, at=joint.issued_at + timedelta(minutes=4))
    reason = "车辆在另一处抢险，一小时后可到。"
    receiving.refuse(_clerk(second), second.pk, reason, at=joint.issued_at + timedelta(minutes=7))
    give(
        0.2,
        24,
        "雨水口巡查点单",
        ["SANITATION"],
        kind=OrderKind.CHECK,
        targets=[Target(f"雨水口 {number:02d}（{MARK}）") for number in range(1, 13)],
    )
    chief = User.objects.get(username="pianzhang1")
    give(3, 1, "走访沿街商户，提示收起外摆", [], people=[chief.pk], kind=OrderKind.INFORM)
    return 6


def _answer(order: Order, chance: Random, steps: Sequence[str]) -> None:
    for receipt in order.receipts.select_related("unit", "order").order_by("pk"):
        at = order.issued_at + timedelta(seconds=2)
        who = _clerk(receipt)
        for step in steps:
            at += timedelta(minutes=chance.uniform(3, 25))
            if step == "accept":
                receiving.see(who, receipt, at - timedelta(minutes=1))
                receiving.accept(who, receipt.pk, at=at)
            elif step == "arrive":
                receiving.arrive(who, receipt.pk, at=at)
            else:
                receiving.finish(who, receipt.pk, f"已处置完毕（{MARK}）。", at=at)


def _drill(commander: Principal, plan: PlanTemplate, at: datetime, chance: Random) -> None:
    run = start_plan(
        commander, plan.pk, level="II", drill=True, place=f"滴水湖周边（{MARK}）", at=at
    )
    now = at
    while True:
        still = list(_open_receipts(run))
        if not still and not _fill_gaps(commander, run, now):
            break
        for receipt in still:
            begun = max(now, receipt.issued_at)
            mark_delivered([receipt.pk], receipt.issued_at + timedelta(seconds=2))
            who = _clerk(receipt)
            accepted = begun + timedelta(minutes=chance.uniform(1, 6))
            receiving.see(who, receipt, accepted - timedelta(seconds=30))
            receiving.accept(who, receipt.pk, at=accepted)
            done = accepted + timedelta(minutes=chance.uniform(3, 16))
            receiving.finish(who, receipt.pk, f"演练完成（{MARK}）。", at=done)
            now = max(now, begun)
        now += timedelta(minutes=5)
    last = run.items.exclude(over_at=None).order_by("-over_at").values_list("over_at", flat=True)
    end = (last[0] or now) + timedelta(minutes=10)
    close(commander, run.pk, f"演练结束，泵车集结偏慢，已列入整改（{MARK}）。", end)


def _fill_gaps(commander: Principal, run: Programme, at: datetime) -> bool:
    """Let the commander finish what nobody could be found for; says whether there was any."""
    gaps = list(run.items.filter(state="open").exclude(gap=""))
    for item in gaps:
        act(commander, item.pk, ItemVerb.FINISH, at, words=f"由指挥长代办（{MARK}）")
    return bool(gaps)


def _open_receipts(run: Programme) -> Sequence[Receipt]:
    subjects = [f"programmes.item:{pk}" for pk in run.items.values_list("pk", flat=True)]
    rows = Receipt.objects.filter(order__subject__in=subjects, done_at=None, withdrawn_at=None)
    return list(rows.select_related("unit", "order").order_by("pk"))


def _bulletins(commander: Principal, now: datetime) -> None:
    made = publish(
        commander,
        title=f"汛期值守要求（{MARK}）",
        text="一、值班人员保持在岗，电话畅通。\n二、积水点发现即报，先警示后处置。\n三、下穿通道积水超过 27 厘米立即封闭。",
        area_code=_AREA,
        posts=["unit_clerk", "shift_lead", "dispatcher", "acceptor"],
        pinned=True,
        must_confirm=True,
        expires_at=now + timedelta(days=60),
        at=now - timedelta(days=1),
    )
    for name in ("zhifa_guanli", "shuiwu_guanli", "zhiban1"):
        confirm(_who(name), made, at=now - timedelta(hours=20))
    publish(
        commander,
        title=f"系统使用提示：命令回执（{MARK}）",
        text="收到命令后请先点“接受”，到场、完成各点一次；不能执行的，点“不能执行”并写明原因。",
        area_code=_AREA,
        at=now - timedelta(hours=6),
    )


def _meeting(commander: Principal, now: datetime) -> int:
    meeting = keep_minutes(
        commander,
        title=f"城市运行管理调度会第 12 次会议（{MARK}）",
        series="城市运行管理调度会",
        held_at=now - timedelta(days=5),
        place="指挥大厅",
        participants="各专业部门、南汇新城镇城运分中心",
        agenda="汛期积水点整治；渣土运输联合检查",
        minutes="会议听取了积水点排查情况，议定以下事项。",
    )
    units = {one.code: one.pk for one in Organisation.objects.all()}
    wanted = (
        ("完成 6 处下穿通道水尺更换", "MUNICIPAL", 3),
        ("渣土运输线路公示牌更新", "ENFORCE", 10),
        ("雨水口清掏台账补齐", "SANITATION", 1),
    )
    for title, code, days in wanted:
        at = now - timedelta(days=5)
        due = at + timedelta(days=days)
        owner = f"unit:{units[code]}"
        decide(commander, meeting, title=title, owner=owner, due_at=due, at=at)
    first = meeting.items.get(title="雨水口清掏台账补齐")
    done = now - timedelta(days=4, hours=3)
    act(_who("huanwei_guanli"), first.pk, ItemVerb.FINISH, done, words="台账已补齐")
    return len(wanted)


def _who(username: str) -> Principal:
    return principal_of(User.objects.get(username=username))


def _clerk(receipt: Receipt) -> Principal:
    if receipt.user_id is not None:
        return principal_of(User.objects.get(pk=receipt.user_id))
    assert receipt.unit is not None
    clerks = clerks_of([receipt.unit.path])[receipt.unit.path]
    return principal_of(User.objects.get(pk=clerks[0].user_id))

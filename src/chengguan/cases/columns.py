"""The columns a list or an export may have, and which of them a person has chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.store import revisions
from chengguan.store.cache import revised
from chengguan.ui.clockface import exact

from . import crossing
from .enums import Source
from .models import ChosenColumns
from .queries import CaseRow

_YES: Final = {None: "", True: "是", False: "否"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `cell` gives its plain value; `listed` says that the list can show it too."""

    name: str
    title: str
    cell: Callable[[CaseRow], Any]
    listed: bool = True
    personal: bool = False


def _point(index: int) -> Callable[[CaseRow], Any]:
    return lambda row: row.point[index] if row.point else ""


def _empty(row: CaseRow) -> str:
    return ""


_ALL: Final = (
    Column("number", "案件编号", lambda row: row.number),
    Column("state", "状态", lambda row: row.state_title),
    Column("limit", "时限", lambda row: exact(row.stage_due_at)),
    Column("matter_code", "事项代码", lambda row: row.matter_code),
    Column("matter", "事项", lambda row: row.matter_name),
    Column("text", "描述", lambda row: row.text),
    Column("address", "地点", lambda row: row.address),
    Column("area_code", "区划代码", lambda row: row.area_code),
    Column("area", "区域", lambda row: row.area_name),
    Column("towns", "跨镇域", lambda row: crossing.towns_text(row.id)),
    Column("unit", "处置单位", lambda row: row.unit_name),
    Column("handler", "处置人", lambda row: row.handler_name),
    Column("source", "来源", lambda row: Source(row.source).label),
    Column("opened", "上报时间", lambda row: exact(row.opened_at)),
    Column("due", "阶段到期", lambda row: exact(row.stage_due_at)),
    Column("total_due", "处置到期", lambda row: exact(row.due_at)),
    Column("changed", "最近变动", lambda row: exact(row.changed_at)),
    Column("closed", "办结时间", lambda row: exact(row.closed_at)),
    Column("on_time", "按期", lambda row: _YES[row.on_time]),
    Column("reports", "上报次数", lambda row: row.reports),
    Column("urged", "催办次数", lambda row: row.urged),
    Column("returns", "回退次数", lambda row: row.returns),
    Column("reworks", "返工次数", lambda row: row.reworks),
    Column("important", "重点", lambda row: _YES[row.important]),
    Column("lon", "经度", _point(0), listed=False),
    Column("lat", "纬度", _point(1), listed=False),
    # Filled row by row by who may: `taking.rows`.
    Column("reporter_name", "举报人", _empty, listed=False, personal=True),
    Column("reporter_phone", "举报人电话", _empty, listed=False, personal=True),
)
COLUMNS: Final[dict[str, Column]] = {one.name: one for one in _ALL}
LISTED: Final = ("number", "state", "limit", "matter", "text", "area", "unit", "source", "opened")
EXPORTED: Final = (
    "number", "state", "matter_code", "matter", "text", "address", "area_code", "area", "unit",
    "source", "opened", "due", "closed", "on_time",
)  # fmt: skip
_KINDS: Final = {"listed": LISTED, "exported": EXPORTED}


def offered(principal: Principal, kind: str) -> list[Column]:
    """Give the columns a person may choose for his `listed` or `exported` ones."""
    personal = principal.can(Capability.SEE_PERSONAL)
    return [
        one for one in _ALL if (one.listed or kind == "exported") and (personal or not one.personal)
    ]


def chosen(principal: Principal, kind: str) -> tuple[str, ...]:
    """Give the names of a person's columns, the shipped ones where he has chosen none."""
    may = {one.name for one in offered(principal, kind)}
    own = tuple(name for name in _kept(principal.user_id or 0)[kind] if name in may)
    return own or _KINDS[kind]


def choose(principal: Principal, kind: str, names: Sequence[str]) -> None:
    """Keep a person's columns in his order; none brings back the shipped ones.

    Raises:
        Invalid: a column there isn't, or isn't for him.
    """
    may = {one.name for one in offered(principal, kind)}
    wrong = [name for name in names if name not in may]
    if wrong or kind not in _KINDS or principal.user_id is None:
        raise Invalid(
            "cases.columns",
            f"没有可选的列“{'、'.join(wrong)[:60]}”。",
            mend="请刷新页面后重新选择。",
            field="columns",
        )
    with transaction.atomic():
        ChosenColumns.objects.update_or_create(
            user_id=principal.user_id, defaults={kind: list(dict.fromkeys(names))}
        )
        revisions.bump("columns")


@revised("columns")
def _kept(user_id: int) -> dict[str, list[str]]:
    found = ChosenColumns.objects.filter(user_id=user_id).first()
    return {
        "listed": list(found.listed) if found else [],
        "exported": list(found.exported) if found else [],
    }


def head(names: Iterable[str]) -> list[str]:
    """Give the titles of columns."""
    return [COLUMNS[name].title for name in names]

"""Keep a plan: a version that was started is frozen, and a change makes the next one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation, Post
from chengguan.audit.domain.record import record
from chengguan.core.workbooks.limits import SMALL, WorkbookError
from chengguan.core.workbooks.reading import read_first

from ...models import PlanTemplate
from ...orders.domain.reach import commands
from .. import errors
from .template import HEADS, Head, Names, Task, read_rows, read_toml, to_content

MOST_BYTES: Final = 1024 * 1024
_CODE: Final = re.compile(r"[a-z0-9-]{1,40}")
SUBJECT: Final = "plan"


def names() -> Names:
    """Give the units and posts that a plan may name, by code and by name: two statements."""
    units = Organisation.objects.filter(active=True).values_list("code", "name")
    posts = Post.objects.values_list("code", "name")
    return Names(
        {key: code for code, name in units for key in (name, code)},
        {key: code for code, name in posts for key in (name, code)},
    )


def read_file(name: str, content: bytes, head: Head) -> tuple[Head, list[Task]]:
    """Read a plan from TOML (with its own head) or XLSX (with the form's).

    Raises:
        Invalid: another kind of file, or faulty rows, every one named.
    """
    if len(content) > MOST_BYTES:
        raise errors.file_wrong("文件太大，预案不超过 1 MB。", "请只保留任务表。")
    if name.lower().endswith(".toml"):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise errors.file_wrong("文件不是 UTF-8 文本。", "请另存为 UTF-8。") from error
        own, tasks = read_toml(text, names())
        return Head(own.code or head.code, own.name or head.name, own.basis or head.basis), tasks
    try:
        rows = read_first(BytesIO(content), SMALL).rows
    except WorkbookError as error:
        raise errors.file_wrong(
            error.message, f"{error.mend}预案请用随附的表格填写，或用 TOML。"
        ) from error
    found = [str(cell).strip() for cell in rows[0][: len(HEADS)]] if rows else []
    if found != list(HEADS):
        raise errors.file_wrong("表头不对。", f"第一行应依次为：{'、'.join(HEADS)}。")
    return head, read_rows(rows[1:], names(), first=2)


@transaction.atomic
def keep_plan(
    principal: Principal,
    head: Head,
    tasks: Sequence[Task],
    *,
    area_code: str = "",
    made_up: bool = False,
    at: datetime | None = None,
) -> PlanTemplate:
    """Write a plan's next version, or change the newest one while nobody has started it.

    Raises:
        NotAllowed: not who may write plans of that area. Invalid: no code or name.
    """
    if not may_write(principal, area_code):
        raise errors.may_not("编制这个区域的预案", "该区域的值班指挥长或领导")
    if not head.code.strip() or not head.name.strip():
        raise errors.file_wrong("预案要有代码和名称。", "代码例如 taifeng-baoyu。")
    if not _CODE.fullmatch(head.code.strip()):
        raise errors.file_wrong(
            "预案代码只能用小写字母、数字和连字符，最多 40 个。", "例如 taifeng-baoyu。"
        )
    now = at or timezone.now()
    newest = (
        PlanTemplate.objects.select_for_update().filter(code=head.code).order_by("-version").first()
    )
    if newest is not None and newest.area_code != area_code:
        raise errors.file_wrong(f"预案代码 {head.code} 已用于别的区域。", "请换一个代码。")
    if newest is None or newest.frozen_at is not None:
        plan = PlanTemplate(
            code=head.code.strip()[:40], version=newest.version + 1 if newest else 1
        )
    else:
        plan = newest
    plan.name, plan.basis, plan.area_code = head.name.strip()[:80], head.basis.strip(), area_code
    plan.content, plan.made_by, plan.made_at = to_content(tasks), principal.name, now
    plan.made_up = made_up
    plan.save()
    record(
        "plan.keep",
        actor=principal.actor(Capability.ORDER),
        subject_type=SUBJECT,
        subject_id=plan.pk,
        detail={"code": plan.code, "version": plan.version, "tasks": len(tasks)},
        at=now,
    )
    return plan


def may_write(principal: Principal, area_code: str) -> bool:
    """Say whether one may write, and start in earnest, the plans of an area."""
    return commands(principal, area_code) and principal.can(Capability.LEAD, area_code=area_code)

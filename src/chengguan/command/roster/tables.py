"""The roster as a file: exported, edited, checked with a sentence for each wrong cell, applied.

The same heads go out and come in. Nothing is written while one row is wrong; what has begun is
not touched; rows that are there already are left as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Final

import xlsxwriter
from django.db import models, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, Post
from chengguan.command.models.roster import Assignment, Source
from chengguan.core.coordinates import CRS
from chengguan.core.workbooks.limits import SMALL
from chengguan.registry.domain.exports import safe
from chengguan.registry.domain.imports.faults import Bad, Faults, Unreadable
from chengguan.registry.domain.imports.fields import Field, Reader, day, text
from chengguan.registry.domain.imports.files import Kept
from chengguan.registry.domain.imports.kind import Context, Kind, Row
from chengguan.registry.domain.imports.reading import read_rows
from chengguan.registry.domain.imports.tables import open_table, plain
from chengguan.registry.domain.locate import chain

from .domain.keeping import keeps, note, require
from .domain.rotation import Shift
from .domain.rules import overlapping, shifts_of
from .domain.spans import span
from .queries import area_name, people_kept_by, post_names

MOST_ROWS: Final = 20_000


def _plainly(longest: int) -> Reader:
    read = text(longest)

    def checked(value: str) -> str:
        if value.startswith(("=", "+", "@")):
            raise Bad("单元格是公式，不是内容。", "请把公式粘贴为数值后再导入。")
        return str(read(value))

    return checked


class RosterKind(Kind):
    """The columns of a roster file."""

    name: ClassVar[str] = "roster"
    title: ClassVar[str] = "排班表"
    model: ClassVar[type[models.Model]] = Assignment
    fields: ClassVar[tuple[Field, ...]] = (
        Field("day", ("日期", "date"), day, required=True),
        Field("shift", ("班次", "shift"), _plainly(20), required=True),
        Field("post", ("岗位", "post"), _plainly(40), required=True),
        Field("area", ("区域代码", "区域", "area"), _plainly(15), required=True),
        Field("username", ("账号", "username"), _plainly(40), required=True),
        Field("name", ("姓名", "name"), _plainly(40)),
    )


HEADS: Final = tuple(one.title for one in RosterKind.fields)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row that could be read and means a duty."""

    row: int
    user_id: int
    post: str
    area_code: str
    shift: Shift
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class Check:
    """What a file would do: duties to make, how many are there already, and every fault."""

    new: list[Wanted] = field(default_factory=list)
    unchanged: int = 0
    rows: int = 0
    faults: Faults = field(default_factory=Faults)

    @property
    def good(self) -> bool:
        return self.faults.count == 0


def check(principal: Principal, organisation: Organisation, kept: Kept) -> Check:
    """Read a kept file for one unit; writes nothing. A file nobody can read is one fault of row 0.

    Raises:
        NotAllowed: another keeps that unit's roster.
    """
    require(principal, organisation)
    found = Check()
    kind = RosterKind()
    heads = {plain(head) for one in kind.fields for head in one.heads}
    try:
        table = open_table(kept, heads.__contains__, workbook=SMALL)
        context = Context({}, CRS.CGCS2000, date.min, (), found.faults)
        rows = list(_some(read_rows(kind, table, context)))
    except Unreadable as error:
        found.faults.add(error.row, "整个文件", "", error.message, error.mend)
        return found
    found.rows = len(rows)
    if not rows:
        found.faults.add(0, "整个文件", "", "文件里没有排班行。", "请在表头下填写排班。")
    wanted = _wanted(principal, organisation, [row for row in rows if row.values], found.faults)
    _apart(wanted, found)
    return found


@transaction.atomic
def apply(principal: Principal, organisation: Organisation, kept: Kept) -> Check:
    """Check the file again and make its duties, all or none."""
    # One import at a time for one unit: of two like files the second finds nothing new.
    Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    found = check(principal, organisation, kept)
    if not found.good:
        return found
    Assignment.objects.bulk_create(
        (
            Assignment(
                user_id=one.user_id,
                organisation=organisation,
                post=one.post,
                area_code=one.area_code,
                shift_code=one.shift.code,
                shift_name=one.shift.name,
                period=one.shift.period,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                rest_minutes=one.shift.rest_minutes,
                source=Source.IMPORT,
                made_by=principal.name[:40],
            )
            for one in found.new
        ),
        batch_size=2_000,
    )
    note(
        "imported",
        principal,
        "organisation",
        organisation.pk,
        file=kept.name,
        sha256=kept.sha256,
        new=len(found.new),
        unchanged=found.unchanged,
    )
    return found


def lines_of(rows: Iterable[Assignment]) -> list[list[str]]:
    """Give the rows as cells under `HEADS`."""
    posts = post_names()
    return [
        [
            timezone.localtime(row.starts_at).date().isoformat(),
            row.shift_name,
            posts.get(row.post, row.post),
            row.area_code,
            row.user.username,
            row.user.name,
        ]
        for row in rows
    ]


def to_csv(lines: Iterable[list[str]]) -> bytes:
    """Write a CSV that spreadsheets open in Chinese, and run nothing of."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADS)
    writer.writerows([safe(cell) for cell in line] for line in lines)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def to_xlsx(lines: Iterable[list[str]]) -> bytes:
    """Write a workbook; every cell is text, so that codes keep their digits."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    sheet = book.add_worksheet("排班表")
    as_text = book.add_format({"num_format": "@"})
    sheet.set_column(0, len(HEADS) - 1, 16, as_text)
    for number, line in enumerate((HEADS, *lines)):
        for column, cell in enumerate(line):
            sheet.write_string(number, column, cell, as_text)
    book.close()
    return buffer.getvalue()


def _some(rows: Iterable[Row]) -> Iterable[Row]:
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise Unreadable(f"超过 {MOST_ROWS} 行。", "请按月分批导入。")
        yield row


def _wanted(
    principal: Principal, organisation: Organisation, rows: list[Row], faults: Faults
) -> list[Wanted]:
    names = {row.values["username"] for row in rows}
    people = {
        user.username: user
        for user in people_kept_by(principal).filter(username__in=names).only("username", "name")
    }
    posts: Mapping[str, str] = {
        word: code
        for code, name in Post.objects.values_list("code", "name")
        for word in (name, code)
    }
    shifts = shifts_of(organisation.pk)
    found = []
    for row in rows:
        said = row.values
        user = people.get(said["username"])
        post = posts.get(said["post"])
        shift = _shift(shifts, said["shift"], said["day"])
        area = said["area"]
        faulty = _faults_of(row, faults, principal, organisation, user, post, shift)
        if faulty or user is None or post is None or shift is None:
            continue
        starts_at, ends_at = span(said["day"], shift.start, shift.end)
        if starts_at <= timezone.now():
            faults.add(
                row.number,
                "日期",
                said["day"].isoformat(),
                "班次已经开始或过去，不能导入。",
                "请删除这一行；过去的变动请在排班表上更正。",
            )
            continue
        found.append(Wanted(row.number, user.pk, post, area, shift, starts_at, ends_at))
    return found


def _faults_of(
    row: Row,
    faults: Faults,
    principal: Principal,
    organisation: Organisation,
    user: Any,
    post: str | None,
    shift: Shift | None,
) -> bool:
    said, before = row.values, faults.count
    if user is None:
        faults.add(
            row.number, "账号", said["username"], "没有这个人，或不在您的排班范围。",
            "请核对账号，或由其所在单位排班。",
        )  # fmt: skip
    elif said["name"] and said["name"] != user.name:
        faults.add(
            row.number,
            "姓名",
            said["name"],
            f"与账号不符：该账号是{user.name}。",
            "请核对是哪一位。",
        )
    if post is None:
        faults.add(row.number, "岗位", said["post"], "没有这个岗位。", "请填岗位名称，如“采集员”。")
    if shift is None:
        faults.add(
            row.number, "班次", said["shift"], f"{organisation.name}当天没有这个班次。",
            "请先设定班次，或改正名称。",
        )  # fmt: skip
    known = chain(said["area"])
    if not known or known[-1].code != said["area"]:
        faults.add(row.number, "区域代码", said["area"], "没有这个区划。", "请核对区划代码。")
    elif not keeps(principal, organisation, said["area"]):
        faults.add(
            row.number, "区域代码", said["area"], f"{area_name(said['area'])}不在您的排班范围。",
            "请改正，或由上级排班。",
        )  # fmt: skip
    return faults.count > before


def _shift(shifts: list[Shift], said: str, on: date) -> Shift | None:
    fitting = [one for one in shifts if said in (one.code, one.name) and one.valid_from <= on]
    return max(fitting, key=lambda one: one.valid_from, default=None)


def _apart(wanted: list[Wanted], found: Check) -> None:
    """Sort out what is there already, what is twice in the file, and what overlaps."""
    if not wanted:
        return
    first, last = min(o.starts_at for o in wanted), max(o.ends_at for o in wanted)
    held: dict[int, list[Assignment]] = {}
    for row in overlapping({one.user_id for one in wanted}, first, last):
        held.setdefault(row.user_id, []).append(row)
    taken: dict[int, list[Wanted]] = {}
    for one in wanted:
        same = [row for row in held.get(one.user_id, ()) if _is_same(row, one)]
        other = next((w for w in taken.get(one.user_id, ()) if _meet(w, one)), None)
        if other is not None:
            like = (other.starts_at, other.area_code, other.post) == (
                one.starts_at,
                one.area_code,
                one.post,
            )
            words = "重复" if like else "同一人时间重叠"
            found.faults.add(
                one.row, "整行", "", f"与第 {other.row} 行{words}。", "请删除其中一行。"
            )
            continue
        taken.setdefault(one.user_id, []).append(one)
        if same:
            found.unchanged += 1
        elif any(_meet(row, one) for row in held.get(one.user_id, ())):
            found.faults.add(
                one.row,
                "整行",
                "",
                "此人该时段已有班次，会重复排班。",
                "请删除这一行，或先更正原班次。",
            )
        else:
            found.new.append(one)


def _is_same(row: Assignment, one: Wanted) -> bool:
    return (row.starts_at, row.ends_at, row.post, row.area_code) == (
        one.starts_at,
        one.ends_at,
        one.post,
        one.area_code,
    )


def _meet(one: Any, other: Any) -> bool:
    return bool(one.starts_at < other.ends_at and other.starts_at < one.ends_at)

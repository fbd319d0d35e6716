"""Files made in the background: asked for, written by the worker, kept seven days for who asked.

What may be taken is decided anew when the job runs, and again at the download: rights lost meanwhile
are lost. Each file is in the audit when it is asked for, finished, refused and fetched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from chengguan.notify.domain import tell
from chengguan.registry.forms import first_error

from ..columns import offered
from ..filter_form import CaseFilterForm
from ..filtering import filter_form
from ..models import CaseExport, ExportState
from . import forms, rows

#: From this many rows on a file is made in the background.
MANY: Final = 5_000
KEPT: Final = timedelta(days=7)
_MOST_OPEN: Final = 3
_STEP: Final = 2_000
_OPEN: Final = (ExportState.WAITING, ExportState.RUNNING)


class _CancelledError(Exception):
    pass


def ask(principal: Principal, form: str, query: str, columns: Sequence[str]) -> CaseExport:
    """Ask for a file of all cases of a query; the worker begins when this is committed.

    Raises:
        NotAllowed: no right to export, or a personal column without the right to it.
        Invalid: the query is none.
        Conflict: three files of this person are in the making.
    """
    forms.check_form(form)
    if principal.user_id is None or not principal.can(Capability.EXPORT):
        raise _refused()
    _columns_allowed(principal, columns)
    _asked(query)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=principal.user_id)
        open_now = CaseExport.objects.filter(user_id=principal.user_id, state__in=_OPEN).count()
        if open_now >= _MOST_OPEN:
            raise Conflict(
                "cases.exports",
                f"您已有 {_MOST_OPEN} 个导出在进行。",
                mend="请等其中一个完成，或先取消。",
            )
        made = CaseExport.objects.create(
            user_id=principal.user_id, form=form, query=query, columns=list(columns)
        )
        _note(principal, "export.ask", made)
        _defer(made.pk)
    return made


def run(number: int) -> None:
    """Write one file; called by the job. What goes wrong is written on it for its maker to read."""
    begun = CaseExport.objects.filter(pk=number, state__in=_OPEN)
    if not begun.update(state=ExportState.RUNNING, rows=0):
        return
    export = CaseExport.objects.get(pk=number)
    principal = principal_of(User.objects.get(pk=export.user_id))
    try:
        _write(export, principal)
    except _CancelledError:
        _remove(export)
    except Exception as error:
        _remove(export)
        said = (
            f"{error.message}{error.mend}"
            if isinstance(error, DomainError)
            else f"程序出错：{type(error).__name__}。请联系系统管理员。"
        )
        _finish(export, principal, ExportState.FAILED, error=said[:400])
        if not isinstance(error, DomainError):
            raise
    else:
        _finish(export, principal, ExportState.DONE, size=path_of(export).stat().st_size)


def cancel(principal: Principal, number: int) -> None:
    """Stop a file in the making; the worker sees it within two thousand rows.

    Raises:
        NotFound: it is not this person's.
        Conflict: it is over.
    """
    export = of(principal, number)
    with transaction.atomic():
        stopped = CaseExport.objects.filter(pk=export.pk, state__in=_OPEN).update(
            state=ExportState.CANCELLED, finished_at=timezone.now()
        )
        if not stopped:
            raise Conflict("cases.export_over", "这个导出已经结束。", mend="请刷新页面。")
        _note(principal, "export.cancel", export)


def fetch(principal: Principal, number: int) -> tuple[CaseExport, Path]:
    """Give a finished file to its maker, who must still have the rights it took to make it; audited.

    Raises:
        NotFound: it is not his, not finished, or gone.
        NotAllowed: he has lost the right, or answers for other areas, units or matters by now.
    """
    export = of(principal, number)
    place = path_of(export)
    late = export.expires_at is None or export.expires_at <= timezone.now()
    if export.state != ExportState.DONE or late or not place.is_file():
        raise NotFound("cases.export", "文件不存在或已过保留期。", mend="请重新导出。")
    try:
        _still_allowed(principal, export)
    except NotAllowed:
        _note(principal, "export.fetch", export, result=Result.REFUSED)
        raise
    _note(principal, "export.fetch", export)
    return export, place


def of(principal: Principal, number: int) -> CaseExport:
    """Give one of a person's own exports.

    Raises:
        NotFound: there is none of his.
    """
    found = CaseExport.objects.filter(pk=number, user_id=principal.user_id or 0).first()
    if found is None:
        raise NotFound("cases.export", "没有这个导出。", mend="它可能已被清除；请重新导出。")
    return found


def scope_of(principal: Principal) -> str:
    """Give a digest of what a person may see, export and know of people, and where."""
    held = {
        (one, grant.by_unit, grant.organisation_path, grant.area_code, *grant.matters)
        for one in (Capability.SEE_CASES, Capability.EXPORT, Capability.SEE_PERSONAL)
        for grant in principal.holding(one)
    }
    return sha256(repr(sorted(map(repr, held))).encode()).hexdigest()


def sweep() -> int:
    """Remove the files whose time is over; give how many."""
    found = list(CaseExport.objects.filter(state=ExportState.DONE, expires_at__lte=timezone.now()))
    for export in found:
        _remove(export)
    CaseExport.objects.filter(pk__in=[one.pk for one in found]).update(state=ExportState.GONE)
    return len(found)


def path_of(export: CaseExport) -> Path:
    """Give where the file of an export lies."""
    return Path(settings.CHENGGUAN_EXPORTS) / f"{export.pk}.{export.form}"


def _write(export: CaseExport, principal: Principal) -> None:
    if not principal.can(Capability.EXPORT):
        raise _refused()
    _columns_allowed(principal, export.columns)
    asked = _asked(export.query)
    CaseExport.objects.filter(pk=export.pk).update(scope=scope_of(principal))
    place = path_of(export)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Readable by its owner alone: it may hold names and numbers of people.
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as into:
        forms.write(export.form, export.columns, _counted(export, principal, asked), into)


def _counted(
    export: CaseExport, principal: Principal, asked: CaseFilterForm
) -> Iterator[forms.Batch]:
    written, said = 0, 0
    for batch in rows.batches(principal, asked.wanted(), asked.order):
        yield batch, rows.cells(principal, batch, export.columns)
        written += len(batch)
        if written - said >= _STEP:
            said = written
            going_on = CaseExport.objects.filter(pk=export.pk, state=ExportState.RUNNING)
            if not going_on.update(rows=written):
                raise _CancelledError
    export.rows = written


def _finish(export: CaseExport, principal: Principal, state: str, **columns: Any) -> None:
    now = timezone.now()
    with transaction.atomic():
        changed = CaseExport.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(
            state=state, rows=export.rows, finished_at=now, expires_at=now + KEPT, **columns
        )
        if not changed:
            _remove(export)
            return
        done = state == ExportState.DONE
        _note(principal, "export.finish", export, result=Result.DONE if done else Result.REFUSED)
        title = f"案件导出完成，共 {export.rows} 行" if done else "案件导出未完成"
        body = "文件保留 7 天，只有您能下载。" if done else str(columns.get("error", ""))
        payload = {"title": title, "body": body, "url": reverse("cases:exports")}
        tell("cases.export", user_ids=[export.user_id], payload=payload)


def _asked(query: str) -> CaseFilterForm:
    form = filter_form(QueryDict(query))
    if not form.is_valid():
        raise Invalid("list.filter", "筛选条件有误。", mend=first_error(form))
    return form


def _still_allowed(principal: Principal, export: CaseExport) -> None:
    if not principal.can(Capability.EXPORT):
        raise _refused()
    _columns_allowed(principal, export.columns)
    if export.scope != scope_of(principal):
        raise NotAllowed(
            "cases.export_scope",
            "导出以后，您的管辖范围或权限有变化。",
            mend="请按现在的范围重新导出。",
        )


def _columns_allowed(principal: Principal, columns: Sequence[str]) -> None:
    may = {one.name for one in offered(principal, "exported")}
    if not columns or set(columns) - may:
        raise NotAllowed(
            "cases.export_columns",
            "所选的列中有您的岗位不能导出的。",
            mend="请在“列”中重新选择；举报人信息须有“查看举报人信息”权限。",
        )


def _note(principal: Principal, action: str, export: CaseExport, result: str = Result.DONE) -> None:
    detail: Mapping[str, Any] = {
        "form": export.form,
        "query": export.query,
        "columns": export.columns,
        "rows": export.rows,
    }
    record(
        action,
        actor=principal.actor(),
        subject_type="case_export",
        subject_id=export.pk,
        result=result,
        detail=detail,
    )


def _defer(number: int) -> None:
    from ..tasks import export_cases

    export_cases.defer(number=number)


def _remove(export: CaseExport) -> None:
    path_of(export).unlink(missing_ok=True)


def _refused() -> NotAllowed:
    return NotAllowed("cases.export_right", "您的岗位不能导出案件。", mend="请联系安全管理员授权。")

"""An import in two steps: check says everything that is wrong, apply writes all or nothing.

Apply reads the same bytes again and checks again in its own transaction: what changed in the
registry since the check can't slip through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import NewEntry, record, record_many
from chengguan.audit.enums import Result
from chengguan.core.coordinates import CRS
from chengguan.registry.enums import ImportStatus
from chengguan.registry.errors import conflict, invalid, unknown_code
from chengguan.registry.models import ImportRun
from chengguan.store import revisions

from ..rights import editable_prefixes, require
from .faults import Faults, Unreadable
from .files import Kept, forget, keep, reopen
from .kind import Context, Kind, Progress
from .kinds import KINDS
from .reading import read_rows
from .stage import Change, Counts, Stage
from .tables import Table, open_table, plain

BATCH: Final = 5_000
# More rows than these leave one audit entry with the file's digest instead of one each.
AUDITED_ROWS: Final = 1_000
KEPT_DAYS: Final = 7
_ALIASES: Final = {"matters": "catalogue"}
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('registry.import'))"


def check(
    kind: str,
    file: Any,
    options: Mapping[str, Any] | None,
    principal: Principal,
    *,
    name: str = "",
    progress: Progress | None = None,
) -> ImportRun:
    """Check a file (upload, open binary file or path) without writing; gives the run to apply.

    Options: `crs` (CGCS2000, WGS84, GCJ02, BD09), `encoding` (utf-8, gb18030; empty: found out),
    `effective` (date of new rows and versions, today), `kind` (部件/事项 where a sheet has no such
    column), `fill_down` (a CSV's empty cells take the value above), `repair` and `allow_gaps` for
    boundaries, `unplaced` (keep cameras and devices without coordinates) and `area` (of things
    that lie in none of ours).

    Raises:
        NotAllowed: no right to edit this kind.
        Invalid: an option makes no sense, or the kind is unknown.
    """
    found = _kind(kind)
    _require(found, principal)
    said = _options(options or {})
    run = ImportRun(
        kind=found.name,
        file_name=(name or str(getattr(file, "name", file)).rsplit("/", 1)[-1])[:200],
        options=said,
        crs=said["crs"],
        created_by=principal.name[:40],
        created_by_id=principal.user_id,
    )
    faults = Faults()
    counts, rows = Counts(0, 0, 0), 0
    try:
        kept = keep(file, run.file_name)
        run.sha256 = kept.sha256
        with transaction.atomic():
            stage, rows, run.encoding = _stage(found, kept, said, principal, faults, progress)
            counts = stage.counts() if not faults.count else counts
            transaction.set_rollback(True)
    except Unreadable as unreadable:
        faults.add(unreadable.row, "文件", run.file_name, unreadable.message, unreadable.mend)
    run.rows = rows
    run.added, run.changed, run.unchanged = counts.added, counts.changed, counts.unchanged
    run.errors, run.warnings, run.error_count = faults.lines(), faults.warnings, faults.count
    run.status = ImportStatus.REFUSED if faults.count else ImportStatus.CHECKED
    run.save()
    _record("check", run, principal, Result.REFUSED if faults.count else Result.DONE)
    return run


def apply(run_id: int, principal: Principal, *, progress: Progress | None = None) -> ImportRun:
    """Write a checked file, all of it or nothing, and give the finished run.

    Raises:
        NotFound, NotAllowed: no such run; no right to edit this kind.
        Conflict: the run is not fit to be applied (any more), with what changed in its errors.
    """
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise unknown_code("导入记录", str(run_id))
    kind = _kind(run.kind)
    _require(kind, principal)
    faults = Faults()
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.status != ImportStatus.CHECKED:
            words = run.get_status_display()
            raise conflict("import_state", f"该文件“{words}”，不能导入。", "请重新上传并校验。")
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        try:
            counts = _write(kind, run, principal, faults, progress)
        except Unreadable as unreadable:
            faults.add(unreadable.row, "文件", run.file_name, unreadable.message, unreadable.mend)
        if faults.count:
            transaction.set_rollback(True)
        else:
            run.added, run.changed, run.unchanged = counts.added, counts.changed, counts.unchanged
            run.status, run.applied_at = ImportStatus.APPLIED, timezone.now()
            run.save()
            _record("apply", run, principal, Result.DONE)
    if faults.count:
        run.errors, run.error_count = faults.lines(), faults.count
        run.status = ImportStatus.REFUSED
        run.save()
        _record("apply", run, principal, Result.REFUSED)
        raise conflict(
            "import_changed",
            "校验之后台账有变化，文件不能再导入。",
            "请查看错误，修正后重新上传并校验。",
        )
    return run


def expire_runs(*, days: int = KEPT_DAYS) -> int:
    """Drop the files of runs that nobody applied for `days`; gives how many runs expired."""
    old = ImportRun.objects.filter(
        created_at__lt=timezone.now() - timedelta(days=days),
        status__in=[ImportStatus.CHECKED, ImportStatus.REFUSED],
    )
    digests = set(old.values_list("sha256", flat=True))
    expired = old.update(status=ImportStatus.EXPIRED)
    used = ImportRun.objects.exclude(status=ImportStatus.EXPIRED).filter(sha256__in=digests)
    for digest in digests - set(used.values_list("sha256", flat=True)) - {""}:
        forget(digest)
    return expired


def _stage(
    kind: Kind,
    kept: Kept,
    options: Mapping[str, Any],
    principal: Principal,
    faults: Faults,
    progress: Progress | None,
) -> tuple[Stage, int, str]:
    wanted = {plain(head) for field in kind.fields for head in field.heads}
    fills = kind.fills if options["fill_down"] else ()
    table = open_table(
        kept,
        lambda head: head in wanted,
        encoding=options["encoding"],
        fill_down=_spread(kind, fills),
    )
    for note in table.notes:
        faults.warn(note)
    context = Context(
        options=options,
        crs=_crs(table, options, faults),
        effective=date.fromisoformat(options["effective"]),
        prefixes=editable_prefixes(principal, kind.capability),
        faults=faults,
        shaped=table.shaped and kind.has_place,
        today=timezone.localdate(),
    )
    kind.begin(context)
    rows = read_rows(kind, table, context)
    stage = Stage(kind, context)
    stage.create()
    read = 0
    # A GeoJSON file is in memory anyway, and its shapes must be seen together.
    size = 1 << 30 if table.shaped else BATCH
    while batch := list(islice(rows, size)):
        good = [row for row in batch if row.values]
        stage.write(kind.batch(good, context))
        read += len(batch)
        if progress:
            progress("读取", read, table.total)
    if not read:
        raise Unreadable("只有表头，没有数据。", "请填写数据后再导入。")
    stage.finish(read)
    stage.duplicates()
    if progress:
        progress("核对", read, read)
    kind.verify(context)
    if kind.versioned:
        stage.bad_versions()
    return stage, read, table.encoding


def _write(
    kind: Kind, run: ImportRun, principal: Principal, faults: Faults, progress: Progress | None
) -> Counts:
    kept = reopen(run.sha256, run.file_name)
    stage, _, _ = _stage(kind, kept, run.options, principal, faults, progress)
    counts = stage.counts()
    if faults.count:
        return counts
    moved = counts.added + counts.changed
    changes = stage.changes(AUDITED_ROWS) if moved <= AUDITED_ROWS else []
    if progress:
        progress("写入", moved, moved)
    stage.merge()
    kind.after(stage.context)
    _record_changes(kind, run, changes, principal)
    revisions.bump(*(kind.revisions or (kind.name,)))
    return counts


def _record(step: str, run: ImportRun, principal: Principal, result: str) -> None:
    record(
        f"registry.import.{step}",
        actor=principal.actor(_kind(run.kind).capability),
        subject_type="registry.importrun",
        subject_id=run.pk,
        result=result,
        detail={
            "kind": run.kind,
            "file": run.file_name,
            "sha256": run.sha256,
            "rows": run.rows,
            "added": run.added,
            "changed": run.changed,
            "errors": run.error_count,
        },
    )


def _record_changes(
    kind: Kind, run: ImportRun, changes: Sequence[Change], principal: Principal
) -> None:
    actor = principal.actor(kind.capability)
    record_many(
        [
            NewEntry(
                action="registry.add" if change.before is None else "registry.change",
                actor=actor,
                subject_type=kind.model._meta.label_lower,
                subject_id=change.subject,
                detail={"run": run.pk, **_difference(change)},
            )
            for change in changes
        ]
    )


def _difference(change: Change) -> dict[str, Any]:
    before = change.before
    if before is None:
        return {"after": change.after}
    moved = [name for name, value in change.after.items() if before.get(name) != value]
    return {
        "before": {name: before.get(name) for name in moved},
        "after": {name: change.after[name] for name in moved},
    }


def _require(kind: Kind, principal: Principal) -> None:
    area_code = None if kind.by_area else ""
    require(principal, kind.capability, f"registry.import.{kind.name}", area_code=area_code)


def _kind(name: str) -> Kind:
    found = KINDS.get(_ALIASES.get(name, name))
    if found is None:
        raise invalid(
            "import_kind", f"没有“{name}”这种导入。", f"可选：{'、'.join(KINDS)}。", field="kind"
        )
    return found


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the options into JSON-able form; what is not said takes its usual value."""
    crs = str(given.get("crs") or "").upper().replace("-", "")
    if crs and crs not in {item.value for item in CRS}:
        raise invalid(
            "import_crs",
            f"不认识坐标系“{crs}”。",
            "请选择 CGCS2000、WGS84、GCJ02 或 BD09。",
            field="crs",
        )
    day = given.get("effective") or timezone.localdate()
    if not isinstance(day, date):
        parsed = None
        with suppress(ValueError):
            parsed = parse_date(str(day))
        if parsed is None:
            raise invalid(
                "import_effective", f"“{day}”不是日期。", "请写成 2026-07-01。", field="effective"
            )
        day = parsed
    return {
        "crs": crs,
        "encoding": str(given.get("encoding") or ""),
        "effective": day.isoformat(),
        "kind": str(given.get("kind") or ""),
        "area": str(given.get("area") or ""),
        **{
            name: bool(given.get(name))
            for name in ("fill_down", "repair", "allow_gaps", "unplaced", "abroad")
        },
    }


def _crs(table: Table, options: Mapping[str, Any], faults: Faults) -> CRS:
    if options["crs"]:
        return CRS(options["crs"])
    if table.crs_said:
        faults.warn(f"文件声明的坐标系是 {table.crs_said}，未据此转换。", "请在导入时选择坐标系。")
    return CRS.CGCS2000


def _spread(kind: Kind, fills: Sequence[str]) -> list[str]:
    """Give every head of the fields that one of the heads names."""
    wanted = {plain(head) for head in fills}
    return [head for f in kind.fields if wanted & {plain(h) for h in f.heads} for head in f.heads]

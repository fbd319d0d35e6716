"""Words that look into a house, or write into it, in a process of their own: `inside.py WORD …`.

The last line each prints is JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from chengguan.config import start

TOKEN: Final = "raw-system-tests"


def settle() -> Any:
    """Make the small city, with a token for its acceptor."""
    import factories

    from chengguan.accounts.domain.tokens import digest_of
    from chengguan.accounts.models import ApiToken

    city = factories.working_city(password=factories.PASSWORD)
    ApiToken.objects.create(user=city.people["acceptor"], name="系统测试", digest=digest_of(TOKEN))
    return sorted(city.people)


def fill(count: str) -> Any:
    """Take in reports with a photo each, and file every second one; gives the numbers."""
    import factories

    from chengguan.accounts.domain.principal import principal_of
    from chengguan.accounts.models import User
    from chengguan.cases.domain.acting import act
    from chengguan.files.domain.store import keep
    from chengguan.registry.models import FilingRule
    from chengguan.workflow.domain import Evidence

    acceptor = principal_of(User.objects.get(username="acceptor"))
    numbers = []
    for n in range(int(count)):
        lon, lat = factories.inside(1, 0.05 + 0.9 * n / int(count), 0.3)
        blob = keep(factories.photo(n * 7 % 250), name=f"现场{n}.jpg")
        seen = Evidence(blob.sha256, f"现场{n}.jpg", "report")
        case = factories.report(lon=lon, lat=lat, source="video", attachments=[seen])
        if n % 2:
            rule = FilingRule.objects.get().pk
            act(case, "file", acceptor, {"matter": "01001", "rule": rule})
        numbers.append(case.number)
    return numbers


def reports() -> Any:
    """Every report with what hangs on it: key -> ids and counts."""
    return {
        key: [report, case, number, cases, events, items, entries]
        for key, report, case, number, cases, events, items, entries in _sql(
            """
            SELECT r.key, r.id, r.case_id, c.number,
              (SELECT count(*) FROM cases_case x WHERE x.id = r.case_id),
              (SELECT count(*) FROM workflow_event e WHERE e.instance_id = r.case_id),
              (SELECT count(*) FROM workflow_workitem w
                WHERE w.instance_id = r.case_id AND w.closed_at IS NULL),
              (SELECT count(*) FROM audit_entry a WHERE a.subject_type = 'case'
                AND a.subject_id = r.case_id::text AND a.result = 'done')
            FROM cases_report r LEFT JOIN cases_case c ON c.id = r.case_id
            """
        )
    }


def counts() -> Any:
    """How much of everything there is."""
    tables = {
        "reports": "cases_report",
        "cases": "cases_case",
        "numbers": "(SELECT DISTINCT number FROM cases_case) n",
        "keys": "(SELECT DISTINCT client, key FROM cases_report) k",
        "events": "workflow_event",
        "outbox": "notify_outboxmessage",
        "pending": "audit_pending",
        "entries": "audit_entry",
        "links": "audit_link",
        "attachments": "files_attachment",
        "blobs": "files_blob",
    }
    parts = [f"SELECT '{name}', count(*) FROM {table}" for name, table in tables.items()]
    return dict(_sql(" UNION ALL ".join(parts)))


def contents() -> Any:
    """A digest of every row of every table that holds the city's work."""
    found = {}
    for (table,) in _sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"):
        query = f"SELECT count(*), md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM \"{table}\" t"
        found[table] = list(_sql(query)[0])
    return found


def photographs() -> Any:
    """Every attachment with whether its original is on disk, whole."""
    import hashlib

    from chengguan.files.domain.storage import original_key, storage
    from chengguan.files.models import Attachment

    answers = []
    for one in Attachment.objects.order_by("id"):
        with storage().open(original_key(one.blob_id)) as file:
            whole = hashlib.sha256(file.read()).hexdigest()
        answers.append([one.pk, one.name, whole == one.blob_id])
    return answers


def everything() -> Any:
    """Contents and photographs in one."""
    return {"contents": contents(), "photographs": photographs()}


def tally() -> Any:
    """Whether the database is durable, every report, and how much of everything there is."""
    names = ("fsync", "synchronous_commit", "full_page_writes")
    durable = {name: _sql("SELECT current_setting(%s)", name)[0][0] for name in names}
    return {"durable": durable, "reports": reports(), "counts": counts()}


def draw(writer: str, days: str, count: str) -> Any:
    """Take in reports once a line comes in, going round some days; gives the numbers in order."""
    import factories

    _sql("SET lock_timeout = '2s'")
    moments = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in days.split(",")]
    say("ready")
    sys.stdin.readline()
    drawn, slowest = [], 0.0
    for n in range(int(count)):
        begun = time.monotonic()
        key = f"draw-{writer}-{n}"
        drawn.append(factories.report(key=key, at=moments[n % len(moments)]).number)
        slowest = max(slowest, time.monotonic() - begun)
    return {"numbers": drawn, "slowest": slowest, "ended": time.time()}


def hold(day: str) -> Any:
    """Take in a report in a transaction that stays open until a line comes in."""
    import factories
    from django.db import transaction

    with transaction.atomic():
        at = datetime.fromisoformat(day).replace(tzinfo=UTC)
        number = factories.report(key="held", at=at).number
        say(number)
        sys.stdin.readline()
    return {"number": number, "ended": time.time()}


def _sql(query: str, *values: str) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


WORDS: Final[dict[str, Callable[..., Any]]] = {
    word.__name__: word for word in (settle, fill, tally, everything, counts, draw, hold)
}


def say(answer: Any) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with start.django_ready():
        say(WORDS[sys.argv[1]](*sys.argv[2:]))

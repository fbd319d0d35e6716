"""What the search index costs the worker, and one large file of cases."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from .figures import Figure

if TYPE_CHECKING:
    from .running import Bench

_FOLLOWED: Final = 1_000
_EXPORTED: Final = 100_000


def follow(bench: Bench) -> None:
    """Write a thousand entries as the worker does for new cases; processor's milliseconds."""
    from django.db import connection

    from chengguan.cases.models import Case, SearchEntry
    from chengguan.cases.search import index

    count = bench.size(_FOLLOWED)
    newest = list(Case.objects.order_by("-id").values_list("id", flat=True)[:count])
    SearchEntry.objects.filter(case_id__in=newest).delete()
    session = connection.connection.info.backend_pid
    used, theirs, begun = process_time(), _session_cpu(session), perf_counter()
    index.write(newest)
    used, wall = process_time() - used, perf_counter() - begun
    theirs = _session_cpu(session) - theirs
    bench.figures.append(
        Figure("search_follow", "index kept up: processor for 1,000 new cases",
               (used + theirs) / count * 1e6, "ms",
               details={"python_ms": round(used / count * 1e6), "postgres_ms": round(theirs / count * 1e6),
                        "wall_ms": round(wall / count * 1e6)})
    )  # fmt: skip


def export(bench: Bench, form: str) -> None:
    """Write a file of a hundred thousand cases in a process of its own: seconds, its peak memory."""
    place = bench.folder / f"cases.{form}"
    count = min(bench.size(_EXPORTED), bench.cases)
    command = [sys.executable, "-m", "bench.taking", form, str(count), str(place)]
    said = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ).stdout.split()
    seconds, cpu, peak, before = (float(one) for one in said[-4:])
    bench.figures.append(
        Figure(f"export_{form}", f"{count:,} cases as {form.upper()}", seconds, "s",
               details={"python_cpu_seconds": cpu, "peak_MB": peak, "before_MB": before,
                        "file_MB": round(place.stat().st_size / 2**20, 1)})
    )  # fmt: skip
    place.unlink()


def _session_cpu(pid: int) -> float:
    """Give the seconds a session on this machine has used; 0 for one elsewhere."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def _write(form: str, count: int, place: Path) -> None:
    from chengguan.accounts.domain.principal import principal_of
    from chengguan.accounts.models import User
    from chengguan.cases.columns import chosen
    from chengguan.cases.filters import CaseFilter
    from chengguan.cases.taking import forms, rows

    principal = principal_of(User.objects.get(username="dispatcher-0"))
    names = chosen(principal, "exported")

    def counted() -> Any:
        written = 0
        for batch in rows.batches(principal, CaseFilter(), "-opened"):
            yield batch, rows.cells(principal, batch, names)
            written += len(batch)
            if written >= count:
                return
        raise RuntimeError(f"only {written} of {count} rows may be taken away")

    before = _peak()
    begun, used = perf_counter(), process_time()
    with place.open("wb") as into:
        forms.write(form, names, counted(), into)
    print(perf_counter() - begun, process_time() - used, _peak(), before)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    from chengguan.config import start

    with start.django_ready():
        _write(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))

"""Counters of this process for Prometheus.

With `PROMETHEUS_MULTIPROC_DIR` set (the supervisor does it) every process counts into its
own memory-mapped file and `/metrics` of any of them gives the sum of all.
"""

from functools import lru_cache

from prometheus_client import Counter, Histogram

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUESTS = Counter(
    "chengguan_requests_total", "HTTP requests answered.", ["method", "route", "status"]
)
_SECONDS = Histogram(
    "chengguan_request_seconds",
    "Time to answer a request, in seconds.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_JOBS = Counter("chengguan_jobs_done_total", "Background jobs ended.", ["task", "outcome"])


def request_done(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is the URL pattern, never the address itself."""
    # Anybody may make up methods; each would be a series kept for ever.
    known = method if method in _METHODS else "other"
    _requests(known, route, status).inc()
    _seconds(route).observe(seconds)


# `labels` takes a lock and makes texts each time; routes and statuses are few.
@lru_cache(maxsize=2048)
def _requests(method: str, route: str, status: int) -> Counter:
    return _REQUESTS.labels(method, route, str(status))


@lru_cache(maxsize=512)
def _seconds(route: str) -> Histogram:
    return _SECONDS.labels(route)


def job_done(task: str, outcome: str) -> None:
    """Count one ended job; `outcome` is `succeeded` or `failed`."""
    _JOBS.labels(task, outcome).inc()

"""The daily anchor."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from chengguan.audit.domain.anchors import write_anchor

log = logging.getLogger("chengguan.audit")


@app.periodic(cron="5 0 * * *")
@app.task(queueing_lock="audit.anchor")
def anchor_daily(timestamp: int) -> None:
    """Write the head of the chain to a file and to the log, a few minutes after midnight UTC."""
    anchor = write_anchor()
    if anchor:
        log.info("audit anchor", extra={"position": anchor.position, "digest": anchor.digest})

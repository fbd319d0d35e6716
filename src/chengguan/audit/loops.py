"""What the worker does all the time: link what was committed."""

from __future__ import annotations

from chengguan.audit.domain.chain import link_batch

LOOPS = [("audit.link", link_batch, 1.0)]

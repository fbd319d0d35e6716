"""The cases worked through the loop by demo staff."""

from __future__ import annotations

from chengguan.cases.procedure import publish_shipped

from .bringing import LOADER


def publish() -> str:
    """Publish the shipped procedure of cases."""
    done = publish_shipped(LOADER)
    return f"第 {done.version} 版"


def load() -> str:
    """Work the cases."""
    return ""

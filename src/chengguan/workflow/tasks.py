"""What the engine does in the background: following moved organisations."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chengguan.accounts.domain.principal import Principal

from .domain.moving import follow_move


@app.task(name="workflow.follow_organisation")
def follow_organisation(before: str) -> int:
    """Let instances, work items and requests follow an organisation away from the path `before`."""
    return follow_move(before, Principal.system("组织机构"))

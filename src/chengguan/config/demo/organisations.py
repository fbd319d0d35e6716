"""Made-up organisations and the duties that cover every matter in every area."""

from __future__ import annotations

from chengguan.registry.models import Duty

from . import FILES
from .bringing import bring


def load_organisations() -> str:
    """Load the organisation tree; all of it is marked as made up."""
    run = bring("organisations", "organisations.csv", (FILES / "organisations.csv").read_bytes())
    return f"{run.rows} 个（均为虚构）"


def load_duties() -> str:
    """Load who answers for what, where."""
    run = bring("duties", "duties.csv", (FILES / "duties.csv").read_bytes())
    units = Duty.objects.values("organisation_id").distinct().count()
    return f"{run.rows} 条，{units} 个单位"

"""Reports, cases and facts."""

from .case import Case
from .fact import Fact
from .report import Report

__all__ = ["Case", "Fact", "Report"]

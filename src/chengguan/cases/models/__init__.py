"""Reports, cases and facts."""

from .case import Case
from .fact import Fact
from .precedent_use import PrecedentUse
from .proposing import Learned, PlaceName
from .report import Report

__all__ = ["Case", "Fact", "Learned", "PlaceName", "PrecedentUse", "Report"]

"""Reports, cases and facts; proposals; what search keeps, and what people keep of it."""

from .case import Case
from .crossing import Crossing
from .fact import Fact
from .keeping import CaseExport, ChosenColumns, ExportState, SavedQuery
from .precedent_use import PrecedentUse
from .proposing import Learned, Offered, PlaceName
from .report import Report
from .searching import SearchEntry, SearchState

__all__ = [
    "Case",
    "CaseExport",
    "ChosenColumns",
    "Crossing",
    "ExportState",
    "Fact",
    "Learned",
    "Offered",
    "PlaceName",
    "PrecedentUse",
    "Report",
    "SavedQuery",
    "SearchEntry",
    "SearchState",
]

"""Tables of command, one file for each group of models."""

from .automatic import AutomaticDispatch, AutomaticRule, Verdict
from .desk import DeskView, Draft
from .roster import (
    Absence,
    Assignment,
    JointZone,
    Pairing,
    Requirement,
    Rule,
    RuleMember,
    ShiftKind,
    Swap,
)

__all__ = [
    "Absence",
    "Assignment",
    "AutomaticDispatch",
    "AutomaticRule",
    "DeskView",
    "Draft",
    "JointZone",
    "Pairing",
    "Requirement",
    "Rule",
    "RuleMember",
    "ShiftKind",
    "Swap",
    "Verdict",
]

"""Tables of command, one file for each group of models."""

from .automatic import AutomaticDispatch, AutomaticRule, Verdict
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
    "JointZone",
    "Pairing",
    "Requirement",
    "Rule",
    "RuleMember",
    "ShiftKind",
    "Swap",
    "Verdict",
]

"""Tables of command, one file for each group of models."""

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
    "JointZone",
    "Pairing",
    "Requirement",
    "Rule",
    "RuleMember",
    "ShiftKind",
    "Swap",
]

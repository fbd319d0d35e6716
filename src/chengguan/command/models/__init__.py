"""Tables of command, one file for each group of models."""

from .automatic import (
    Act,
    AutomaticAct,
    AutomaticClosing,
    AutomaticDispatch,
    AutomaticRule,
    Verdict,
)
from .bulletins import Bulletin, BulletinReader
from .deployments import Deployment
from .desk import DeskView, Draft
from .orders import Order, OrderEvent, Receipt
from .plans import PlanTemplate
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
from .schedules import PlanSchedule, PlanStart

__all__ = [
    "Absence",
    "Act",
    "Assignment",
    "AutomaticAct",
    "AutomaticClosing",
    "AutomaticDispatch",
    "AutomaticRule",
    "Bulletin",
    "BulletinReader",
    "Deployment",
    "DeskView",
    "Draft",
    "JointZone",
    "Order",
    "OrderEvent",
    "Pairing",
    "PlanSchedule",
    "PlanStart",
    "PlanTemplate",
    "Receipt",
    "Requirement",
    "Rule",
    "RuleMember",
    "ShiftKind",
    "Swap",
    "Verdict",
]

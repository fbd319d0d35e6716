"""The engine's doors: `act`, `act_many` and what can be known without writing."""

from __future__ import annotations

from .acting import Applied, act, available, begin
from .bulk import Command, Refused, act_many
from .definition import compile_definition, current, definition_of, publish
from .folding import fold
from .offering import Offer
from .procedure import Context, Outcome, Procedure, QueueTarget, procedure_of, register
from .shape import Compiled
from .stepping import Step, step
from .writing import Evidence

__all__ = [
    "Applied",
    "Command",
    "Compiled",
    "Context",
    "Evidence",
    "Offer",
    "Outcome",
    "Procedure",
    "QueueTarget",
    "Refused",
    "Step",
    "act",
    "act_many",
    "available",
    "begin",
    "compile_definition",
    "current",
    "definition_of",
    "fold",
    "procedure_of",
    "publish",
    "register",
    "step",
]

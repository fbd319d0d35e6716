"""Imports in two steps, for every kind of row the registry holds."""

from .kinds import KINDS
from .made import bring, table
from .run import apply, check, expire_runs

__all__ = ["KINDS", "apply", "bring", "check", "expire_runs", "table"]

"""Imports in two steps, for every kind of row the registry holds."""

from .kinds import KINDS
from .run import apply, check, expire_runs

__all__ = ["KINDS", "apply", "check", "expire_runs"]

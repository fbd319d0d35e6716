"""What a caller's words propose: matters, places, rules and a unit, each with a reason (ADR 0015)."""

"""The verbs of telemetry: take positions, forget old ones."""

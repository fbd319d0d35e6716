"""Closing by the machine: what an independent check has proved, held against what people decided."""

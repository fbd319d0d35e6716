"""Closing by the machine."""

"""Recorded history of another city, driven through our own doors into a fresh database."""

"""智慧城管: an open platform for a city's day-to-day order."""

__version__ = "0.1.0"

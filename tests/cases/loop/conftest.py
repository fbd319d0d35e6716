"""The town made once for a module, see `standing`."""

from ..standing import db, standing_town, town

__all__ = ["db", "standing_town", "town"]

"""The city of the tests of dispatch: there the machine's people are."""

from ..dispatch.conftest import city, db, standing_city

__all__ = ["city", "db", "standing_city"]

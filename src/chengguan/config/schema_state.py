"""How many migrations the database still lacks."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_state = {"complete": False}


def pending() -> int:
    """Count the migrations not applied yet. Once none is, the database isn't asked again.

    Raises:
        DatabaseError: the database can't be reached.
    """
    if _state["complete"]:
        return 0
    executor = MigrationExecutor(connection)
    count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _state["complete"] = count == 0
    return count

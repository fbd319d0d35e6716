"""The mixed load: people of all posts at work at once, on pages and with tokens, with think time.

    plan = read()                                   # users.toml, or another file
    crowd = gather(plan, world)                     # accounts in the database in use (needs Django)
    load = start(plan, crowd, host, port, folder)   # two processes: people, and listeners
    for entry in load.ledger(): …                   # every write so far, acknowledged or not
    load.stop()
    found = load.outcome()                          # counts, waits, deliveries
    figures(plan, found)

With `patience` the load stays when the server goes away: it connects again, counts what failed as
unavailable, and sends the same write again under the same key.
"""

from .figures import figures
from .ledger import DONE, RACED, REFUSED, UNKNOWN, Entry, entries
from .load import Crowd, Load, LoadError, Outcome, gather, start
from .plan import Plan, PlanError, read

__all__ = [
    "DONE",
    "RACED",
    "REFUSED",
    "UNKNOWN",
    "Crowd",
    "Entry",
    "Load",
    "LoadError",
    "Outcome",
    "Plan",
    "PlanError",
    "entries",
    "figures",
    "gather",
    "read",
    "start",
]

"""The faults, one module for each kind of thing that breaks; `ALL` is the order of a whole drill."""

from . import clock, database, deliveries, disks, network, processes, queues, sessions

ALL = [
    *processes.FAULTS,
    *database.FAULTS,
    *disks.FAULTS,
    *clock.FAULTS,
    *network.FAULTS,
    *deliveries.FAULTS,
    *queues.FAULTS,
    *sessions.FAULTS,
]

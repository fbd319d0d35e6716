"""The desk: one list over all queues of a person, the case beside it, everything by keyboard."""

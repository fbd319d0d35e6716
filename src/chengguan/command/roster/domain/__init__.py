"""Rules of the roster: rotation, coverage, hours, and the verbs that write it."""

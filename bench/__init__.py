"""`make bench`: how fast the hot paths are, each beside its floor in raw PostgreSQL.

Everything happens in a database of its own on an embedded server with production settings (fsync,
synchronous_commit), in a city made from a fixed seed, through the servers that `serve` starts.
"""

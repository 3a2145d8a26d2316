"""Every change to the gateway's tables: pure decisions over the rows of a batch (``syncline.sql`` runs them).

A command names the rows it will surely read, then decides what to write. It does no I/O, reads no clock and makes
no ids: all of that arrives as arguments, so the same command runs on SQLite, on PostgreSQL and in memory.
"""

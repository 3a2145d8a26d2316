"""The database side of the programs: one writer, many readers, on SQLite or PostgreSQL.

How a write travels::

    service ── Command ─▶ Writer.submit ─▶ queue ─▶ the writer's thread takes all that waits
                                                     │ BEGIN IMMEDIATE
                                                     │ prefetch: one SELECT per table and look-up
                                                     │ apply: each command on the Session, undone if it raises
                                                     │ flush: one statement per table and kind
                                                     ▼ COMMIT
        result ◀──────────────── one wake-up for all waiters

A request never owns a transaction. It submits a command (`rows.Command`): which rows it will read, and
a pure function from rows to staged writes and a result. The writer thread (`writer`) runs what waits as
one batch (`batch`) over an identity map (`session`), and nobody is answered before the COMMIT returned.
A batch the database refuses is replayed command by command behind savepoints: only the guilty fail.
Reads (`reader`) have their own connections and see one snapshot. `memory` holds the same rows protocol over
dicts, `engines` opens databases, `migrations` brings them up to date, `sealing` keeps secrets.
"""

"""The gateway's migrations: numbered Alembic scripts, each *pre* (before new code runs) or *post* (after)."""

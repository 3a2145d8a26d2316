"""How long a test waits in real time, for a process, a browser, a thread or a socket, before it fails."""

PATIENCE_SECONDS = 300.0
"""Many times what a busy machine needs: to be too slow is no failure, and whoever does not come is the exception."""

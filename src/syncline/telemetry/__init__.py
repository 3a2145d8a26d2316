"""What the programs say about themselves: log lines without secrets, metrics with bounded labels."""

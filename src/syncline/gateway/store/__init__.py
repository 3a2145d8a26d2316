"""What the gateway remembers: its tables, the commands that change them and the queries that read them."""

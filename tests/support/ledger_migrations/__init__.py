"""The ledger's schema in three steps, as a program keeps its own."""

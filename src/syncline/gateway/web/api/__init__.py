"""The admin API: the operations of the command line over HTTP, each with the permission it asks for."""

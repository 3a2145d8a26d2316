"""The gateway's use cases, one transaction each, and the ports they speak through."""

"""What a HubSpot account is and what may happen to its users: pure decisions, no clock, no I/O."""

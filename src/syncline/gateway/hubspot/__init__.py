"""Talking to one HubSpot account: what to say is decided purely, one small client says it."""

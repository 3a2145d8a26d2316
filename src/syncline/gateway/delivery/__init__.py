"""Bringing HubSpot to what the rows say: who is woken when, and what one drain does."""

"""Scenarios: what can go wrong between an identity provider, Syncline and HubSpot, played out and judged.

Each starts the real gateway and the real portal, lets a simulated Entra talk to the one and reads its verdict at the
API of the other, all over HTTP. Time is compressed: whole days pass in seconds, by a clock that moves on when nobody
has anything to do. Nothing else is made easier: the drain, the budget and HubSpot's rules are those of every day.
"""

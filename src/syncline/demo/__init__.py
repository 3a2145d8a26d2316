"""The demo: the main job on real traffic, from the first user to the last leaver, each claim checked at HubSpot's API.

It starts the real gateway and the real portal as processes of their own, sets them up with the same commands a person
would type, and plays the identity provider over HTTP. What it says about HubSpot it has read there.
"""

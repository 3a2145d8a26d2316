"""Syncline keeps HubSpot's users in line with your identity provider over SCIM 2.0."""

__version__ = "0.1.0"

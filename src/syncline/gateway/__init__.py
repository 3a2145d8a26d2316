"""The gateway: SCIM from any identity provider in; HubSpot users, permission sets, teams and seats out."""

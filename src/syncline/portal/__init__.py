"""A HubSpot-compatible rehearsal account: persistent, multi-account, honest about limits.

Rooms: `domain` decides (pure), `store` keeps, `web` answers, `cli` serves the person at the keyboard, and
`program` puts them together. What HubSpot leaves undocumented is a flag of the account and a line in
`docs/reference/assumptions.md`.
"""

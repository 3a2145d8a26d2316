"""A HubSpot-compatible rehearsal account: persistent, multi-account, honest about limits.

Rooms: `domain` decides (pure), `store` keeps, `web` answers, `faults` spoils what was ordered spoiled,
`administration` holds what a person does by hand, `cli` serves that person, and `program` puts all together.
What HubSpot leaves undocumented is a flag of the account and a line in `docs/reference/assumptions.md`.
"""

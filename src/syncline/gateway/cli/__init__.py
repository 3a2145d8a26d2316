"""The gateway's command line: one file per noun, all of it over the operations of the gateway.

`root.command_line` builds the tree. No command touches a database or HubSpot: each calls operations by name
through `seam.call`, which reaches the running server, or runs the same services in this process.
"""

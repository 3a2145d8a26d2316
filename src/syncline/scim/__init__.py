"""The SCIM 2.0 kernel (RFC 7643, RFC 7644): pure functions over plain dicts, no I/O, nothing of ours imported.

`json` decodes a body, `resource.read` turns it into the canonical form, `patch` changes it, `filter` selects,
`resource.project` chooses what an answer shows. Every function returns a value or raises a `ScimError`; time is
linear in the input and nesting is bounded.
"""

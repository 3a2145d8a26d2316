"""The SCIM endpoints (RFC 7644), written once, over any `ResourceStore`.

`ScimApplication` is a raw ASGI application: it authenticates, reads, answers. What a resource means and
where it is kept is the store's affair; what SCIM means is `syncline.scim`'s.
"""

from syncline.scimserver.application import ScimApplication
from syncline.scimserver.bearer import bearer_token
from syncline.scimserver.limits import Limits
from syncline.scimserver.store import Authenticate, Exchange, Page, Query, ResourceStore, Stored

__all__ = [
    "Authenticate",
    "Exchange",
    "Limits",
    "Page",
    "Query",
    "ResourceStore",
    "ScimApplication",
    "Stored",
    "bearer_token",
]

"""`syncline portal …`: rehearsal accounts and the server that serves them."""

from syncline.portal.cli.group import portal

__all__ = ["portal"]

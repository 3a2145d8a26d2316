"""OAuth at the portal: the page where a super admin consents, and the endpoints that trade in tokens."""

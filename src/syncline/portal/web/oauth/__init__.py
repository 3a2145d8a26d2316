"""OAuth at the portal: the endpoints that trade in tokens. Where a super admin consents is `pages.consent`."""

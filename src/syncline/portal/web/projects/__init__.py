"""What HubSpot's own command line calls to work on developer projects.

None of it is documented by HubSpot; the addresses and the fields were recorded from the real command line
(version 8.14), and each answers what that reads.
"""

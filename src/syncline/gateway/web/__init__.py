"""The gateway over HTTP: the onion, the route table, health, limits, proxies."""

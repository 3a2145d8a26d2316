"""The console: pages for operators. `routes` has all of them, one file a page; `application` answers requests."""

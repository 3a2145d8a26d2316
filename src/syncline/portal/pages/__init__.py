"""The account's web pages: settings, developer projects, the SCIM component, the users. Nothing here needs a script."""

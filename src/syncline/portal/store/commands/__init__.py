"""Commands: each changes the portal's rows in one go, or raises and changes nothing."""

"""The DNS, really asked: the TXT records that prove an account's domains."""

"""Faults to order: what goes wrong between a client and an account, on purpose and on time.

`order` says what a fault is, `edge` stands before the whole portal and lets it happen, `transport` reaches
the connection itself, `replies` spoils an answer, `acts` changes the account behind the client's back.
"""

"""`make bench`: what the gateway costs, held against the bounds it promises.

Everything is a ratio of CPU time: the machine may be shared and slow, and the ratios stay. In every round the bare
floor (`floor`), the gateway and scim2-server answer the same traffic one after the other, from one load generator in
a process of its own (`load`); what counts is the CPU time of the server's process (`machine`), and of the rounds the
median (`rounds`). `claims` holds the figures against the bounds.
"""

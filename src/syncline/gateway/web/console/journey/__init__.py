"""The set-up of a tenant as a guided journey: one file for each stretch of it, one page for each step.

`steps` is the table of steps and says how far a tenant has got; every other file answers the pages of its steps.
"""

"""The drill: real processes under load, faults by a seeded plan, and a verdict from evidence of three kinds."""

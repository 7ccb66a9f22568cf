"""Comparison: one punctuality workload on RunAt and on what people use instead, each in an environment of its own.

Nothing of Django is imported here: the programs run where only the peer is installed.
"""

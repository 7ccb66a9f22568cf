"""Objectives: how much of their error budgets is left, how fast it burns, and by which of them a job is late.

`burning` reckons (pure), `standing` asks, `limits` says within which time a job was to start. See docs/objectives.md.
"""

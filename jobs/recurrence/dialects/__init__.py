"""Dialects in which people write when something is to repeat, each parsed into the neutral rules."""

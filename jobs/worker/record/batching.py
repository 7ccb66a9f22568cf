"""Gathers work into transactions: a lone job is served at once, a stream shares them."""

from jobs.clock import steady

GATHER = 0.002  # seconds for which the first of a transaction waits for others
PACE = 0.02  # seconds from one transaction to the next


def gather_until(last: float) -> float:
    """Return until when to wait for others; `last`: when the last transaction began. Seconds on the steady clock."""
    return max(steady() + GATHER, last + PACE)

"""A target that only workers of a newer release have."""

from jobs.targets import target


@target("newer.noop")
def noop(word: str = "") -> None:
    """Nothing."""

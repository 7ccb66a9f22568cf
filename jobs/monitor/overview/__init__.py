"""The figures of the last hour on `/`, and of any moment before: read from the roll-ups (docs/figures.md)."""

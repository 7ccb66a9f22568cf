"""Programs of the peers, each run in the peer's own environment: `python -m ... ROLE`. See `protocol` for the roles."""

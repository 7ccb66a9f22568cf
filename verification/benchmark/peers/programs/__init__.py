"""One small program a peer, run in the peer's own environment: `python -m ... ROLE`. See `protocol` for the roles."""

"""The installation that these processes belong to: its identity, what its leader remembers of its database, and what a
database that was put back shows."""

from jobs.installation.identity import Identity, Known, known

__all__ = ["Identity", "Known", "known"]

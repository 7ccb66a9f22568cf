"""The one-machine installation: PostgreSQL, Valkey and RunAt's own processes under one supervisor.

Cheap to import: the settings ask `running()` for the addresses when DATABASE_URL is not set.
"""

from launcher.record import Services, running

__all__ = ["Services", "running"]

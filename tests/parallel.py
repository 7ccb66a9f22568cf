"""Two test processes at a time share PostgreSQL and the broker, not what they keep there.

pytest-django gives each its own database; this gives each its own database number on Redis/Valkey. Loaded with
`-p tests.parallel`, so that it comes before Django reads the environment.
"""

import os
from urllib.parse import urlsplit, urlunsplit


def broker_of(url: str, worker: str) -> str:
    """The same broker, with a database number of this test process: `gw0` adds 1, `gw1` adds 2 ..."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("redis") or not worker.startswith("gw"):
        return url
    number = int(parts.path.strip("/") or 0) + 1 + int(worker.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number % 16}"))


if "BROKER_URL" in os.environ:
    os.environ["BROKER_URL"] = broker_of(os.environ["BROKER_URL"], os.environ.get("PYTEST_XDIST_WORKER", ""))

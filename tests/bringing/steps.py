"""Files of others, and programs that may run."""

from __future__ import annotations

from datetime import UTC, datetime

from jobs.commands import parsed
from jobs.web.bringing import Table

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)  # a Saturday
BACKUP = "/usr/local/bin/backup"
COMMANDS = parsed(
    {
        "backup": {"program": BACKUP, "more_arguments": True},
        "nightly": {"program": BACKUP, "arguments": ["--all"]},
        "plain": {"program": "/usr/bin/plain"},
    }
)
TO_NOOP = Table.of([{"pattern": "*", "target": "demo.noop"}])
CRONTAB = f"""\
# Backup of the office
30 2 * * mon-fri {BACKUP} --full
0 0 31 2 * /usr/bin/never
*/5 * * * * /usr/bin/unknown
"""

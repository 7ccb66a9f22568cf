"""`manage.py export_history --before 2030-07-01 --to old.ndjson`: writes jobs before they are removed."""

from __future__ import annotations

import os
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import exactjson, targets
from jobs.clock import clock
from jobs.database import connection, transaction
from jobs.models.partitions import Partition, mark_exported, partitions

AT_A_TIME = 1000  # rows


class Command(BaseCommand):
    help = "Write the jobs of the history that are removed before a day, as JSON, a line each, with their attempts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", type=date.fromisoformat, metavar="DAY", help="tomorrow, if not given")
        parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="it must not be there yet")

    def handle(self, *args: Any, to: Path, before: date | None, **options: Any) -> None:
        today = clock.current().astimezone(UTC).date()
        before = before or today + timedelta(days=1)
        found = [one for one in partitions() if one.attached and one.day < before]
        if to.exists():
            raise CommandError(f"{to} is there already; name another file.")
        unfinished = to.with_name(f"{to.name}.part")
        with unfinished.open("w", encoding="utf-8") as file:
            rows = sum(_write(partition, file) for partition in found)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(to)
        # Rows still come into those whose day is to come.
        whole = [one for one in found if one.day <= today]
        for partition in whole:
            mark_exported(partition)
        self.stdout.write(f"{rows:,} jobs of {len(found)} days are in {to}; {len(whole)} of these days are complete.")


def _write(partition: Partition, file: IO[str]) -> int:
    """Write its rows; return how many. Who writes into it is waited for first, and waits then."""
    rows = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {partition.table} IN SHARE MODE")
        with connection.chunked_cursor() as cursor:
            statement = f"SELECT target, to_jsonb(job)::text FROM {partition.table} AS job"  # noqa: S608 - its name is ours
            cursor.execute(statement)
            while found := cursor.fetchmany(AT_A_TIME):
                file.writelines(f"{_shown(target, line)}\n" for target, line in found)
                rows += len(found)
    return rows


def _shown(target: str, line: str) -> str:
    """Return the line as it is shown to those who see no secrets: nobody knows who will read the file."""
    found = targets.known(target)
    if found is not None and not found.secret_parts:
        return line
    row = exactjson.loads(line)
    row["payload"] = targets.shown(target, row["payload"])
    return exactjson.dumps(row)

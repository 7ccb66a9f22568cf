#!/usr/bin/env bash
# Guess: "5/15 * * * *" is the minutes 5, 20, 35 and 50, as in Quartz and croniter; or taskiq warns "Cannot parse cron",
# as it does for other lines.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" taskiq==0.13.0 pycron==3.3.0 croniter==7.0.0
PYTHONPATH="$tmp/lib" python3 -S -W ignore - <<'EOF'
import asyncio
import logging
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from croniter import croniter
from taskiq import InMemoryBroker, ScheduledTask, TaskiqScheduler
from taskiq.cli.scheduler.run import SchedulerLoop

print("taskiq", version("taskiq"), "- pycron", version("pycron"), "- croniter", version("croniter"))
print("guess: 5, 20, 35, 50, or a warning")

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
said = []


class Keep(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        said.append(record.getMessage())


logging.getLogger().addHandler(Keep())
logging.getLogger("taskiq").setLevel(logging.DEBUG)


def minutes(line: str) -> list[int]:
    """Ask the loop of the scheduler each minute of an hour whether it is to send the task."""
    loop = SchedulerLoop(TaskiqScheduler(InMemoryBroker(), []), event_loop=asyncio.new_event_loop())
    task = ScheduledTask(task_name="report", labels={}, args=[], kwargs={}, cron=line)
    moments = (BEGIN + timedelta(minutes=n) for n in range(60))
    return [at.minute for at in moments if loop._is_schedule_ready_to_send(task, at)]


of_croniter = croniter("5/15 * * * *", BEGIN)
seen = {
    "5/15": minutes("5/15 * * * *"),
    "5-59/15": minutes("5-59/15 * * * *"),
    "5/15 of croniter": [of_croniter.get_next(datetime).minute for _ in range(4)],
    "said": said.copy(),
}
minutes("5/15 * * *")
unexpected = {"5/15": [], "5-59/15": [5, 20, 35, 50], "5/15 of croniter": [5, 20, 35, 50], "said": []}

print("seen:", seen)
print("of a line with four fields:", set(said))
if seen != unexpected or not said:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}, and a warning for four fields")
print("a miss, as on the day of writing")
EOF

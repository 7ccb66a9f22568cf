#!/usr/bin/env bash
# Found on the way, but hardly anyone would guess otherwise: "0 9 * * sun" runs on Sundays, and a daily 09:00 in Berlin on
# every day, also when clocks change at 02:00.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" periodiq==0.14.0 pendulum==3.3.0 dramatiq==2.2.1 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from types import SimpleNamespace
from unittest.mock import patch

import pendulum
import periodiq

print("periodiq", version("periodiq"), "- pendulum", version("pendulum"))
print("guess: Sundays 8, 15, 22, 29 March 2026 for both ways to write them; daily: 28, 29, 30 March")


def days(line: str, first: int, last: int) -> list[int]:
    """Let the scheduler itself wake and send, with a clock that jumps to its next alarm."""
    sent, alarms, clock = [], [], pendulum.datetime(2026, 3, first, 8, tz="Europe/Berlin")

    def send(scheduled_at: str) -> None:
        sent.append(pendulum.parse(scheduled_at).day)

    actor = SimpleNamespace(options={"periodic": periodiq.cron(line)}, send_with_options=send)
    scheduler = periodiq.Scheduler([actor])
    now = patch.object(periodiq.pendulum, "now", lambda: clock)
    with now, patch.multiple(periodiq, alarm=alarms.append, signal=lambda *_: None):
        while clock < pendulum.datetime(2026, 3, last, 12, tz="Europe/Berlin"):
            scheduler.schedule()
            clock = clock.add(seconds=alarms.pop())
    return sent


seen = {
    "0 9 * * sun": days("0 9 * * sun", 2, 29),
    "0 9 * * 7": days("0 9 * * 7", 2, 29),
    "0 9 * * *": days("0 9 * * *", 28, 30),
}
unexpected = {"0 9 * * sun": [], "0 9 * * 7": [8, 15, 22, 29], "0 9 * * *": [28, 30]}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF

#!/usr/bin/env bash
# Guess: arq's cron(hour=9, minute=0) is due at 09:00:00.000, as every other part that is left out and smaller is 0.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" arq==0.28.0 2>/dev/null
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from datetime import datetime, timezone
from importlib.metadata import version

from arq import cron

print("arq", version("arq"))
print("guess: due at 2026-03-02 09:00:00.000000")


async def report(context: object) -> None:
    """Stands for what is to be run."""


job = cron(report, hour=9, minute=0)
job.calculate_next(datetime(2026, 3, 2, 8, tzinfo=timezone.utc))
seen = job.next_run.isoformat()
unexpected = "2026-03-02T09:00:00.123456+00:00"

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing: second is 0 when it is left out, microsecond is 123456 (microsecond=0 helps)")
EOF

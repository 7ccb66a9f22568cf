#!/usr/bin/env bash
# Guess: a daily 02:30 runs once a day, at 02:30, when clocks go back too, whichever release computes it.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/old" croniter==6.0.0 python-dateutil==2.9.0.post0 tzdata==2026.6
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/new" croniter==7.0.0 python-dateutil==2.9.0.post0 tzdata==2026.6
cat >"$tmp/run.py" <<'EOF'
from importlib.metadata import version

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from croniter import croniter

runs = croniter("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin")))
print(version("croniter"), *(f"{runs.get_next(datetime).astimezone(UTC):%d-%H:%MZ}" for _ in range(3)))
EOF
seen=$(for each in old new; do PYTHONPATH="$tmp/$each" python3 -S "$tmp/run.py"; done)
unexpected="6.0.0 25-00:30Z 26-02:30Z 27-01:30Z
7.0.0 25-00:30Z 25-01:30Z 26-01:30Z"
echo "guess: a daily 02:30 runs once a day, at 02:30, when clocks go back too, whichever release computes it."
printf 'seen:\n%s\n' "$seen"
if [[ $seen != "$unexpected" ]]; then
	printf 'CHANGED: on the day of writing it was\n%s\n' "$unexpected" >&2
	exit 1
fi
echo "a miss, as on the day of writing"

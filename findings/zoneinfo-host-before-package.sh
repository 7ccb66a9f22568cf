#!/usr/bin/env bash
# Guess: a pinned tzdata package decides what zoneinfo answers.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The older release plays the host's zone files (TZPATH), the newer one is the pinned package.
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/host" tzdata==2025.2
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" tzdata==2026.6
cat >"$tmp/run.py" <<'EOF'
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

print("tzdata", version("tzdata"), datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("America/Vancouver")).strftime("%H:%M %z"))
EOF
seen="host 2025.2: $(PYTHONTZPATH="$tmp/host/tzdata/zoneinfo" PYTHONPATH="$tmp/lib" python3 -S "$tmp/run.py")
no host:     $(PYTHONTZPATH="" PYTHONPATH="$tmp/lib" python3 -S "$tmp/run.py")"
echo "guess: the pinned tzdata 2026.6 answers -0700 (no more winter time in Vancouver) on every host"
printf 'seen:\n%s\n' "$seen"
unexpected="host 2025.2: tzdata 2026.6 09:00 -0800
no host:     tzdata 2026.6 09:00 -0700"
if [[ $seen != "$unexpected" ]]; then
	printf 'CHANGED: on the day of writing it was\n%s\n' "$unexpected" >&2
	exit 1
fi
echo "a miss, as on the day of writing"

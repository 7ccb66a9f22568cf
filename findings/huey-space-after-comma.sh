#!/usr/bin/env bash
# Guess: minutes "0, 30" with a space are two minutes, as "0,30" is, or are refused.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" huey==3.5.4
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from datetime import datetime
from importlib.metadata import version

from huey import crontab

print("huey", version("huey"))
print("guess: both run at minutes 0 and 30, or a ValueError")


def minutes(written: str) -> list[int]:
    fits = crontab(minute=written, hour="9")
    return [minute for minute in range(60) if fits(datetime(2026, 3, 2, 9, minute))]


seen = {written: minutes(written) for written in ("0,30", "0, 30")}
unexpected = {"0,30": [0, 30], "0, 30": [0]}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing: what is behind the space is dropped without a word (strict=True refuses it)")
EOF

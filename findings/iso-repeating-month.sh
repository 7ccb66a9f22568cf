#!/usr/bin/env bash
# Guess: the repeating interval R4/2026-01-31T09:00Z/P1M means the ends of four months, to every reader of ISO 8601.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" aniso8601==10.0.1 metomi-isodatetime==1!3.2.0
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from aniso8601 import parse_repeating_interval
from metomi.isodatetime.parsers import TimeRecurrenceParser

print("aniso8601", version("aniso8601"), "- metomi-isodatetime", version("metomi-isodatetime"))
print("guess: 31 January, 28 February, 31 March, 30 April in both")
text = "R4/2026-01-31T09:00:00Z/P1M"
seen = {
    "aniso8601": [f"{each:%m-%d}" for each in parse_repeating_interval(text)],
    "metomi-isodatetime": [str(each)[5:10] for each in TimeRecurrenceParser().parse(text)],
}
unexpected = {
    "aniso8601": ["01-31", "03-02", "04-01", "05-01"],
    "metomi-isodatetime": ["01-31", "02-28", "03-28", "04-28"],
}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF

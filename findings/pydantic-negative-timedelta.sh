#!/usr/bin/env bash
# Guess: pydantic reads str(timedelta(hours=-1)), "-1 day, 23:00:00", as minus one hour, or refuses it.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" pydantic==2.14.3 Django==5.2.19
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import timedelta

from django.utils.dateparse import parse_duration
from pydantic import TypeAdapter

print("pydantic", version("pydantic"), "- Django", version("Django"))
print("guess: the text that Python itself writes for minus one hour is minus one hour, or an error, to both")
text = str(timedelta(hours=-1))
readers = {"pydantic": TypeAdapter(timedelta).validate_python, "Django": parse_duration}
seen = {name: f"{read(text) / timedelta(hours=1):g} h" for name, read in readers.items()}
unexpected = {"pydantic": "-47 h", "Django": "-1 h"}

print(f"seen for {text!r}:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF

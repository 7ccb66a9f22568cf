#!/usr/bin/env bash
# Guess: an RRULE with a TZID gives the same instants whatever zone the process runs in.
set -euo pipefail
source "$(dirname "$0")/npm.sh"
npm_folder rrule@2.8.1
cat >run.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import rrule from 'rrule'

const { version } = JSON.parse(readFileSync('node_modules/rrule/package.json'))
const rule = rrule.rrulestr('DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;COUNT=1')
console.log(`rrule ${version} TZ=${process.env.TZ} ${rule.all()[0].toISOString()}`)
EOF
echo "guess: 09:00 in Berlin is 08:00Z, in a process with TZ=UTC and in one with TZ=Asia/Tokyo"
seen=$(TZ=UTC node run.mjs && TZ=Asia/Tokyo node run.mjs)
printf 'seen:\n%s\n' "$seen"
unexpected="rrule 2.8.1 TZ=UTC 2026-01-05T08:00:00.000Z
rrule 2.8.1 TZ=Asia/Tokyo 2026-01-05T17:00:00.000Z"
if [[ $seen != "$unexpected" ]]; then
	printf 'CHANGED: on the day of writing it was\n%s\n' "$unexpected" >&2
	exit 1
fi
echo "a miss, as on the day of writing"

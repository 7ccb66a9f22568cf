#!/usr/bin/env bash
# Guess: weekday 7 of a cron line is Sunday, as 0 is, or is refused.
set -euo pipefail
source "$(dirname "$0")/npm.sh"
npm_folder @breejs/later@4.2.0
cat >run.cjs <<'EOF'
const later = require('@breejs/later')

later.date.UTC()
console.log('@breejs/later', require('@breejs/later/package.json').version)
console.log('guess: `0 9 * * 7` is Sundays, `0 9 * * 5-7` Friday to Sunday, as with 0 and `fri-sun`')
const weekdays = (line) => {
  const runs = later.schedule(later.parse.cron(line)).next(6, new Date('2026-03-02T00:00:00Z'))
  return [...new Set(runs.map((run) => run.toUTCString().slice(0, 3)))].sort().join(' ')
}
const seen = ['0 9 * * 0', '0 9 * * 7', '0 9 * * 5-7'].map((line) => `${line}: ${weekdays(line)}`)
const unexpected = ['0 9 * * 0: Sun', '0 9 * * 7: Sat', '0 9 * * 5-7: Fri Sat']
console.log('seen:', seen)
if (JSON.stringify(seen) !== JSON.stringify(unexpected)) {
  console.error('CHANGED: on the day of writing it was', unexpected)
  process.exit(1)
}
console.log('a miss, as on the day of writing: 7 is Saturday, and no error')
EOF
node run.cjs

#!/usr/bin/env bash
# Guess: `15W`, `5L`, `2#1` and `5/20` mean what Quartz says, or are refused as `L` and `?` are.
set -euo pipefail
source "$(dirname "$0")/npm.sh"
npm_folder cron-schedule@6.0.0
cat >run.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import { parseCronExpression } from 'cron-schedule'

console.log('cron-schedule', JSON.parse(readFileSync('node_modules/cron-schedule/package.json')).version)
console.log('guess: each is what Quartz says, or an error')
process.env.TZ = 'UTC'
const runs = (line) => {
  const next = parseCronExpression(line).getNextDates(2, new Date(2026, 2, 2))
  return next.map((run) => `${run.getMonth() + 1}/${run.getDate()} 09:${String(run.getMinutes()).padStart(2, '0')}`)
}
const lines = ['0 9 15W * *', '0 9 * * 5L', '0 9 * * 2#1', '5/20 9 * * *']
const seen = lines.map((line) => `${line}: ${runs(line).join(', ')}`)
const unexpected = [
  '0 9 15W * *: 3/15 09:00, 4/15 09:00',
  '0 9 * * 5L: 3/6 09:00, 3/13 09:00',
  '0 9 * * 2#1: 3/3 09:00, 3/10 09:00',
  '5/20 9 * * *: 3/2 09:05, 3/3 09:05',
]
console.log('seen:', seen)
if (JSON.stringify(seen) !== JSON.stringify(unexpected)) {
  console.error('CHANGED: on the day of writing it was', unexpected)
  process.exit(1)
}
console.log('a miss, as on the day of writing: what follows the number is dropped, so 15 March is a Sunday')
EOF
node run.mjs

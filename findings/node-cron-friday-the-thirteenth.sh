#!/usr/bin/env bash
# Guess: `0 9 13 * 5` of node-cron runs on each 13th and each Friday, as crontab(5), croner and cron-parser say.
set -euo pipefail
source "$(dirname "$0")/npm.sh"
npm_folder node-cron@4.6.0
cat >run.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import cron from 'node-cron'

console.log('node-cron', JSON.parse(readFileSync('node_modules/node-cron/package.json')).version)
console.log('guess: of the next eight runs, seven or more are Fridays and at most two are the 13th')
const runs = cron.createTask('0 9 13 * 5', () => {}, { timezone: 'UTC' }).getNextRuns(8)
const count = (fits) => runs.filter(fits).length
const seen = { fridays: count((run) => run.getUTCDay() === 5), the13th: count((run) => run.getUTCDate() === 13) }
const unexpected = { fridays: 8, the13th: 8 }
console.log('seen:', seen)
if (JSON.stringify(seen) !== JSON.stringify(unexpected)) {
  console.error('CHANGED: on the day of writing it was', unexpected)
  process.exit(1)
}
console.log('a miss, as on the day of writing: both must fit, so it runs on Friday the 13th only')
EOF
node run.mjs

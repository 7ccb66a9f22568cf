#!/usr/bin/env bash
# Guess: three npm cron engines agree on "0 0 1-31 * 1": either every day (1-31 OR Monday) or Mondays only.
set -euo pipefail
source "$(dirname "$0")/npm.sh"
npm_folder croner@11.0.0 cron-parser@5.10.5 cron@4.4.0
cat >run.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import { Cron } from 'croner'
import { CronExpressionParser } from 'cron-parser'
import cron from 'cron'

const version = (name) => `${name} ${JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version}`
const line = '0 0 1-31 * 1'
const [from, to] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-15T12:00:00Z')]
console.log(`${line} in UTC, 2 to 15 March 2026`)
console.log('guess: one count of days, the same in each engine')
const parsed = CronExpressionParser.parse(line, { tz: 'UTC', currentDate: from })
const time = new cron.CronTime(line, 'UTC')
const next = {
  croner: (after) => new Cron(line, { timezone: 'UTC' }).nextRun(after),
  'cron-parser': () => parsed.next().toDate(),
  cron: (after) => time.getNextDateFrom(after, 'UTC').toJSDate(),
}
const seen = []
for (const name of Object.keys(next)) {
  let runs = 0
  for (let run = next[name](from); run < to; run = next[name](run)) runs += 1
  seen.push(`${version(name)}: ${runs} days of 14`)
}
const unexpected = ['croner 11.0.0: 14 days of 14', 'cron-parser 5.10.5: 14 days of 14', 'cron 4.4.0: 2 days of 14']
console.log('seen:', seen)
if (JSON.stringify(seen) !== JSON.stringify(unexpected)) {
  console.error('CHANGED: on the day of writing it was', unexpected)
  process.exit(1)
}
console.log('a miss, as on the day of writing')
EOF
node run.mjs

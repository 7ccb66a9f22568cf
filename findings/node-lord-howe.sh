#!/usr/bin/env bash
# Guess: three npm cron engines agree on a daily 02:15 and run it once, somehow, on a day whose gap is 02:00-02:30.
set -euo pipefail
source "$(dirname "$0")/npm.sh"
npm_folder croner@11.0.0 cron-parser@5.10.5 cron@4.4.0
cat >run.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import { Cron } from 'croner'
import { CronExpressionParser } from 'cron-parser'
import cron from 'cron'

const version = (name) => `${name} ${JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version}`
const zone = 'Australia/Lord_Howe'
const line = '15 2 * * *'
const [from, to] = [new Date('2026-10-03T13:30:00Z'), new Date('2026-10-04T13:00:00Z')] // midnight to midnight there
console.log(`${line} in ${zone}, 2026-10-04 (02:00 becomes 02:30)`)
console.log('guess: one run in each engine, near 02:30')
const parsed = CronExpressionParser.parse(line, { tz: zone, currentDate: from })
const time = new cron.CronTime(line, zone)
const next = {
  croner: (after) => new Cron(line, { timezone: zone }).nextRun(after),
  'cron-parser': () => parsed.next().toDate(),
  cron: (after) => time.getNextDateFrom(after, zone).toJSDate(),
}
const seen = []
for (const name of Object.keys(next)) {
  const runs = []
  for (let run = next[name](from); run < to; run = next[name](run)) runs.push(run.toISOString().slice(11, 16) + 'Z')
  seen.push(`${version(name)}: ${runs.join(' ') || 'none'}`)
}
const unexpected = ['croner 11.0.0: 15:30Z', 'cron-parser 5.10.5: none', 'cron 4.4.0: 15:15Z 15:45Z']
console.log('seen:', seen)
if (JSON.stringify(seen) !== JSON.stringify(unexpected)) {
  console.error('CHANGED: on the day of writing it was', unexpected)
  process.exit(1)
}
console.log('a miss, as on the day of writing')
EOF
node run.mjs

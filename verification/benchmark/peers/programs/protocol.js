// The protocol of protocol.py, for the peers that are JavaScript: the same roles, places and stamps.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const folder = process.env.PEER_FOLDER
const drains = Number(process.env.PEER_BODY) === 0
const LOOK_MS = 20

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const nanoseconds = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
const seconds = () => (performance.timeOrigin + performance.now()) / 1000

let stamps = null
function write(line) {
  stamps ??= fs.openSync(path.join(folder, `${process.pid}.stamps`), 'a')
  fs.writeSync(stamps, `${line}\n`)
}

const entries = { count: 0, first: 0, last: 0, told: 0 }

function tellEntries() {
  if (entries.count === entries.told) return
  const file = path.join(folder, `${process.pid}.entries`)
  fs.writeFileSync(`${file}.draft`, `${entries.count} ${entries.first} ${entries.last}`)
  fs.renameSync(`${file}.draft`, file)
  entries.told = entries.count
}

// This process takes jobs from now on; from a backlog it takes them once the gate is open.
async function ready() {
  write('ready')
  if (!drains) return
  while (!fs.existsSync(path.join(folder, 'gate'))) await sleep(LOOK_MS)
  setInterval(tellEntries, LOOK_MS)
}

const listed = () => write(`list ${nanoseconds()}`)

async function body(id) {
  if (drains) {
    entries.last = seconds()
    entries.count += 1
    entries.first ||= entries.last
    return
  }
  const entered = nanoseconds()
  await sleep(Number(process.env.PEER_BODY) * 1000)
  write(`run ${id} ${entered} ${nanoseconds()}`)
}

// `schedule` is called with a job's id and when it is due, a Date.
async function feed(schedule) {
  const plan = path.join(folder, 'plan')
  while (!fs.existsSync(plan)) await sleep(LOOK_MS)
  for (const line of fs.readFileSync(plan, 'utf8').trim().split('\n')) {
    const [id, insertAt, runAt] = line.split(' ').map(Number)
    await sleep(Math.max(insertAt * 1000 - Date.now(), 0))
    await schedule(id, new Date(runAt * 1000))
    write(`made ${id} ${nanoseconds()}`)
  }
  write('fed')
}

// Do the work, then stay until SIGTERM, so that an end by itself is always a fault.
async function untilStopped(work) {
  process.on('SIGTERM', () => process.exit(0))
  setInterval(() => {}, 1 << 30)
  await work()
}

function main(roles) {
  const [role, ...rest] = process.argv.slice(2)
  roles[role](...rest).catch((error) => {
    console.error(error)
    process.exit(1)
  })
}

module.exports = { body, drains, feed, listed, main, ready, untilStopped }

// pg-boss: rows in PostgreSQL, updated at their end. It polls, each 0.5 s at most; a worker that has found a batch asks
// for the next one at once, by its own notifyWorker (https://timgit.github.io/pg-boss/#/./api/workers): else the poll
// would bound a drain.
'use strict'

const { Client } = require('pg')
const module_ = require('pg-boss')
const protocol = require('./protocol.js')

const PgBoss = module_.PgBoss ?? module_.default ?? module_
const QUEUE = 'run'
const AT_A_TIME = 1000
const WORKERS = 4
const BATCH = 200
const LEAST_POLL_S = 0.5

// A fetch is what skips locked rows.
function countFetches() {
  const query = Client.prototype.query
  Client.prototype.query = function (text, ...rest) {
    if (String(text?.text ?? text).includes('SKIP LOCKED')) protocol.listed()
    return query.call(this, text, ...rest)
  }
}

async function started() {
  const boss = new PgBoss({ connectionString: process.env.PEER_DATABASE })
  boss.on('error', (error) => {
    console.error(error)
    process.exit(1)
  })
  await boss.start()
  return boss
}

async function prepare() {
  const boss = await started()
  await boss.createQueue(QUEUE)
  await boss.stop()
  process.exit(0)
}

async function fill(count) {
  const boss = await started()
  for (let first = 1; first <= Number(count); first += AT_A_TIME) {
    const ids = Array.from({ length: Math.min(AT_A_TIME, Number(count) - first + 1) }, (_, n) => first + n)
    const jobs = ids.map((id) => ({ name: QUEUE, data: { id } }))
    // The queue became an argument of its own with release 11.
    await (boss.insert.length > 1 ? boss.insert(QUEUE, jobs) : boss.insert(jobs))
  }
  await boss.stop()
  process.exit(0)
}

const feed = () =>
  protocol.untilStopped(async () => {
    const boss = await started()
    await protocol.feed((id, startAfter) => boss.send(QUEUE, { id }, { startAfter }))
  })

const work = (name, slots) =>
  protocol.untilStopped(async () => {
    if (!protocol.drains) countFetches()
    const boss = await started()
    await protocol.ready()
    const [workers, batchSize] = protocol.drains ? [WORKERS, BATCH] : [Number(slots), 1]
    for (let n = 0; n < workers; n += 1) {
      let id = null
      id = await boss.work(QUEUE, { batchSize, pollingIntervalSeconds: LEAST_POLL_S }, async (jobs) => {
        if (id !== null) boss.notifyWorker(id)
        for (const job of jobs) await protocol.body(job.data.id)
      })
    }
  })

protocol.main({ prepare, fill, feed, worker: work })

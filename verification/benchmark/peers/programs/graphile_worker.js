// graphile-worker: rows in PostgreSQL, deleted at their end. For a backlog with the configuration that its page on
// performance gives its figures for (https://worker.graphile.org/docs/performance); else with its defaults.
'use strict'

const { makeWorkerUtils, run, runMigrations } = require('graphile-worker')
const protocol = require('./protocol.js')

const AT_A_TIME = 1000
const connectionString = process.env.PEER_DATABASE
const FAST = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}

async function withUtils(work) {
  const utils = await makeWorkerUtils({ connectionString })
  try {
    await work(utils)
  } finally {
    await utils.release()
  }
}

const prepare = () => runMigrations({ connectionString })

const fill = (count) =>
  withUtils(async (utils) => {
    for (let first = 1; first <= Number(count); first += AT_A_TIME) {
      const ids = Array.from({ length: Math.min(AT_A_TIME, Number(count) - first + 1) }, (_, n) => first + n)
      await utils.addJobs(ids.map((id) => ({ identifier: 'run', payload: { id } })))
    }
  })

const feed = () =>
  protocol.untilStopped(() =>
    withUtils((utils) => protocol.feed((id, runAt) => utils.addJob('run', { id }, { runAt }))),
  )

const work = (name, slots) =>
  protocol.untilStopped(async () => {
    await protocol.ready()
    const worker = protocol.drains ? FAST : { concurrentJobs: Number(slots) }
    const runner = await run({
      preset: { worker: { connectionString, ...worker } },
      taskList: { run: (payload) => protocol.body(payload.id) },
      noHandleSignals: true,
    })
    if (!protocol.drains) runner.events.on('worker:getJob:start', protocol.listed)
  })

protocol.main({ prepare, fill, feed, worker: work })

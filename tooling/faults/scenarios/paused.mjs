import { fork } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { serveQueue } from '../../../packages/queue-socket/dist/index.js'
import { openSqliteStore } from '../../../packages/queue-sqlite/dist/index.js'
import { holds, same, until } from '../../interop/stage.mjs'
import { balances } from '../traffic.mjs'

export const title = 'a worker stopped past its lease: what it settles then is refused'

const clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after: (delay, run) => clearer(setTimeout(run, delay)),
}
const clearer = (timer) => () => clearTimeout(timer)
const random = { bytes: (count) => new Uint8Array(randomBytes(count)), below: (limit) => randomInt(limit) }

export async function run(stage) {
  const directory = join(stage.directory, 'queue')
  mkdirSync(directory)
  const store = await openSqliteStore({ directory, clock, random })
  stage.atEnd(() => store.close())
  const path = join(stage.directory, 'queue.sock')
  const owner = await serveQueue({ path, store, clock })
  stage.atEnd(() => owner.close?.())
  const draft = store.draft()
  await draft.write(new Uint8Array(100))
  const recipients = [{ address: 'r@a.test', parameters: [], destination: 'a.test' }]
  await draft.commit({ reversePath: 's@b.test', parameters: [], recipients })

  const worker = fork(join(import.meta.dirname, '../paused.mjs'), [path])
  stage.atEnd(() => worker.kill('SIGKILL'))
  const [{ fence }] = await once(worker, 'message')
  worker.kill('SIGSTOP')
  await stage.check('its lease runs out, and somebody else gets the work', async () => {
    const [lease] = await until('it is due again', async () => {
      const leases = await store.lease({ destination: 'a.test', holder: 'other', duration: 60_000, limit: 1 })
      return leases.length > 0 ? leases : undefined
    })
    holds(lease.fence > fence, `fence ${lease.fence} after ${fence}`)
    worker.kill('SIGCONT')
    worker.send('settle')
    const [{ result }] = await once(worker, 'message')
    stage.say(`the worker's settlement: ${result}`)
    same(result === 'settled', false, 'settled by who lost the lease')
    const [{ kind }] = await store.settle([{ lease, recipients: [{ index: 0, kind: 'delivered' }] }])
    same(kind, 'settled', 'by who has it')
  })
  await stage.check('its report was not stored, and the ledger balances', async () => {
    const stats = await store.stats()
    same(
      [stats.accepted, stats.delivered, stats.failed, stats.queued],
      [1, 1, 0, 0],
      'accepted, delivered, failed, queued',
    )
    balances(stats)
  })
}

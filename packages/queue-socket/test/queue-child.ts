// One process of several that share a queue; says on standard output what it was promised. Run by processes.test.ts:
// `owner DIRECTORY`, `commit DIRECTORY`, `deliver DIRECTORY`, `work DIRECTORY`; the sockets lie in the directory.
import { randomBytes, randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Lease, QueueStore } from '@angarium/queue'
import { createSqliteStore } from '@angarium/queue-sqlite'
import { connectQueue, serveDeliveries, serveQueue } from '../src/index.ts'

const [role = '', directory = ''] = process.argv.slice(2)
const path = join(directory, 'queue.sock')
const say = (text: string): unknown => writeSync(1, `${text}\n`)

const roles: Record<string, () => Promise<void>> = {
  async owner() {
    const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
    const random = {
      bytes: (count: number) => new Uint8Array(randomBytes(count)),
      below: (limit: number) => randomInt(limit),
    }
    const store = createSqliteStore({ directory, clock, random })
    await store.open()
    await serveQueue({ path, store })
    say('open')
  },

  async commit() {
    const store = await connected()
    for (let producer = 0; producer < 10; producer++) void produce(store, producer === 0 ? 200_000 : 2_000)
  },

  async deliver() {
    const store = await connected()
    for (;;) {
      const leases = await store.lease({
        destination: 'd.example',
        holder: String(process.pid),
        duration: 3_600_000,
        limit: 20,
      })
      if (leases.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      for (const { id } of leases) say(`begun ${id}`)
      const results = await store.settle(leases.map(delivered))
      for (const [at, { kind }] of results.entries()) if (kind === 'settled') say(`delivered ${leases[at]?.id}`)
    }
  },

  async work() {
    serveDeliveries({
      path: join(directory, 'deliveries.sock'),
      capacity: 10,
      async deliver(lease, _, passage) {
        await passage.enter('mx.example')
        say(`begun ${lease.id}`)
        if (lease.destination === 'poison.example') process.kill(process.pid, 'SIGKILL')
        await new Promise((resolve) => setTimeout(resolve, 10))
        return delivered(lease)
      },
      withoutAttempt: async (lease) => delivered(lease),
    })
  },
}

async function connected(): Promise<QueueStore> {
  const store = connectQueue({ path })
  await store.open()
  say('open')
  return store
}

async function produce(store: QueueStore, octets: number): Promise<void> {
  for (;;) {
    const draft = store.draft({ size: octets })
    for (let left = octets; left > 0; left -= 50_000) await draft.write(new Uint8Array(Math.min(left, 50_000)).fill(65))
    const recipients = [{ address: 'c@d.example', parameters: [], destination: 'd.example' }]
    const { id } = await draft.commit({ reversePath: 'a@b.example', parameters: [], recipients })
    say(`accepted ${id}`)
  }
}

function delivered(lease: Lease) {
  const { id, destination, fence } = lease
  return { lease: { id, destination, fence }, recipients: [{ index: 0, kind: 'delivered' as const }] }
}

await roles[role]?.()

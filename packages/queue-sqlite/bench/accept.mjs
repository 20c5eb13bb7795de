// Messages per second made durable, by 1, 10 and 100 producers that each wait for their own commit; then the whole life
// of a message: accept with a lease, settle. Usage: node bench/accept.mjs [seconds] [octets]. Build first.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@angarium/queue-sqlite'

const seconds = Number(process.argv[2] ?? 3)
const octets = Number(process.argv[3] ?? 4096)
const content = new Uint8Array(octets).fill(65)
const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
const random = { bytes: (count) => new Uint8Array(randomBytes(count)), below: (limit) => randomInt(limit) }
const envelope = {
  reversePath: 'sender@example.org',
  parameters: [['BODY', '8BITMIME']],
  recipients: [{ address: 'recipient@example.com', parameters: [], destination: 'example.com' }],
}

async function run(name, producers, work) {
  const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), 'bench-'))
  const store = createSqliteStore({ directory, clock, random })
  await store.open()
  const until = performance.now() + seconds * 1000
  let done = 0
  const latencies = []
  const started = performance.now()
  await Promise.all(
    Array.from({ length: producers }, async () => {
      while (performance.now() < until) {
        const from = performance.now()
        await work(store)
        latencies.push(performance.now() - from)
        done++
      }
    }),
  )
  const rate = done / ((performance.now() - started) / 1000)
  latencies.sort((a, b) => a - b)
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0
  console.log(`${name} x${producers}: ${rate.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms`)
  await store.close()
  rmSync(directory, { recursive: true, force: true })
}

async function accept(store) {
  const draft = store.draft({ size: octets })
  await draft.write(content)
  await draft.commit(envelope)
}

async function life(store) {
  const draft = store.draft({ size: octets })
  await draft.write(content)
  const { leases } = await draft.commit(envelope, { lease: { holder: 'bench', duration: 300_000 } })
  await store.settle(
    leases.map(({ id, destination, fence }) => ({
      lease: { id, destination, fence },
      recipients: [{ index: 0, kind: 'delivered' }],
    })),
  )
}

for (const producers of [1, 10, 100, 1000]) await run(`accept ${octets}`, producers, accept)
for (const producers of [1, 10, 100, 1000]) await run(`accept, lease, settle ${octets}`, producers, life)

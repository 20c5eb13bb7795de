// What a queue costs as it grows: CPU of the whole process for each operation, at several depths; then the memory, how
// soon a queue of that depth leases after its start, the longest that a commit waited while it filled, and what an
// operator's change costs mail that flows. Usage: node bench/depth.mjs [depth...], by default 10000 1000000, with
// OCTETS=500 and BENCH_DIRECTORY. Build first.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@angarium/queue-sqlite'

const depths = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 1_000_000]
const octets = Number(process.env.OCTETS ?? 500)
const content = new Uint8Array(octets).fill(65)
const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
const random = { bytes: (count) => new Uint8Array(randomBytes(count)), below: (limit) => randomInt(limit) }
const destinations = 1_000
const measured = 10_000

const microseconds = ({ user, system }) => user + system
const megabytes = () => process.memoryUsage.rss() / 1e6

/** CPU of all threads and time of `count` operations, in microseconds each. */
async function cost(count, run) {
  const [cpu, from] = [process.cpuUsage(), performance.now()]
  await run()
  const each = microseconds(process.cpuUsage(cpu)) / count
  return `${each.toFixed(1)} us CPU, ${(((performance.now() - from) * 1000) / count).toFixed(1)} us`
}

/** Runs it `count` times, 100 at a time; answers with how long each took, in order. */
async function many(count, run) {
  const times = []
  let next = 0
  const one = async () => {
    while (next < count) {
      const [n, from] = [next++, performance.now()]
      await run(n)
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: 100 }, one))
  return times.sort((a, b) => a - b)
}

async function put(store, n, destination, options) {
  const draft = store.draft({ size: octets })
  draft.write(content)
  const recipients = [{ address: `someone@${destination}`, parameters: [], destination }]
  const reversePath = `sender@s${n % 50}.example`
  return draft.commit({ reversePath, parameters: [], recipients }, options)
}

const delivered = ({ id, destination, fence }) => ({
  lease: { id, destination, fence },
  recipients: [{ index: 0, kind: 'relayed', reply: { code: 250, text: ['ok'], peer: 'mx.example' } }],
})

const lease = (store, destination, limit) => store.lease({ destination, holder: 'bench', duration: 300_000, limit })

for (const depth of depths) {
  const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), 'bench-'))
  const open = async () => {
    const store = createSqliteStore({ directory, clock, random })
    await store.open()
    return store
  }
  let store = await open()
  await many(1_000, (n) => put(store, n, 'first.example'))
  for (let left = 1_000; left > 0; left -= 100)
    await store.settle((await lease(store, 'first.example', 100)).map(delivered))
  const idle = megabytes()
  console.log(`\n${depth} messages of ${octets} octets for ${destinations} destinations`)
  const waits = await many(depth, (n) => put(store, n, `d${n % destinations}.example`))
  const worst = (times) =>
    `${times.at(-1)?.toFixed(0)} ms, p99.9 ${times[Math.floor(times.length * 0.999)]?.toFixed(0)} ms`
  console.log(`longest commit while it filled: ${worst(waits)}`)
  waits.length = 0
  global.gc?.()
  console.log(`memory: ${(megabytes() - idle).toFixed(0)} MB over idle (${idle.toFixed(0)} MB)`)

  const at = (n) => `d${n % destinations}.example`
  console.log(
    `due(100): ${await cost(100, async () => {
      for (let n = 0; n < 100; n++) await store.due(100)
    })}`,
  )
  console.log(`enqueue: ${await cost(measured, () => many(measured, (n) => put(store, n, at(n * 7))))}`)
  const leases = []
  console.log(
    `lease, 20 at a time: ${await cost(measured / 2, () =>
      many(measured / 40, async (n) => leases.push(...(await lease(store, at(n), 20)))),
    )}`,
  )
  console.log(
    `lease, one at a time: ${await cost(measured / 2, () =>
      many(measured / 2, async (n) => leases.push(...(await lease(store, at(n), 1)))),
    )}`,
  )
  console.log(
    `settle: ${await cost(leases.length, () => many(leases.length, (n) => store.settle([delivered(leases[n])])))}`,
  )
  console.log(
    `enqueue with lease, settle: ${await cost(measured, () =>
      many(measured, async (n) => {
        const fresh = await put(store, n, 'fresh.example', { lease: { holder: 'bench', duration: 300_000 } })
        await store.settle(fresh.leases.map(delivered))
      }),
    )}`,
  )

  const drain = async (items) => {
    let count = 0
    for await (const _ of items) count++
    return count
  }
  await put(store, 1, 'quiet.example')
  await drain(store.change({ destination: at(5) }, { kind: 'hold', because: 'bench' }))
  for (const [name, run] of [
    ['expedite of a quiet destination', () => store.change({ destination: 'quiet.example' }, { kind: 'expedite' })],
    ['list of what is held', () => store.scan({ state: 'held' })],
    ['list of what is deferred', () => store.scan({ state: 'deferred' })],
  ]) {
    const from = performance.now()
    const count = await drain(run())
    console.log(`${name} (${count}): ${(performance.now() - from).toFixed(1)} ms`)
  }
  let over = false
  const flow = []
  const flowing = (async () => {
    while (!over) {
      const from = performance.now()
      await put(store, 1, 'other.example')
      flow.push(performance.now() - from)
    }
  })()
  let changed = 0
  const from = performance.now()
  for await (const _ of store.change({}, { kind: 'hold', because: 'bench' })) if (++changed === 20_000) break
  over = true
  await flowing
  flow.sort((a, b) => a - b)
  console.log(
    `hold of ${changed}: ${(performance.now() - from).toFixed(0)} ms; commits beside it waited at most ${worst(flow)}`,
  )

  await store.close()
  const start = performance.now()
  store = await open()
  const opened = performance.now() - start
  const { destinations: due } = await store.due(1)
  await lease(store, due[0].destination, 1)
  console.log(`open: ${opened.toFixed(0)} ms; first lease after ${(performance.now() - start).toFixed(0)} ms`)
  await store.close()
  rmSync(directory, { recursive: true, force: true })
}
